"""The rule matrix over HTTP: its rows, and what would hold for whom."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import BooleanField, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from catalog.api.fields import ID_OR_CODE, BranchField, ItemTypeField
from circulation import queries, services
from circulation.api.common import ABSENT, FORBIDDEN, INVALID, TierField
from circulation.api.serializers import RuleValueSerializer
from circulation.explain import sentences
from circulation.models import LoanRule
from circulation.rules import Decision
from circulation.rules.bounds import HIGHEST_FINE, LONGEST_PERIOD, MOST
from circulation.rules.matrix import DEFAULTS, SCOPE, resolve
from library.core.http.api import user_of
from library.core.http.permissions import requires

LIMIT = {
    "min_value": -1,
    "max_value": MOST,
    "help_text": "-1: unlimited; 0: none; null: a less specific row decides.",
}
PERIOD = {"max_value": LONGEST_PERIOD}
SUM = {"max_value": HIGHEST_FINE}


CHOICES = (
    "loan_unit",
    "due_mode",
    "hard_due_mode",
    "renew_from",
    "hourly_at_closing",
    "on_shelf_holds",
    "copy_level_holds",
    "fine_charge_at",
)


class TrueOrFalse(serializers.BooleanField):
    """A truth value, and nothing that only could be made into one."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class LoanRuleSerializer(serializers.ModelSerializer[LoanRule]):
    """A row of the matrix. Null in its scope: any; in a parameter: it says nothing, a less specific row decides."""

    serializer_field_mapping: ClassVar[dict[Any, Any]] = {
        **serializers.ModelSerializer.serializer_field_mapping,
        BooleanField: TrueOrFalse,
    }
    branch = BranchField(allow_null=True, default=None, help_text="That owns the copy: its id, or its code; null: any.")
    tier = TierField(allow_null=True, default=None, help_text="The reader's: its code, or its id; null: any.")
    item_type = ItemTypeField(allow_null=True, default=None, help_text="The copy's: its code, or its id; null: any.")
    branch_code = serializers.CharField(source="branch.code", read_only=True, allow_null=True, default=None)
    tier_id = serializers.IntegerField(read_only=True, allow_null=True)
    item_type_id = serializers.IntegerField(read_only=True, allow_null=True)
    in_words = serializers.CharField(source="__str__", read_only=True, help_text="The scope.")

    class Meta:
        model = LoanRule
        fields = ["id", *SCOPE, "branch_code", "tier_id", "item_type_id", "in_words", *DEFAULTS]
        validators: ClassVar[list[Any]] = []  # the service checks that a scope is there once
        extra_kwargs: ClassVar[dict[str, dict[str, Any]]] = {
            "loan_period": PERIOD | {"min_value": 1, "help_text": "In `loan_unit`. Null everywhere: nothing is lent."},
            "max_loans": LIMIT,
            "renewals_allowed": LIMIT,
            "renewal_period": PERIOD | {"min_value": 0},
            "no_renewal_before": PERIOD | {"min_value": 0},
            "no_auto_renewal_after": PERIOD | {"min_value": 0},
            **dict.fromkeys(("holds_allowed", "holds_per_book", "holds_per_day"), LIMIT),
            "hold_pickup_days": PERIOD | {"min_value": 0, "help_text": "Open days of the pick-up branch."},
            "fine_amount": SUM | {"min_value": 0, "help_text": "For each `fine_period`, in the library's currency."},
            "fine_period": PERIOD | {"min_value": 1, "help_text": "In `loan_unit`."},
            "grace_period": PERIOD | {"min_value": 0, "help_text": "In `loan_unit`."},
            "fine_cap": SUM | {"min_value": -1, "help_text": "The most that one loan costs; -1: unlimited."},
            "suspension_days": PERIOD | {"min_value": 0, "help_text": "For each `fine_period`, in place of money."},
            "max_suspension_days": PERIOD | {"min_value": -1, "help_text": "-1: unlimited."},
            **{name: {"allow_blank": False, "allow_null": True} for name in CHOICES},
        }


class ChangedRuleSerializer(LoanRuleSerializer):
    """What a row sets. Its scope stands: another scope is another row."""

    class Meta(LoanRuleSerializer.Meta):
        read_only_fields = SCOPE

    branch = BranchField(read_only=True)
    tier = TierField(read_only=True)
    item_type = ItemTypeField(read_only=True)


class AskedSerializer(serializers.Serializer[Any]):
    """Whom and what somebody asks about."""

    branch = BranchField(help_text="That owns the copy, by id or code.")
    tier = TierField(help_text="The reader's, by code or id.")
    item_type = ItemTypeField(required=False, default=None, help_text="By code or id; left out: an ordinary book.")


@extend_schema_view(retrieve=extend_schema(summary="One row of the rule matrix"))
class LoanRulesViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[LoanRule]):
    """The rows of the rule matrix: staff look at them, administrators change them."""

    queryset = LoanRule.objects.none()
    serializer_class = LoanRuleSerializer

    def get_permissions(self) -> list[BasePermission]:
        needed = {"create": "add", "partial_update": "change", "destroy": "delete"}.get(self.action, "view")
        return [requires(f"circulation.{needed}_loanrule")()]

    def get_queryset(self) -> QuerySet[LoanRule]:
        return queries.matrix()

    @extend_schema(request=LoanRuleSerializer, responses={201: LoanRuleSerializer, 400: INVALID, 403: FORBIDDEN})
    def create(self, request: Request) -> Response:
        """Add a row."""
        given = LoanRuleSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        rule = services.add_rule(rule=LoanRule(**given.validated_data), by=user_of(request))
        return Response(LoanRuleSerializer(rule).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        request=ChangedRuleSerializer(partial=True),
        responses={
            200: LoanRuleSerializer,
            400: INVALID,
            403: FORBIDDEN,
            404: ABSENT,
        },
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what a row sets: only the parameters that are sent."""
        rule = self.get_object()
        given = ChangedRuleSerializer(rule, data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        changed = services.change_rule(rule=rule, values=given.validated_data, by=user_of(request))
        return Response(LoanRuleSerializer(changed).data)

    @extend_schema(responses={204: None, 403: FORBIDDEN, 404: ABSENT})
    def destroy(self, request: Request, pk: str) -> Response:
        """Remove a row."""
        services.remove_rule(rule=self.get_object(), by=user_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        parameters=[
            OpenApiParameter("branch", ID_OR_CODE, required=True, description="That owns the copy, by id or code."),
            OpenApiParameter("tier", ID_OR_CODE, required=True, description="The reader's, by code or id."),
            OpenApiParameter("item_type", ID_OR_CODE, description="By code or id; left out: an ordinary book."),
        ],
        responses={200: RuleValueSerializer(many=True), 400: INVALID, 403: FORBIDDEN},
    )
    @action(detail=False, pagination_class=None)
    def explain(self, request: Request) -> Response:
        """What would hold for a branch, tier and item type: each parameter, and the row that says so."""
        asked = AskedSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        scope = {name: thing.pk if thing else None for name, thing in asked.validated_data.items()}
        kept = sentences.kept(Decision(values=resolve(queries.rule_rows(tier=scope["tier"]), **scope)))
        values = [
            {
                "parameter": line.parameter,
                "value": kept["values"][line.parameter]["value"],
                "in_words": line.value,
                "row": line.row,
                "source": line.source,
            }
            for line in sentences.value_lines(kept)
        ]
        return Response(RuleValueSerializer(values, many=True).data)
