"""When a loan is due. The ids quote the clauses of the library's circulation rules. 2026-03-02 is a Monday."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from circulation.errors import NeverOpens
from circulation.rules.due_date import Due, LoanTerms, day_end, due_date
from circulation.rules.opening_hours import Calendar, Hours
from circulation.tests.calendars import (
    FRI,
    MON,
    MONDAY_TO_FRIDAY,
    NEVER,
    ONLY_TUESDAYS,
    THU,
    TUE,
    WED,
    calendar,
    clock,
    closed,
    day,
    opened,
    term,
    week,
)
from circulation.tests.rules.test_opening import calendars, unhurried

WEEKDAYS = calendar(MONDAY_TO_FRIDAY)
MORNING, AFTERNOON = Hours(time(9), time(12)), Hours(time(14), time(18))
TWICE_A_DAY = calendar(week(MON, TUE, WED, THU, FRI, hours=(MORNING, AFTERNOON)))
AROUND_THE_CLOCK = calendar(None)
MONDAY = "2026-03-02 10:00"
EASTER = calendar(MONDAY_TO_FRIDAY, closed("2026-04-03", "Good Friday"), closed("2026-04-06", "Easter Monday"))


def case(clause: str, cal: Calendar, start: str, due: str, *, also: dict[str, Any] | None = None, **terms: Any) -> Any:
    terms.setdefault("period", 14)
    return pytest.param(cal, start, due, LoanTerms(**terms), also or {}, id=clause)


DAYS = [
    case("day loans end 23:59 in library time", WEEKDAYS, MONDAY, "2026-03-16"),
    case("day loans end 23:59 – lent a minute before", WEEKDAYS, "2026-03-02 23:58", "2026-03-03", period=1),
    case("day loans end 23:59 – lent just after midnight", WEEKDAYS, "2026-03-03 00:00", "2026-03-04", period=1),
    case("right across daylight-saving changes – an hour less", WEEKDAYS, "2026-03-23 10:00", "2026-04-06"),
    case("right across daylight-saving changes – an hour more", WEEKDAYS, "2026-10-19 10:00", "2026-11-02"),
    case("right across daylight-saving changes – due that day", AROUND_THE_CLOCK, "2026-03-15 10:00", "2026-03-29"),
    case("right across daylight-saving changes – lent that day", AROUND_THE_CLOCK, "2026-10-25 02:30", "2026-11-08"),
    case("leap day – due on it", AROUND_THE_CLOCK, "2028-02-15 10:00", "2028-02-29"),
    case("leap day – across it", AROUND_THE_CLOCK, "2028-02-16 10:00", "2028-03-01"),
    case("leap day – none in 2027", AROUND_THE_CLOCK, "2027-02-16 10:00", "2027-03-02"),
    # The four modes
    case("ignore the calendar", WEEKDAYS, MONDAY, "2026-03-07", period=5, due_mode="ignore"),
    case("ignore the calendar – a library that never opens", calendar(NEVER), MONDAY, "2026-03-16", due_mode="ignore"),
    case("next_open: an open day stays", WEEKDAYS, MONDAY, "2026-03-06", period=4),
    case("next_open: forward a day at a time to an open day", WEEKDAYS, MONDAY, "2026-03-09", period=5),
    case("next_open: over a long weekend", EASTER, "2026-03-20 10:00", "2026-04-07"),
    case("next_open: is the mode where none is set", WEEKDAYS, MONDAY, "2026-03-09", period=6),
    case("open_days: count only open days", WEEKDAYS, MONDAY, "2026-03-16", period=10, due_mode="open_days"),
    case("open_days: lent on a closed day", WEEKDAYS, "2026-03-07 10:00", "2026-03-09", period=1, due_mode="open_days"),
    case(
        "open_days: an exception does not count",
        EASTER,
        "2026-04-02 10:00",
        "2026-04-08",
        period=2,
        due_mode="open_days",
    ),
    case("open_days: open every day", AROUND_THE_CLOCK, MONDAY, "2026-03-16", due_mode="open_days"),
    case("same_weekday: open that day", WEEKDAYS, MONDAY, "2026-03-16", due_mode="same_weekday"),
    case(
        "same_weekday: if the period is a multiple of 7 push by 7 until open",
        calendar(MONDAY_TO_FRIDAY, closed("2026-03-16"), closed("2026-03-23")),
        MONDAY,
        "2026-03-30",
        due_mode="same_weekday",
    ),
    case(
        "same_weekday: except when that weekday is always closed, then by 1",
        WEEKDAYS,
        "2026-02-28 10:00",
        "2026-03-16",
        due_mode="same_weekday",
    ),
    case(
        "same_weekday: always closed, and the next day closed by exception",
        calendar(MONDAY_TO_FRIDAY, closed("2026-03-16")),
        "2026-02-28 10:00",
        "2026-03-17",
        due_mode="same_weekday",
    ),
    case(
        "same_weekday: other periods push by 1",
        calendar(MONDAY_TO_FRIDAY, closed("2026-03-12")),
        MONDAY,
        "2026-03-13",
        period=10,
        due_mode="same_weekday",
    ),
    case(
        "same_weekday: a term from which on that weekday is always closed",
        calendar(MONDAY_TO_FRIDAY, closed("2026-03-16"), term("2026-03-20/2026-04-30", ONLY_TUESDAYS)),
        MONDAY,
        "2026-03-24",
        due_mode="same_weekday",
    ),
    case(
        "same_weekday: that weekday closed by exceptions for years",
        calendar(None, *(closed(str(day("2026-03-16") + timedelta(days=7 * n))) for n in range(110))),
        MONDAY,
        "2026-03-17",
        due_mode="same_weekday",
    ),
    case(
        "a dated exception (open) beats the weekly rule",
        calendar(MONDAY_TO_FRIDAY, opened("2026-03-07")),
        MONDAY,
        "2026-03-07",
        period=5,
    ),
    case(
        "a dated exception (open) beats the weekly rule – same weekday, always closed",
        calendar(MONDAY_TO_FRIDAY, opened("2026-03-14")),
        "2026-02-28 10:00",
        "2026-03-14",
        due_mode="same_weekday",
    ),
    case(
        "a dated exception (open) beats the weekly rule – counted",
        calendar(MONDAY_TO_FRIDAY, opened("2026-03-07")),
        MONDAY,
        "2026-03-07",
        period=5,
        due_mode="open_days",
    ),
    case(
        "a dated exception (closed) beats the weekly rule",
        calendar(None, closed("2026-03-16/2026-03-18")),
        MONDAY,
        "2026-03-19",
    ),
    # The fixed date
    case("hard due date: before, and earlier", WEEKDAYS, MONDAY, "2026-03-11", hard_due_date=day("2026-03-11")),
    case("hard due date: before, and later", WEEKDAYS, MONDAY, "2026-03-16", hard_due_date=day("2026-03-20")),
    case(
        "hard due date: exactly, earlier",
        WEEKDAYS,
        MONDAY,
        "2026-03-11",
        hard_due_date=day("2026-03-11"),
        hard_due_mode="exactly",
    ),
    case(
        "hard due date: exactly, later",
        WEEKDAYS,
        MONDAY,
        "2026-06-30",
        hard_due_date=day("2026-06-30"),
        hard_due_mode="exactly",
    ),
    case(
        "hard due date: after, and later",
        WEEKDAYS,
        MONDAY,
        "2026-06-30",
        hard_due_date=day("2026-06-30"),
        hard_due_mode="after",
    ),
    case(
        "hard due date: after, and earlier",
        WEEKDAYS,
        MONDAY,
        "2026-03-16",
        hard_due_date=day("2026-03-11"),
        hard_due_mode="after",
    ),
    case(
        "hard due date: stays where staff put it, closed or not",
        WEEKDAYS,
        MONDAY,
        "2026-03-08",
        hard_due_date=day("2026-03-08"),
    ),
    case("hard due date: today", WEEKDAYS, MONDAY, "2026-03-02", hard_due_date=day("2026-03-02")),
    case("hard due date: over", WEEKDAYS, MONDAY, "2026-03-16", hard_due_date=day("2026-03-01")),
    case(
        "hard due date: over, exactly",
        WEEKDAYS,
        MONDAY,
        "2026-03-16",
        hard_due_date=day("2026-03-01"),
        hard_due_mode="exactly",
    ),
    # The card
    case("card expiry as a cap", WEEKDAYS, MONDAY, "2026-03-10", also={"card_expires_on": day("2026-03-10")}),
    case("card expiry as a cap – later", WEEKDAYS, MONDAY, "2026-03-16", also={"card_expires_on": day("2026-03-17")}),
    case(
        "if the cap falls on a closed day, back to the previous open day",
        WEEKDAYS,
        MONDAY,
        "2026-03-06",
        also={"card_expires_on": day("2026-03-08")},
    ),
    case(
        "back to the previous open day – that is today",
        WEEKDAYS,
        "2026-03-06 10:00",
        "2026-03-06",
        also={"card_expires_on": day("2026-03-08")},
    ),
    case(
        "back to the previous open day – never before the loan begins",
        WEEKDAYS,
        "2026-03-07 10:00",
        "2026-03-08",
        also={"card_expires_on": day("2026-03-08")},
    ),
    case(
        "back to the previous open day – by an exception",
        calendar(MONDAY_TO_FRIDAY, opened("2026-03-07")),
        MONDAY,
        "2026-03-07",
        also={"card_expires_on": day("2026-03-08")},
    ),
    case(
        "card expiry as a cap – where the calendar is ignored",
        WEEKDAYS,
        MONDAY,
        "2026-03-08",
        due_mode="ignore",
        also={"card_expires_on": day("2026-03-08")},
    ),
    case("card expiry as a cap – today", WEEKDAYS, MONDAY, "2026-03-02", also={"card_expires_on": day("2026-03-02")}),
    case("card expiry – already over", WEEKDAYS, MONDAY, "2026-03-16", also={"card_expires_on": day("2026-03-01")}),
    case(
        "in this order: hard due date; card expiry as a cap",
        WEEKDAYS,
        MONDAY,
        "2026-03-13",
        hard_due_date=day("2026-06-30"),
        hard_due_mode="exactly",
        also={"card_expires_on": day("2026-03-14")},
    ),
    # Popular titles
    case("popular titles get the shorter period", WEEKDAYS, MONDAY, "2026-03-05", also={"popular_days": 3}),
    case("popular titles – pushed to an open day", WEEKDAYS, MONDAY, "2026-03-09", also={"popular_days": 5}),
    case("it never lengthens one", WEEKDAYS, MONDAY, "2026-03-05", period=3, also={"popular_days": 7}),
    case(
        "it never lengthens one – not by the push either",
        calendar(None, closed("2026-03-09")),
        MONDAY,
        "2026-03-10",
        period=8,
        due_mode="same_weekday",
        also={"popular_days": 7},
    ),
    case(
        "popular titles – before the fixed date",
        WEEKDAYS,
        MONDAY,
        "2026-06-30",
        hard_due_date=day("2026-06-30"),
        hard_due_mode="after",
        also={"popular_days": 3},
    ),
    # Terms
    case(
        "due by the end of term",
        calendar(MONDAY_TO_FRIDAY, term("2026-02-01/2026-03-12")),
        MONDAY,
        "2026-03-12",
        by_term_end=True,
    ),
    case(
        "due by the end of term – closed that day",
        calendar(MONDAY_TO_FRIDAY, term("2026-02-01/2026-03-15")),
        MONDAY,
        "2026-03-13",
        by_term_end=True,
    ),
    case(
        "due by the end of term – where the rules do not ask",
        calendar(MONDAY_TO_FRIDAY, term("2026-02-01/2026-03-12")),
        MONDAY,
        "2026-03-16",
    ),
    case(
        "due by the end of term – between terms",
        calendar(MONDAY_TO_FRIDAY, term("2026-03-05/2026-03-12")),
        MONDAY,
        "2026-03-16",
        by_term_end=True,
    ),
    case(
        "due by the end of term – the fixed date comes after it",
        calendar(MONDAY_TO_FRIDAY, term("2026-02-01/2026-03-12")),
        MONDAY,
        "2026-06-30",
        by_term_end=True,
        hard_due_date=day("2026-06-30"),
        hard_due_mode="exactly",
    ),
    # Renewals
    case("a renewal's own period", WEEKDAYS, MONDAY, "2026-03-09", also={"days": 7}),
    case("a renewal's own period – 0 is a value", WEEKDAYS, MONDAY, "2026-03-02", also={"days": 0}),
    case(
        "a renewal from the old due date that the card caps does not move",
        WEEKDAYS,
        "2026-03-06 23:59",
        "2026-03-06",
        also={"card_expires_on": day("2026-03-06")},
    ),
    case(
        "a renewal from the old due date that the fixed date holds does not move",
        WEEKDAYS,
        "2026-03-06 23:59",
        "2026-03-06",
        hard_due_date=day("2026-03-06"),
    ),
    case(
        "a renewal from the old due date at the end of term does not move",
        calendar(MONDAY_TO_FRIDAY, term("2026-02-01/2026-03-06")),
        "2026-03-06 23:59",
        "2026-03-06",
        by_term_end=True,
    ),
]


@pytest.mark.parametrize(("cal", "start", "due", "terms", "also"), DAYS)
def test_loan_by_the_day(cal, start, due, terms, also):
    found = due_date(terms, cal, clock(start), **also)
    assert found.at == clock(f"{due} 23:59")
    assert found.at.utcoffset() == timedelta(0)


NIGHT = calendar(week(MON, TUE, WED, THU, FRI, hours=(Hours(time(9), time(23, 59)),)))
HOURS = [
    case("hourly: to the minute", WEEKDAYS, "2026-03-02 10:07", "2026-03-02 14:07", period=4),
    case(
        "hourly: real hours across a daylight-saving change",
        AROUND_THE_CLOCK,
        "2026-03-28 12:00",
        "2026-03-29 13:00",
        period=24,
    ),
    case(
        "hourly: real hours across the other change",
        AROUND_THE_CLOCK,
        "2026-10-24 12:00",
        "2026-10-25 11:00",
        period=24,
    ),
    case("hourly: after closing time where nothing is set", WEEKDAYS, "2026-03-02 16:00", "2026-03-02 20:00", period=4),
    case("hourly: next_open keeps the time", WEEKDAYS, "2026-03-06 16:00", "2026-03-09 16:00", period=24),
    case("hourly: ignore the calendar", WEEKDAYS, "2026-03-06 16:00", "2026-03-07 16:00", period=24, due_mode="ignore"),
    case(
        "hourly: ignore the calendar – closing time too",
        WEEKDAYS,
        "2026-03-02 16:00",
        "2026-03-02 20:00",
        period=4,
        due_mode="ignore",
        at_closing="cut",
    ),
    case(
        "hourly: same_weekday for whole weeks",
        calendar(None, closed("2026-03-09")),
        MONDAY,
        "2026-03-16 10:00",
        period=168,
        due_mode="same_weekday",
    ),
    case(
        "hourly: same_weekday for other periods",
        calendar(None, closed("2026-03-03")),
        MONDAY,
        "2026-03-04 10:00",
        period=24,
        due_mode="same_weekday",
    ),
    case("cut at closing", WEEKDAYS, "2026-03-02 16:00", "2026-03-02 18:00", period=4, at_closing="cut"),
    case("cut at closing – due before it", WEEKDAYS, MONDAY, "2026-03-02 14:00", period=4, at_closing="cut"),
    case(
        "cut at closing – due at that very moment",
        WEEKDAYS,
        "2026-03-02 14:00",
        "2026-03-02 18:00",
        period=4,
        at_closing="cut",
    ),
    case(
        "cut at closing – due on the next morning while open",
        WEEKDAYS,
        MONDAY,
        "2026-03-03 10:00",
        period=24,
        at_closing="cut",
    ),
    case(
        "cut at closing – the last one before the due moment",
        WEEKDAYS,
        MONDAY,
        "2026-03-03 18:00",
        period=33,
        at_closing="cut",
    ),
    case(
        "cut at closing – before a closed day",
        WEEKDAYS,
        "2026-03-06 16:00",
        "2026-03-06 18:00",
        period=24,
        at_closing="cut",
    ),
    case("cut at closing – at noon", TWICE_A_DAY, MONDAY, "2026-03-02 12:00", period=3, at_closing="cut"),
    case(
        "cut at closing – by an exception's hours",
        calendar(MONDAY_TO_FRIDAY, opened("2026-03-02", MORNING)),
        MONDAY,
        "2026-03-02 12:00",
        period=4,
        at_closing="cut",
    ),
    case(
        "cut at closing – lent while closed: the next opening",
        WEEKDAYS,
        "2026-03-02 18:30",
        "2026-03-03 09:00",
        period=4,
        at_closing="cut",
    ),
    case(
        "cut at closing – open until midnight",
        NIGHT,
        "2026-03-02 22:00",
        "2026-03-03 00:00",
        period=4,
        at_closing="cut",
    ),
    case(
        "cut at closing – open around the clock",
        AROUND_THE_CLOCK,
        "2026-03-02 22:00",
        "2026-03-03 02:00",
        period=4,
        at_closing="cut",
    ),
    case("extended to opening", WEEKDAYS, "2026-03-02 16:00", "2026-03-03 09:00", period=4, at_closing="extend"),
    case(
        "extended to opening – due before closing",
        WEEKDAYS,
        MONDAY,
        "2026-03-02 14:00",
        period=4,
        at_closing="extend",
    ),
    case("extended to opening – the same day", TWICE_A_DAY, MONDAY, "2026-03-02 14:00", period=3, at_closing="extend"),
    case(
        "extended to opening – over the weekend",
        WEEKDAYS,
        "2026-03-06 16:00",
        "2026-03-09 09:00",
        period=4,
        at_closing="extend",
    ),
    case(
        "extended to opening – over an exception",
        EASTER,
        "2026-04-02 16:00",
        "2026-04-07 09:00",
        period=4,
        at_closing="extend",
    ),
    case("popular titles by the hour", WEEKDAYS, MONDAY, "2026-03-03 10:00", period=72, also={"popular_days": 1}),
    case(
        "popular titles by the hour – never longer",
        WEEKDAYS,
        MONDAY,
        "2026-03-02 14:00",
        period=4,
        also={"popular_days": 1},
    ),
    case(
        "hourly: card expiry as a cap",
        WEEKDAYS,
        MONDAY,
        "2026-03-03 23:59",
        period=48,
        also={"card_expires_on": day("2026-03-03")},
    ),
    case(
        "hourly: card expiry as a cap, and closing time",
        WEEKDAYS,
        MONDAY,
        "2026-03-03 18:00",
        period=48,
        at_closing="cut",
        also={"card_expires_on": day("2026-03-03")},
    ),
    case(
        "hourly: card expiry as a cap on a closed day",
        WEEKDAYS,
        "2026-03-06 10:00",
        "2026-03-06 18:00",
        period=72,
        at_closing="extend",
        also={"card_expires_on": day("2026-03-08")},
    ),
    case("hourly: hard due date", WEEKDAYS, MONDAY, "2026-03-03 23:59", period=48, hard_due_date=day("2026-03-03")),
    case("hourly: a renewal's own period", WEEKDAYS, MONDAY, "2026-03-02 12:00", period=4, also={"days": 2}),
]


@pytest.mark.parametrize(("cal", "start", "due", "terms", "also"), HOURS)
def test_loan_by_the_hour(cal, start, due, terms, also):
    assert due_date(replace(terms, unit="hours"), cal, clock(start), **also).at == clock(due)


NEVER_OPENS = "the search for an open day is bounded (a library that never opens gets a clear error)"


@pytest.mark.parametrize(
    "mode", [pytest.param(mode, id=f"{NEVER_OPENS}: {mode}") for mode in ("next_open", "open_days", "same_weekday")]
)
def test_library_that_never_opens_gets_a_clear_error(mode):
    with pytest.raises(NeverOpens) as told:
        due_date(LoanTerms(14, due_mode=mode), calendar(NEVER), clock(MONDAY))
    assert told.value.as_dict() == {
        "code": "library_never_opens",
        "detail": "Main has no open day in two years, so no due date can be found. Mend its opening hours.",
    }


@pytest.mark.parametrize("at_closing", [pytest.param(way, id=f"{NEVER_OPENS}: {way}") for way in ("extend", "cut")])
def test_library_that_never_opens_gets_a_clear_error_by_the_hour(at_closing):
    with pytest.raises(NeverOpens):
        due_date(LoanTerms(4, "hours", at_closing=at_closing), calendar(NEVER), clock(MONDAY))


@pytest.mark.parametrize(
    ("zone", "due_on", "utc"),
    [
        ("Europe/Berlin", "2026-03-28", "2026-03-28 22:59:59.999999"),
        ("Europe/Berlin", "2026-03-29", "2026-03-29 21:59:59.999999"),
        ("Europe/Berlin", "2026-10-24", "2026-10-24 21:59:59.999999"),
        ("Europe/Berlin", "2026-10-25", "2026-10-25 22:59:59.999999"),
        # Brazil changed at midnight until 2019: 23:59 came twice, the second time counts; 0:00 to 1:00 was left out.
        ("America/Sao_Paulo", "2018-02-17", "2018-02-18 02:59:59.999999"),
        ("America/Sao_Paulo", "2018-11-03", "2018-11-04 02:59:59.999999"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-05 01:59:59.999999"),
        ("Asia/Kolkata", "2026-03-02", "2026-03-02 18:29:59.999999"),
        # Samoa left this day out altogether: it ends with the next one.
        ("Pacific/Apia", "2011-12-30", "2011-12-31 09:59:59.999999"),
    ],
)
def test_day_ends_with_its_last_moment_by_the_clock_of_the_library(zone, due_on, utc):
    assert day_end(day(due_on), Calendar(time_zone=ZoneInfo(zone))) == clock(utc, ZoneInfo("UTC"))


def test_start_may_be_given_in_any_time_zone():
    late = clock("2026-03-02 23:30")  # still Monday in the library, and 22:30 in UTC
    assert due_date(LoanTerms(1), WEEKDAYS, late.astimezone(ZoneInfo("Asia/Tokyo"))).at == clock("2026-03-03 23:59")


def codes(due: Due) -> list[str]:
    return [step.code for step in due.steps]


@pytest.mark.parametrize(
    ("terms", "cal", "also", "steps"),
    [
        (LoanTerms(14), WEEKDAYS, {}, [("period", {"unit": "days", "period": "14", "to": "2026-03-16"})]),
        (
            LoanTerms(35),
            EASTER,
            {},
            [
                ("period", {"unit": "days", "period": "35", "to": "2026-04-06"}),
                (
                    "moved_on",
                    {
                        "from": "2026-04-06",
                        "to": "2026-04-07",
                        "exception": "Easter Monday",
                        "weekday": "0",
                        "term": "",
                    },
                ),
            ],
        ),
        (
            LoanTerms(5, due_mode="open_days"),
            WEEKDAYS,
            {},
            [
                ("period", {"unit": "days", "period": "5", "to": "2026-03-09"}),
                ("closed_days_left_out", {"days": "2", "to": "2026-03-09"}),
            ],
        ),
        (
            LoanTerms(14),
            WEEKDAYS,
            {"popular_days": 5},
            [
                ("period", {"unit": "days", "period": "14", "to": "2026-03-16"}),
                ("popular", {"days": "5", "to": "2026-03-07"}),
                ("moved_on", {"from": "2026-03-07", "to": "2026-03-09", "exception": "", "weekday": "5", "term": ""}),
            ],
        ),
        (
            LoanTerms(14, hard_due_date=day("2026-03-01")),
            WEEKDAYS,
            {"card_expires_on": day("2026-03-08")},
            [
                ("period", {"unit": "days", "period": "14", "to": "2026-03-16"}),
                ("hard_due_date_over", {"date": "2026-03-01"}),
                ("card_expires", {"date": "2026-03-08", "to": "2026-03-08"}),
                ("moved_back", {"from": "2026-03-08", "to": "2026-03-06", "exception": "", "weekday": "6", "term": ""}),
            ],
        ),
        (
            LoanTerms(14, by_term_end=True, hard_due_date=day("2026-03-20"), hard_due_mode="exactly"),
            calendar(MONDAY_TO_FRIDAY, term("2026-03-01/2026-03-12", name="Winter")),
            {},
            [
                ("period", {"unit": "days", "period": "14", "to": "2026-03-16"}),
                ("term_end", {"term": "Winter", "to": "2026-03-12"}),
                ("hard_due_date", {"mode": "exactly", "to": "2026-03-20"}),
            ],
        ),
        (
            LoanTerms(10, "hours", at_closing="cut"),
            WEEKDAYS,
            {},
            [
                ("period", {"unit": "hours", "period": "10", "to": "2026-03-02T19:00:00+00:00"}),
                ("cut_at_closing", {"from": "2026-03-02T19:00:00+00:00", "to": "2026-03-02T17:00:00+00:00"}),
            ],
        ),
        (
            LoanTerms(10, "hours", at_closing="extend"),
            WEEKDAYS,
            {},
            [
                ("period", {"unit": "hours", "period": "10", "to": "2026-03-02T19:00:00+00:00"}),
                ("extended_to_opening", {"from": "2026-03-02T19:00:00+00:00", "to": "2026-03-03T08:00:00+00:00"}),
            ],
        ),
    ],
)
def test_steps_tell_how_the_date_came_about(terms, cal, also, steps):
    assert [(step.code, dict(step.values)) for step in due_date(terms, cal, clock(MONDAY), **also).steps] == steps


# What holds whatever the calendar

moments = st.integers(0, 4 * 366 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
near_days = st.dates(date(2025, 1, 1), date(2029, 3, 1))
day_terms = st.builds(
    LoanTerms,
    period=st.integers(1, 60),
    due_mode=st.sampled_from(["ignore", "next_open", "open_days", "same_weekday"]),
)
hour_terms = st.builds(
    LoanTerms,
    period=st.integers(1, 200),
    unit=st.just("hours"),
    due_mode=st.sampled_from(["ignore", "next_open", "open_days", "same_weekday"]),
    at_closing=st.sampled_from([None, "cut", "extend"]),
)


def found(terms: LoanTerms, cal: Calendar, start: datetime, **also: Any) -> Due:
    """The due date; a calendar that never opens is no example."""
    try:
        return due_date(terms, cal, start, **also)
    except NeverOpens:
        assume(False)


def local(at: datetime, cal: Calendar) -> datetime:
    return at.astimezone(cal.time_zone)


@unhurried
@given(day_terms, calendars, moments)
def test_a_loan_by_the_day_ends_at_2359_of_an_open_day_no_earlier_than_the_period(terms, cal, start):
    due = local(found(terms, cal, start).at, cal)
    assert due.time() == time.max
    assert due.date() >= local(start, cal).date() + timedelta(days=terms.period)
    if terms.due_mode == "ignore":
        assert due.date() == local(start, cal).date() + timedelta(days=terms.period)
    else:
        assert cal.is_open(due.date())


@unhurried
@given(calendars, moments, st.integers(1, 40))
def test_open_days_are_counted_one_by_one(cal, start, period):
    due = found(LoanTerms(period, due_mode="open_days"), cal, start).at
    first = local(start, cal).date()
    between = (local(due, cal).date() - first).days
    assert sum(cal.is_open(first + timedelta(days=n + 1)) for n in range(between)) == period


@unhurried
@given(hour_terms, calendars, moments)
def test_a_loan_by_the_hour_ends_later_than_it_began_and_while_open_where_closing_counts(terms, cal, start):
    due = found(terms, cal, start).at
    assert due > start
    if terms.at_closing and terms.due_mode != "ignore":
        assert cal.is_open_at(due)
    elif terms.due_mode != "ignore":
        assert cal.is_open(local(due, cal).date())


@unhurried
@given(day_terms | hour_terms, calendars, moments, near_days)
def test_a_card_never_lengthens_and_never_ends_a_loan_before_it_begins(terms, cal, start, expires):
    without, capped = found(terms, cal, start), found(terms, cal, start, card_expires_on=expires)
    assert start <= capped.at <= without.at
    if day_end(expires, cal) > start:
        assert start < capped.at
        assert local(capped.at, cal).date() <= expires or capped.at == without.at
    if "card_expires" not in codes(capped):
        assert capped == without


@unhurried
@given(day_terms | hour_terms, calendars, moments, st.integers(1, 60))
def test_a_popular_title_is_never_due_later(terms, cal, start, days):
    assert start < found(terms, cal, start, popular_days=days).at <= found(terms, cal, start).at


@unhurried
@given(day_terms | hour_terms, calendars, moments, near_days)
def test_a_fixed_date_holds(terms, cal, start, fixed):
    without = found(terms, cal, start).at
    assume(day_end(fixed, cal) > start)

    def due(mode: str) -> datetime:
        return found(replace(terms, hard_due_date=fixed, hard_due_mode=mode), cal, start).at

    assert local(due("exactly"), cal).date() == fixed
    assert due("before") <= without <= due("after") or local(without, cal).date() == fixed
    assert local(due("before"), cal).date() <= fixed <= local(due("after"), cal).date()
    assert start < due("before")


@unhurried
@given(day_terms | hour_terms, calendars, moments)
def test_the_end_of_term_never_lengthens(terms, cal, start):
    assert start <= found(replace(terms, by_term_end=True), cal, start).at <= found(terms, cal, start).at


@unhurried
@given(day_terms | hour_terms, calendars, moments, st.none() | near_days, st.none() | st.integers(1, 9))
def test_the_last_step_that_names_a_day_names_the_due_day(terms, cal, start, expires, popular):
    due = found(terms, cal, start, card_expires_on=expires, popular_days=popular)
    assert all(isinstance(value, str) for step in due.steps for value in step.values.values())
    to = due.steps[-1].values["to"]
    assert to in {str(local(due.at, cal).date()), due.at.isoformat()}
