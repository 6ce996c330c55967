"""What automatic renewal leaves in its report, and that no day of it outlives its run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from catalog.models import ItemType
from catalog.tests.factories import make_copy
from circulation import services
from circulation.models import LoanRule
from circulation.services import renewals
from circulation.tasks import renew_loans
from circulation.tests.factories import MONDAY, make_loan
from library.jobs.models import NightlyReport

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NIGHT = datetime(2026, 3, 16, 2, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _rule(settings):
    settings.TIME_ZONE = "UTC"
    LoanRule.objects.filter(branch=None, tier=None, item_type=None).update(auto_renew=True)


def due(**values):
    return make_loan(due_at=datetime(2026, 3, 16, 23, 59, 59, 999999, tzinfo=UTC), **values)


def now(loan):
    return type(loan).objects.get(pk=loan.pk)


def test_row_that_fails_is_told_by_its_key_alone(monkeypatch):
    loan = due()

    def fails(**values):
        raise RuntimeError("Ada Lovelace")

    monkeypatch.setattr(renewals, "renew", fails)
    assert services.renew_automatically(at=NIGHT) == 0
    report = NightlyReport.objects.get()
    assert (report.task, report.done, report.skipped, report.failed) == ("renew_loans", 0, 0, 1)
    sentence = "Something unforeseen went wrong. The details are in the worker’s log."
    assert report.faults == [{"row": str(loan.pk), "error": "RuntimeError", "sentence": sentence}]


def test_what_the_rules_do_not_renew_by_themselves_is_not_even_read():
    """A library may have many such loans and few others: the query leaves them out, so no batch is full of them."""
    due()
    others = [due() for _ in range(3)]
    for loan in others:
        LoanRule.objects.create(branch=loan.copy.branch, auto_renew=False)
    services.renew_automatically(at=NIGHT)
    assert NightlyReport.objects.values_list("done", "skipped").get() == (1, 0)


def test_a_kind_of_item_has_its_own_rule():
    film = ItemType.objects.create(code="film", name="Film")
    plain, on_film = due(), due(copy=make_copy(item_type=film))
    LoanRule.objects.create(item_type=film, auto_renew=False)
    assert services.renew_automatically(at=NIGHT) == 1
    assert (now(plain).renewals, now(on_film).renewals) == (1, 0)


def test_what_the_rules_refuse_is_skipped_and_not_a_fault():
    due(renewals=2, renewed_at=MONDAY)
    services.renew_automatically(at=NIGHT)
    assert NightlyReport.objects.values_list("done", "skipped", "failed", "faults").get() == (0, 1, 0, [])


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_one_worker_stays_right_over_three_midnights(settings, zone):
    """Nothing of a day is kept from one run to the next: hour by hour, each loan goes on the day that it is due."""
    settings.TIME_ZONE = zone
    midnights = [datetime(2026, 3, day, tzinfo=ZoneInfo(zone)) for day in (17, 18, 19)]
    loans = [make_loan(due_at=midnight - timedelta(microseconds=1)) for midnight in midnights]
    began, seen = midnights[0] - timedelta(hours=25), []
    with time_machine.travel(began, tick=False) as clock:
        for _hour in range(80):
            renew_loans()
            seen.append([now(loan).renewals for loan in loans])
            clock.shift(timedelta(hours=1))
    first_run_of_each_day = [seen.index(wanted) for wanted in ([1, 0, 0], [1, 1, 0], [1, 1, 1])]
    assert first_run_of_each_day == [1, 25, 49]  # 0:00 by the library's clock, on the day that each is due
    assert seen[-1] == [1, 1, 1]


@pytest.mark.parametrize(("night", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
@pytest.mark.parametrize("runs", [["01:59", "03:01"], ["02:30"], ["02:30", "02:30", "02:31"], ["23:30"]])
def test_the_night_on_which_clocks_change_renews_once_however_often_it_ran(settings, night, hours, runs):
    settings.TIME_ZONE = "Europe/Berlin"
    zone = ZoneInfo("Europe/Berlin")
    day = datetime.fromisoformat(night).replace(tzinfo=zone)
    end = (day + timedelta(days=1)).astimezone(UTC) - timedelta(microseconds=1)
    assert end - day.astimezone(UTC) == timedelta(hours=hours, microseconds=-1)
    loan = make_loan(due_at=end, checked_out_at=end - 14 * DAY)
    for time in runs:
        services.renew_automatically(at=datetime.fromisoformat(f"{night}T{time}").replace(tzinfo=zone))
    assert now(loan).renewals == 1
    assert now(loan).due_at.astimezone(zone).isoformat().startswith(f"{(day + 14 * DAY).date()}T23:59:59")
