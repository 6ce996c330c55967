"""The library's time zone is changed: what is due on a day stays due on that day."""

from __future__ import annotations

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from circulation.checks import due_dates_by_another_clock
from circulation.explain import due_words
from circulation.models import LibraryClock
from circulation.services import clocks
from circulation.tests.factories import MONDAY, make_loan
from library.core import days

pytestmark = pytest.mark.django_db
ZONES = ["Pacific/Pago_Pago", "America/New_York", "UTC", "Asia/Kolkata", "Pacific/Kiritimati"]
DAY = date(2026, 3, 16)


@pytest.fixture(autouse=True)
def _before(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    LibraryClock.objects.update_or_create(pk=1, defaults={"time_zone": "Europe/Berlin"})


def due(loan):
    loan.refresh_from_db()
    return loan.due_at


@pytest.mark.parametrize("zone", ZONES)
def test_due_date_stays_the_same_day(settings, zone):
    loan = make_loan(due_at=days.end_of(DAY))
    shown = due_words.due(loan, at=MONDAY)
    settings.TIME_ZONE = zone
    assert clocks.follow_time_zone() == 1
    assert due(loan) == days.end_of(DAY, by=ZoneInfo(zone))
    assert due_words.due(loan, at=MONDAY) == shown
    assert clocks.follow_time_zone() == 0


def test_moments_stay_and_what_ended_stays(settings):
    by_hand = make_loan(due_at=days.moment(DAY, time(15)))
    hourly = make_loan(due_at=days.end_of(DAY), is_hourly=True)
    ended = make_loan(due_at=days.end_of(DAY), returned_at=MONDAY)
    before = [due(loan) for loan in (by_hand, hourly, ended)]
    settings.TIME_ZONE = "UTC"
    assert clocks.follow_time_zone() == 0
    assert [due(loan) for loan in (by_hand, hourly, ended)] == before


def test_more_loans_than_one_batch_all_follow(settings, monkeypatch):
    monkeypatch.setattr(clocks, "BATCH", 2)
    loans = [make_loan(due_at=days.end_of(DAY)) for _n in range(5)]
    settings.TIME_ZONE = "UTC"
    assert clocks.follow_time_zone() == 5
    assert {due(loan) for loan in loans} == {days.end_of(DAY)}


def test_loan_that_would_end_before_it_began_stays(settings):
    """Lent late in the evening until that evening; in the new zone that day was over by then."""
    lent = days.end_of(DAY) - timedelta(minutes=30)
    loan = make_loan(checked_out_at=lent, due_at=days.end_of(DAY))
    settings.TIME_ZONE = "Pacific/Kiritimati"
    clocks.follow_time_zone()
    assert due(loan) > lent


def test_check_warns_until_the_command_was_run(settings, capsys):
    assert due_dates_by_another_clock(None, databases=["default"]) == []
    settings.TIME_ZONE = "UTC"
    make_loan(due_at=days.end_of(DAY, by=ZoneInfo("Europe/Berlin")))
    (warning,) = due_dates_by_another_clock(None, databases=["default"])
    assert "Europe/Berlin" in warning.msg
    call_command("follow_time_zone")
    assert "1 open loans keep their day" in capsys.readouterr().out
    assert due_dates_by_another_clock(None, databases=["default"]) == []
    call_command("follow_time_zone")
    assert "already" in capsys.readouterr().out
