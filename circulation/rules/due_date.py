"""When a loan is due: the rules' values, a calendar and a moment in; the due date and how it came about out.

In this order: the period by the due mode; a popular title's shorter period; the end of term; the fixed due date; the
end of the card. Whole days end with the last moment of the day by the library's clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from circulation.rules.opening_hours import ONE_DAY, SEARCHED_DAYS, Calendar
from library.core.days import end_of

HOURS_A_DAY = 24
A_WEEK = 7


@dataclass(frozen=True)
class LoanTerms:
    """What the rule matrix says about the due date. ``due_mode``: ignore, next_open, open_days or same_weekday."""

    period: int
    unit: str = "days"  # days, hours
    due_mode: str = "next_open"
    hard_due_date: date | None = None
    hard_due_mode: str = "before"  # before, exactly, after
    by_term_end: bool = False
    at_closing: str | None = None  # cut, extend: for loans by the hour


@dataclass(frozen=True)
class Step:
    """One step on the way to a due date. All values are text, so that they can be kept as JSON in any language.

    ``period``: unit, period, to · ``closed_days_left_out``: days, to · ``moved_on``: from, to, exception, weekday,
    term · ``cut_at_closing``, ``extended_to_opening``: from, to · ``popular``: days, to · ``term_end``: term, to ·
    ``hard_due_date``: mode, to · ``hard_due_date_over``: date · ``card_expires``: date, to · ``moved_back``: as
    ``moved_on``. Dates as 2026-03-02, moments in UTC as 2026-03-02T17:00:00+00:00; ``weekday`` 0 is Monday.
    """

    code: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class Due:
    """A due date in UTC, and the steps that led to it."""

    at: datetime
    steps: tuple[Step, ...] = ()

    def then(self, code: str, at: datetime, **values: object) -> Due:
        """One step on."""
        return Due(at, (*self.steps, Step(code, {name: str(value) for name, value in values.items()})))


def due_date(
    terms: LoanTerms,
    calendar: Calendar,
    start: datetime,
    *,
    days: int | None = None,
    card_expires_on: date | None = None,
    popular_days: int | None = None,
    is_new: bool = False,
) -> Due:
    """When a loan from ``start`` on is due. ``days`` takes the place of the period, in its unit: a renewal's.

    Later than ``start``, but for two cases in which it is no earlier: a period of 0, and a cap on the very day on
    whose end ``start`` falls (a renewal that gains nothing; ``is_new``: a check-out, for which that day is over).
    Errors: ``NeverOpens``.
    """
    terms = terms if days is None else replace(terms, period=days)
    search = _Search(terms, calendar, start.astimezone(UTC), is_new)
    return search.find(card_expires_on=card_expires_on, popular_days=popular_days)


def day_end(day: date, calendar: Calendar) -> datetime:
    """The last moment of ``day`` by the library's clock, in UTC; where the clock shows it twice, the second time."""
    return end_of(day, by=calendar.time_zone)


