"""What decides about every scan and seldom changes: the rule matrix, the library's settings, the calendars.

Each process remembers them under one version, which the database renews with every change, whoever makes it, and how:
what is remembered under the version that was just read is true.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from circulation import rules
from circulation.models import LendingSettings, LoanRule
from circulation.rules.matrix import DEFAULTS, SCOPE, RuleRow
from circulation.rules.opening_hours import Calendar
from circulation.state.calendars import calendars_of

LIBRARY = ("overdue_policy", "one_copy_per_book", "high_demand_holds", "high_demand_days")
KEPT = 500  # tiers and branches whose rules and calendars this process remembers


@dataclass(frozen=True)
class Policy:
    """The library's rules for one tier: rows of the matrix, and the settings beside them."""

    rows: Sequence[RuleRow]
    library: rules.LibrarySettings


def policy_for(tier: int, version: UUID | None) -> Policy:
    """The rules for a tier. ``version``: of all that lending is decided by; what this process knows under it is true,
    for the database renews it with every change."""
    if version is None:
        return Policy(rule_rows(tier=tier), lending_settings())
    kept = _policies.get((version, tier))
    if kept is None:
        if len(_policies) > KEPT:
            _policies.clear()
        kept = _policies[version, tier] = Policy(rule_rows(tier=tier), lending_settings())
    return kept


_policies: dict[tuple[UUID, int], Policy] = {}


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


_calendars: dict[tuple[UUID, int, str], Calendar] = {}


def calendars_under(branches: Collection[int], version: UUID | None) -> dict[int, Calendar]:
    """The calendars of these branches."""
    if version is None:
        return _read(branches)
    keys = {branch: (version, branch, settings.TIME_ZONE) for branch in branches}
    found = {branch: _calendars.get(key) for branch, key in keys.items()}  # another thread may clear it at any time
    known = {branch: calendar for branch, calendar in found.items() if calendar is not None}
    missing = keys.keys() - known.keys()
    if missing:
        fresh = _read(missing)
        if len(_calendars) > KEPT:
            _calendars.clear()
        _calendars.update({keys[branch]: calendar for branch, calendar in fresh.items()})
        known |= fresh
    return known


def _read(branches: Collection[int]) -> dict[int, Calendar]:
    found = calendars_of(branches)
    return {branch: found.get(branch) or Calendar(time_zone=timezone.get_default_timezone()) for branch in branches}
