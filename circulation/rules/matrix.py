"""The rule matrix: rows in, for one branch, tier and item type each parameter's value and the row it came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, Generic, Literal, TypeVar

UNLIMITED = -1
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class RuleRow:
    """One row of the matrix. A scope of None: any. A parameter of None: unset, look further; -1: unlimited; 0: none.

    ``id`` and ``label`` only say which row it is.
    """

    branch: int | None = None
    tier: int | None = None
    item_type: int | None = None
    id: int | None = None
    label: str = ""
    loan_period: int | None = None
    loan_unit: str | None = None  # days | hours
    max_loans: int | None = None
    renewals_allowed: int | None = None
    renewal_period: int | None = None
    no_renewal_before: int | None = None  # days before the due date
    renew_from: str | None = None  # due_date | today
    auto_renew: bool | None = None
    no_auto_renewal_after: int | None = None  # days after lending
    due_mode: str | None = None  # ignore | next_open | open_days | same_weekday
    hourly_at_closing: str | None = None  # cut | extend
    hard_due_date: date | None = None
    hard_due_mode: str | None = None  # before | exactly | after
    due_by_term_end: bool | None = None
    self_check_out: bool | None = None
    holds_allowed: int | None = None
    holds_per_book: int | None = None
    holds_per_day: int | None = None
    hold_pickup_days: int | None = None  # open days
    on_shelf_holds: str | None = None  # always | any_unavailable | all_unavailable
    copy_level_holds: str | None = None  # allow | no | force
    fine_amount: Decimal | None = None
    fine_period: int | None = None  # in loan_unit
    fine_charge_at: str | None = None  # start | end of a period
    grace_period: int | None = None  # in loan_unit
    grace_counts_once_exceeded: bool | None = None
    fine_cap: Decimal | None = None
    cap_at_replacement_price: bool | None = None
    fine_skips_closed_days: bool | None = None
    suspension_days: int | None = None  # for each fine_period, in place of money
    max_suspension_days: int | None = None

    def fits(self, *, branch: int | None, tier: int | None, item_type: int | None) -> bool:
        """Whether the row speaks of this branch, tier and item type; None for one of them: only rows that say any."""
        return self.branch in {None, branch} and self.tier in {None, tier} and self.item_type in {None, item_type}

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """Sorts the most specific row first: branch before tier before item type."""
        return (self.branch is None, self.tier is None, self.item_type is None)


@dataclass(frozen=True)
class Setting(Generic[_Value]):
    """A parameter's value and the row it came from; no row: the value that holds where no row sets it."""

    value: _Value
    row: RuleRow | None = None


SCOPE = ("branch", "tier", "item_type")
DEFAULTS: Mapping[str, Any] = {
    "loan_period": None,
    "loan_unit": "days",
    "max_loans": None,
    "renewals_allowed": 0,
    "renewal_period": None,
    "no_renewal_before": None,
    "renew_from": "due_date",
    "auto_renew": False,
    "no_auto_renewal_after": None,
    "due_mode": "next_open",
    "hourly_at_closing": None,
    "hard_due_date": None,
    "hard_due_mode": "before",
    "due_by_term_end": False,
    "self_check_out": False,
    "holds_allowed": None,
    "holds_per_book": 1,
    "holds_per_day": None,
    "hold_pickup_days": 7,
    "on_shelf_holds": "always",
    "copy_level_holds": "allow",
    "fine_amount": None,
    "fine_period": 1,
    "fine_charge_at": "end",
    "grace_period": 0,
    "grace_counts_once_exceeded": True,
    "fine_cap": None,
    "cap_at_replacement_price": False,
    "fine_skips_closed_days": False,
    "suspension_days": None,
    "max_suspension_days": None,
}


@dataclass(frozen=True)
class RuleValues:
    """Every parameter for one branch, tier and item type, each with where it came from."""

    loan_period: Setting[int | None]
    loan_unit: Setting[Literal["days", "hours"]]
    max_loans: Setting[int | None]
    renewals_allowed: Setting[int]
    renewal_period: Setting[int | None]
    no_renewal_before: Setting[int | None]
    renew_from: Setting[str]
    auto_renew: Setting[bool]
    no_auto_renewal_after: Setting[int | None]
    due_mode: Setting[str]
    hourly_at_closing: Setting[str | None]
    hard_due_date: Setting[date | None]
    hard_due_mode: Setting[str]
    due_by_term_end: Setting[bool]
    self_check_out: Setting[bool]
    holds_allowed: Setting[int | None]
    holds_per_book: Setting[int]
    holds_per_day: Setting[int | None]
    hold_pickup_days: Setting[int]
    on_shelf_holds: Setting[str]
    copy_level_holds: Setting[str]
    fine_amount: Setting[Decimal | None]
    fine_period: Setting[int]
    fine_charge_at: Setting[Literal["start", "end"]]
    grace_period: Setting[int]
    grace_counts_once_exceeded: Setting[bool]
    fine_cap: Setting[Decimal | None]
    cap_at_replacement_price: Setting[bool]
    fine_skips_closed_days: Setting[bool]
    suspension_days: Setting[int | None]
    max_suspension_days: Setting[int | None]

    def __getitem__(self, parameter: str) -> Setting[Any]:
        if parameter not in DEFAULTS:
            raise KeyError(parameter)
        setting: Setting[Any] = getattr(self, parameter)
        return setting

    def __iter__(self) -> Iterator[tuple[str, Setting[Any]]]:
        """Every parameter with its setting, in the order of the matrix."""
        return ((field.name, self[field.name]) for field in fields(self))


def resolve(
    rows: Iterable[RuleRow], *, branch: int | None, tier: int | None, item_type: int | None = None
) -> RuleValues:
    """Look each parameter up on its own: the most specific row that sets it wins, else ``DEFAULTS``.

    ``item_type`` None: an ordinary book, for which rows of an item type do not count; in the same way, no branch or no
    tier: what holds for any.
    """
    fitting = _fitting(rows, branch=branch, tier=tier, item_type=item_type)
    return RuleValues(**{parameter: _first(fitting, parameter) for parameter in DEFAULTS})


def look_up(
    rows: Iterable[RuleRow], parameter: str, *, branch: int | None, tier: int | None, item_type: int | None = None
) -> Setting[Any]:
    """One parameter alone, as ``resolve`` gives it."""
    return _first(_fitting(rows, branch=branch, tier=tier, item_type=item_type), parameter)


def is_reached(limit: int | None, count: int) -> bool:
    """Whether ``count`` fills ``limit``; unset and -1 are never full, 0 always is."""
    return limit is not None and limit != UNLIMITED and count >= limit


def _fitting(rows: Iterable[RuleRow], *, branch: int | None, tier: int | None, item_type: int | None) -> list[RuleRow]:
    """The rows that speak of it, the most specific first."""
    fitting = [row for row in rows if row.fits(branch=branch, tier=tier, item_type=item_type)]
    return sorted(fitting, key=lambda row: row.rank)


def _first(fitting: Iterable[RuleRow], parameter: str) -> Setting[Any]:
    for row in fitting:
        value = getattr(row, parameter)
        if value is not None:
            return Setting(value, row)
    return Setting(DEFAULTS[parameter])
