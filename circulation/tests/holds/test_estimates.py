"""Where a reader stands and when the book may come: the formula, a year by the dice, and what is read for it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import make_patron
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation.models import HoldState, LoanRule
from circulation.readers.outlooks import outlooks
from circulation.rules.holds.estimate import CopyAway, Pace, by_rule_of_thumb, comings, expected_on
from circulation.tests.blocks import put
from circulation.tests.factories import MONDAY, make_hold, make_loan, queue_up

TODAY = date(2026, 3, 2)
PACE = Pace(period=21, shelf=7)
DAY = timedelta(days=1)


def lent(days: int) -> CopyAway:
    return CopyAway("on_loan", due=TODAY + days * DAY)


# The formula


@pytest.mark.parametrize(
    ("copy", "days"),
    [
        pytest.param(CopyAway("available"), 0, id="stands there"),
        pytest.param(lent(5), 5, id="lent: on its due date"),
        pytest.param(lent(0), 0, id="due today"),
        pytest.param(lent(-1), 7, id="overdue copies are no 'today'"),
        pytest.param(lent(-30), 30, id="overdue for long stays away for as long again"),
        pytest.param(CopyAway("in_transit"), 2, id="on its way home"),
        pytest.param(CopyAway("in_repair"), 21, id="in repair"),
        pytest.param(
            CopyAway("on_shelf_for_hold", shelf_until=TODAY + 4 * DAY, is_held=True),
            2 + 0.9 * 21,
            id="ready for the one ahead: half of the days left, then a loan",
        ),
        pytest.param(CopyAway("requested", is_held=True), 0.4 * 7 + 0.9 * 21, id="to be fetched for the one ahead"),
        pytest.param(CopyAway("in_transit", is_held=True), 2 + 0.4 * 7 + 0.9 * 21, id="on its way to the one ahead"),
    ],
)
def test_copy_is_away_for(copy, days):
    assert [day for day, _share in set(comings(copy, PACE, today=TODAY))] == [pytest.approx(days)]


def test_with_as_many_copies_as_readers_the_due_dates_are_taken_in_order():
    copies = [lent(9), lent(2), lent(5)]
    days = [expected_on(copies, ahead, PACE, today=TODAY) for ahead in range(3)]
    assert days == [TODAY + days * DAY for days in (2, 5, 9)]


def test_third_of_three_with_many_copies_waits_for_days_and_not_for_a_loan_period():
    copies = [lent(days) for days in range(1, 26)]
    assert expected_on(copies, 2, PACE, today=TODAY) == TODAY + 3 * DAY


def test_each_reader_ahead_keeps_it_for_a_turn():
    turn = round(0.4 * 7 + 0.9 * 21)
    assert expected_on([lent(4)], 1, PACE, today=TODAY) == TODAY + (4 + turn) * DAY
    assert expected_on([lent(4), lent(6)], 2, PACE, today=TODAY) == TODAY + (4 + turn) * DAY


def test_thousands_who_wait_are_reckoned_with_too():
    assert expected_on([lent(4)], 5_000, PACE, today=TODAY) is not None


def test_without_a_copy_there_is_no_date():
    assert expected_on([], 0, PACE, today=TODAY) is None


def test_pace_is_what_was_seen_drawn_towards_the_full_period_where_little_was():
    assert Pace(20).loan == 20
    assert Pace(20, seen=3, seen_days=30).loan == 15
    assert Pace(20, seen=97, seen_days=970).loan == pytest.approx(10.3)


def test_loans_that_came_back_early_bring_the_day_forward():
    early = Pace(period=21, shelf=7, seen=20, seen_days=20 * 16, offsets=(-5,) * 20)
    assert expected_on([lent(10)], 0, early, today=TODAY) == TODAY + 5 * DAY
    assert expected_on([lent(3)], 0, early, today=TODAY) == TODAY + 3 * DAY  # it was not brought back early
    late = Pace(period=21, shelf=7, seen=20, seen_days=20 * 25, offsets=(4,) * 20)
    assert expected_on([lent(-2)], 0, late, today=TODAY) == TODAY + 2 * DAY
    assert expected_on([lent(-9)], 0, late, today=TODAY) == TODAY + 9 * DAY  # later than any


# A year by the dice


@dataclass
class Copy:
    """Of the simulated title."""

    due: int | None = None  # the day; with it the day on which it really comes back
    back: int | None = None
    shelf_until: int | None = None
    fetched: int | None = None  # on which its reader comes; None: never

    def away(self) -> CopyAway:
        if self.due is not None:
            return CopyAway("on_loan", due=TODAY + self.due * DAY)
        if self.shelf_until is not None:
            return CopyAway("on_shelf_for_hold", shelf_until=TODAY + self.shelf_until * DAY, is_held=True)
        return CopyAway("available")


@dataclass
class Title:
    """Readers come by chance, read faster or slower, forget, or never fetch what they asked for."""

    dice: random.Random
    copies: list[Copy]
    demand: float  # holds a day
    period: int
    queue: list[tuple[date, date, date]] = field(default_factory=list)  # asked; told by us, by the rule of thumb
    errors: list[tuple[float, float]] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)  # how long loans took

    def live(self, day: int) -> None:
        for copy in self.copies:
            if copy.back == day:
                copy.due = copy.back = None
            if copy.shelf_until is not None and (copy.fetched == day or copy.shelf_until < day):
                is_fetched = copy.fetched == day
                copy.shelf_until = copy.fetched = None
                if is_fetched:
                    self.lend(copy, day)
            if copy.due is None and copy.shelf_until is None and self.queue:
                self.serve(copy, day)
        for _one in range(sum(self.dice.random() < self.demand / 4 for _quarter in range(4))):
            self.ask(day)
            free = [copy for copy in self.copies if copy.due is None and copy.shelf_until is None]
            if free and len(self.queue) == 1:
                self.serve(free[0], day)

    def lend(self, copy: Copy, day: int) -> None:
        chance = self.dice.random()
        if chance < 0.55:  # when it is read
            days = self.dice.randint(self.period // 4, self.period - 1)
        elif chance < 0.88:  # on the last days
            days = self.dice.randint(self.period - 2, self.period)
        else:
            days = self.period + self.dice.randint(1, 15)
        copy.due, copy.back = day + self.period, day + max(1, days)
        self.ended = [*self.ended, days][-20:]

    def serve(self, copy: Copy, day: int) -> None:
        asked, ours, thumb = self.queue.pop(0)
        came = TODAY + day * DAY
        if came > asked:  # who finds a copy there does not wait
            self.errors.append((abs((came - ours).days), abs((came - thumb).days)))
        copy.shelf_until = day + 7
        copy.fetched = None if self.dice.random() < 0.1 else day + min(7, 1 + int(self.dice.expovariate(0.5)))

    def ask(self, day: int) -> None:
        today = TODAY + day * DAY
        offsets = tuple(days - self.period for days in self.ended)
        pace = Pace(self.period, 7, len(self.ended), sum(self.ended), offsets)
        away = [copy.away() for copy in self.copies]
        ours = expected_on(away, len(self.queue), pace, today=today)
        assert ours is not None
        self.queue.append((today, ours, by_rule_of_thumb(len(self.queue) + 1, len(away), self.period, today=today)))


def titles(dice: random.Random) -> Iterator[Title]:
    for _number in range(120):
        copies, period = dice.choice([1, 1, 1, 1, 1, 1, 2, 2, 3, 5, 10, 25]), dice.choice([14, 21, 28])
        demand = copies / period * dice.uniform(0.7, 1.1)  # as of what is asked for
        yield Title(dice, [Copy() for _ in range(copies)], demand, period)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_on_a_simulated_year_the_mean_error_is_a_fifth_less_than_that_of_the_rule_of_thumb(seed):
    errors = []
    for title in titles(random.Random(seed)):
        for copy in title.copies:
            title.lend(copy, -title.dice.randint(0, title.period - 1))
            copy.back = max(copy.back or 0, 0)
        for day in range(365):
            title.live(day)
        errors += title.errors
    ours, thumb = (sum(error[which] for error in errors) / len(errors) for which in (0, 1))
    assert len(errors) > 1_000
    assert ours <= 0.8 * thumb, (ours, thumb)


# What is read


@pytest.fixture
def _library_time(settings):
    settings.TIME_ZONE = "UTC"


@pytest.mark.django_db
@pytest.mark.usefixtures("_library_time")
class TestRead:
    def test_place_and_total_count_those_who_wait_for_the_same_copies_and_do_not_sleep(self):
        book = make_book()
        paper, other = make_loan(copy=make_copy(book=book)).copy, make_loan(copy=make_copy(book=book)).copy
        queue_up(book, state=HoldState.SUSPENDED)
        alone = queue_up(book, copy=other, is_copy_level=True)
        for_paper = queue_up(book, copy=paper, is_copy_level=True)
        title = queue_up(book)
        found = outlooks([alone, for_paper, title], at=MONDAY)
        assert {pk: (one.place, one.of) for pk, one in found.items()} == {
            alone.pk: (1, 2),
            for_paper.pk: (1, 2),
            title.pk: (3, 3),
        }

    def test_day_is_when_the_copy_is_due_and_a_turn_later_for_the_next(self):
        loan = make_loan(due_at=MONDAY + 10 * DAY)
        first, second = queue_up(loan.copy.book), queue_up(loan.copy.book)
        found = outlooks([first, second], at=MONDAY)
        assert found[first.pk].expected_on == date(2026, 3, 12)
        assert found[second.pk].expected_on == date(2026, 3, 12) + round(0.4 * 7 + 0.9 * 14) * DAY

    def test_what_nothing_can_serve_has_no_date(self):
        book = make_book()
        for values in ({"status": "lost"}, {"status": "withdrawn"}, {"not_for_loan": True}):
            make_copy(book=book, **values)
        claimed = make_loan(copy=make_copy(book=book), claimed_returned_at=MONDAY)
        hold = queue_up(book)
        assert outlooks([hold], at=MONDAY)[hold.pk].expected_on is None
        LoanRule.objects.create(tier=hold.patron.tier, holds_allowed=0)
        make_copy(book=book, status="in_repair")
        assert claimed.returned_at is None
        assert outlooks([hold], at=MONDAY)[hold.pk].expected_on is None

    def test_reader_who_would_be_passed_over_is_told_why(self):
        hold = queue_up(make_loan().copy.book)
        put(hold.patron, "patron_restricted", note="Torn pages")
        assert outlooks([hold], at=MONDAY)[hold.pk].against == ("You may not borrow at present. Torn pages.",)

    def test_one_query_however_many_books(self):
        patron = make_patron()
        holds = [queue_up(make_loan().copy.book, patron=patron) for _ in range(5)]
        outlooks(holds[:1], at=MONDAY)
        with CaptureQueriesContext(connection) as captured:
            assert len(outlooks(holds, at=MONDAY)) == 5
        assert len(captured) == 1

    def test_hold_with_its_own_copy_has_no_place(self):
        assert outlooks([make_hold(branch=make_branch())]) == {}
