"""The library renews by itself what its rules let it, on the day that it is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from circulation import services
from circulation.models import LoanRule
from circulation.services import renewals
from circulation.tasks import renew_loans
from circulation.tests.factories import MONDAY, make_loan, queue_up
from library.activity.models import Activity
from library.core.background import schedule
from library.jobs.nightly import walks
from library.notices.models import Notice

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NIGHT = datetime(2026, 3, 16, 2, 30, tzinfo=UTC)  # before the desk opens on the day that the loans below are due


@pytest.fixture(autouse=True)
def _rule(settings):
    settings.TIME_ZONE = "UTC"
    LoanRule.objects.filter(branch=None, tier=None, item_type=None).update(auto_renew=True)


def ends(day):
    return datetime.fromisoformat(f"{day}T23:59:59.999999").replace(tzinfo=UTC)


def due(**values):
    return make_loan(due_at=ends("2026-03-16"), **values)


def now(loan):
    return type(loan).objects.get(pk=loan.pk)


def test_loan_is_renewed_on_the_day_that_it_is_due():
    loan = due()
    assert services.renew_automatically(at=NIGHT - DAY) == 0
    assert services.renew_automatically(at=NIGHT) == 1
    (renewal,) = loan.renewal_history.all()
    assert (now(loan).due_at, now(loan).renewals, now(loan).renewed_at) == (ends("2026-03-30"), 1, NIGHT)
    assert (renewal.is_automatic, renewal.by, renewal.at) == (True, None, NIGHT)
    assert (renewal.due_before, renewal.due_after) == (ends("2026-03-16"), ends("2026-03-30"))
    written = Activity.objects.get(verb="loan.renewed")
    assert (written.actor, written.subject, written.data["automatic"]) == (None, loan.patron.user, True)


def test_running_twice_renews_once():
    loan = due()
    assert [services.renew_automatically(at=NIGHT + n * timedelta(hours=1)) for n in range(5)] == [1, 0, 0, 0, 0]
    assert now(loan).renewals == 1


@pytest.mark.parametrize("renew_from", ["due_date", "today"])
def test_not_running_for_three_days_gives_the_same(renew_from):
    LoanRule.objects.update(renew_from=renew_from)
    in_time, late = due(), due()
    services.renew(loan=in_time, by=None, automatic=True, at=NIGHT)
    assert services.renew_automatically(at=NIGHT + 3 * DAY) == 1
    assert now(late).due_at == now(in_time).due_at == ends("2026-03-30")


def test_what_is_older_than_a_week_is_left_to_people():
    loan = due()
    assert services.renew_automatically(at=NIGHT + 9 * DAY) == 0
    assert now(loan).renewals == 0


def test_limit_of_renewals_ends_it():
    loan = due(renewals=2, renewed_at=MONDAY)
    assert services.renew_automatically(at=NIGHT) == 0
    assert now(loan).due_at == ends("2026-03-16")


def test_only_what_a_rule_renews_is_renewed():
    loan, other = due(), due()
    LoanRule.objects.create(branch=other.copy.branch, auto_renew=False)
    assert services.renew_automatically(at=NIGHT) == 1
    assert (now(loan).renewals, now(other).renewals) == (1, 0)
    LoanRule.objects.update(auto_renew=False)
    assert services.renew_automatically(at=NIGHT) == 0


def test_reader_may_opt_out():
    loan = due()
    loan.patron.wants_auto_renewal = False
    loan.patron.save()
    assert services.renew_automatically(at=NIGHT) == 0


def test_it_ends_so_many_days_after_lending():
    LoanRule.objects.update(no_auto_renewal_after=14)
    due()
    assert services.renew_automatically(at=NIGHT) == 0


def test_others_who_wait_come_first():
    loan = due()
    queue_up(loan.copy.book)
    assert services.renew_automatically(at=NIGHT) == 0


@pytest.mark.parametrize("verb", [services.claim_returned, services.declare_lost])
def test_what_is_lost_or_said_to_be_back_is_not_renewed(verb, librarian):
    loan = due()
    verb(loan=loan, by=librarian, at=MONDAY)
    assert services.renew_automatically(at=NIGHT) == 0


def test_loan_by_the_hour_waits_for_its_minute():
    LoanRule.objects.update(loan_unit="hours", loan_period=4)
    loan = make_loan(due_at=NIGHT + timedelta(hours=6), checked_out_at=NIGHT, is_hourly=True)
    assert services.renew_automatically(at=NIGHT + timedelta(hours=5)) == 0
    assert services.renew_automatically(at=NIGHT + timedelta(hours=7)) == 1
    assert now(loan).due_at == NIGHT + timedelta(hours=10)


def test_many_loans_are_looked_at_in_small_batches(monkeypatch):
    monkeypatch.setattr(walks, "BATCH", 2)
    loans = [due() for _ in range(5)]
    refused = due(renewals=2, renewed_at=MONDAY)
    assert services.renew_automatically(at=NIGHT) == 5
    assert [now(loan).renewals for loan in (*loans, refused)] == [1, 1, 1, 1, 1, 2]


def test_one_that_fails_leaves_the_others(monkeypatch):
    loans, renew = [due() for _ in range(3)], renewals.renew

    def fails_once(*, loan, **values):
        if loan.pk == loans[1].pk:
            raise RuntimeError("a fault of ours")
        return renew(loan=loan, **values)

    monkeypatch.setattr(renewals, "renew", fails_once)
    assert services.renew_automatically(at=NIGHT) == 2
    assert [now(loan).renewals for loan in loans] == [1, 0, 1]


def test_without_a_rule_that_renews_nothing_is_looked_at(django_assert_num_queries):
    LoanRule.objects.update(auto_renew=None)
    due()
    with django_assert_num_queries(6):  # the turn, the report, the rules
        assert services.renew_automatically(at=NIGHT) == 0


def test_it_runs_every_hour(monkeypatch):
    entry = schedule.beat_schedule()["renew_loans"]
    assert (entry["task"], entry["schedule"]) == ("renew_loans", 3600.0)
    called = []
    monkeypatch.setattr(services, "renew_automatically", lambda: called.append(1))
    renew_loans()
    assert called == [1]


def test_outage_longer_than_the_period_renews_to_no_date_that_is_over_and_the_reader_is_told():
    LoanRule.objects.update(loan_period=3)
    loan, declined = due(), due()
    LoanRule.objects.create(branch=declined.copy.branch, renewals_allowed=0)  # it would not have been renewed anyway
    for later in (5 * DAY, 6 * DAY):
        assert services.renew_automatically(at=NIGHT + later) == 0
    assert (now(loan).due_at, now(loan).renewals) == (ends("2026-03-16"), 0)
    told = Notice.objects.get(kind="loan_not_renewed")
    assert told.user == loan.patron.user
    assert told.context["title"] == loan.copy.book.title


def test_outage_shorter_than_the_period_renews_as_of_the_due_date():
    LoanRule.objects.update(loan_period=3)
    loan = due()
    assert services.renew_automatically(at=NIGHT + 2 * DAY) == 1
    assert now(loan).due_at == ends("2026-03-19")
    assert not Notice.objects.filter(kind="loan_not_renewed").exists()