@dataclass(frozen=True)
class _Search:
    terms: LoanTerms
    calendar: Calendar
    start: datetime  # in UTC
    is_new: bool = False

    def find(self, *, card_expires_on: date | None, popular_days: int | None) -> Due:
        due = self._by_period()
        if popular_days is not None:
            due = self._popular(due, popular_days)
        due = self._hard(self._by_term_end(due))
        return due if card_expires_on is None else self._by_card(due, card_expires_on)

    # The period, by the due mode

    def _by_period(self) -> Due:
        return self._by_hours() if self.terms.unit == "hours" else self._by_days()

    def _by_days(self) -> Due:
        first, period, mode = self._day(self.start), self.terms.period, self.terms.due_mode
        aim = first + timedelta(days=period)
        to = self.calendar.nth_open(first, period) if mode == "open_days" else aim
        due = self._begin(day_end(to, self.calendar), to)
        if to != aim:
            due = due.then("closed_days_left_out", due.at, days=(to - aim).days, to=to)
        return self._push(due, to)

    def _by_hours(self) -> Due:
        at = self.start + timedelta(hours=self.terms.period)  # real hours: in UTC no clock is changed
        due = self._begin(at, at.isoformat())
        if self.terms.due_mode == "ignore":
            return due
        if self.terms.at_closing is None:
            return self._push(due, self._day(at))
        return due if self.calendar.is_open_at(at) else self._at_closing(due)

    def _begin(self, at: datetime, to: object) -> Due:
        return Due(at).then("period", at, unit=self.terms.unit, period=self.terms.period, to=to)

    def _at_closing(self, due: Due) -> Due:
        """A loan by the hour that would end while nobody is there."""
        if self.terms.at_closing == "cut":
            closing = self.calendar.last_closing(due.at, after=self.start)
            if closing is not None:
                return due.then("cut_at_closing", closing, **{"from": due.at.isoformat()}, to=closing.isoformat())
        opening = self.calendar.next_opening(due.at)
        return due.then("extended_to_opening", opening, **{"from": due.at.isoformat()}, to=opening.isoformat())

    def _push(self, due: Due, day: date) -> Due:
        """On to a day that is open."""
        if self.terms.due_mode == "ignore" or self.calendar.is_open(day):
            return due
        to = self._same_weekday(day) if self.terms.due_mode == "same_weekday" else self.calendar.next_open(day)
        return due.then("moved_on", self._moved(due.at, to), **self._why(day), to=to)

    def _same_weekday(self, day: date) -> date:
        whole_weeks = A_WEEK * (HOURS_A_DAY if self.terms.unit == "hours" else 1)
        if self.terms.period % whole_weeks:
            return self.calendar.next_open(day)
        to = day
        while not self.calendar.is_open(to):
            if self.calendar.is_always_closed(to.weekday(), near=to):  # waited for in vain
                return self.calendar.next_open(to)
            if (to - day).days >= SEARCHED_DAYS:
                return self.calendar.next_open(day)
            to += A_WEEK * ONE_DAY
        return to

    # What comes after the period

    def _popular(self, due: Due, days: int) -> Due:
        """The shorter period; it never lengthens, not even where the longer one happens to end on an earlier day."""
        count = days * HOURS_A_DAY if self.terms.unit == "hours" else days
        if count >= self.terms.period:
            return due
        shorter = replace(self, terms=replace(self.terms, period=count))._by_period()
        if shorter.at >= due.at:
            return due
        said = due.then("popular", shorter.at, days=days, to=shorter.steps[0].values["to"])
        return Due(shorter.at, (*said.steps, *shorter.steps[1:]))

    def _by_term_end(self, due: Due) -> Due:
        term = self.calendar.term_of(self._day(self.start)) if self.terms.by_term_end else None
        if term is None or not self._is_cap(term.last, due):
            return due
        return self._capped(due, term.last, "term_end", term=term.name)

    def _hard(self, due: Due) -> Due:
        day, mode = self.terms.hard_due_date, self.terms.hard_due_mode
        if day is None:
            return due
        if self._is_over(day):
            return due.then("hard_due_date_over", due.at, date=day)
        is_later = day > self._day(due.at)
        if day == self._day(due.at) or (mode == "before" and is_later) or (mode == "after" and not is_later):
            return due
        return due.then("hard_due_date", self._end_of(day), mode=mode, to=day)

    def _by_card(self, due: Due, last_day: date) -> Due:
        return self._capped(due, last_day, "card_expires", date=last_day) if self._is_cap(last_day, due) else due

    def _is_cap(self, day: date, due: Due) -> bool:
        """Whether ``day`` is earlier than the due date and not over when the loan begins."""
        return day < self._day(due.at) and not self._is_over(day)

    def _is_over(self, day: date) -> bool:
        """Whether nothing can be due on ``day`` that begins now."""
        end = day_end(day, self.calendar)
        return end < self.start or (self.is_new and end == self.start)

    def _capped(self, due: Due, day: date, code: str, **values: object) -> Due:
        """Down to ``day``; where it is closed, back to an open one, if there is one that is not over already."""
        due = due.then(code, self._end_of(day), **values, to=day)
        back = self._open_back(day)
        return due if back == day else due.then("moved_back", self._end_of(back), **self._why(day), to=back)

    def _open_back(self, day: date) -> date:
        if self.terms.due_mode == "ignore":
            return day
        back = day
        while not self.calendar.is_open(back):
            back -= ONE_DAY
            if day_end(back, self.calendar) <= self.start or (day - back).days > SEARCHED_DAYS:
                return day
        return back

    # Days and moments

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.calendar.time_zone).date()

    def _end_of(self, day: date) -> datetime:
        """When a loan that must end on ``day`` does: a loan by the hour when the branch closes, if it minds that."""
        end = day_end(day, self.calendar)
        if self.terms.unit == "hours" and self.terms.at_closing and self.terms.due_mode != "ignore":
            closings = [closes for _opens, closes in self.calendar.openings(day) if self.start < closes < end]
            return max(closings, default=end)
        return end

    def _moved(self, at: datetime, day: date) -> datetime:
        """``at`` by the same clock on another day."""
        return self.calendar.moment(day, at.astimezone(self.calendar.time_zone).time().replace(fold=0))

    def _why(self, day: date) -> dict[str, object]:
        special, term = self.calendar.exception_on(day), self.calendar.term_of(day)
        return {
            "from": day,
            "exception": special.name if special else "",
            "weekday": day.weekday(),
            "term": term.name if term else "",
        }
