"""The shapes of holds in the API."""

from __future__ import annotations

from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.api.fields import BranchField
from catalog.models import CopyStatus
from circulation.api.bases import BookTitleSerializer, StaffSeesPatron
from circulation.models import Hold
from circulation.services.holds.picking import REASON_LENGTH
from circulation.services.overrides import COMMENT_LENGTH

SCAN_LENGTH = 100
CARD = "The card number; left out: whoever asks."


class HoldSerializer(StaffSeesPatron):
    permission = "circulation.view_hold"
    book = BookTitleSerializer(read_only=True)
    branch = serializers.IntegerField(source="pickup_branch_id", read_only=True, help_text="Where to fetch it.")
    branch_code = serializers.CharField(source="pickup_branch.code", read_only=True)
    branch_name = serializers.CharField(source="pickup_branch.name", read_only=True)
    copy = serializers.CharField(
        source="copy.barcode",
        read_only=True,
        allow_null=True,
        default=None,
        help_text="The copy that is kept for it, that it is for alone, or that was lent.",
    )
    last_day = serializers.DateField(
        read_only=True, allow_null=True, help_text="On which it can be fetched, that day included."
    )

    place = serializers.SerializerMethodField(
        help_text="Among those who wait for the same copies and do not sleep; null for a hold that does not wait."
    )
    of = serializers.SerializerMethodField(help_text="How many these are.")
    expected_on = serializers.SerializerMethodField(help_text="About when; null where no copy can serve it.")

    class Meta:
        model = Hold
        fields = [
            "id",
            "book",
            "branch",
            "branch_code",
            "branch_name",
            "copy",
            "is_copy_level",
            "state",
            "position",
            "place",
            "of",
            "expected_on",
            "placed_at",
            "ready_at",
            "shelf_until",
            "wanted_until",
            "last_day",
            "suspended_from",
            "suspended_until",
            "cancel_requested",
            "ended_at",
            "refusal_reason",
            "patron",
        ]

    @extend_schema_field({"type": "integer", "nullable": True})
    def get_place(self, hold: Hold) -> int | None:
        return hold.outlook.place if hold.outlook else None

    @extend_schema_field({"type": "integer", "nullable": True})
    def get_of(self, hold: Hold) -> int | None:
        return hold.outlook.of if hold.outlook else None

    @extend_schema_field({"type": "string", "format": "date", "nullable": True})
    def get_expected_on(self, hold: Hold) -> date | None:
        return hold.outlook.expected_on if hold.outlook else None


class PickSerializer(HoldSerializer):
    """A hold on the pick list, with where its copy stands."""

    shelf_mark = serializers.CharField(source="copy.shelf_mark", read_only=True)
    stands_at = serializers.CharField(source="copy.branch.code", read_only=True, help_text="A branch's code.")

    class Meta(HoldSerializer.Meta):
        fields = [*HoldSerializer.Meta.fields, "shelf_mark", "stands_at"]


class PlaceHoldSerializer(serializers.Serializer[Any]):
    book = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="The book's id.")
    branch = BranchField(help_text="Where to fetch it: the branch's id or code.")
    copy = serializers.CharField(
        max_length=SCAN_LENGTH, required=False, allow_blank=True, help_text="A barcode: this copy and no other."
    )
    wanted_from = serializers.DateField(required=False, allow_null=True, help_text="Asleep until this day.")
    wanted_until = serializers.DateField(required=False, allow_null=True, help_text="The last day, included.")
    patron = serializers.CharField(max_length=SCAN_LENGTH, required=False, allow_blank=True, help_text=CARD)
    override = serializers.ListField(
        child=serializers.CharField(max_length=50),
        max_length=50,
        required=False,
        help_text="The codes of the reasons that are set aside: every overridable one. Needs the permission.",
    )
    comment = serializers.CharField(
        max_length=COMMENT_LENGTH, required=False, allow_blank=True, help_text="Why they are set aside."
    )


class ConfirmHoldSerializer(serializers.Serializer[Any]):
    copy = serializers.CharField(
        max_length=SCAN_LENGTH, required=False, help_text="Another free copy of the book, fetched in its place."
    )


class RefuseHoldSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=REASON_LENGTH, help_text="In words for the reader.")
    copy_status = serializers.ChoiceField(
        choices=[CopyStatus.AVAILABLE.value, CopyStatus.MISSING.value, CopyStatus.DAMAGED.value],
        default=CopyStatus.AVAILABLE.value,
    )


class SuspendHoldSerializer(serializers.Serializer[Any]):
    until = serializers.DateField(
        required=False, allow_null=True, help_text="On which it goes on by itself; left out: until somebody says so."
    )
    from_day = serializers.DateField(required=False, allow_null=True, help_text="Left out: today.")


class MoveHoldSerializer(serializers.Serializer[Any]):
    position = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="1: the head of the queue.")
    seen = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=10_000,
        help_text="The ids of the queue as you saw it: refused where it is another by now.",
    )


class ChangePickupSerializer(serializers.Serializer[Any]):
    branch = BranchField(help_text="Where to fetch it: the branch's id or code.")
