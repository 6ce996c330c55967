"""When a branch is open: its week, its terms and the days that are otherwise. Plain values; no query, no clock.

A dated exception beats the term's week, which beats the ordinary week. A branch that says nothing is always open.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property

from django.utils.translation import gettext as _

from circulation.errors import NeverOpens
from library.core import days

SEARCHED_DAYS = 731  # two years with a leap day: further no search for an open day goes
ONE_DAY = timedelta(days=1)
LAST_MINUTE = time(23, 59)


@dataclass(frozen=True)
class Hours:
    """One opening of a day, by the library's clock. Who closes at 23:59 or later is open until midnight."""

    opens: time
    closes: time


ALL_DAY = Hours(time(0, 0), time(23, 59, 59, 999999))
Week = Mapping[int, tuple[Hours, ...]]  # Monday is 0; a day that is missing is closed


@dataclass(frozen=True)
class TermDays:
    """A term, both days included. ``weekly`` None: the ordinary week goes on."""

    name: str
    first: date
    last: date
    weekly: Week | None = None


@dataclass(frozen=True)
class SpecialDays:
    """Days that are not as the week says, both included. ``hours`` (): closed; None: open, at the week's hours."""

    name: str
    first: date
    last: date
    hours: tuple[Hours, ...] | None = ()


