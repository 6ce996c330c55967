"""What changes while a verb waits for its lock decides: all that is joined to the locked rows is read after it.

Each is first shown wrong with what the verbs did before, one statement that locks and joins: it sees the row that it
waited for as it is, and everything joined to it as it was.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Patron, Tier, User
from accounts.tests.factories import make_librarian, make_patron
from catalog.models import Book, Copy, ItemType
from catalog.tests.factories import make_branch, make_copy
from circulation import errors, services
from circulation.models import CalendarException, LoanRule
from circulation.state import locks, snapshot
from circulation.tests.factories import make_loan
from circulation.tests.races.test_races import _as_shipped  # noqa: F401  (a fixture)
from library.core import days
from library.core.database.raw_rows import fetch
from library.core.errors import LibraryError

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["read after the lock", "read with the lock"])
def is_read_after(request, monkeypatch):
    if request.param == "read with the lock":
        monkeypatch.setattr(locks, "_patrons", _patrons_with_the_lock)
        monkeypatch.setattr(locks, "copy_and_book", _copy_with_the_lock)
        _check_out_with_the_locks(monkeypatch)
    return request.param == "read after the lock"


def _patrons_with_the_lock(where, what):
    rows = fetch(f"{locks.PATRON} WHERE {where} ORDER BY patron.user_id{locks.for_update_of('patron')}", [what])
    return [locks.read_patron(locks.PEOPLE.read(row)) for row in rows]


def _copy_with_the_lock(scanned):
    pk = scanned.pk if isinstance(scanned, Copy) else scanned
    found = fetch(f"{locks.COPY} WHERE copy.id = %s{locks.for_update_of('book', 'copy')}", [pk])
    return locks.read_copy(locks.THINGS.read(found[0])) if found else None


def _check_out_with_the_locks(monkeypatch):
    """What ``snapshot.at_desk`` reads after both locks is taken from the statements that lock."""
    seen: dict[str, Any] = {}
    at_desk = snapshot.at_desk

    def patron_row(scanned):
        found = _patrons_with_the_lock(*locks._whom(scanned))
        seen["patron"] = found[0] if found else None
        return found[0].pk if found else None

    def copy_row(scanned):
        seen["copy"] = copy = _copy_with_the_lock(scanned)
        return locks.CopyRow(copy.pk, copy.book_id) if copy else None

    monkeypatch.setattr(locks, "patron_row", patron_row)
    monkeypatch.setattr(locks, "copy_row", copy_row)
    monkeypatch.setattr(snapshot, "at_desk", lambda patron, copy: at_desk(patron, copy)._replace(**seen))


def waiting_for(row, change, verb):
    """What ``verb`` comes to when ``change`` is made and committed while it waits for the lock of ``row``."""
    is_held = Event()

    def edit():
        with transaction.atomic():
            type(row).objects.select_for_update(no_key=True).get(pk=row.pk)
            is_held.set()
            _until_somebody_waits()
            change()
        connection.close()

    def work():
        is_held.wait(30)
        try:
            return verb()
        except (LibraryError, AssertionError) as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        edited, done = pool.submit(edit), pool.submit(work)
        edited.result(60)
        return done.result(60)


WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def _until_somebody_waits():
    for _n in range(3_000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits for the lock")


def change_tier(patron):
    tier = Tier.objects.create(code="staff", name="Staff")
    LoanRule.objects.create(tier=tier, loan_period=30)
    return lambda: Patron.objects.filter(pk=patron.pk).update(tier=tier)


def days_lent(loan):
    return (days.date_of(loan.due_at) - days.today(loan.checked_out_at)).days


@pytest.mark.parametrize("by_card", [True, False])
def test_tier_that_changes_while_a_check_out_waits(is_read_after, by_card):
    patron, copy, librarian = make_patron(), make_copy(), make_librarian()
    whom = patron.card_number if by_card else patron
    given = waiting_for(patron, change_tier(patron), lambda: services.check_out(copy=copy, patron=whom, by=librarian))
    if is_read_after:
        assert days_lent(given) == 30
    else:
        assert given.error_code == "patron_unknown"


def test_tier_that_changes_while_a_renewal_waits(is_read_after):
    loan, librarian = make_loan(checked_out_at=timezone.now()), make_librarian()
    given = waiting_for(loan.patron, change_tier(loan.patron), lambda: services.renew(loan=loan, by=librarian))
    if is_read_after:
        assert given.renewals == 1
    else:
        assert given.error_code == "not_found"


@pytest.mark.parametrize("verb", [services.claim_returned, services.withdraw_claim, services.declare_lost])
def test_tier_that_changes_while_staff_note_something(verb):
    loan, librarian = make_loan(checked_out_at=timezone.now()), make_librarian()
    given = waiting_for(loan.patron, change_tier(loan.patron), lambda: verb(loan=loan, by=librarian))
    assert given.pk == loan.pk


def test_item_type_that_changes_while_a_check_out_waits(is_read_after):
    patron, copy, librarian = make_patron(), make_copy(), make_librarian()
    room = ItemType.objects.create(code="room", name="Room")
    LoanRule.objects.create(item_type=room, loan_period=4, loan_unit="hours", due_mode="ignore")
    given = waiting_for(
        Book.objects.get(pk=copy.book_id),
        lambda: Copy.objects.filter(pk=copy.pk).update(item_type=room),
        lambda: services.check_out(copy=copy, patron=patron, by=librarian),
    )
    assert given.is_hourly is is_read_after


def test_account_that_is_closed_while_a_check_out_waits(is_read_after):
    patron, copy, librarian = make_patron(), make_copy(), make_librarian()
    given = waiting_for(
        patron,
        lambda: User.objects.filter(pk=patron.pk).update(is_active=False),
        lambda: services.check_out(copy=copy, patron=patron, by=librarian),
    )
    assert isinstance(given, errors.PatronInactive) is is_read_after


def test_branch_that_changes_while_a_check_out_waits(is_read_after):
    patron, copy, librarian, other = make_patron(), make_copy(), make_librarian(), make_branch()
    day = days.today() + timedelta(days=14)
    CalendarException.objects.create(branch=other, name="Closed", first_day=day, last_day=day)
    given = waiting_for(
        Book.objects.get(pk=copy.book_id),
        lambda: Copy.objects.filter(pk=copy.pk).update(branch=other),
        lambda: services.check_out(copy=copy, patron=patron, by=librarian),
    )
    if is_read_after:
        assert (given.branch, days_lent(given)) == (other, 15)
    else:  # the copy is not found beside its old branch, and the verb gives up
        assert isinstance(given, LibraryError)


def test_rules_that_change_while_a_check_out_waits():
    patron, copy, librarian = make_patron(), make_copy(), make_librarian()
    given = waiting_for(
        patron,
        lambda: LoanRule.objects.update(loan_period=5),
        lambda: services.check_out(copy=copy, patron=patron, by=librarian),
    )
    assert days_lent(given) == 5


def test_copy_that_goes_to_another_record_while_a_hold_is_confirmed_with_it():
    """It was fetched as another copy of the book, and is none any more."""
    first, second = make_copy(), make_copy()
    Copy.objects.filter(pk=second.pk).update(book=first.book, branch=first.branch)
    second.refresh_from_db()
    hold = services.place_hold(book=first.book, patron=make_patron(), branch=first.branch, by=make_librarian())
    librarian, elsewhere = make_librarian(), make_copy().book
    given = waiting_for(
        first.book,
        lambda: Copy.objects.filter(pk=second.pk).update(book=elsewhere),
        lambda: services.confirm_hold(hold=hold, by=librarian, copy=second),
    )
    assert isinstance(given, errors.CopyOfAnotherBook)


def test_loan_that_is_taken_back_is_the_one_that_was_meant():
    """While its return waits, the copy comes back at another desk and is lent to somebody else."""
    loan, other, librarian = make_loan(checked_out_at=timezone.now()), make_patron(), make_librarian()

    def returned_and_lent_again():
        services.check_in(copy=loan.copy, by=librarian)
        services.check_out(copy=loan.copy, patron=other, by=librarian)

    given = waiting_for(
        Book.objects.get(pk=loan.copy.book_id),
        returned_and_lent_again,
        lambda: services.check_in(copy=loan.copy, loan=loan, by=librarian),
    )
    assert isinstance(given, errors.LoanAlreadyReturned)
    assert other.loans.get().returned_at is None
