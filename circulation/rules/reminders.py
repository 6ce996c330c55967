"""Of what a loan's reader is to be reminded on a day. A run that comes late tells the newest step alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

DUE_SOON = "due_soon"
STEPS = ("overdue_1", "overdue_2", "overdue_3")


@dataclass(frozen=True)
class ReminderDays:
    """How many days before the due date a reminder goes out, and after how many days late each step. None: never."""

    due_soon: int | None = 2
    overdue: tuple[int | None, int | None, int | None] = (7, 14, 28)


def reminder_for(due: date, *, today: date, days: ReminderDays) -> str | None:
    """The code of the reminder that is due today: *due soon* up to and on the day itself, then the highest step that
    is reached; None between them.
    """
    if due >= today:
        is_soon = days.due_soon is not None and due - today <= timedelta(days=days.due_soon)
        return DUE_SOON if is_soon else None
    late = (today - due).days
    return next((step for step, after in _highest_first(days) if late >= after), None)


def steps_from(code: str) -> tuple[str, ...]:
    """A reminder and all that are graver: who was told one of these is not told it any more."""
    order = (DUE_SOON, *STEPS)
    return order[order.index(code) :] if code in STEPS else (code,)


def windows(*, today: date, days: ReminderDays) -> Iterator[tuple[str, date | None, date]]:
    """The reminders that can be due today, each with the first and the last due date that it is for; None: any."""
    after = today
    for step, late in _highest_first(days):
        last = today - timedelta(days=late)
        yield step, None if after == today else after, last
        after = last + timedelta(days=1)
    if days.due_soon is not None:
        yield DUE_SOON, today, today + timedelta(days=days.due_soon)


def _highest_first(days: ReminderDays) -> list[tuple[str, int]]:
    return [(step, after) for step, after in zip(STEPS, days.overdue, strict=True) if after is not None][::-1]
