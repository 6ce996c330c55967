"""Hours and days in words, for people who look at them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time

from django.utils.dates import WEEKDAYS
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from circulation.rules.opening_hours import LAST_MINUTE, Hours, Week


def hours(openings: Sequence[Hours]) -> str:
    """9:00–12:00, 14:00–18:00."""
    if len(openings) == 1 and openings[0].opens == time(0) and openings[0].closes >= LAST_MINUTE:
        return _("all day")
    return ", ".join(f"{_clock(one.opens)}–{_clock(one.closes)}" for one in openings)


def week(weekly: Week | None) -> list[tuple[str, str]]:
    """Runs of days with the same hours: ("Monday – Friday", "9:00–18:00"). Closed days are left out."""
    if weekly is None:
        return [(_("Every day"), _("all day"))]
    runs: list[tuple[int, int]] = []
    for weekday in range(7):
        if not weekly.get(weekday):
            continue
        if runs and runs[-1][1] == weekday - 1 and weekly[runs[-1][0]] == weekly[weekday]:
            runs[-1] = (runs[-1][0], weekday)
        else:
            runs.append((weekday, weekday))
    return [(_run(first, last), hours(weekly[first])) for first, last in runs]


def _run(first: int, last: int) -> str:
    if first == last:
        return str(WEEKDAYS[first])
    return f"{WEEKDAYS[first]} – {WEEKDAYS[last]}"


def _clock(moment: time) -> str:
    return _("midnight") if moment >= LAST_MINUTE else time_format(moment, "H:i")
