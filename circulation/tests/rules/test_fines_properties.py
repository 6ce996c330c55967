"""What holds of every fine, whatever the rules say."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from circulation.rules import amounts, fines
from circulation.rules.opening_hours import Calendar, Hours, SpecialDays

sums = st.integers(0, 5_000).map(lambda cents: Decimal(cents) / 100)
some_terms = st.builds(
    fines.FineTerms,
    amount=st.none() | sums,
    period=st.integers(1, 10),
    charge_at=st.sampled_from(["start", "end"]),
    grace=st.integers(0, 10),
    grace_counts=st.booleans(),
    cap=st.none() | sums | st.just(Decimal(-1)),
    cap_at_price=st.booleans(),
    skips_closed_days=st.booleans(),
    suspension_days=st.none() | st.integers(0, 5),
    max_suspension=st.none() | st.integers(-1, 60),
)
days = st.integers(0, 400).map(lambda n: date(2026, 1, 1) + timedelta(days=n))
spans = st.builds(
    lambda first, length, hours: SpecialDays("x", first, first + timedelta(days=length), hours),
    days,
    st.integers(0, 20),
    st.sampled_from([(), None]),
)
weeks = st.none() | st.sets(st.integers(0, 6)).map(lambda open_: {day: (Hours(time(9), time(17)),) for day in open_})
calendars = st.builds(
    lambda weekly, some: Calendar(weekly=weekly, exceptions=tuple(some)), weeks, st.lists(spans, max_size=4)
)
prices = st.none() | sums


@given(calendars, days, st.integers(0, 500))
def test_open_days_are_counted_as_one_by_one(calendar, after, length):
    until = after + timedelta(days=length)
    one_by_one = sum(calendar.is_open(after + timedelta(days=n)) for n in range(1, length + 1))
    assert calendar.count_open(after, until) == one_by_one
    assert calendar.count_open(until, after) == 0 or length == 0


@given(some_terms, st.integers(0, 500), st.integers(0, 50), prices, st.sampled_from([0, 2, 3]))
def test_later_never_costs_less_and_no_cap_is_exceeded(terms, units, more, price, digits):
    amount = fines.fine_of(terms, units=units, price=price, digits=digits)
    assert Decimal(0) <= amount <= fines.fine_of(terms, units=units + more, price=price, digits=digits)
    assert amount == amounts.rounded(amount, digits)
    if terms.cap is not None and terms.cap >= 0:
        assert amount <= amounts.rounded(terms.cap, digits)
    if terms.cap_at_price and price is not None:
        assert amount <= amounts.rounded(price, digits)
    if units <= terms.grace:
        assert amount == 0
        assert fines.suspension_of(terms, units=units) == 0
    if terms.suspends:
        assert amount == 0


@given(some_terms, st.integers(0, 500), prices)
def test_charged_at_the_start_is_at_most_one_period_more(terms, units, price):
    uncapped = {"cap": None, "cap_at_price": False}
    start, end = (
        fines.fine_of(fines.FineTerms(**vars(terms) | {"charge_at": at} | uncapped), units=units, price=price, digits=2)
        for at in ("start", "end")
    )
    assert end <= start <= end + (terms.amount or 0)


@given(calendars, days, st.integers(0, 3_000), st.booleans())
@settings(max_examples=60)
def test_hours_late_never_shrink_and_leave_out_no_open_time(calendar, due_on, minutes, skips):
    due = datetime.combine(due_on, time(15), tzinfo=UTC)
    back = due + timedelta(minutes=minutes)
    late = fines.units_late(due, back, calendar, is_hourly=True, skips_closed_days=skips)
    assert 0 <= late <= max(1, minutes // 60)
    later = fines.units_late(due, back + timedelta(hours=1), calendar, is_hourly=True, skips_closed_days=skips)
    assert late <= later <= late + 1


@given(st.lists(sums, max_size=8), st.none() | sums, sums)
def test_maximum_is_given_to_the_first_and_never_exceeded(wanted, most, closed):
    shares = fines.under_the_maximum(enumerate(wanted), most, closed=closed)
    assert all(Decimal(0) <= shares[n] <= amount for n, amount in enumerate(wanted))
    if most is not None:
        assert sum(shares.values()) <= max(Decimal(0), most - closed)
        short = [n for n, amount in enumerate(wanted) if shares[n] < amount]
        assert all(shares[n] == 0 for n in short[1:])


@given(st.integers(0, 10**7), st.integers(1, 40), st.sampled_from([0, 2, 3]))
def test_parts_of_a_split_make_the_whole(units, parts, digits):
    total = amounts.of_units(units, digits)
    split = amounts.split_evenly(total, parts, digits)
    assert sum(split) == total
    assert max(split) - min(split) <= amounts.unit(digits)


@given(sums, st.lists(sums, max_size=8))
def test_shares_pay_no_line_twice_and_lose_nothing(amount, lines):
    open_ = dict(enumerate(lines))
    for shares in (amounts.oldest_first(amount, open_), amounts.evenly(amount, open_, 2)):
        assert sum(shares.values(), Decimal(0)) == min(amount, sum(lines, Decimal(0)))
        assert all(0 < share <= open_[key] for key, share in shares.items())


@given(sums, st.lists(sums, min_size=1, max_size=8))
def test_of_chosen_lines_that_are_not_full_none_has_a_cent_more_than_another_has_less(amount, lines):
    shares = amounts.evenly(amount, dict(enumerate(lines)), 2)
    unfilled = [shares.get(key, Decimal(0)) for key, owed in enumerate(lines) if shares.get(key, 0) < owed]
    assert not unfilled or max(shares.values(), default=0) - min(unfilled) <= amounts.unit(2)


@given(st.integers(1, 10**9 - 100), st.sampled_from([0, 2, 3]))
def test_whatever_is_written_is_read_back(units, digits):
    amount = amounts.of_units(units, digits)
    if 0 < amount <= amounts.MOST and (digits == 3 or digits == 0 or amount != amount.to_integral_value()):
        text = amounts.plain(amount, digits)
        assert amounts.typed(text, digits) == amount
        assert amounts.typed(text.replace(".", ","), digits) == amount
        assert amounts.typed(f"{amount:,.{digits}f}".replace(",", "\u202f").replace(".", ","), digits) == amount
