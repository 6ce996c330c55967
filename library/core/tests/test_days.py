"""Days by the library's clock, in every zone that there is and whatever becomes of its hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.forms import DateField, DateTimeField, TimeField
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from library.core import days
from library.core.dates import said

ATOM = timedelta(microseconds=1)
# Zones of all sorts: with half hours, far east and west, that change at midnight, by half an hour, and not at all.
ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Berlin",
        "America/Sao_Paulo",
        "America/St_Johns",
        "America/Havana",
        "Asia/Beirut",
        "Asia/Kathmandu",
        "Asia/Tehran",
        "Australia/Lord_Howe",
        "Pacific/Kiritimati",
        "Etc/GMT+12",
    )
]
DAYS = st.dates(date(1950, 1, 2), date(2037, 12, 31))


@given(DAYS, st.sampled_from(ZONES))
def test_days_follow_each_other_without_a_gap(day, zone):
    assert days.start_of(day, by=zone) == days.end_of(day - timedelta(days=1), by=zone) + ATOM
    assert days.start_of(day, by=zone) < days.end_of(day, by=zone)


@given(DAYS, st.sampled_from(ZONES))
def test_the_first_and_the_last_moment_of_a_day_are_on_it(day, zone):
    first, last = days.start_of(day, by=zone), days.end_of(day, by=zone)
    assert first.tzinfo is last.tzinfo is UTC
    assert days.date_of(last, by=zone) == day
    assert days.date_of(last + ATOM, by=zone) > day
    assert days.date_of(first, by=zone) in {day, day - timedelta(days=1)}  # where an hour is shown twice at midnight


MOMENTS = st.integers(-600_000_000, 2_100_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(MOMENTS, st.sampled_from(ZONES))
def test_no_moment_is_after_the_end_of_its_day(moment, zone):
    day = days.date_of(moment, by=zone)
    assert days.end_of(day - timedelta(days=2), by=zone) < moment <= days.end_of(day, by=zone)


@pytest.mark.parametrize(
    ("zone", "day", "at", "moment"),
    [
        ("Europe/Berlin", date(2026, 10, 25), time(2, 30), "01:30"),  # shown twice: the second time
        ("Europe/Berlin", date(2026, 3, 29), time(2, 30), "01:30"),  # never shown
        ("Europe/Berlin", date(2026, 11, 30), time(0, 0), "23:00"),
        ("Asia/Kathmandu", date(2026, 11, 30), time(5, 45), "00:00"),
    ],
)
def test_a_time_by_the_library_s_clock_is_one_moment(zone, day, at, moment):
    assert f"{days.moment(day, at, by=ZoneInfo(zone)):%H:%M}" == moment


@override_settings(TIME_ZONE="Pacific/Auckland")
def test_the_day_is_the_library_s_and_not_the_machine_s():
    late = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
    assert days.today(late) == date(2026, 12, 1)
    assert days.date_of(late, by=ZoneInfo("America/Lima")) == date(2026, 11, 30)
    assert days.end_of(date(2026, 12, 1)) == datetime(2026, 12, 1, 10, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "is_writable"),
    [
        (date.min, False),
        (date(1899, 12, 31), False),
        (date(1900, 1, 1), True),
        (date(2999, 12, 31), True),
        (date(3000, 1, 1), False),
        (date.max, False),
    ],
)
def test_days_that_can_be_reckoned_with(day, is_writable):
    assert days.is_writable(day) is is_writable


@given(st.dates(days.EARLIEST, days.LATEST), st.sampled_from(ZONES))
def test_every_day_that_can_be_reckoned_with_has_a_beginning_and_an_end(day, zone):
    assert days.start_of(day, by=zone) < days.end_of(day, by=zone)


# -- in words


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (date(2026, 11, 3), "3 Nov 2026"),
        (date(800, 1, 31), "31 Jan 800"),
        (datetime(2026, 11, 30, 14, 3, tzinfo=UTC), "30 Nov 2026, 15:03"),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), "1 Jan 2027, 00:00"),
        (datetime(2026, 7, 1, 22, 5, 59, tzinfo=UTC), "2 Jul 2026, 00:05"),
    ],
)
def test_a_day_or_a_moment_is_said_in_one_form(of, words):
    assert said(of) in {words, words.replace("31 Jan 800", "31 Jan 0800")}


@override_settings(TIME_ZONE="Asia/Kathmandu")
def test_a_moment_is_said_by_the_library_s_clock_whatever_zone_it_came_in():
    assert said(datetime(2026, 11, 30, 20, 0, tzinfo=ZoneInfo("America/Lima"))) == "1 Dec 2026, 06:45"


@pytest.mark.parametrize(
    "typed", ["2026-02-03", "03/02/2026", "3.2.2026", "03.02.2026", "3 Feb 2026", "03 February 2026", " 3 feb 2026 "]
)
def test_a_date_may_be_typed_in_several_forms_and_its_day_stands_before_the_month(typed):
    assert DateField().clean(typed) == date(2026, 2, 3)


@pytest.mark.parametrize(
    "typed", ["02/13/2026", "2026-13-01", "30 Feb 2026", "3.2.26", "Feb 3, 2026", "٢٠٢٦/٠٢/٠٣", "today"]
)
def test_what_is_no_date_is_not_guessed_at(typed):
    with pytest.raises(ValidationError):
        DateField().clean(typed)


@pytest.mark.parametrize("typed", ["2026-02-03T14:05", "03/02/2026 14:05", "3 Feb 2026, 14:05", "3.2.2026 14:05:00"])
def test_a_moment_may_be_typed_in_several_forms(typed):
    assert DateTimeField().clean(typed) == datetime(2026, 2, 3, 14, 5, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(("typed", "at"), [("9:05", time(9, 5)), ("09:05:07", time(9, 5, 7)), ("23:59", time(23, 59))])
def test_a_time_is_typed_in_24_hours(typed, at):
    assert TimeField().clean(typed) == at
    for wrong in ("9:05 pm", "24:00", "9.05"):
        with pytest.raises(ValidationError):
            TimeField().clean(wrong)
