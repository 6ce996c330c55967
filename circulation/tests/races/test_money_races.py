"""Money at the same moment: payments, nightly runs, returns, the till. Races are shown lost without the lock first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from threading import Barrier, BrokenBarrierError, Event

import pytest
from django.db import connection

from accounts.models import Tier
from accounts.tests.factories import make_librarian, make_patron
from circulation import money, services
from circulation.models import Allocation, Charge, Credit, LedgerAccount, LoanRule, PaymentKind
from circulation.money import fines, lines, nightly, payments, till
from circulation.state import locks
from circulation.tests.factories import make_loan
from circulation.tests.money.common import DAY, DUE, after, balances, cash, owed
from library.core.errors import LibraryError
from library.jobs.models import NightlyReport, RunState

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _as_shipped(settings):
    """What migrations put there; tests that commit end with an empty database."""
    settings.TIME_ZONE = "UTC"
    Tier.objects.get_or_create(code="reader", defaults={"name": "Reader"})
    LoanRule.objects.get_or_create(branch=None, tier=None, defaults={"loan_period": 14, "renewals_allowed": 2})
    LoanRule.objects.update(fine_amount=Decimal("0.50"))
    PaymentKind.objects.get_or_create(code="cash", defaults={"name": "Cash"})
    yield
    balances()


@pytest.fixture(params=["with lock", "without lock"])
def locked(request, monkeypatch):
    if request.param == "without lock":
        monkeypatch.setattr(locks, "locking", lambda rows: rows)
        monkeypatch.setattr(locks, "for_update_of", lambda *tables: "")
    return request.param == "with lock"


def at_once(*calls):
    """The results of the calls, each in a thread and a connection of its own; a refusal is a result too."""

    def run(call):
        try:
            return call()
        except LibraryError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def with_account():
    """A reader with an account: a first one is made under a unique index, where two wait for each other anyway."""
    reader = make_patron()
    LedgerAccount.objects.create(patron=reader)
    return reader


def test_the_same_charge_is_paid_at_two_desks(locked, monkeypatch):
    """Both want to settle it. With the lock the second sees that it is settled, and its money is credit at once."""
    reader, staff, seen = make_patron(), make_librarian(), []
    line = money.charge(patron=reader, amount=Decimal(3), text="A card", by=None)
    together, first_two = Barrier(2, timeout=0.5 if locked else 30), iter(range(2))
    look = payments._open

    def looked(*given):
        found = look(*given)
        seen.append(sum(found.values()))
        if next(first_two, None) is not None:
            with suppress(BrokenBarrierError):
                together.wait()
        return found

    monkeypatch.setattr(payments, "_open", looked)

    def pay():
        return money.pay(patron=reader, amount=Decimal(3), kind=cash(), by=staff, charges=[line.pk])

    at_once(pay, pay)
    # Without the lock both see it open; the database stops the second, which has to look again.
    assert seen == ([3, 0] if locked else [3, 3, 0])
    assert Charge.objects.get().settled == 3
    assert (Credit.objects.count(), Allocation.objects.count()) == (2, 1)
    assert owed(reader) == -3


def test_a_return_against_the_nightly_run(locked, monkeypatch):
    """The run has read that the loan is out; it comes back; the run writes. With the lock the return waits."""
    reader, staff = with_account(), make_librarian()
    loan = make_loan(patron=reader, due_at=DUE, checked_out_at=DUE - 14 * DAY)
    has_read, is_back = Event(), Event()
    running = fines.running

    def read(patrons, by_rules):
        found = running(patrons, by_rules)
        if by_rules.at == after(9):
            has_read.set()
            is_back.wait(0.5 if locked else 30)
        return found

    monkeypatch.setattr(fines, "running", read)

    def take_back():
        has_read.wait(30)
        result = services.check_in(copy=loan.copy, by=staff, at=after(3))
        is_back.set()
        return result

    at_once(lambda: nightly.set_all(at=after(9)), take_back)
    lines_now = sorted(Charge.objects.values_list("amount", "is_running"))
    if locked:
        assert lines_now == [(Decimal("1.50"), False)]
    else:  # a line runs for ever for a loan that is back
        assert lines_now == [(Decimal("1.50"), False), (Decimal("4.50"), True)]


def test_two_nightly_runs(monkeypatch):
    """One has the turn, the other says so and leaves; the figures are those of one."""
    reader = make_patron()
    for _n in range(3):
        make_loan(patron=reader, due_at=DUE, checked_out_at=DUE - 14 * DAY)
    both, set_some = Barrier(2, timeout=1), nightly.set_some

    def meeting(*given):
        with suppress(BrokenBarrierError):
            both.wait()
        return set_some(*given)

    monkeypatch.setattr(nightly, "set_some", meeting)
    at_once(lambda: nightly.set_all(at=after(2)), lambda: nightly.set_all(at=after(2)))
    assert sorted(NightlyReport.objects.values_list("state", flat=True)) == sorted([RunState.DONE, RunState.LEFT])
    assert [line.amount for line in Charge.objects.all()] == [1, 1, 1]


def test_two_runs_at_the_same_reader_without_taking_turns(locked, monkeypatch):
    """As after a database that lost its advisory locks: the account's lock alone keeps one line for each loan."""
    reader = with_account()
    make_loan(patron=reader, due_at=DUE, checked_out_at=DUE - 14 * DAY)
    together, running, read_lines = Barrier(2, timeout=0.5 if locked else 30), fines.running, []

    def meeting(patrons, by_rules):
        found = running(patrons, by_rules)
        read_lines.append([one.line for one in found])
        if len(read_lines) <= 2:
            with suppress(BrokenBarrierError):
                together.wait()
        return found

    monkeypatch.setattr(fines, "running", meeting)

    def run():
        return nightly.set_some([reader.pk], fines.reckoner(at=after(2)))

    if locked:
        assert sorted(at_once(run, run)) == [0, 1]
        assert [found == [None] for found in read_lines] == [True, False]
    else:  # both would add a line: the database allows one
        with pytest.raises(Exception, match="charge_one_runs_per_loan"):
            at_once(run, run)
    assert Charge.objects.count() == 1


def test_a_charge_and_a_payment_meet_in_the_end():
    """Whoever is first: nothing stays open beside free credit of the same reader."""
    reader, staff = make_patron(), make_librarian()
    at_once(
        lambda: money.charge(patron=reader, amount=Decimal(3), text="A card", by=staff),
        lambda: money.pay(patron=reader, amount=Decimal(3), kind=cash(), by=staff),
    )
    assert Charge.objects.get().left == 0
    assert Credit.objects.get().left == 0


def test_the_till_is_closed_at_two_desks_once():
    reader, staff = make_patron(), make_librarian()
    money.pay(patron=reader, amount=Decimal(3), kind=cash(), by=staff)
    shown = till.seen(till.expected())

    def close():
        return till.close(counted={}, shown=shown, by=staff)

    results = at_once(close, close)
    assert sorted(getattr(one, "error_code", "closed") for one in results) == ["closed", "till_changed_meanwhile"]


def test_receipt_numbers_wait_for_each_other():
    readers, staff = [make_patron() for _n in range(4)], make_librarian()
    at_once(*(lambda one=one: money.pay(patron=one, amount=Decimal(1), kind=cash(), by=staff) for one in readers))
    assert list(Credit.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4]
    assert lines.next_number() == 5
