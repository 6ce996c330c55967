"""Two at the same moment, with real threads and connections. Each race is first shown lost without the lock.

Both threads meet after they have read what they decide on. Without the lock both read the same and both are told yes;
with it the second cannot read before the first has written, so the meeting fails and it reads the truth.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError, Event

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from accounts.models import Tier
from accounts.tests.factories import make_librarian, make_patron
from catalog.models import CopyStatus
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation import errors, rules, services
from circulation.models import Hold, Loan, LoanRule
from circulation.services import returns
from circulation.state import locks
from circulation.tests.factories import make_loan
from library.activity.models import Activity
from library.core.errors import LibraryError

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _as_shipped():
    """What migrations put there; tests that commit end with an empty database."""
    Tier.objects.get_or_create(code="reader", defaults={"name": "Reader"})
    LoanRule.objects.get_or_create(branch=None, tier=None, defaults=SHIPPED)


@pytest.fixture(params=["with lock", "without lock"])
def locked(request, monkeypatch):
    if request.param == "without lock":
        monkeypatch.setattr(locks, "locking", lambda rows: rows)
        monkeypatch.setattr(locks, "for_update_of", lambda *tables: "")
    return request.param == "with lock"


DAY = timedelta(days=1)
SHIPPED = {"loan_period": 14, "max_loans": 3, "renewals_allowed": 2}
LOCKING = locks.locking


@pytest.fixture
def decisions(monkeypatch):
    """Every decision of the rules. The first two wait for each other; with locks, half a second and in vain."""
    made = []
    together = Barrier(2, timeout=0.5 if locks.locking is LOCKING else 30)
    first_two = iter(range(2))

    def meeting(decide):
        def decide_together(*args, **kwargs):
            if next(first_two, None) is not None:
                with suppress(BrokenBarrierError):
                    together.wait()
            decision = decide(*args, **kwargs)
            made.append(decision)
            return decision

        return decide_together

    monkeypatch.setattr(rules, "decide_check_out", meeting(rules.decide_check_out))
    monkeypatch.setattr(rules, "decide_hold", meeting(rules.decide_hold))
    monkeypatch.setattr(rules, "decide_renewal", meeting(rules.decide_renewal))
    return made


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


def split(results):
    """(what succeeded, the codes of what was refused)"""
    refused = [result.error_code for result in results if isinstance(result, LibraryError)]
    return [result for result in results if not isinstance(result, LibraryError)], refused


def yes(decisions):
    return sum(decision.is_allowed for decision in decisions)


def test_two_readers_who_ask_for_the_last_copy(locked, decisions, monkeypatch):
    copy, readers, seen = make_copy(), [make_patron(), make_patron()], []
    decide = rules.decide_hold

    def look(state, **values):
        seen.append(state)
        return decide(state, **values)

    monkeypatch.setattr(rules, "decide_hold", look)

    def ask(reader):
        return lambda: services.place_hold(book=copy.book, patron=reader, branch=copy.branch, by=reader.user)

    done, refused = split(at_once(*map(ask, readers)))
    assert (len(done), refused) == (2, [])
    # Without the lock the copy is free for both when they are decided; the database's constraint stops the second,
    # who tries again. With it the second sees at once that it is taken.
    free = [{one.status for one in state.copies} == {"available"} for state in seen]
    assert free == ([True, False] if locked else [True, True, False])
    assert sorted((hold.state, hold.position) for hold in Hold.objects.all()) == [("queued", 1), ("requested", None)]
    copy.book.refresh_from_db()
    assert copy.book.available_copies == 0


def test_two_desks_that_scan_the_same_copy(locked, decisions):
    copy, librarian, readers = make_copy(), make_librarian(), [make_patron(), make_patron()]

    def lend(reader):
        return lambda: services.check_out(copy=copy, patron=reader, by=librarian)

    done, refused = split(at_once(*map(lend, readers)))
    assert yes(decisions) == (1 if locked else 2)
    assert (len(done), refused) == (1, ["already_lent_to_another"])
    assert Loan.objects.open().count() == 1


def test_two_desks_that_lend_the_last_place_of_one_reader(locked, decisions):
    reader, librarian = make_patron(), make_librarian()
    for _ in range(2):
        make_loan(patron=reader, checked_out_at=timezone.now())

    def lend(copy):
        return lambda: services.check_out(copy=copy, patron=reader, by=librarian)

    done, refused = split(at_once(lend(make_copy()), lend(make_copy())))
    assert yes(decisions) == (1 if locked else 2)
    # No constraint can count: without the lock the limit is really broken.
    assert (len(done), refused) == ((1, ["loan_limit_reached"]) if locked else (2, []))
    assert Loan.objects.open().filter(patron=reader).count() == (3 if locked else 4)


def test_request_and_desk_for_the_same_last_copy(decisions):
    copy, reader, other = make_copy(), make_patron(), make_patron()
    _done, refused = split(
        at_once(
            lambda: services.place_hold(book=copy.book, patron=reader, branch=copy.branch, by=reader.user),
            lambda: services.check_out(copy=copy, patron=other, by=make_librarian()),
        )
    )
    # Whoever is first has it; the request waits where it comes second, the loan is refused.
    assert refused in ([], ["copy_requested_by_another"])
    assert Hold.objects.get().state == ("requested" if refused else "queued")


def test_many_readers_and_desks_around_one_book_leave_the_truth_behind():
    book, branch, librarian = make_book(), make_branch(), make_librarian()
    for _ in range(3):
        make_copy(book=book, branch=branch)
    readers = [make_patron() for _ in range(6)]

    def borrow(reader):
        def call():
            hold = services.place_hold(book=book, patron=reader, branch=branch, by=reader.user)
            deadline = time.monotonic() + 20
            while hold.state == "queued" and time.monotonic() < deadline:
                time.sleep(0.02)
                hold.refresh_from_db()
            if hold.state == "requested":
                hold = services.confirm_hold(hold=hold, by=librarian)
            assert hold.copy is not None
            services.check_out(copy=hold.copy, patron=reader, by=librarian)
            return services.check_in(copy=hold.copy, by=librarian)

        return call

    done, refused = split(at_once(*map(borrow, readers)))
    assert (len(done), refused) == (6, [])  # three at once, the others as copies come back
    book.refresh_from_db()
    assert (book.total_copies, book.available_copies, book.popularity) == (3, 3, len(done))
    assert {copy.status for copy in book.copies.all()} == {CopyStatus.AVAILABLE}


def test_two_renewals_of_one_loan_that_has_one_left(locked, decisions):
    loan, librarian = make_loan(due_at=timezone.now() + DAY), make_librarian()
    LoanRule.objects.update(renewals_allowed=1)

    def renew():
        return services.renew(loan=loan, by=librarian)

    done, refused = split(at_once(renew, renew))
    assert yes(decisions) == (1 if locked else 2)
    # No constraint can count: without the lock both are told yes.
    assert (len(done), refused) == ((1, ["renewal_limit_reached"]) if locked else (2, []))
    loan.refresh_from_db()
    assert (loan.renewals, loan.renewal_history.count()) == (1, 1 if locked else 2)


def test_return_against_renewal(locked, monkeypatch):
    """The copy comes back between the decision to renew and the renewal. With locks it has to wait."""
    loan, librarian = make_loan(due_at=timezone.now() + DAY), make_librarian()
    is_deciding, is_returned, decide = Event(), Event(), rules.decide_renewal
    returned_in_between = []

    def decide_slowly(*args, **kwargs):
        decision = decide(*args, **kwargs)
        is_deciding.set()
        returned_in_between.append(is_returned.wait(0.5 if locked else 30))
        return decision

    def take_back():
        is_deciding.wait(30)
        result = services.check_in(copy=loan.copy, by=librarian)
        is_returned.set()
        return result

    monkeypatch.setattr(rules, "decide_renewal", decide_slowly)
    done, refused = split(at_once(lambda: services.renew(loan=loan, by=librarian), take_back))
    assert (len(done), refused) == (2, [])
    assert returned_in_between == [not locked]  # without the lock a loan is renewed that has ended
    with pytest.raises(errors.LoanAlreadyReturned):
        services.renew(loan=loan, by=librarian)


def test_two_desks_that_take_back_the_same_copy(locked, monkeypatch):
    loan, librarian = make_loan(), make_librarian()
    together, check = Barrier(2, timeout=0.5 if locked else 30), returns.check_returned_at

    def check_together(*args, **kwargs):
        with suppress(BrokenBarrierError):
            together.wait()
        return check(*args, **kwargs)

    monkeypatch.setattr(returns, "check_returned_at", check_together)

    def take_back():
        return services.check_in(copy=loan.copy, by=librarian)

    done, refused = split(at_once(take_back, take_back))
    assert (len(done), refused) == (2, [])
    assert sorted(result.nothing_changed for result in done) == ([False, True] if locked else [False, False])
    assert Activity.objects.filter(verb="loan.closed").count() == (1 if locked else 2)


def in_order_of_scanning(patron, copy):
    """What ``locks.patron_and_borrower`` would be without its order."""
    borrower = Loan.objects.open().get(copy=copy).patron_id
    locked = locks.patron(patron)
    meet()
    locks.patron(borrower)
    return locked, borrower


def in_order_of_ids(patron, copy):
    found = IN_ORDER(patron, copy)
    meet()
    return found


IN_ORDER = locks.patron_and_borrower
_meeting: list[Barrier] = []


def meet():
    """The first two wait for each other, half a second at most."""
    with suppress(BrokenBarrierError):
        _meeting[0].wait(0.5)


@pytest.mark.parametrize(("order", "deadlocks"), [(in_order_of_ids, 0), (in_order_of_scanning, 1)])
def test_two_readers_who_swap_their_copies(order, deadlocks, monkeypatch):
    librarian, one, two = make_librarian(), make_patron(), make_patron()
    ours, theirs = (make_loan(patron=patron, due_at=timezone.now() + DAY) for patron in (one, two))
    _meeting[:] = [Barrier(2)]
    tries = []

    def counted(*args):
        tries.append(args)
        return order(*args)

    monkeypatch.setattr(locks, "patron_and_borrower", counted)

    def lend(copy, patron):
        return lambda: services.check_out(
            copy=copy, patron=patron, by=librarian, override=["already_lent_to_another"], comment="They swap."
        )

    done, refused = split(at_once(lend(theirs.copy, one), lend(ours.copy, two)))
    assert (len(done), refused) == (2, [])  # whatever the order, nobody sees a deadlock
    assert len(tries) == 2 + deadlocks
    held = {(loan.copy_id, loan.patron_id) for loan in Loan.objects.open()}
    assert held == {(theirs.copy_id, one.pk), (ours.copy_id, two.pk)}


def test_many_desks_and_one_copy():
    copy, librarian, readers = make_copy(), make_librarian(), [make_patron() for _ in range(8)]

    def lend(reader):
        return lambda: services.check_out(copy=copy, patron=reader, by=librarian)

    done, refused = split(at_once(*map(lend, readers)))
    assert (len(done), refused) == (1, ["already_lent_to_another"] * 7)
    assert Loan.objects.open().count() == 1


def test_many_desks_and_one_reader():
    reader, librarian, copies = make_patron(), make_librarian(), [make_copy() for _ in range(8)]

    def lend(copy):
        return lambda: services.check_out(copy=copy, patron=reader, by=librarian)

    done, refused = split(at_once(*map(lend, copies)))
    assert (len(done), refused) == (3, ["loan_limit_reached"] * 5)
    assert Loan.objects.open().filter(patron=reader).count() == 3


def test_many_desks_that_take_one_copy_from_each_other():
    """Every desk lends it by override: each ends the loan of the one before, and one reader has it in the end."""
    copy, librarian, readers = make_copy(), make_librarian(), [make_patron() for _ in range(6)]

    def lend(reader):
        return lambda: services.check_out(
            copy=copy, patron=reader, by=librarian, override=["already_lent_to_another"], comment="First come."
        )

    done, refused = split(at_once(*map(lend, readers)))
    assert set(refused) <= {"changed_meanwhile"}
    assert len(done) >= 1
    assert Loan.objects.open().filter(copy=copy).count() == 1
    assert Loan.objects.count() == len(done)


def test_deadlock_is_tried_once_more(monkeypatch):
    """A catalogue edit holds the copy and wants its book, we hold the book and want the copy: one of us must yield."""
    copy, reader, met = make_copy(), make_patron(), Barrier(2, timeout=10)
    tries: list[int] = []
    lock_book = locks.book

    def lock_book_then_meet(pk):
        book = lock_book(pk)
        tries.append(pk)
        if len(tries) == 1:
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL deadlock_timeout = '50ms'")  # ours is found first, so ours is the victim
            met.wait()
        return book

    monkeypatch.setattr(locks, "book", lock_book_then_meet)

    def edit():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL deadlock_timeout = '20s'")
            cursor.execute("SELECT 1 FROM catalog_copy WHERE id = %s FOR UPDATE", [copy.pk])
            met.wait()
            cursor.execute("SELECT 1 FROM catalog_book WHERE id = %s FOR UPDATE", [copy.book_id])

    done, refused = split(
        at_once(lambda: services.place_hold(book=copy.book, patron=reader, branch=copy.branch, by=reader.user), edit)
    )
    assert (len(done), refused) == (2, [])
    assert len(tries) == 2
    assert Hold.objects.count() == 1


def test_other_faults_of_the_database_are_not_tried_again():
    calls = []

    @locks.transaction_tried_again
    def work():
        calls.append(1)
        raise OperationalError("the server went away")

    with pytest.raises(OperationalError):
        work()
    assert len(calls) == 1


def test_race_lost_every_time_is_told_in_a_sentence():
    copy, reader = make_copy(), make_patron()

    @locks.transaction_tried_again
    def lend_blindly():
        make_loan(copy=copy, patron=reader)

    lend_blindly()
    with pytest.raises(errors.ChangedMeanwhile):
        lend_blindly()
