"""A day is a day at every door: what is due or returned on it is so until its last moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.tests.factories import make_patron
from catalog.tests.factories import make_copy
from circulation import rules, services
from circulation.desk import scanning
from circulation.errors import ReturnInFuture
from circulation.models import Loan
from circulation.reports.filters import LoanFilterForm, narrowed
from circulation.rules.people import patron_reasons
from circulation.tests.blocks import restricted
from circulation.tests.factories import MONDAY, make_loan
from library.core import days
from library.core.errors import InvalidInput

pytestmark = pytest.mark.django_db
YESTERDAY, TODAY, TOMORROW = -1, 0, 1


def door_service(copy, librarian, day, **_more):
    services.check_in(copy=copy, by=librarian, returned_at=day)


def door_desk(copy, librarian, day, client, **_more):
    client.force_login(librarian)
    client.post("/desk/", {"scan": copy.barcode, "returned_on": day.isoformat()})


def door_admin(copy, librarian, day, client, **_more):
    librarian.is_staff = True
    librarian.save()
    client.force_login(librarian)
    client.post("/admin/circulation/loan/take-back/", {"scan": copy.barcode, "returned_on": day.isoformat()})


def door_api(copy, librarian, day, api, **_more):
    api(librarian).post("/api/v1/check-ins/", {"copy": copy.barcode, "returned_at": day.isoformat()})


def door_api_of_the_loan(copy, librarian, day, api, **_more):
    loan = Loan.objects.get(copy=copy)
    api(librarian).post(f"/api/v1/loans/{loan.pk}/return/", {"returned_at": day.isoformat()})


def door_command(copy, librarian, day, **_more):
    call_command("desk", "--as", librarian.username, "check-in", copy.barcode, "--returned", day.isoformat())


DOORS = [door_service, door_desk, door_admin, door_api, door_api_of_the_loan, door_command]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("ago", [YESTERDAY, TODAY])
def test_return_dated_the_due_day_is_in_time(door, ago, librarian, client, api):
    day = days.today() + timedelta(days=ago)
    loan = make_loan(checked_out_at=timezone.now() - timedelta(days=14), due_at=days.end_of(day))
    door(loan.copy, librarian, day, client=client, api=api)
    loan.refresh_from_db()
    assert loan.returned_at is not None
    assert days.date_of(loan.returned_at) == day
    assert loan.returned_at <= loan.due_at


@pytest.mark.parametrize("door", DOORS)
def test_return_dated_the_day_after_is_late(door, librarian, client, api):
    day = days.today() - timedelta(days=1)
    due = days.end_of(day - timedelta(days=1))
    loan = make_loan(checked_out_at=due - timedelta(days=14), due_at=due)
    door(loan.copy, librarian, day, client=client, api=api)
    loan.refresh_from_db()
    assert loan.returned_at == days.end_of(day)
    assert loan.returned_at > loan.due_at


def test_return_dated_tomorrow_is_refused(librarian):
    loan = make_loan(checked_out_at=timezone.now() - timedelta(days=2))
    with pytest.raises(ReturnInFuture):
        services.check_in(copy=loan.copy, by=librarian, returned_at=days.today() + timedelta(days=1))


def test_day_that_no_calendar_can_write_is_refused_and_not_reckoned_with(librarian):
    loan = make_loan()
    with pytest.raises(ReturnInFuture):
        services.check_in(copy=loan.copy, by=librarian, returned_at=date.max)
    with pytest.raises(ReturnInFuture):
        services.check_in(copy=loan.copy, by=librarian, returned_at=date.min)
    for due in (date.max, datetime.max.replace(tzinfo=UTC), date(1899, 12, 31)):
        with pytest.raises(InvalidInput):
            services.renew(loan=loan, by=librarian, comment="For long.", due_at=due)


@pytest.mark.parametrize("is_hourly", [True, False])
def test_drop_dated_the_due_day_is_in_time_also_where_a_moment_of_it_was_due(librarian, is_hourly):
    """By hand or by the hour: nobody knows when on that day it fell in."""
    day = days.today() - timedelta(days=1)
    due = days.moment(day, time(15))
    loan = make_loan(checked_out_at=due - timedelta(hours=4), due_at=due, is_hourly=is_hourly)
    services.check_in(copy=loan.copy, by=librarian, returned_at=day)
    loan.refresh_from_db()
    assert loan.returned_at == loan.due_at


LATE = datetime(2026, 3, 2, 23, 59, 30, tzinfo=UTC)


@pytest.fixture
def utc(settings):
    settings.TIME_ZONE = "UTC"


def test_half_a_minute_before_midnight_is_still_the_due_day(utc, librarian):
    loan = make_loan(checked_out_at=LATE - timedelta(days=14), due_at=days.end_of(LATE.date()))
    assert loan.status_at(LATE) == "active"
    result = services.check_in(copy=loan.copy, by=librarian, at=LATE)
    assert result.loan is not None
    assert result.loan.returned_at == LATE <= result.loan.due_at


def test_half_a_minute_before_midnight_a_card_that_ends_today_still_caps_the_loan(utc, librarian):
    patron = make_patron()
    patron.expires_on = LATE.date()
    patron.save()
    loan = services.check_out(copy=make_copy(), patron=patron, by=librarian, at=LATE)
    assert loan.due_at == days.end_of(LATE.date())


def test_half_a_minute_before_midnight_a_loan_that_is_due_today_is_not_overdue(utc, librarian):
    loan = make_loan(checked_out_at=LATE - timedelta(days=14), due_at=days.end_of(LATE.date()))
    renewed = services.renew(loan=loan, by=librarian, at=LATE)
    assert renewed.due_at == days.end_of(LATE.date() + timedelta(days=14))  # from the due date, not from today
    assert renewed.alerts == ()


def test_days_of_a_filter_are_whole(utc):
    end, begin = days.end_of(MONDAY.date()), days.start_of(MONDAY.date())
    last = make_loan(checked_out_at=MONDAY - timedelta(days=3), due_at=end)
    first = make_loan(checked_out_at=MONDAY - timedelta(days=3), due_at=begin)
    make_loan(checked_out_at=MONDAY - timedelta(days=3), due_at=begin - timedelta(microseconds=1))
    make_loan(checked_out_at=MONDAY - timedelta(days=3), due_at=end + timedelta(microseconds=1))
    form = LoanFilterForm({"due_from": MONDAY.date().isoformat(), "due_to": MONDAY.date().isoformat()})
    assert form.is_valid()
    found = narrowed(Loan.objects.all(), form.cleaned_data, at=MONDAY)
    assert {loan.pk for loan in found} == {first.pk, last.pk}


@pytest.mark.parametrize(
    ("said", "meant"),
    [("2999-12-31", "2999-12-31T23:59:59.999999"), ("2999-12-30T15:00", "2999-12-30T15:00:00")],
)
def test_due_date_by_hand_is_a_day_or_a_moment_over_the_api(utc, api, librarian, said, meant):
    body = {"copy": make_copy().barcode, "patron": make_patron().card_number, "comment": "For long.", "due_at": said}
    answer = api(librarian).post("/api/v1/loans/", body)
    assert answer.status_code == 201, answer.json()
    assert Loan.objects.get().due_at == datetime.fromisoformat(meant).replace(tzinfo=UTC)


def test_day_and_the_one_after_meet_where_the_clock_changes():
    for day in (date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 24), date(2026, 10, 25)):
        assert days.start_of(day + timedelta(days=1)) - days.end_of(day) == timedelta(microseconds=1)


def test_desk_says_nothing_of_late_days_for_a_drop_on_the_due_day(librarian):
    day = days.today() - timedelta(days=1)
    loan = make_loan(checked_out_at=timezone.now() - timedelta(days=14), due_at=days.end_of(day))
    outcome = scanning.take_back(loan.copy, by=librarian, branch=None, said=scanning.TakingBack(day))
    assert not any("late" in line for line in outcome.lines)


def test_restriction_holds_through_its_last_day_and_no_longer():
    state = rules.PatronState(card="L", tier=1, blocks=[restricted(LATE.date())])
    assert [reason.code for reason in patron_reasons(state, today=days.date_of(LATE, by=UTC))]
    assert not list(patron_reasons(state, today=days.date_of(LATE + timedelta(minutes=1), by=UTC)))
