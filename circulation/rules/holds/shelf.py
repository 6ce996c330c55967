"""How long a book waits on the hold shelf."""

from __future__ import annotations

from datetime import date, timedelta

from circulation.errors import NeverOpens
from circulation.rules.opening_hours import Calendar


def last_shelf_day(ready_on: date, pickup_days: int, calendar: Calendar) -> date:
    """The last day, included, on which it is kept: ``pickup_days`` open days of the pick-up branch after ``ready_on``.

    A branch that never opens cannot stop a return: there every day counts.
    """
    try:
        return calendar.nth_open(ready_on, pickup_days)
    except NeverOpens:
        return ready_on + timedelta(days=pickup_days)


def is_unfetched(last_day: date, calendar: Calendar, *, today: date) -> bool:
    """Whether it leaves the hold shelf: its last day is over, and today somebody could have come."""
    return last_day < today and calendar.is_open(today)
