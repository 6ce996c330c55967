"""When a branch is open. 2026-03-02 is a Monday."""

from datetime import UTC, date, time, timedelta

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from circulation.errors import NeverOpens
from circulation.rules.opening_hours import ALL_DAY, SEARCHED_DAYS, Calendar, Hours, SpecialDays, TermDays
from circulation.tests.calendars import (
    BERLIN,
    MON,
    MONDAY_TO_FRIDAY,
    NEVER,
    NINE_TO_SIX,
    ONLY_TUESDAYS,
    SAO_PAULO,
    SAT,
    SUN,
    TUE,
    calendar,
    clock,
    closed,
    day,
    opened,
    term,
    week,
)

MORNING, AFTERNOON = Hours(time(9), time(12)), Hours(time(14), time(18))


def test_branch_that_says_nothing_is_always_open():
    assert all(Calendar().hours(day("2026-03-02") + timedelta(days=n)) == (ALL_DAY,) for n in range(400))


@pytest.mark.parametrize(
    ("cal", "on", "hours"),
    [
        pytest.param(calendar(MONDAY_TO_FRIDAY), "2026-03-02", (NINE_TO_SIX,), id="the week"),
        pytest.param(calendar(MONDAY_TO_FRIDAY), "2026-03-07", (), id="a day without hours is closed"),
        pytest.param(
            calendar(week(MON, hours=(MORNING, AFTERNOON))), "2026-03-02", (MORNING, AFTERNOON), id="twice a day"
        ),
        pytest.param(calendar(MONDAY_TO_FRIDAY, closed("2026-03-02")), "2026-03-02", (), id="closed beats the week"),
        pytest.param(calendar(None, closed("2026-03-01/2026-03-03")), "2026-03-02", (), id="closed for some days"),
        pytest.param(
            calendar(MONDAY_TO_FRIDAY, closed("2026-03-03")), "2026-03-02", (NINE_TO_SIX,), id="the day after"
        ),
        pytest.param(
            calendar(MONDAY_TO_FRIDAY, opened("2026-03-07")), "2026-03-07", (ALL_DAY,), id="open beats the week"
        ),
        pytest.param(
            calendar(MONDAY_TO_FRIDAY, opened("2026-03-07", MORNING)), "2026-03-07", (MORNING,), id="own hours"
        ),
        pytest.param(
            calendar(MONDAY_TO_FRIDAY, opened("2026-03-02")), "2026-03-02", (NINE_TO_SIX,), id="the week's hours"
        ),
        pytest.param(
            calendar(MONDAY_TO_FRIDAY, opened("2026-03-02"), closed("2026-03-01/2026-03-08")),
            "2026-03-02",
            (NINE_TO_SIX,),
            id="the first exception counts",
        ),
        pytest.param(
            calendar(MONDAY_TO_FRIDAY, term("2026-03-01/2026-03-31", week(SUN))),
            "2026-03-01",
            (NINE_TO_SIX,),
            id="a term's week",
        ),
        pytest.param(
            calendar(MONDAY_TO_FRIDAY, term("2026-03-01/2026-03-31", week(SUN))),
            "2026-03-02",
            (),
            id="a term's week takes the place of the ordinary one",
        ),
        pytest.param(
            calendar(MONDAY_TO_FRIDAY, term("2026-03-01/2026-03-31", week(SUN))),
            "2026-04-01",
            (NINE_TO_SIX,),
            id="after the term",
        ),
        pytest.param(
            calendar(MONDAY_TO_FRIDAY, term("2026-03-01/2026-03-31")),
            "2026-03-02",
            (NINE_TO_SIX,),
            id="a term without a week of its own",
        ),
        pytest.param(
            calendar(MONDAY_TO_FRIDAY, term("2026-03-01/2026-03-31"), term("2026-02-01/2026-12-31", week(SAT))),
            "2026-03-07",
            (NINE_TO_SIX,),
            id="the first term that has a week",
        ),
        pytest.param(
            calendar(MONDAY_TO_FRIDAY, closed("2026-03-01"), term("2026-03-01/2026-03-31", week(SUN))),
            "2026-03-01",
            (),
            id="an exception beats a term",
        ),
    ],
)
def test_hours_of_a_day(cal, on, hours):
    assert cal.hours(day(on)) == hours
    assert cal.is_open(day(on)) is bool(hours)