@dataclass(frozen=True)
class Calendar:
    """When one branch is open. Of several exceptions or terms on a day the first one counts: the caller orders them.

    ``weekly`` None: open every day, all day.
    """

    branch: str = ""  # for sentences
    weekly: Week | None = None
    exceptions: Sequence[SpecialDays] = ()
    terms: Sequence[TermDays] = ()
    time_zone: tzinfo = field(default=UTC)

    def hours(self, day: date) -> tuple[Hours, ...]:
        """The openings of ``day`` in order; none where it is closed."""
        special = self.exception_on(day)
        if special is None:
            return self._usual(day)
        if special.hours is None:
            return self._usual(day) or (ALL_DAY,)
        return special.hours

    def is_open(self, day: date) -> bool:
        """Whether the branch opens at all on ``day``."""
        return self._stretch_of(day)[0][day.weekday()]

    def next_open(self, day: date) -> date:
        """``day`` itself if it is open, else the first open day after it. Errors: ``NeverOpens``."""
        try:
            for _count in range(SEARCHED_DAYS):
                if self.is_open(day):
                    return day
                day += ONE_DAY
        except OverflowError:  # the calendar of this world ends in 9999
            pass
        raise NeverOpens(branch=self.branch)

    def nth_open(self, day: date, count: int) -> date:
        """The ``count``-th open day after ``day``; itself for 0. Whole weeks at a time. Errors: ``NeverOpens``."""
        while count > 0:
            day = self.next_open(day + ONE_DAY)
            count -= 1
            weekdays, last = self._stretch_of(day)
            weeks = min(count // sum(weekdays), (last - day).days // len(weekdays))
            day += weeks * len(weekdays) * ONE_DAY
            count -= weeks * sum(weekdays)
        return day

    def count_open(self, after: date, until: date) -> int:
        """How many of the days after ``after``, up to and with ``until``, are open. Whole weeks at a time."""
        count, day = 0, after
        while day < until:
            day += ONE_DAY
            weekdays, last = self._stretch_of(day)
            last = min(last, until)
            weeks, rest = divmod((last - day).days + 1, len(weekdays))
            first = day.weekday()
            count += weeks * sum(weekdays) + sum(weekdays[(first + more) % len(weekdays)] for more in range(rest))
            day = last
        return count

    def exception_on(self, day: date) -> SpecialDays | None:
        """The dated exception that decides about ``day``."""
        return next((special for special in self.exceptions if special.first <= day <= special.last), None)

    def term_of(self, day: date) -> TermDays | None:
        """The term that ``day`` is in."""
        return next(self._terms_on(day), None)

    def is_always_closed(self, weekday: int, near: date) -> bool:
        """Whether the week in force on ``near`` has no hours on ``weekday`` (Monday 0). Exceptions do not count."""
        week = self._week(near)
        return week is not None and not week.get(weekday)

    def why_closed(self, day: date) -> str:
        """The name of the exception, or "closed on Sundays"; empty where ``day`` is open."""
        if self.is_open(day):
            return ""
        special = self.exception_on(day)
        return special.name if special else _CLOSED_ON[day.weekday()]()

    def openings(self, day: date) -> list[tuple[datetime, datetime]]:
        """The openings of ``day`` as moments in UTC, in order; the end of one that lasts to midnight is midnight."""
        return [
            (datetime.combine(day, hours.opens, tzinfo=self.time_zone).astimezone(UTC), self._closing(day, hours))
            for hours in sorted(self.hours(day), key=_begin)
        ]

    def is_open_at(self, moment: datetime) -> bool:
        """Whether somebody is there at ``moment``; the moments of opening and of closing count."""
        day = moment.astimezone(self.time_zone).date()
        return any(opens <= moment <= closes for near in (day - ONE_DAY, day) for opens, closes in self.openings(near))

    def next_opening(self, moment: datetime) -> datetime:
        """The first opening at or after ``moment``, in UTC. Errors: ``NeverOpens``."""
        day = moment.astimezone(self.time_zone).date()
        for _count in range(SEARCHED_DAYS):
            day = self.next_open(day)
            for opens, _closes in self.openings(day):
                if opens >= moment:
                    return opens
            day += ONE_DAY
        raise NeverOpens(branch=self.branch)

    def last_closing(self, moment: datetime, *, after: datetime) -> datetime | None:
        """The last closing up to ``moment`` that is later than ``after``, in UTC."""
        day = moment.astimezone(self.time_zone).date()
        earliest = (
            after.astimezone(self.time_zone).date() - ONE_DAY
        )  # what closes at midnight belongs to the day before
        while day >= earliest:
            closings = [closes for _opens, closes in self.openings(day) if after < closes <= moment]
            if closings:
                return max(closings)
            day -= ONE_DAY
        return None

    def moment(self, day: date, at: time) -> datetime:
        """``at`` by the library's clock on ``day``, in UTC. Where it is shown twice, the second time counts."""
        return days.moment(day, at, by=self.time_zone)

    def _closing(self, day: date, hours: Hours) -> datetime:
        if hours.closes >= LAST_MINUTE:
            return datetime.combine(day + ONE_DAY, time(0, 0), tzinfo=self.time_zone).astimezone(UTC)
        return self.moment(day, hours.closes)

    def _usual(self, day: date) -> tuple[Hours, ...]:
        week = self._week(day)
        return (ALL_DAY,) if week is None else week.get(day.weekday(), ())

    def _week(self, day: date) -> Week | None:
        return next((term.weekly for term in self._terms_on(day) if term.weekly is not None), self.weekly)

    def _terms_on(self, day: date) -> Iterator[TermDays]:
        return (term for term in self.terms if term.first <= day <= term.last)

    def _stretch_of(self, day: date) -> tuple[tuple[bool, ...], date]:
        """Which weekdays are open in the stretch of one and the same week that ``day`` is in, and its last day."""
        firsts, weekdays = self._stretches
        place = bisect_right(firsts, day)
        return weekdays[place - 1], firsts[place] - ONE_DAY if place < len(firsts) else date.max

    @cached_property
    def _stretches(self) -> tuple[list[date], list[tuple[bool, ...]]]:
        """The days on which another week begins, as exceptions and terms come and go, and its open weekdays."""
        spans: list[SpecialDays | TermDays] = [*self.exceptions, *self.terms]
        after = (span.last + ONE_DAY for span in spans if span.last < date.max)
        firsts = sorted({date.min, *(span.first for span in spans), *after})
        return firsts, [self._open_weekdays(first) for first in firsts]

    def _open_weekdays(self, day: date) -> tuple[bool, ...]:
        special, week = self.exception_on(day), self._week(day)
        if special is not None:
            return (special.hours is None or bool(special.hours),) * len(_CLOSED_ON)
        return tuple(week is None or bool(week.get(weekday)) for weekday in _CLOSED_ON)


def _begin(hours: Hours) -> time:
    return hours.opens


# Whole sentences, for languages in which a day's name changes its form. Called late: the reader's language counts.
_CLOSED_ON = {
    0: lambda: _("closed on Mondays"),
    1: lambda: _("closed on Tuesdays"),
    2: lambda: _("closed on Wednesdays"),
    3: lambda: _("closed on Thursdays"),
    4: lambda: _("closed on Fridays"),
    5: lambda: _("closed on Saturdays"),
    6: lambda: _("closed on Sundays"),
}
