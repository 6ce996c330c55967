"""Who waits for a record that goes waits for the one that stays."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from accounts.models import Tier
from accounts.tests.factories import make_librarian, make_patron
from catalog.errors import CopyMoveImpossible
from catalog.models import Book, Copy, CopyStatus
from catalog.services import merge_books
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation import services
from circulation.models import Hold, HoldState, Loan, LoanRule
from circulation.services import copy_placement
from circulation.tests.factories import make_hold, make_loan
from library.core.errors import LibraryError

pytestmark = pytest.mark.django_db


def test_holds_and_loans_come_along():
    keep, loan, hold = make_book(), make_loan(), make_hold()
    past = make_hold(state=HoldState.FULFILLED, book=hold.book)
    merge_books(keep=keep, merged=loan.copy.book, by=None)
    merge_books(keep=keep, merged=hold.book, by=None)
    assert {row.book_id for row in Hold.objects.all()} == {keep.pk}
    assert Loan.objects.get().copy.book == keep
    assert Hold.objects.get(pk=past.pk).state == HoldState.FULFILLED
    keep.refresh_from_db()
    assert (keep.total_copies, keep.available_copies) == (3, 1)


@pytest.mark.parametrize(("kept_state", "merged_state"), [("requested", "ready"), ("ready", "requested")])
def test_of_two_holds_of_one_patron_the_one_further_on_stays(kept_state, merged_state):
    patron = make_patron()
    ours, theirs = make_hold(patron=patron, state=kept_state), make_hold(patron=patron, state=merged_state)
    merge_books(keep=ours.book, merged=theirs.book, by=None)
    stays, goes = (ours, theirs) if kept_state == "ready" else (theirs, ours)
    stays.refresh_from_db()
    goes.refresh_from_db()
    assert (stays.state, goes.state, goes.ended_at is None) == (HoldState.READY, HoldState.CANCELLED, False)
    assert Copy.objects.get(pk=goes.copy_id).status == CopyStatus.AVAILABLE
    assert Copy.objects.get(pk=stays.copy_id).status == CopyStatus.ON_SHELF_FOR_HOLD


def test_a_request_with_the_old_number_is_for_the_record_that_stays(client):
    patron, copy, merged = make_patron(), make_copy(), make_book()
    hidden = make_book(is_suppressed=True)
    old, gone = merged.pk, make_book()
    hidden_old = gone.pk
    merge_books(keep=copy.book, merged=merged, by=None)
    client.force_login(patron.user)
    branch = str(copy.branch_id)
    asked = client.post("/api/v1/holds/", {"book": old, "branch": branch}, content_type="application/json")
    assert asked.status_code == 201, asked.json()
    assert Hold.objects.get().book_id == copy.book_id
    merge_books(keep=hidden, merged=gone, by=None)
    refused = client.post("/api/v1/holds/", {"book": hidden_old, "branch": branch}, content_type="application/json")
    assert refused.status_code == 404


def test_a_move_that_lending_never_makes_is_refused_in_words():
    with pytest.raises(CopyMoveImpossible, match="is withdrawn; from there it cannot become on loan"):
        copy_placement.set_status(make_copy(status="withdrawn"), CopyStatus.ON_LOAN)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(4))
def test_a_request_in_the_moment_of_a_merge_is_for_the_record_that_stays(turn):
    Tier.objects.get_or_create(code="reader", defaults={"name": "Reader"})
    LoanRule.objects.get_or_create(branch=None, tier=None, defaults={"loan_period": 14, "max_loans": 3})
    librarian, patron, branch = make_librarian(), make_patron(), make_branch()
    keep, merged = make_book(), make_book()
    make_copy(book=merged, branch=branch)
    begin, faults = Barrier(2), []

    def run(work) -> None:
        begin.wait(10)
        try:
            work()
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [
        Thread(target=run, args=[lambda: merge_books(keep=keep, merged=merged, by=librarian)]),
        Thread(
            target=run,
            args=[lambda: services.place_hold(book=merged, patron=patron, branch=branch, by=patron.user)],
        ),
    ]
    for thread in threads if turn % 2 else reversed(threads):
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == [] or all(isinstance(fault, LibraryError) for fault in faults), faults
    assert faults == []
    hold: Any = Hold.objects.get()
    assert (hold.book_id, hold.copy.book_id, hold.copy.status) == (keep.pk, keep.pk, CopyStatus.REQUESTED)
    assert Book.objects.get().available_copies == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(2))
def test_a_copy_that_is_lent_and_brought_back_in_the_moment_of_a_merge_stays_right(turn):
    Tier.objects.get_or_create(code="reader", defaults={"name": "Reader"})
    LoanRule.objects.get_or_create(branch=None, tier=None, defaults={"loan_period": 14, "max_loans": 3})
    librarian, patron = make_librarian(), make_patron()
    keep, copy = make_book(), make_copy()
    lent = make_loan(patron=make_patron(), copy=make_copy(book=copy.book))
    begin, faults = Barrier(3), []

    def run(work) -> None:
        begin.wait(10)
        try:
            work()
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    works = [
        lambda: merge_books(keep=keep, merged=copy.book, by=librarian),
        lambda: services.check_out(copy=copy, patron=patron, by=librarian),
        lambda: services.check_in(copy=lent.copy, by=librarian),
    ]
    threads = [Thread(target=run, args=[work]) for work in (works if turn else reversed(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    book = Book.objects.get()
    assert (book.pk, book.total_copies, book.available_copies) == (keep.pk, 2, 1)
    assert Loan.objects.open().get().copy_id == copy.pk