def test_next_and_previous_open_day():
    cal = calendar(MONDAY_TO_FRIDAY, closed("2026-03-09"))
    assert cal.next_open(day("2026-03-06")) == cal.previous_open(day("2026-03-06")) == day("2026-03-06")
    assert cal.next_open(day("2026-03-07")) == day("2026-03-10")
    assert cal.previous_open(day("2026-03-09")) == day("2026-03-06")


def test_leap_day_is_a_day_like_others():
    cal = calendar(None, closed("2028-02-29", "Stock-taking"))
    assert cal.next_open(day("2028-02-29")) == day("2028-03-01")
    assert cal.previous_open(day("2028-02-29")) == day("2028-02-28")
    assert calendar(None, closed("2028-02-28/2028-03-01")).next_open(day("2028-02-28")) == day("2028-03-02")


@pytest.mark.parametrize("search", ["next_open", "previous_open"])
def test_library_that_never_opens_says_so_by_name(search):
    with pytest.raises(NeverOpens, match=r"^Main has no open day in two years") as told:
        getattr(calendar(NEVER), search)(day("2026-03-02"))
    assert told.value.error_code == "library_never_opens"


def test_search_goes_two_years_and_no_further():
    last = day("2026-03-02") + timedelta(days=SEARCHED_DAYS - 1)
    assert calendar(NEVER, opened(last.isoformat())).next_open(day("2026-03-02")) == last
    with pytest.raises(NeverOpens):
        calendar(NEVER, opened((last + timedelta(days=1)).isoformat())).next_open(day("2026-03-02"))


def test_weekday_is_always_closed_by_the_week_in_force_whatever_the_exceptions():
    cal = calendar(
        MONDAY_TO_FRIDAY, term("2026-07-01/2026-08-31", ONLY_TUESDAYS), opened("2026-03-07"), closed("2026-03-02")
    )
    assert cal.is_always_closed(SAT, near=day("2026-03-07"))
    assert not cal.is_always_closed(MON, near=day("2026-03-02"))
    assert cal.is_always_closed(MON, near=day("2026-07-06"))
    assert not cal.is_always_closed(TUE, near=day("2026-07-06"))
    assert not calendar(None, closed("2026-03-02")).is_always_closed(MON, near=day("2026-03-02"))


def test_why_closed_is_the_exception_or_the_weekday():
    cal = calendar(MONDAY_TO_FRIDAY, closed("2026-04-06", "Easter Monday"))
    assert cal.why_closed(day("2026-04-06")) == "Easter Monday"
    assert cal.why_closed(day("2026-03-08")) == "closed on Sundays"
    assert cal.why_closed(day("2026-03-02")) == ""
    assert {calendar(NEVER).why_closed(day("2026-03-02") + timedelta(days=n)) for n in range(7)} == {
        f"closed on {name}s" for name in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    }
    with translation.override("de"):
        assert cal.why_closed(day("2026-03-08"))


def test_term_of_a_day():
    spring = term("2026-02-01/2026-06-30")
    cal = calendar(None, spring)
    assert [cal.term_of(day(on)) for on in ("2026-01-31", "2026-02-01", "2026-06-30", "2026-07-01")] == [
        None,
        spring,
        spring,
        None,
    ]


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-03-02 08:59", False),
        ("2026-03-02 09:00", True),
        ("2026-03-02 12:00", True),
        ("2026-03-02 12:01", False),
        ("2026-03-02 13:59", False),
        ("2026-03-02 18:00", True),
        ("2026-03-02 18:01", False),
        ("2026-03-03 10:00", False),
    ],
)
def test_open_at_a_moment_from_opening_to_closing(at, is_open):
    assert calendar(week(MON, hours=(AFTERNOON, MORNING))).is_open_at(clock(at)) is is_open


@pytest.mark.parametrize("closes", [time(23, 59), time(23, 59, 59, 999999)])
def test_who_closes_at_the_end_of_the_day_is_open_until_midnight(closes):
    cal = calendar(week(MON, hours=(Hours(time(0), closes),)))
    assert cal.is_open_at(clock("2026-03-02 23:59:59.999999"))
    assert cal.is_open_at(clock("2026-03-03 00:00"))
    assert not cal.is_open_at(clock("2026-03-03 00:00:01"))
    assert Calendar(time_zone=BERLIN).is_open_at(clock("2026-03-29 02:30"))


