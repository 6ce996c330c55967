"""One lock at a time: each race is shown lost where that lock alone is missing, and won with it."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError

import pytest
from django.utils import timezone

from accounts.models import Tier
from accounts.tests.factories import make_librarian, make_patron
from catalog.models import Book, Copy, CopyStatus
from catalog.tests.factories import make_copy
from circulation import rules, services
from circulation.models import Hold, HoldState, Loan
from circulation.services import returns
from circulation.services.holds import under_locks
from circulation.state import locks
from circulation.tests.factories import make_loan, queue_up
from circulation.tests.races.test_races import _as_shipped, at_once, split  # noqa: F401  (a fixture)
from library.activity.models import Activity
from library.core.database.raw_rows import fetch

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["with the lock", "without it"])
def locked(request):
    return request.param == "with the lock"


def meeting(work, *, locked, after=lambda *_args: True):
    """``work``, after which the first two wait for each other: with the lock half a second, and in vain."""
    together, first_two = Barrier(2, timeout=0.5 if locked else 30), iter(range(2))

    def meet(*args, **kwargs):
        given = work(*args, **kwargs)
        if after(*args) and next(first_two, None) is not None:
            with suppress(BrokenBarrierError):
                together.wait()
        return given

    return meet


def without(monkeypatch, *missing):
    """Statements written by hand lock everything but these tables."""
    of = locks.for_update_of
    monkeypatch.setattr(
        locks, "for_update_of", lambda *tables: _of(of, [table for table in tables if table not in missing])
    )


def _of(of, tables):
    return of(*tables) if tables else ""


def _reads_who_waits(statement, *_rest):
    return statement == returns.ON_DESK


def test_patron_lock_keeps_requests_within_the_limit(locked, monkeypatch):
    """Two requests of one reader for two books: no other lock is shared."""
    Tier.objects.update(max_holds=1)
    reader, copies = make_patron(), [make_copy(), make_copy()]
    if not locked:
        without(monkeypatch, "patron")
    monkeypatch.setattr(rules, "decide_hold", meeting(rules.decide_hold, locked=locked))

    def ask(copy):
        return lambda: services.place_hold(book=copy.book, patron=reader, branch=copy.branch, by=reader.user)

    done, refused = split(at_once(*map(ask, copies)))
    assert (len(done), refused) == ((1, ["total_hold_limit_reached"]) if locked else (2, []))
    assert Hold.objects.open().count() == (1 if locked else 2)


def test_patron_lock_by_the_card_keeps_loans_within_the_limit(locked, monkeypatch):
    reader, librarian = make_patron(), make_librarian()
    for _n in range(2):
        make_loan(patron=reader, checked_out_at=timezone.now())
    if not locked:
        without(monkeypatch, "patron")
    monkeypatch.setattr(rules, "decide_check_out", meeting(rules.decide_check_out, locked=locked))

    def lend(copy):
        return lambda: services.check_out(copy=copy.barcode, patron=reader.card_number.lower(), by=librarian)

    done, refused = split(at_once(*map(lend, [make_copy(), make_copy()])))
    assert (len(done), refused) == ((1, ["loan_limit_reached"]) if locked else (2, []))
    assert Loan.objects.open().filter(patron=reader).count() == (3 if locked else 4)


def test_hold_lock_alone_ends_a_hold_once(locked, monkeypatch):
    """Where neither book nor copy is locked, as if one of the verbs forgot it."""
    copy, librarian = make_copy(), make_librarian()
    hold = services.place_hold(book=copy.book, patron=make_patron(), branch=copy.branch, by=librarian)
    monkeypatch.setattr(locks, "book", lambda pk: Book.objects.get(pk=pk))
    monkeypatch.setattr(locks, "copies", lambda pks: {row.pk: row for row in Copy.objects.filter(pk__in=pks)})
    if not locked:
        monkeypatch.setattr(locks, "holds", lambda rows: list(rows.order_by("pk")))
    monkeypatch.setattr(under_locks, "locked", meeting(under_locks.locked, locked=locked))

    def cancel():
        return services.cancel_hold(hold=hold, by=librarian)

    done, refused = split(at_once(cancel, cancel))
    assert (len(done), refused) == ((1, ["hold_ended"]) if locked else (2, []))
    assert Activity.objects.filter(verb="hold.cancelled").count() == (1 if locked else 2)


def test_book_lock_alone_gives_one_hold_one_copy(locked, monkeypatch):
    """Two copies of a book come back at two desks, and one reader waits: nobody else locks what both look at."""
    first, librarian = make_copy(), make_librarian()
    second = make_copy(book=first.book, branch=first.branch)
    for copy in (first, second):
        make_loan(copy=copy, checked_out_at=timezone.now() - timedelta(days=1))
    hold = queue_up(first.book, branch=first.branch)
    if not locked:
        without(monkeypatch, "book")
    monkeypatch.setattr(returns, "fetch", meeting(fetch, locked=locked, after=_reads_who_waits))

    def take_back(copy):
        return lambda: services.check_in(copy=copy, by=librarian)

    done, refused = split(at_once(take_back(first), take_back(second)))
    assert (len(done), refused) == (2, [])
    hold.refresh_from_db()
    kept = Copy.objects.filter(book=first.book, status=CopyStatus.ON_SHELF_FOR_HOLD)
    assert hold.state == HoldState.READY
    # Without the lock both are put on the hold shelf for the same reader, and one of them is lost there.
    assert kept.count() == (1 if locked else 2)
