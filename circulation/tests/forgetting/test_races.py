"""Forgetting at the same moment as something else, with real threads; the race is first lost without the lock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event

import pytest
from django.db import connection, transaction

from accounts.models import Patron, Tier
from accounts.people.nobody import NOBODY
from accounts.tests.factories import make_patron
from circulation import forgetting
from circulation.forgetting import past
from circulation.models import LendingSettings, Loan, LoanRule
from circulation.state import locks
from circulation.tests.factories import make_loan

pytestmark = pytest.mark.django_db(transaction=True)
LENT = datetime(2026, 1, 12, 10, tzinfo=UTC)
BACK = datetime(2026, 1, 20, 15, tzinfo=UTC)
LATE = datetime(2026, 3, 3, 2, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _as_shipped():
    Tier.objects.get_or_create(code="reader", defaults={"name": "Reader"})
    LoanRule.objects.get_or_create(branch=None, tier=None, defaults={"loan_period": 14, "max_loans": 3})
    LendingSettings.objects.update_or_create(pk=1, defaults={"anonymise_after_days": 30})


@pytest.fixture
def reader():
    patron = make_patron()
    make_loan(patron=patron, checked_out_at=LENT, returned_at=BACK)
    return patron


def in_a_thread(work):
    def done():
        try:
            return work()
        finally:
            connection.close()

    return ThreadPoolExecutor(1).submit(done)


@pytest.mark.parametrize("is_locked", [True, False], ids=["with lock", "without lock"])
def test_reader_who_chooses_to_keep_their_history_at_that_moment_keeps_it(reader, is_locked, monkeypatch):
    """Chosen before, kept after the run has looked: with the lock it looks again once the choice is kept."""
    if not is_locked:
        monkeypatch.setattr(locks, "locking", lambda rows: rows)
    chosen, kept = Event(), Event()
    cut_off = past._cut_off

    def late(loans):
        assert kept.wait(10)
        cut_off(loans)

    monkeypatch.setattr(past, "_cut_off", late)

    def choose():
        with transaction.atomic():
            Patron.objects.filter(pk=reader.pk).update(keeps_history=True)
            chosen.set()
            kept.wait(0.7)
        kept.set()

    choosing = in_a_thread(choose)
    assert chosen.wait(10)
    with transaction.atomic():
        was_anything = forgetting.forget_past_of(reader.pk, at=LATE)
    choosing.result(10)
    owner = Loan.objects.get().patron_id
    assert (was_anything, owner) == ((False, reader.pk) if is_locked else (True, NOBODY))


def test_two_runs_at_once_forget_once(reader):
    others = [make_loan(checked_out_at=LENT, returned_at=BACK).patron_id for _number in range(4)]
    runs = [in_a_thread(lambda: forgetting.forget_past(at=LATE)) for _number in range(3)]
    reports = [run.result(30) for run in runs]
    assert sum(report.done for report in reports if report) == 1 + len(others)
    assert sum(report.failed for report in reports if report) == 0
    assert set(Loan.objects.values_list("patron", flat=True)) == {NOBODY}


def test_copy_that_is_scanned_while_its_past_is_forgotten_is_lent_all_the_same(reader):
    from accounts.tests.factories import make_librarian
    from circulation import services

    loan, staff, waiting = Loan.objects.get(), make_librarian(), Event()
    other = make_patron()
    with transaction.atomic():
        assert forgetting.forget_past_of(reader.pk, at=LATE)
        lending = in_a_thread(lambda: services.check_out(copy=loan.copy, patron=other, by=staff))
        waiting.wait(0.3)
    assert lending.result(10).patron_id == other.pk
    assert sorted(Loan.objects.values_list("patron", flat=True)) == sorted([NOBODY, other.pk])