@pytest.mark.parametrize(
    ("at", "after", "closing"),
    [
        ("2026-03-02 20:00", "2026-03-02 10:00", "2026-03-02 18:00"),
        ("2026-03-02 13:00", "2026-03-02 10:00", "2026-03-02 12:00"),
        ("2026-03-02 13:00", "2026-03-02 12:00", None),
        ("2026-03-08 12:00", "2026-03-02 10:00", "2026-03-02 18:00"),
        ("2026-03-08 12:00", "2026-03-03 10:00", None),
    ],
)
def test_last_closing(at, after, closing):
    found = calendar(week(MON, hours=(MORNING, AFTERNOON))).last_closing(clock(at), after=clock(after))
    assert found == (clock(closing) if closing else None)


def test_next_opening_is_later_the_same_day_or_on_another():
    cal = calendar(week(MON, hours=(MORNING, AFTERNOON)))
    assert cal.next_opening(clock("2026-03-02 09:00")) == clock("2026-03-02 09:00")
    assert cal.next_opening(clock("2026-03-02 13:00")) == clock("2026-03-02 14:00")
    assert cal.next_opening(clock("2026-03-02 19:00")) == clock("2026-03-09 09:00")
    with pytest.raises(NeverOpens):
        calendar(NEVER).next_opening(clock("2026-03-02 09:00"))


def test_openings_on_days_when_the_clock_changes():
    night = week(SUN, hours=(Hours(time(1), time(2, 30)),))
    spring, autumn = calendar(night).openings(day("2026-03-29")), calendar(night).openings(day("2026-10-25"))
    assert [closes - opens for opens, closes in spring] == [
        timedelta(hours=1, minutes=30)
    ]  # until 3:30 by the new clock
    assert [closes - opens for opens, closes in autumn] == [timedelta(hours=2, minutes=30)]  # 2:30 for the second time
    # Midnight itself was skipped: the day begins at 1:00.
    (whole,) = calendar(None, zone=SAO_PAULO).openings(day("2018-11-04"))
    assert whole[1] - whole[0] == timedelta(hours=23)


unhurried = settings(deadline=None)  # tests share the machine
days = st.dates(date(2024, 1, 1), date(2030, 12, 31))
weeks = st.none() | st.sets(st.integers(0, 6)).map(lambda chosen: week(*chosen))
spans = st.tuples(days, st.integers(0, 40)).map(lambda given: (given[0], given[0] + timedelta(days=given[1])))
specials = st.builds(
    lambda span, hours: SpecialDays("Special", span[0], span[1], hours=hours),
    spans,
    st.sampled_from([(), None, (NINE_TO_SIX,)]),
)
terms = st.builds(lambda span, weekly: TermDays("Term", span[0], span[1], weekly=weekly), spans, weeks)
calendars = st.builds(
    lambda weekly, exceptions, terms, zone: Calendar("Main", weekly, tuple(exceptions), tuple(terms), zone),
    weeks,
    st.lists(specials, max_size=4),
    st.lists(terms, max_size=2),
    st.sampled_from([UTC, BERLIN, SAO_PAULO]),
)


@unhurried
@given(calendars, days)
def test_next_open_is_the_first_open_day_and_nothing_between(cal, on):
    try:
        found = cal.next_open(on)
    except NeverOpens:
        assert not any(cal.is_open(on + timedelta(days=n)) for n in range(SEARCHED_DAYS))
    else:
        assert cal.is_open(found)
        assert not any(cal.is_open(on + timedelta(days=n)) for n in range((found - on).days))


@unhurried
@given(calendars, days)
def test_a_day_is_closed_exactly_where_there_is_a_reason(cal, on):
    assert bool(cal.why_closed(on)) is not cal.is_open(on)
    assert all(opens < closes for opens, closes in cal.openings(on))
    assert all(cal.is_open_at(opens) and cal.is_open_at(closes) for opens, closes in cal.openings(on))
