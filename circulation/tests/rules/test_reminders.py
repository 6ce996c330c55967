"""Of what a loan's reader is to be reminded on a day: each row quotes the clause that it shows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from circulation.rules.reminders import DUE_SOON, STEPS, ReminderDays, reminder_for, steps_from, windows

DUE = date(2026, 3, 10)
DAYS = ReminderDays(due_soon=2, overdue=(7, 14, 28))
TABLE = [
    ("due-soon: three days before, nothing", -3, None),
    ("due-soon: two days before", -2, DUE_SOON),
    ("due-soon includes today", 0, DUE_SOON),
    ("overdue: the day after is not yet a step", 1, None),
    ("overdue steps 1–3 at set days: the day before the first", 6, None),
    ("overdue steps 1–3 at set days: the first", 7, "overdue_1"),
    ("late run: on day 9 step 1", 9, "overdue_1"),
    ("overdue steps 1–3 at set days: the day before the second", 13, "overdue_1"),
    ("late run: on day 15 step 2 alone", 15, "overdue_2"),
    ("overdue steps 1–3 at set days: the third", 28, "overdue_3"),
    ("overdue steps 1–3 at set days: a year later still the third", 365, "overdue_3"),
]


@pytest.mark.parametrize(("late", "code"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_reminder_of_a_day(late, code):
    assert reminder_for(DUE, today=DUE + timedelta(days=late), days=DAYS) == code


@pytest.mark.parametrize(
    ("days", "late", "code"),
    [
        (ReminderDays(None, (7, 14, 28)), 0, None),
        (ReminderDays(0, (7, 14, 28)), 0, DUE_SOON),
        (ReminderDays(0, (7, 14, 28)), -1, None),
        (ReminderDays(2, (None, 14, None)), 13, None),
        (ReminderDays(2, (None, 14, None)), 400, "overdue_2"),
        (ReminderDays(2, (None, None, None)), 400, None),
        (ReminderDays(2, (1, None, None)), 1, "overdue_1"),
    ],
)
def test_a_step_that_is_not_set_is_never_told(days, late, code):
    assert reminder_for(DUE, today=DUE + timedelta(days=late), days=days) == code


def test_who_was_told_a_grave_step_is_not_told_a_lighter_one():
    assert steps_from("overdue_2") == ("overdue_2", "overdue_3")
    assert steps_from("overdue_1") == STEPS
    assert steps_from(DUE_SOON) == (DUE_SOON,)


@pytest.mark.parametrize("days", [DAYS, ReminderDays(None, (1, 2, 3)), ReminderDays(3, (None, 5, None))])
def test_the_windows_of_a_day_are_those_of_its_reminders(days):
    """A year and more around the day: each due date lies in the window of its reminder, and in no other."""
    found = list(windows(today=DUE, days=days))
    for ahead in range(-400, 60):
        due = DUE + timedelta(days=ahead)
        inside = [code for code, first, last in found if (first is None or first <= due) and due <= last]
        wanted = reminder_for(due, today=DUE, days=days)
        assert inside == ([wanted] if wanted else [])
