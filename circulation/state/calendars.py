"""The calendars of branches, read from the database: weeks, terms and exceptions become plain values.

Each process remembers what it read under the version of all calendars, which the database renews in the transaction of
every change: nobody can be told a calendar that is no longer true, nor one that was never committed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q, Subquery
from django.utils import timezone

from catalog.models import Branch
from circulation.models import CalendarException, CalendarVersion, OpeningHours, Term
from circulation.rules.opening_hours import ONE_DAY, Calendar, Hours, SpecialDays, TermDays, Week

KEPT = 500  # branches whose calendars this process remembers
PAST = timedelta(days=731)  # exceptions and terms that ended longer ago decide about nothing any more


def calendar_of(branch_id: int) -> Calendar:
    """When the branch is open: one query where nothing has changed, else four. A branch that is gone: always open."""
    return calendars_of([branch_id]).get(branch_id) or _always_open()


def calendars_of(branch_ids: Collection[int] | None = None) -> dict[int, Calendar]:
    """The calendars of these branches, or of all: a constant number of queries."""
    names, version = _names_and_version(branch_ids)
    known = {pk: calendar for pk, calendar in _remembered(names, version).items() if calendar.branch == names[pk]}
    missing = names.keys() - known.keys()
    if missing:
        zone = timezone.get_default_timezone()
        fresh = {pk: replace(plain, branch=names[pk], time_zone=zone) for pk, plain in _read(missing).items()}
        _remember(fresh, version)
        known |= fresh
    return {pk: known[pk] for pk in names}


def calendars_under(branch_ids: Collection[int], version: UUID | None) -> dict[int, Calendar]:
    """The calendars of these branches for whoever read the ``version`` just now: no query where nothing has changed.

    A branch that is gone: always open.
    """
    known = _remembered(branch_ids, version)
    if missing := [pk for pk in branch_ids if pk not in known]:
        known |= calendars_of(missing)
    return {pk: known.get(pk) or _always_open() for pk in branch_ids}


_calendars: dict[tuple[UUID, int, str], Calendar] = {}


def _remembered(branch_ids: Collection[int], version: UUID | None) -> dict[int, Calendar]:
    if version is None:
        return {}
    # Another thread may clear it at any time.
    found = {pk: _calendars.get((version, pk, settings.TIME_ZONE)) for pk in branch_ids}
    return {pk: calendar for pk, calendar in found.items() if calendar is not None}


def _remember(fresh: dict[int, Calendar], version: UUID | None) -> None:
    if version is None:
        return
    if len(_calendars) > KEPT:
        _calendars.clear()
    _calendars.update({(version, pk, settings.TIME_ZONE): calendar for pk, calendar in fresh.items()})


def _always_open() -> Calendar:
    return Calendar(time_zone=timezone.get_default_timezone())


def _names_and_version(branch_ids: Collection[int] | None) -> tuple[dict[int, str], UUID | None]:
    branches = Branch.objects.all() if branch_ids is None else Branch.objects.filter(pk__in=branch_ids)
    version = Subquery(CalendarVersion.objects.values("token")[:1])
    rows = list(branches.order_by("name", "pk").values_list("pk", "name", version))
    return {pk: name for pk, name, _version in rows}, rows[0][2] if rows else None


@dataclass
class Weeks:
    """What a branch says of its hours. ``weekly`` None: nothing, so it is always open."""

    weekly: Week | None = None
    by_term: dict[int, Week] = field(default_factory=dict)


def _read(branch_ids: Collection[int]) -> dict[int, Calendar]:
    """From the rows, in three queries."""
    horizon = timezone.localdate() - PAST
    theirs = Q(branch__in=branch_ids) | Q(branch=None)
    parts = weeks_of(branch_ids)
    terms = sorted(Term.objects.filter(theirs, last_day__gte=horizon), key=_most_particular_first)
    exceptions = sorted(CalendarException.objects.filter(theirs, last_day__gte=horizon), key=_most_particular_first)
    return {
        pk: Calendar(
            weekly=parts[pk].weekly,
            exceptions=tuple(_special(row) for row in exceptions if row.branch_id in {None, pk}),
            terms=tuple(
                TermDays(row.name, row.first_day, row.last_day, parts[pk].by_term.get(row.pk))
                for row in terms
                if row.branch_id in {None, pk}
            ),
        )
        for pk in branch_ids
    }


def _most_particular_first(row: Term | CalendarException) -> tuple[bool, timedelta, int]:
    """A branch's own word before that of all branches, a short stretch before a long one, then the newer."""
    return row.branch_id is None, row.last_day - row.first_day, -row.pk


def _special(row: CalendarException) -> SpecialDays:
    if not row.is_open:
        hours: tuple[Hours, ...] | None = ()
    elif row.opens is None or row.closes is None:
        hours = None
    else:
        hours = (Hours(row.opens, row.closes),)
    return SpecialDays(row.name, row.first_day, row.last_day, hours)


def weeks_of(branch_ids: Collection[int]) -> dict[int, Weeks]:
    """The ordinary week and the terms' weeks (by the term's id) of each branch, straight from the rows. One query."""
    days: dict[tuple[int, int | None], dict[int, tuple[Hours, ...]]] = defaultdict(dict)
    for row in OpeningHours.objects.filter(branch__in=branch_ids).order_by("opens"):
        week = days[row.branch_id, row.term_id]
        week[row.weekday] = (*week.get(row.weekday, ()), Hours(row.opens, row.closes))
    found: dict[int, Weeks] = defaultdict(Weeks)
    for (branch, term), week in days.items():
        if term is None:
            found[branch].weekly = week
        else:
            found[branch].by_term[term] = week
    return found


def closed_spans(calendar: Calendar, first: date, last: date, *, is_for_week: bool = False) -> list[tuple[date, date]]:
    """The stretches of closed days from ``first`` to ``last``, both included.

    Only days that a dated exception closes; with ``is_for_week`` also those that the week closes.
    """
    spans: list[tuple[date, date]] = []
    for day in _days_to_look_at(calendar, first, last, is_for_week):
        if calendar.is_open(day):
            continue
        if spans and spans[-1][1] == day - ONE_DAY:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans


def _days_to_look_at(calendar: Calendar, first: date, last: date, is_for_week: bool) -> list[date]:
    if is_for_week:
        return list(_each_day(first, last))
    exceptions = ((max(first, special.first), min(last, special.last)) for special in calendar.exceptions)
    return sorted({day for span in exceptions for day in _each_day(*span)})


def _each_day(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))
