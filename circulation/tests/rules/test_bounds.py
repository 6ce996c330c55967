"""How far the values of the rules may go, and that a desk never waits for the search for an open day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from circulation.errors import NeverOpens
from circulation.models import LendingSettings, LoanRule
from circulation.rules.bounds import LONGEST_PERIOD
from circulation.rules.due_date import LoanTerms, due_date
from circulation.rules.opening_hours import SEARCHED_DAYS, Calendar, SpecialDays
from circulation.tests.calendars import MONDAY_TO_FRIDAY, NEVER, NINE_TO_SIX, ONLY_TUESDAYS, calendar, term, week
from library.core.days import EARLIEST, LATEST

ONE_DAY = timedelta(days=1)
BEYOND = [
    ("loan_period", LONGEST_PERIOD + 1),
    ("renewal_period", LONGEST_PERIOD + 1),
    ("no_renewal_before", LONGEST_PERIOD + 1),
    ("no_auto_renewal_after", LONGEST_PERIOD + 1),
    ("hard_due_date", LATEST + ONE_DAY),
    ("hard_due_date", EARLIEST - ONE_DAY),
    ("hard_due_date", date.max),
]


@pytest.mark.parametrize(("parameter", "value"), BEYOND)
@pytest.mark.django_db
def test_value_beyond_the_bounds_is_refused_in_a_sentence_and_by_the_database(parameter, value):
    row = LoanRule.objects.get()
    setattr(row, parameter, value)
    with pytest.raises(ValidationError) as told:
        row.full_clean()
    assert list(told.value.message_dict) == [parameter]
    assert told.value.messages[0] in {"At most 3,650.", "Choose a date from 1900 to 2999."}
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


@pytest.mark.django_db
def test_short_period_of_popular_books_is_bounded_too():
    with pytest.raises(IntegrityError), transaction.atomic():
        LendingSettings(high_demand_holds=1, high_demand_days=LONGEST_PERIOD + 1).save()


@pytest.mark.parametrize("zone", ["Pacific/Pago_Pago", "America/New_York", "UTC", "Pacific/Kiritimati"])
@pytest.mark.parametrize("hard", [EARLIEST, LATEST])
@pytest.mark.parametrize("mode", ["before", "exactly", "after"])
def test_values_at_the_bounds_can_be_reckoned_with_in_every_zone(zone, hard, mode):
    terms = LoanTerms(LONGEST_PERIOD, "days", "open_days", hard, mode)
    cal = calendar(ONLY_TUESDAYS, zone=ZoneInfo(zone))
    found = due_date(terms, cal, datetime(2026, 3, 2, tzinfo=UTC), card_expires_on=date.max)
    assert 2026 <= found.at.year <= 3000


def slowly(cal: Calendar, day: date, count: int) -> date:
    for _n in range(count):
        day = cal.next_open(day + ONE_DAY)
    return day


SOME_DAY = st.dates(date(2026, 1, 1), date(2026, 12, 31))
SPANS = st.tuples(SOME_DAY, st.integers(0, 60)).map(lambda span: (span[0], span[0] + timedelta(days=span[1])))
SPECIAL = st.builds(
    lambda span, hours: SpecialDays("x", span[0], span[1], hours), SPANS, st.sampled_from([(), None, (NINE_TO_SIX,)])
)
WEEKS = st.sets(st.integers(0, 6)).map(lambda open_on: week(*open_on))
TERMS = st.builds(lambda span, weekly: term(f"{span[0]}/{span[1]}", weekly), SPANS, st.none() | WEEKS)
CALENDARS = st.builds(
    lambda weekly, more: calendar(weekly, *more), st.none() | WEEKS, st.lists(SPECIAL | TERMS, max_size=6)
)


@given(CALENDARS, SOME_DAY, st.integers(0, 400))
def test_counting_by_weeks_gives_what_counting_by_days_gives(cal, day, count):
    try:
        wanted = slowly(cal, day, count)
    except NeverOpens:
        with pytest.raises(NeverOpens):
            cal.nth_open(day, count)
        return
    assert cal.nth_open(day, count) == wanted


@given(CALENDARS, SOME_DAY)
def test_open_days_are_those_with_hours(cal, day):
    assert cal.is_open(day) == bool(cal.hours(day))


class Counted(Calendar):
    """How often it is asked about a day."""

    asked = 0

    def is_open(self, day: date) -> bool:
        Counted.asked += 1
        return super().is_open(day)


@pytest.mark.parametrize("weekly", [MONDAY_TO_FRIDAY, ONLY_TUESDAYS, None])
def test_counting_open_days_looks_at_few_days_however_long_the_period(weekly):
    cal = Counted(weekly=weekly, exceptions=[SpecialDays("x", date(2027, 1, n), date(2027, 1, n)) for n in (5, 9)])
    Counted.asked = 0
    cal.nth_open(date(2026, 3, 2), LONGEST_PERIOD)
    assert Counted.asked < 100


def test_days_at_the_end_of_all_calendars_are_searched_without_an_accident():
    with pytest.raises(NeverOpens):
        calendar(NEVER).next_open(date.max - timedelta(days=SEARCHED_DAYS // 2))
    assert calendar(None).next_open(date.max) == date.max
