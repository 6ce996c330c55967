"""What being late costs, clause by clause: literals in, sums and days out. No database.

The id of each row begins with the clause that it shows, in the words of the library's circulation rules.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from circulation.rules import amounts, fines
from circulation.rules.matrix import RuleRow, resolve
from circulation.rules.opening_hours import Calendar, Hours, SpecialDays

BERLIN = ZoneInfo("Europe/Berlin")
CLOSED_AT_CHRISTMAS = Calendar(exceptions=(SpecialDays("Christmas", date(2025, 12, 24), date(2026, 1, 2)),))
OF_THE_LENDER = Calendar(
    exceptions=(
        SpecialDays("Christmas", date(2025, 12, 24), date(2025, 12, 26)),
        SpecialDays("New Year", date(2025, 12, 31), date(2026, 1, 3)),
    )
)
WEEKDAYS = Calendar(weekly={day: (Hours(time(9), time(18)),) for day in range(5)})


def sum_of(text):
    return None if text is None else Decimal(text)


def terms(**values):
    """50 cents a day, unless said otherwise; sums as text."""
    given = {"amount": "0.50"} | values
    return fines.FineTerms(**{name: sum_of(v) if name in {"amount", "cap"} else v for name, v in given.items()})


def end_of(day, zone=UTC):
    return datetime.combine(date.fromisoformat(day), time.max, tzinfo=zone)


def moment(text, zone=UTC):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


UNITS = [
    pytest.param("2026-03-02", "2026-03-05T09:00", {}, 3, id="units late = days from due to return"),
    pytest.param("2026-03-02", "2026-03-02T20:00", {}, 0, id="units late = days - on the due day: none"),
    pytest.param("2026-03-02", "2026-03-03T00:01", {}, 1, id="units late = days - one minute of the next day is a day"),
    pytest.param(
        "2025-12-19",
        "2026-01-05T10:00",
        {"calendar": CLOSED_AT_CHRISTMAS},
        17,
        id="closed days removed - not set",
    ),
    pytest.param(
        "2025-12-19",
        "2026-01-05T10:00",
        {"calendar": CLOSED_AT_CHRISTMAS, "skips_closed_days": True},
        7,
        id="closed days removed if so set - over Christmas",
    ),
    pytest.param(
        "2025-12-22",
        "2026-01-04T10:00",
        {"calendar": OF_THE_LENDER, "skips_closed_days": True},
        6,
        id="Days late are counted by the calendar of the branch of check-out - it is closed on 3 January",
    ),
    pytest.param(
        "2026-03-06",
        "2026-03-09T10:00",
        {"calendar": WEEKDAYS, "skips_closed_days": True},
        1,
        id="closed days removed if so set - from Friday to Monday",
    ),
    pytest.param(
        "2026-03-06",
        "2026-03-08T10:00",
        {"calendar": WEEKDAYS, "skips_closed_days": True},
        0,
        id="closed days removed if so set - left in the drop on Sunday",
    ),
]


@pytest.mark.parametrize(("due", "back", "how", "units"), UNITS)
def test_days_late(due, back, how, units):
    calendar = how.pop("calendar", Calendar()) if how else Calendar()
    late = fines.units_late(end_of(due), moment(back), calendar, is_hourly=False, **how)
    assert late == units


HOURS = [
    pytest.param("2026-03-02T15:00", "2026-03-02T15:01", {}, 1, id="or hours, at least 1 - a minute"),
    pytest.param("2026-03-02T15:00", "2026-03-02T16:59", {}, 1, id="or hours, at least 1 - what is not over"),
    pytest.param("2026-03-02T15:00", "2026-03-02T18:00", {}, 3, id="or hours, at least 1 - three"),
    pytest.param("2026-03-02T15:00", "2026-03-02T15:00", {}, 0, id="or hours, at least 1 - in time"),
    pytest.param(
        "2026-03-06T17:00",
        "2026-03-09T10:00",
        {"calendar": WEEKDAYS, "skips_closed_days": True},
        17,
        id="closed days removed if so set - hours of a week-end",
    ),
    pytest.param(
        "2026-03-07T17:00",
        "2026-03-08T10:00",
        {"calendar": WEEKDAYS, "skips_closed_days": True},
        0,
        id="closed days removed if so set - due and back while it was closed",
    ),
]


@pytest.mark.parametrize(("due", "back", "how", "units"), HOURS)
def test_hours_late(due, back, how, units):
    how = dict(how)
    calendar = how.pop("calendar", Calendar())
    assert fines.units_late(moment(due), moment(back), calendar, is_hourly=True, **how) == units


def test_days_are_those_of_the_library_clock_also_when_it_changes():
    calendar = Calendar(time_zone=BERLIN)
    due, back = end_of("2026-03-28", BERLIN), moment("2026-03-30T00:30", BERLIN)
    assert fines.units_late(due, back, calendar, is_hourly=False) == 2
    one, four = moment("2026-03-29T01:00", BERLIN), moment("2026-03-29T04:00", BERLIN)
    assert fines.units_late(one, four, calendar, is_hourly=True) == 2  # the night is an hour short


SUMS = [
    pytest.param(3, {}, "1.50", id="amount = periods × fine_amount"),
    pytest.param(3, {"amount": None}, "0", id="amount = periods × fine_amount - unset costs nothing"),
    pytest.param(3, {"amount": "0"}, "0", id="amount = periods × fine_amount - 0 means none"),
    pytest.param(2, {"grace": 2}, "0", id="units ≤ grace: nothing"),
    pytest.param(3, {"grace": 2}, "1.50", id="Otherwise base = units"),
    pytest.param(
        3, {"grace": 2, "grace_counts": False}, "0.50", id="or units − grace (grace_counts_once_exceeded false)"
    ),
    pytest.param(13, {"period": 7}, "0.50", id="floor when charged at the end"),
    pytest.param(6, {"period": 7}, "0", id="floor when charged at the end - within the first period"),
    pytest.param(8, {"period": 7, "charge_at": "start"}, "1.00", id="ceiling at the start"),
    pytest.param(7, {"period": 7, "charge_at": "start"}, "0.50", id="ceiling at the start - one full period"),
    pytest.param(30, {"cap": "10"}, "10.00", id="then the lower of fine_cap"),
    pytest.param(30, {"cap": "-1"}, "15.00", id="unlimited (limits only)"),
    pytest.param(30, {"cap": "0"}, "0", id="0 means none - a cap of nothing"),
    pytest.param(30, {"price": "8.20"}, "15.00", id="and, if set, the replacement price - not set"),
    pytest.param(30, {"cap_at_price": True, "price": "8.20"}, "8.20", id="and, if set, the replacement price"),
    pytest.param(30, {"cap_at_price": True, "cap": "5", "price": "8.20"}, "5.00", id="the lower of both"),
    pytest.param(30, {"cap_at_price": True}, "15.00", id="and, if set, the replacement price - nobody knows it"),
    pytest.param(30, {"suspension_days": 1}, "0", id="Suspension in place of money"),
]


@pytest.mark.parametrize(("units", "how", "amount"), SUMS)
def test_what_so_many_units_cost(units, how, amount):
    how = dict(how)
    price = sum_of(how.pop("price", None))
    assert fines.fine_of(terms(**how), units=units, price=price, digits=2) == Decimal(amount)


def test_smallest_unit_is_that_of_the_currency():
    third = terms(amount="0.335")
    assert [str(fines.fine_of(third, units=3, price=None, digits=digits)) for digits in (0, 2, 3)] == [
        "1",
        "1.01",
        "1.005",
    ]


SUSPENSIONS = [
    pytest.param(3, {"suspension_days": 2}, 6, id="floor(units × suspension_days ÷ period)"),
    pytest.param(5, {"suspension_days": 3, "period": 2}, 7, id="floor(units × suspension_days ÷ period) - rounds down"),
    pytest.param(3, {"suspension_days": 2, "grace": 3}, 0, id="after grace"),
    pytest.param(
        4, {"suspension_days": 2, "grace": 3, "grace_counts": False}, 2, id="after grace - which does not count"
    ),
    pytest.param(30, {"suspension_days": 2, "max_suspension": 14}, 14, id="at most the maximum"),
    pytest.param(30, {"suspension_days": 2, "max_suspension": -1}, 60, id="at most the maximum - unlimited"),
    pytest.param(30, {}, 0, id="Suspension in place of money - not set"),
]


@pytest.mark.parametrize(("units", "how", "days"), SUSPENSIONS)
def test_how_long_a_reader_may_not_borrow(units, how, days):
    assert fines.suspension_of(terms(**how), units=units) == days


TOTALS = [
    pytest.param([("X", "4"), ("Y", "4")], "5", "0", {"X": "4", "Y": "1"}, id="in the order (due, id)"),
    pytest.param([("X", "4"), ("Y", "4")], None, "0", {"X": "4", "Y": "4"}, id="max_total_fines - unset"),
    pytest.param(
        [("X", "4"), ("Y", "4")], "5", "2", {"X": "3", "Y": "0"}, id="on loans still open - closed by renewal"
    ),
    pytest.param(
        [("X", "4")], "5", "9", {"X": "0"}, id="then what is left under the patron's max_total_fines - nothing"
    ),
    pytest.param([("X", "4")], "0", "0", {"X": "0"}, id="max_total_fines - 0 means none"),
]


@pytest.mark.parametrize(("wanted", "most", "closed", "given"), TOTALS)
def test_what_all_fines_of_a_reader_may_come_to(wanted, most, closed, given):
    pairs = [(key, Decimal(amount)) for key, amount in wanted]
    shares = fines.under_the_maximum(pairs, sum_of(most), closed=Decimal(closed))
    assert shares == {key: Decimal(amount) for key, amount in given.items()}


def test_terms_come_from_the_matrix_each_on_its_own():
    rows = [
        RuleRow(id=1, loan_period=14, fine_amount=Decimal("0.20"), fine_cap=Decimal(10)),
        RuleRow(id=2, branch=7, fine_amount=Decimal("0.50"), grace_period=2, grace_counts_once_exceeded=False),
        RuleRow(id=3, branch=7, item_type=3, fine_skips_closed_days=True, fine_charge_at="start"),
    ]
    found = fines.fine_terms(resolve(rows, branch=7, tier=1, item_type=3))
    assert found == fines.FineTerms(
        amount=Decimal("0.50"), charge_at="start", grace=2, grace_counts=False, cap=Decimal(10), skips_closed_days=True
    )


TYPED = [
    ("1.50", 2, "1.50"),
    ("1,50", 2, "1.50"),
    ("1 234,50", 2, "1234.50"),
    ("١٢٫٥٠", 2, "12.50"),
    ("١٬٢٣٤٫٥٠", 2, "1234.50"),
    ("१२.५०", 2, "12.50"),
    ("1\u202f234,5", 2, "1234.50"),
    ("1.234,50", 2, "1234.50"),
    ("1,234.50", 2, "1234.50"),
    ("1'234.50", 2, "1234.50"),
    ("1.234", 2, "1234.00"),
    ("1.234", 3, "1.234"),
    ("1.234.567", 2, "1234567.00"),
    ("8", 2, "8.00"),
    ("80", 0, "80"),
    ("1,200", 0, "1200"),
    (" 0.05 ", 2, "0.05"),
]


@pytest.mark.parametrize(("text", "digits", "amount"), TYPED)
def test_sums_are_read_as_people_type_them(text, digits, amount):
    assert str(amounts.typed(text, digits)) == amount


@pytest.mark.parametrize(
    "text",
    ["", "0", "-1", "1.5.0", "1,2,3", "1.2345", "12.34.5", "abc", "1e3", "NaN", "1.234,567.8", "99999999", "1..5", "½"],
)
def test_what_is_no_sum_or_could_mean_two_is_refused(text):
    with pytest.raises(amounts.NoAmount):
        amounts.typed(text, 2)


def test_units_on_the_wire_are_whole_numbers():
    assert amounts.in_units(Decimal("8.20"), 2) == 820
    assert amounts.in_units(Decimal("80"), 0) == 80
    assert amounts.in_units(Decimal("1.005"), 3) == 1005
    assert [amounts.of_units(80, 0), amounts.of_units(820, 2)] == [Decimal(80), Decimal("8.20")]
    with pytest.raises(amounts.NoAmount):
        amounts.in_units(Decimal("8.205"), 2)


def test_sums_split_evenly_to_the_cent():
    assert [str(part) for part in amounts.split_evenly(Decimal("10.00"), 3, 2)] == ["3.34", "3.33", "3.33"]
    assert [str(part) for part in amounts.split_evenly(Decimal(100), 3, 0)] == ["34", "33", "33"]


def test_payment_goes_to_the_oldest_line_first():
    open_ = {"a": Decimal("2.00"), "b": Decimal("3.00"), "c": Decimal("1.00")}
    assert amounts.oldest_first(Decimal("4.50"), open_) == {"a": Decimal("2.00"), "b": Decimal("2.50")}


def test_part_payment_of_chosen_lines_is_spread_and_none_gets_more_than_it_is_open():
    open_ = {"a": Decimal("0.10"), "b": Decimal("3.00"), "c": Decimal("3.00")}
    shares = amounts.evenly(Decimal("4.00"), open_, 2)
    assert shares == {"a": Decimal("0.10"), "b": Decimal("1.95"), "c": Decimal("1.95")}
    assert amounts.evenly(Decimal("99"), open_, 2) == open_


def test_cents_that_are_over_after_a_line_is_full_are_spread_over_the_others():
    open_ = {"a": Decimal("0.01"), "b": Decimal("0.10"), "c": Decimal("0.10")}
    shares = amounts.evenly(Decimal("0.11"), open_, 2)
    assert shares == {"a": Decimal("0.01"), "b": Decimal("0.05"), "c": Decimal("0.05")}
