"""What a loan that comes back late costs: the rules' values, a calendar and two moments in; a sum or days out.

Pure arithmetic of the library's circulation rules: units late, grace, periods, caps in their order. The figure for a
moment is always reckoned from the due date, never added to an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from circulation.rules.amounts import NOTHING, rounded
from circulation.rules.matrix import UNLIMITED, RuleValues
from circulation.rules.opening_hours import ONE_DAY, Calendar
from library.core import days

_Key = TypeVar("_Key")
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class FineTerms:
    """What the rule matrix says about being late. Periods and grace are in the loan's unit, days or hours.

    ``amount``: for each period; None or 0: no money. ``cap`` None or -1: none. ``suspension_days`` for each period
    stand in place of money; ``max_suspension`` None or -1: without end.
    """

    amount: Decimal | None = None
    period: int = 1
    charge_at: str = "end"  # start | end of a period
    grace: int = 0
    grace_counts: bool = True  # once it is exceeded, its units count too
    cap: Decimal | None = None
    cap_at_price: bool = False
    skips_closed_days: bool = False
    suspension_days: int | None = None
    max_suspension: int | None = None

    @property
    def cost_money(self) -> bool:
        """Whether being late may cost money."""
        return bool(self.amount) and not self.suspends

    @property
    def suspends(self) -> bool:
        """Whether being late keeps the reader from borrowing for a while, in place of money."""
        return bool(self.suspension_days)


def fine_terms(values: RuleValues) -> FineTerms:
    """From the values of the rules to what the arithmetic of fines needs."""
    return FineTerms(
        amount=values.fine_amount.value,
        period=values.fine_period.value,
        charge_at=values.fine_charge_at.value,
        grace=values.grace_period.value,
        grace_counts=values.grace_counts_once_exceeded.value,
        cap=values.fine_cap.value,
        cap_at_price=values.cap_at_replacement_price.value,
        skips_closed_days=values.fine_skips_closed_days.value,
        suspension_days=values.suspension_days.value,
        max_suspension=values.max_suspension_days.value,
    )


def units_late(
    due_at: datetime, until: datetime, calendar: Calendar, *, is_hourly: bool, skips_closed_days: bool = False
) -> int:
    """How many days, or hours, lie between the due moment and ``until``, by the calendar of the branch of check-out.

    Days are those of the library's clock after the day on which it was due. Hours that have begun and not ended do not
    count, but the first does. Closed days are left out where the rules say so.
    """
    if until <= due_at:
        return 0
    if is_hourly:
        return _hours_late(due_at, until, calendar, skips_closed_days=skips_closed_days)
    zone = calendar.time_zone
    due_on, last = days.date_of(due_at, by=zone), days.date_of(until, by=zone)
    return calendar.count_open(due_on, last) if skips_closed_days else (last - due_on).days


def _hours_late(due_at: datetime, until: datetime, calendar: Calendar, *, skips_closed_days: bool) -> int:
    late = until.astimezone(UTC) - due_at.astimezone(UTC)
    if skips_closed_days:
        late -= _closed_time(due_at, until, calendar)
    return max(1, late // HOUR) if late > timedelta() else 0


def _closed_time(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """How long between two moments it was a day on which the branch was closed all day."""
    zone, closed = calendar.time_zone, timedelta()
    day, last = days.date_of(start, by=zone), days.date_of(end, by=zone)
    while day <= last:
        if not calendar.is_open(day):
            begins, ends = days.start_of(day, by=zone), days.start_of(day + ONE_DAY, by=zone)
            closed += min(end, ends) - max(start, begins)
        day += ONE_DAY
    return closed


def units_charged(terms: FineTerms, units: int) -> int:
    """What of ``units`` late counts once grace is over; 0 within it."""
    if units <= terms.grace:
        return 0
    return units if terms.grace_counts else units - terms.grace


def fine_of(terms: FineTerms, *, units: int, price: Decimal | None, digits: int) -> Decimal:
    """The sum for ``units`` late, before what the patron's other loans leave of the library's maximum.

    ``price``: what replacing the copy costs, where that is known. ``digits``: of the currency.
    """
    base = units_charged(terms, units)
    if not base or not terms.cost_money:
        return NOTHING
    assert terms.amount is not None  # it costs money
    periods = base // terms.period if terms.charge_at == "end" else -(-base // terms.period)
    amount = rounded(periods * terms.amount, digits)
    if terms.cap is not None and terms.cap != UNLIMITED:
        amount = min(amount, rounded(terms.cap, digits))
    if terms.cap_at_price and price is not None:
        amount = min(amount, rounded(price, digits))
    return amount


def suspension_of(terms: FineTerms, *, units: int) -> int:
    """For how many days the patron may not borrow, in place of money."""
    if not terms.suspension_days:
        return 0
    count = units_charged(terms, units) * terms.suspension_days // terms.period
    return count if terms.max_suspension in {None, UNLIMITED} else min(count, terms.max_suspension or 0)


def under_the_maximum(
    fines: Iterable[tuple[_Key, Decimal]], most: Decimal | None, *, closed: Decimal = NOTHING
) -> dict[_Key, Decimal]:
    """What of each fine may be set where all of a patron's open loans together cost at most ``most``; None: no maximum.

    ``fines``: in the order of the loans, by due date, then id. ``closed``: what was set on these loans earlier and
    stands, as on renewal. Whether any of it was paid makes no difference.
    """
    if most is None:
        return dict(fines)
    left, shares = max(NOTHING, most - closed), {}
    for key, amount in fines:
        shares[key] = min(amount, left)
        left -= shares[key]
    return shares
