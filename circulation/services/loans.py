"""Lending a copy and taking it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import F
from django.utils import timezone

from accounts.models import Patron, User
from catalog.models import Book, Branch, Copy, CopyStatus
from circulation import errors, locks, queries, rules
from circulation.models import Hold, HoldState, Loan
from circulation.services import shelves


class Action(StrEnum):
    """What to do with a copy that was checked in."""

    SHELVE = "shelve"
    HOLD_SHELF = "hold_shelf"


@dataclass(frozen=True)
class CheckedIn:
    """What a check-in came to. ``loan`` None: the copy was not on loan but turned up or is kept for ``hold``."""

    copy: Copy
    action: Action
    loan: Loan | None = None
    hold: Hold | None = None

    @property
    def branch(self) -> Branch:
        """Where the copy belongs now."""
        return self.hold.pickup_branch if self.hold else self.copy.branch


@locks.transaction_tried_twice
def check_out(*, copy: Copy | str, patron: Patron | str, by: User, at: datetime | None = None) -> Loan:
    """Lend a copy to a patron, each given as itself or as what was scanned; returns the open loan with its alerts.

    A hold of the patron on the book is fulfilled by any copy of it; the copy that was bound to it is freed.
    Raises the ``Refusal`` of the gravest reason, carrying all reasons.
    """
    at = at or timezone.now()
    barcode, card = _barcode(copy), patron.card_number if isinstance(patron, Patron) else patron.strip()
    found_copy, found_patron = _find_copy(copy), _find_patron(patron)
    if found_copy and found_patron:
        # Lock order everywhere: patron, book, copy, hold. Two desks racing for any of them queue up here.
        found_patron = locks.patron(found_patron.pk)
        locks.book(found_copy.book_id)
        found_copy = locks.copy(found_copy.pk)
    state = queries.check_out_state(barcode=barcode, card=card, copy=found_copy, patron=found_patron)
    decision = rules.decide_check_out(state, at=at)
    decision.raise_if_refused()
    assert found_copy is not None  # the rules refuse without a copy,
    assert found_patron is not None  # without a patron
    assert decision.due_at is not None  # and without a period
    loan = _open(found_copy, found_patron, by=by, at=at, due_at=decision.due_at)
    loan.alerts = decision.alerts
    return loan


@locks.transaction_tried_twice
def check_in(*, copy: Copy | str, by: User, at: datetime | None = None) -> CheckedIn:
    """Take back a copy, given as itself or as its scanned barcode, and say where it goes now.

    A copy that a hold is bound to goes to the hold shelf, also when it only turns up; one that was missing, lost or on
    its way is found and free. Raises ``CopyUnknown``, or ``NotOnLoan`` where there is nothing to take back.
    """
    at = at or timezone.now()
    found = _find_copy(copy)
    if found is None:
        reason = errors.CopyUnknown.reason(barcode=_barcode(copy))
        raise errors.CopyUnknown(reason.detail, reasons=[reason])
    locks.book(found.book_id)
    locked = locks.copy(found.pk)
    loan = queries.open_loan_of(locked)
    hold = None if locked.status in _OUT_OF_USE else queries.bound_hold(locked)
    if loan is None and hold is None and locked.status not in _TURNS_UP:
        raise errors.NotOnLoan(barcode=locked.barcode, status=locked.get_status_display())
    if loan is not None:
        loan.returned_at, loan.returned_by = max(at, loan.checked_out_at), by
        loan.save(update_fields=["returned_at", "returned_by"])
    return _settle(locked, loan=loan, hold=hold, by=by, at=at)


# Statuses that end when the copy itself is on the desk, and those that stay until staff say otherwise.
_TURNS_UP = {CopyStatus.MISSING, CopyStatus.LOST, CopyStatus.IN_TRANSIT}
_OUT_OF_USE = {CopyStatus.IN_REPAIR, CopyStatus.DAMAGED, CopyStatus.WITHDRAWN}


def _settle(copy: Copy, *, loan: Loan | None, hold: Hold | None, by: User, at: datetime) -> CheckedIn:
    """Put a copy on the desk where it belongs."""
    if hold is not None:
        shelves.put(copy, CopyStatus.ON_SHELF_FOR_HOLD)
        if hold.state != HoldState.READY:
            hold.state, hold.ready_at, hold.confirmed_by = HoldState.READY, at, by
            hold.save(update_fields=["state", "ready_at", "confirmed_by"])
        return CheckedIn(copy=copy, action=Action.HOLD_SHELF, loan=loan, hold=hold)
    if copy.status in _TURNS_UP | {CopyStatus.ON_LOAN}:
        shelves.put(copy, CopyStatus.AVAILABLE)
    return CheckedIn(copy=copy, action=Action.SHELVE, loan=loan)


def _open(copy: Copy, patron: Patron, *, by: User, at: datetime, due_at: datetime) -> Loan:
    _fulfil_hold(copy, patron, at=at)
    shelves.put(copy, CopyStatus.ON_LOAN)
    Book.objects.filter(pk=copy.book_id).update(popularity=F("popularity") + 1)
    return Loan.objects.create(
        copy=copy, branch=copy.branch, patron=patron, checked_out_at=at, checked_out_by=by, due_at=due_at
    )


def _fulfil_hold(copy: Copy, patron: Patron, *, at: datetime) -> None:
    """End the patron's hold on the book, if there is one, and free the copy that was kept for it."""
    for hold in locks.holds(Hold.objects.open().filter(patron=patron, book=copy.book_id)):
        if hold.copy_id is not None and hold.copy_id != copy.pk:
            shelves.release(locks.copy(hold.copy_id))
        hold.copy, hold.state, hold.ended_at = copy, HoldState.FULFILLED, max(at, hold.placed_at)
        hold.save(update_fields=["copy", "state", "ended_at"])


def _barcode(copy: Copy | str) -> str:
    return copy.barcode if isinstance(copy, Copy) else copy.strip()


def _find_copy(copy: Copy | str) -> Copy | None:
    return copy if isinstance(copy, Copy) else queries.find_copy(copy)


def _find_patron(patron: Patron | str) -> Patron | None:
    return patron if isinstance(patron, Patron) else queries.find_patron(patron)
