"""The one small library that model and database both begin with: who, what, and by which rules. All literals."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any


class Clock:
    """The library's: one without summer time, so that plain arithmetic is right."""

    zone: tzinfo = UTC


def start() -> datetime:
    """A Monday, half past ten by the library's clock."""
    return datetime(2026, 3, 2, 10, 30, tzinfo=Clock.zone)


MAIN, EAST = "main", "east"
BRANCHES = (MAIN, EAST)
BOOK, DVD, ROOM = None, "dvd", "room"
READER, STUDENT = "reader", "student"

# -- when the branches are open. No loan can end on these quarters of an hour -------------------------------------
WEEK = {
    MAIN: {day: (time(9), time(18, 15)) for day in range(6)},
    EAST: {day: (time(10), time(16, 15)) for day in (1, 2, 3, 4)} | {5: (time(10), time(13, 15))},
}
CLOSED = (
    (None, date(2026, 4, 3), date(2026, 4, 6)),
    (MAIN, date(2026, 3, 16), date(2026, 3, 18)),
    (EAST, date(2026, 3, 10), date(2026, 3, 10)),
)
OPEN = ((EAST, date(2026, 3, 22), time(12), time(16, 15)),)


def hours(branch: str, day: date) -> tuple[time, time] | None:
    """When a branch opens and closes on a day; None: not at all."""
    for where, on, opens, closes in OPEN:
        if (where, on) == (branch, day):
            return opens, closes
    if any(where in {None, branch} and first <= day <= last for where, first, last in CLOSED):
        return None
    return WEEK[branch].get(day.weekday())


def next_open(branch: str, day: date) -> date:
    while hours(branch, day) is None:
        day += timedelta(days=1)
    return day


# -- the matrix: (branch, tier, item type), None: any -------------------------------------------------------------
UNLIMITED = -1
MATRIX: dict[tuple[str | None, str | None, str | None], dict[str, Any]] = {
    (None, None, None): {
        "loan_period": 14,
        "max_loans": 2,
        "renewals_allowed": 2,
        "auto_renew": True,
        "fine_amount": Decimal("0.55"),
        "fine_cap": Decimal(4),
    },
    (None, STUDENT, None): {
        "max_loans": 3,
        "renewals_allowed": UNLIMITED,
        "no_auto_renewal_after": 30,
        "holds_per_book": 2,
        "holds_per_day": 3,
        "fine_period": 2,
        "fine_charge_at": "start",
    },
    (None, None, DVD): {
        "loan_period": 3,
        "max_loans": 1,
        "renewals_allowed": 1,
        "no_renewal_before": 1,
        "fine_amount": Decimal("1.25"),
        "grace_period": 1,
    },
    (None, None, ROOM): {
        "loan_period": 4,
        "loan_unit": "hours",
        "hourly_at_closing": "extend",
        "max_loans": 1,
        "renewals_allowed": 1,
    },
    (EAST, None, None): {
        "renew_from": "today",
        "self_check_out": True,
        "max_loans": 1,
        "fine_skips_closed_days": True,
    },
    (EAST, STUDENT, None): {"loan_period": 21, "hold_pickup_days": 2, "cap_at_replacement_price": True},
    (None, READER, DVD): {"holds_allowed": 0},
    (MAIN, STUDENT, DVD): {"on_shelf_holds": "all_unavailable"},
    (EAST, STUDENT, DVD): {"copy_level_holds": "no", "holds_allowed": 1},
}
TOTALS = {READER: (3, 2), STUDENT: (None, None)}  # loans, holds
DEBTS = {READER: Decimal(5), STUDENT: None}  # with more than that nothing is lent
PAID_BY = ("cash", "card")
MOST_FINES, PROCESSING = Decimal(6), Decimal("2.50")
PRICES = {"novel": Decimal(12), "atlas": Decimal("1.20"), "poems": Decimal("8.45"), "film": Decimal(15)}


def look_up(parameter: str, branch: str, tier: str, kind: str | None) -> tuple[Any, tuple[str | None, ...]]:
    """The value and the scope of the row that gives it: branch before tier before item type."""
    for where in (branch, None):
        for who in (tier, None):
            for what in dict.fromkeys((kind, None)):
                if parameter in MATRIX.get((where, who, what), {}):
                    return MATRIX[where, who, what][parameter], (where, who, what)
    return None, (None, None, None)


# -- who and what -------------------------------------------------------------------------------------------------


@dataclass
class Copy:
    barcode: str
    book: str
    home: str
    kind: str | None = BOOK
    for_loan: bool = True
    status: str = "available"
    price: Decimal | None = None


@dataclass
class Patron:
    name: str
    tier: str
    expires: date | None = None
    wants_auto: bool = True
    born: date | None = None
    trouble: dict[str, Any] = field(default_factory=dict)  # what was written on the card meanwhile


MINIMUM_AGES = {"film": 16}


def copies() -> list[Copy]:
    """In the order of their ids."""
    there = [
        Copy("A1", "novel", MAIN),
        Copy("A2", "novel", MAIN),
        Copy("A3", "novel", EAST),
        Copy("B1", "atlas", MAIN),
        Copy("B2", "atlas", EAST),
        Copy("B3", "atlas", MAIN, for_loan=False),
        Copy("C1", "poems", EAST),
        Copy("D1", "film", MAIN, DVD),
        Copy("D2", "film", EAST, DVD),
        Copy("R1", "key", MAIN, ROOM),
    ]
    return [replace(copy, price=PRICES.get(copy.book)) for copy in there]


def patrons() -> list[Patron]:
    return [
        Patron("ann", READER),
        Patron("bob", READER, born=date(2012, 5, 1)),
        Patron("cleo", STUDENT),
        Patron("dora", STUDENT, wants_auto=False),
        Patron("emil", READER, expires=date(2026, 3, 24)),
    ]
