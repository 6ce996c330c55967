"""What decides about every scan and seldom changes: the rule matrix and the library's settings.

Each process remembers them under one version, which the database renews with every change, whoever makes it, and how:
what is remembered under the version that was just read is true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from circulation import rules
from circulation.models import CalendarVersion, LendingSettings, LoanRule
from circulation.rules.matrix import DEFAULTS, SCOPE, RuleRow
from library.profile import services as profile

LIBRARY = (
    "overdue_policy",
    "one_copy_per_book",
    "high_demand_holds",
    "high_demand_days",
    "max_total_fines",
    "blocks_stop_placing",
    "blocks_stop_serving",
    "blocks_stop_borrowing",
)
KEPT = 500  # tiers whose rules this process remembers


@dataclass(frozen=True)
class RuleSet:
    """The library's rules for one tier: rows of the matrix, and the settings beside them."""

    rows: Sequence[RuleRow]
    library: rules.LibrarySettings
    digits: int = 2  # behind the point of the library's currency


def rule_set_for(tier: int | None, version: UUID | None) -> RuleSet:
    """The rules for a tier; None: for all of them. ``version``: of all that lending is decided by; what this process
    knows under it is true, for the database renews it with every change."""
    if version is None:
        return RuleSet(rule_rows(tier=tier), lending_settings(), profile.current().digits)
    kept = _rule_sets.get((version, tier))
    if kept is None:
        if len(_rule_sets) > KEPT:
            _rule_sets.clear()
        kept = _rule_sets[version, tier] = RuleSet(rule_rows(tier=tier), lending_settings(), profile.current().digits)
    return kept


def tier_rows(tier: int, version: UUID | None) -> Sequence[RuleRow]:
    """The rows of ``rule_set_for`` alone."""
    return rule_set_for(tier, version).rows


def current_version() -> UUID | None:
    """That of all that lending is decided by. One query."""
    return CalendarVersion.objects.values_list("token", flat=True).first()


_rule_sets: dict[tuple[UUID, int | None], RuleSet] = {}


def lending_settings() -> rules.LibrarySettings:
    """What holds for lending in the whole library."""
    row = LendingSettings.objects.values_list(*LIBRARY).first()
    return rules.LibrarySettings(*row) if row else rules.LibrarySettings()


def rule_rows(*, tier: int | None = None) -> list[RuleRow]:
    """The rows of the matrix that speak of a tier, or all: of every branch and item type, for a reader's other loans
    count too. Pure code picks among them."""
    fitting = LoanRule.objects.select_related(*SCOPE).order_by("pk")
    if tier is not None:
        fitting = fitting.filter(Q(tier=None) | Q(tier=tier))
    return [
        RuleRow(
            branch=row.branch_id,
            tier=row.tier_id,
            item_type=row.item_type_id,
            id=row.pk,
            label=str(row),
            **{parameter: getattr(row, parameter) for parameter in DEFAULTS},
        )
        for row in fitting
    ]
