"""The shapes of loans in the API."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import StrictTextField
from catalog.api.fields import BranchField
from circulation.api.bases import BookTitleSerializer, StaffSeesPatron
from circulation.api.hold_shapes import HoldSerializer
from circulation.models import Loan, LoanStatus
from circulation.rules.bounds import OUT_OF_BOUNDS
from circulation.services import Action, CheckedIn, RenewedAll
from circulation.services.overrides import COMMENT_LENGTH
from library.core import days
from library.core.http.api import ReasonSerializer

SCAN_LENGTH = 100


class LoanSerializer(StaffSeesPatron):
    permission = "circulation.view_loan"
    copy = serializers.CharField(source="copy.barcode", read_only=True)
    book = BookTitleSerializer(source="copy.book", read_only=True)
    branch = serializers.IntegerField(source="copy.branch_id", read_only=True, help_text="The copy's own branch.")
    branch_code = serializers.CharField(source="copy.branch.code", read_only=True)
    branch_name = serializers.CharField(source="copy.branch.name", read_only=True)
    status = serializers.ChoiceField(choices=LoanStatus.choices, read_only=True)

    class Meta:
        model = Loan
        fields = [
            "id",
            "copy",
            "book",
            "branch",
            "branch_code",
            "branch_name",
            "checked_out_at",
            "due_at",
            "returned_at",
            "status",
            "renewals",
            "renewed_at",
            "claimed_returned_at",
            "lost_at",
            "patron",
        ]


class LoanCountsSerializer(serializers.Serializer[Any]):
    active = serializers.IntegerField()
    overdue = serializers.IntegerField()
    returned = serializers.IntegerField()
    total = serializers.IntegerField()
    due_soon = serializers.IntegerField(help_text="Of the active ones: due within three days.")
    books = serializers.IntegerField(help_text="How many different books they were of.")


class CheckedOutSerializer(LoanSerializer):
    """The new loan, with what the desk should know of it."""

    alerts = ReasonSerializer(many=True, read_only=True)

    class Meta(LoanSerializer.Meta):
        fields = [*LoanSerializer.Meta.fields, "alerts"]

    def to_representation(self, instance: Loan) -> dict[str, Any]:
        shown = super().to_representation(instance)
        shown["alerts"] = [reason.as_dict() for reason in instance.alerts]
        return shown


class NotRenewedSerializer(serializers.Serializer[Any]):
    loan = LoanSerializer()
    reasons = ReasonSerializer(many=True)


class RenewedAllSerializer(serializers.Serializer[Any]):
    renewed = LoanSerializer(many=True)
    refused = serializers.SerializerMethodField()

    @extend_schema_field(NotRenewedSerializer(many=True))
    def get_refused(self, result: RenewedAll) -> Any:
        rows = [{"loan": loan, "reasons": [reason.as_dict() for reason in reasons]} for loan, reasons in result.refused]
        return NotRenewedSerializer(rows, many=True, context=self.context).data


class CheckedInSerializer(serializers.Serializer[Any]):
    loan = LoanSerializer(allow_null=True)
    action = serializers.ChoiceField(choices=[(action.value, action.name) for action in Action])
    hold = HoldSerializer(allow_null=True)
    branch = serializers.IntegerField(source="branch.pk", help_text="Where the copy belongs now.")
    branch_code = serializers.CharField(source="branch.code")
    branch_name = serializers.CharField(source="branch.name")
    alerts = serializers.SerializerMethodField(help_text="What the desk should know.")
    nothing_changed = serializers.BooleanField(help_text="It was where it belongs, as after a second scan.")

    @extend_schema_field(ReasonSerializer(many=True))
    def get_alerts(self, result: CheckedIn) -> list[dict[str, str]]:
        return [reason.as_dict() for reason in result.alerts]


@extend_schema_field({"oneOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]})
class DayOrMomentField(serializers.DateTimeField):
    """A day, or a moment, that every calendar can write; without a zone, by the library's clock."""

    def to_internal_value(self, value: Any) -> Any:
        """A ``date``, or a ``datetime``."""
        said: date = _day(value) or super().to_internal_value(value)
        if not days.is_writable(said.date() if isinstance(said, datetime) else said):
            raise serializers.ValidationError(str(OUT_OF_BOUNDS), code="overflow")
        return said


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) and len(text) == len("2026-03-02") else None
    except ValueError:
        return None


class RenewSerializer(serializers.Serializer[Any]):
    override = serializers.ListField(
        child=serializers.CharField(max_length=50),
        max_length=50,
        required=False,
        help_text="The codes of the reasons that are set aside: every overridable one. Needs the permission.",
    )
    comment = serializers.CharField(
        max_length=COMMENT_LENGTH, required=False, allow_blank=True, help_text="Why they are set aside."
    )
    due_at = DayOrMomentField(
        required=False,
        help_text="A due date of one's own, of a day its end: this needs the permission and a comment, too.",
    )


class CheckOutSerializer(RenewSerializer):
    copy = serializers.CharField(max_length=SCAN_LENGTH, help_text="The barcode.")
    patron = serializers.CharField(
        max_length=SCAN_LENGTH, required=False, allow_blank=True, help_text="The card number; left out: whoever asks."
    )
    branch = BranchField(required=False, help_text="Whose desk lends, by id or code; left out: the copy's own.")


class ReturnSerializer(serializers.Serializer[Any]):
    branch = BranchField(required=False, help_text="Whose desk takes it back, by id or code.")
    returned_at = DayOrMomentField(
        required=False, help_text="When, or on which day, it counts as returned, for a book drop; left out: now."
    )
    is_damaged = serializers.BooleanField(required=False, default=False, help_text="Put it aside, do not lend it on.")


class LostSerializer(serializers.Serializer[Any]):
    price = serializers.DecimalField(
        max_digits=14,
        decimal_places=3,
        min_value=Decimal(0),
        required=False,
        help_text="What replacing it costs; left out: the copy's price, else that of its item type.",
    )


class CheckInSerializer(ReturnSerializer):
    copy = serializers.CharField(max_length=SCAN_LENGTH, help_text="The barcode.")


class ExplainSerializer(serializers.Serializer[Any]):
    copy = StrictTextField(max_length=SCAN_LENGTH, help_text="The barcode.")
    patron = StrictTextField(
        max_length=SCAN_LENGTH, required=False, allow_blank=True, help_text="The card number; left out: whoever asks."
    )
    branch = BranchField(required=False, help_text="Whose desk would lend, by id or code; left out: the copy's own.")


class RuleValueSerializer(serializers.Serializer[Any]):
    parameter = serializers.CharField()
    value = serializers.JSONField(allow_null=True)
    in_words = serializers.CharField()
    row = serializers.IntegerField(allow_null=True, help_text="The row of the rule matrix, for staff; null: none.")
    source = serializers.CharField(help_text="The row in words, for staff.")  # type: ignore[assignment]  # our own word


class StorySerializer(serializers.Serializer[Any]):
    """Why: of a loan that there is, or of one that might be made."""

    due_at = serializers.DateTimeField(allow_null=True)
    is_allowed = serializers.BooleanField(help_text="Whether it could be lent, or the loan renewed, now.")
    reasons = ReasonSerializer(many=True)
    explanation = serializers.ListField(child=serializers.CharField(), help_text="A sentence for each step.")
    values = RuleValueSerializer(many=True)


class RenewAllSerializer(serializers.Serializer[Any]):
    patron = serializers.CharField(
        max_length=SCAN_LENGTH, required=False, allow_blank=True, help_text="The card number; left out: whoever asks."
    )
