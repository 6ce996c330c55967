"""Changing when a branch is open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from django.db import transaction

from accounts.models import User
from catalog.models import Branch
from circulation.explain import opening_words
from circulation.models import CalendarException, OpeningHours, Term
from circulation.rules.opening_hours import Hours
from circulation.rules.public_holidays import PublicHoliday
from library.activity import services as activity

NAME_LENGTH = 120


@transaction.atomic
def set_week(*, branch: Branch, term: Term | None, week: Mapping[int, Sequence[Hours]], by: User) -> bool:
    """Let ``week`` (Monday 0) be the branch's week, or its week in ``term``. False where it was so already.

    No hours at all: always open, or in a term as in the ordinary week. The database refuses hours that end before they
    begin.
    """
    Branch.objects.select_for_update(no_key=True).get(pk=branch.pk)  # two who save at once: one after the other
    rows = OpeningHours.objects.filter(branch=branch, term=term)
    before = sorted(rows.values_list("weekday", "opens", "closes"))
    after = sorted((weekday, hours.opens, hours.closes) for weekday, openings in week.items() for hours in openings)
    if before == after:
        return False
    rows.delete()
    OpeningHours.objects.bulk_create(
        OpeningHours(branch=branch, term=term, weekday=weekday, opens=opens, closes=closes)
        for weekday, opens, closes in after
    )
    words = "; ".join(
        f"{days} {hours}" for days, hours in opening_words.week({day: tuple(one) for day, one in week.items()})
    )
    said = {"term": term.name if term else "", "hours.new": words}
    activity.record(actor=by, verb="calendar.week_changed", object=branch, data=said)
    return True


def closed_days(holidays: Sequence[PublicHoliday], branch: Branch | None) -> set[date]:
    """Those of the days that an exception of the same branch (None: of all) closes. One query."""
    if not holidays:
        return set()
    first, last = min(one.day for one in holidays), max(one.day for one in holidays)
    spans = list(
        CalendarException.objects.filter(
            branch=branch, is_open=False, first_day__lte=last, last_day__gte=first
        ).values_list("first_day", "last_day")
    )
    return {one.day for one in holidays if any(begins <= one.day <= ends for begins, ends in spans)}


@transaction.atomic
def add_holidays(*, holidays: Iterable[PublicHoliday], branch: Branch | None, by: User) -> list[CalendarException]:
    """Close the branch (None: all) on these days; what is closed already is left as it is."""
    chosen = list(holidays)
    closed = closed_days(chosen, branch)
    made = CalendarException.objects.bulk_create(
        CalendarException(branch=branch, name=one.name[:NAME_LENGTH], first_day=one.day, last_day=one.day)
        for one in chosen
        if one.day not in closed
    )
    for row in made:
        note_exception(row, verb="calendar.exception_added", by=by)
    return made


def note_exception(row: CalendarException | Term, *, verb: str, by: User) -> None:
    """Write down what became of an exception or a term."""
    activity.record(
        actor=by,
        verb=verb,
        object=row,
        data={
            "name": row.name,
            "branch": row.branch.name if row.branch else "",
            "first_day": row.first_day.isoformat(),
            "last_day": row.last_day.isoformat(),
        },
    )
