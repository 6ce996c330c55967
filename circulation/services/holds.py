"""Requests: a reader asks for a book that stands on a shelf, staff fetch it or say why not."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Patron, User
from catalog.models import Book, Branch, Copy, CopyStatus
from circulation import errors, locks, queries, rules
from circulation.models import Hold, HoldState
from circulation.services import shelves
from library.core.errors import InvalidInput, NotFound

# What staff may say about the copy of a request that they refuse.
STATUSES_AFTER_REFUSAL = (CopyStatus.AVAILABLE, CopyStatus.MISSING, CopyStatus.DAMAGED)
REASON_LENGTH = 300


@locks.transaction_tried_twice
def place_hold(*, book: Book, patron: Patron, branch: Branch, by: User, at: datetime | None = None) -> Hold:
    """Request the book for the patron: one copy that stands free at ``branch`` is kept for them from now on.

    Raises ``NotFound`` for a suppressed book, else the ``Refusal`` of the gravest reason with all reasons;
    ``NoCopyFree`` says where else one is free.
    """
    at = at or timezone.now()
    patron, book = locks.patron(patron.pk), locks.book(book.pk)
    if book.is_suppressed:
        raise NotFound
    copy = _free_copy(book, branch)
    state = queries.request_state(book=book, patron=patron, branch=branch, is_free_here=copy is not None)
    rules.decide_hold(state).raise_if_refused()
    assert copy is not None  # the rules refuse without one
    shelves.put(copy, CopyStatus.REQUESTED)
    return Hold.objects.create(
        book=book, patron=patron, pickup_branch=branch, copy=copy, state=HoldState.REQUESTED, placed_at=at
    )


@locks.transaction_tried_twice
def confirm_hold(*, hold: Hold, by: User, copy: Copy | str | None = None, at: datetime | None = None) -> Hold:
    """Put the requested book on the hold shelf. ``copy``, or its barcode, takes the place of the copy bound so far.

    Raises ``HoldNotRequested``, ``CopyUnknown``, ``CopyOfAnotherBook`` or ``CopyNotFree``.
    """
    fetched = _scanned(copy)
    hold, bound = _locked(hold, *([fetched.pk] if fetched and fetched.book_id == hold.book_id else []))
    _check_requested(hold)
    if fetched is not None and fetched.pk != hold.copy_id:
        bound = _swap(hold, bound, fetched)
    assert bound is not None  # a requested hold has a copy: the database says so
    if bound.status not in {CopyStatus.REQUESTED, CopyStatus.AVAILABLE}:  # staff marked it damaged, say, meanwhile
        raise errors.CopyNotFree(barcode=bound.barcode, status=bound.get_status_display())
    shelves.put(bound, CopyStatus.ON_SHELF_FOR_HOLD)
    hold.copy, hold.state, hold.confirmed_by = bound, HoldState.READY, by
    hold.ready_at = max(at or timezone.now(), hold.placed_at)
    hold.save(update_fields=["copy", "state", "ready_at", "confirmed_by"])
    return hold


@locks.transaction_tried_twice
def refuse_hold(
    *,
    hold: Hold,
    reason: str,
    by: User,
    copy_status: str = CopyStatus.AVAILABLE,
    at: datetime | None = None,
) -> Hold:
    """Tell the reader that the book cannot be fetched; ``copy_status``: available, missing or damaged.

    Raises ``InvalidInput`` for a missing or too long reason or another status, ``HoldNotRequested``.
    """
    _check_refusal(reason, copy_status)
    hold, copy = _locked(hold)
    _check_requested(hold)
    assert copy is not None  # a requested hold has a copy: the database says so
    if copy_status == CopyStatus.AVAILABLE:
        shelves.release(copy)
    else:
        shelves.put(copy, CopyStatus(copy_status))
    hold.refusal_reason, hold.confirmed_by = reason.strip(), by
    return _end(hold, HoldState.REFUSED, at=at)


@locks.transaction_tried_twice
def cancel_hold(*, hold: Hold, by: User, at: datetime | None = None) -> Hold:
    """End a hold that is not wanted any more and free its copy. Its reader may until it is ready; then only staff.

    Raises ``NotFound`` where it is another's, ``HoldEnded``, ``HoldIsReady``.
    """
    is_staff = by.has_perm("circulation.change_hold")
    if hold.patron_id != by.pk and not is_staff:
        raise NotFound
    hold, copy = _locked(hold)
    if hold.ended_at is not None:
        raise errors.HoldEnded(state=hold.get_state_display())
    if hold.state in {HoldState.READY, HoldState.IN_TRANSIT} and not is_staff:
        raise errors.HoldIsReady
    if copy is not None:
        shelves.release(copy)
    return _end(hold, HoldState.CANCELLED, at=at)


def move_holds(*, kept: Book, merged: Book, at: datetime | None = None) -> None:
    """Let all holds of ``merged`` be holds of ``kept``, whose locks the caller has: their records are becoming one.

    Of two open holds of one patron the one that is further on stays, else the older; the other is cancelled and its
    copy is free again.
    """
    ours = {hold.patron_id: hold for hold in locks.holds(Hold.objects.open().filter(book=kept))}
    for hold in locks.holds(Hold.objects.open().filter(book=merged)):
        other = ours.get(hold.patron_id)
        if other is not None:
            _cancel_lesser(hold, other, at=at)
    Hold.objects.filter(book=merged).update(book=kept)


def _cancel_lesser(one: Hold, other: Hold, *, at: datetime | None) -> None:
    lesser = max(one, other, key=lambda hold: (_FURTHEST_FIRST.index(HoldState(hold.state)), hold.placed_at, hold.pk))
    if lesser.copy_id is not None:
        shelves.release(locks.copy(lesser.copy_id))
    _end(lesser, HoldState.CANCELLED, at=at)


# A copy that waits for its reader counts for more than one that is still to be fetched.
_FURTHEST_FIRST = [
    HoldState.READY, HoldState.IN_TRANSIT, HoldState.REQUESTED, HoldState.QUEUED, HoldState.SUSPENDED,
]  # fmt: skip


def _free_copy(book: Book, branch: Branch) -> Copy | None:
    """A free copy at the branch, locked: a copy is read again once its lock is held, so it is still free."""
    return locks.locking(Copy.objects.free().filter(book=book, branch=branch).order_by("pk")).first()


def _locked(hold: Hold, *more_copies: int) -> tuple[Hold, Copy | None]:
    """The hold and its copy under locks: book, then copies (``more_copies`` too), then hold."""
    locks.book(hold.book_id)
    bound = (
        Hold.objects.filter(pk=hold.pk).values_list("copy_id", flat=True).get()
    )  # holds of a locked book stand still
    copies = locks.copies({bound, *more_copies} - {None})
    (locked,) = locks.holds(Hold.objects.with_names().filter(pk=hold.pk))
    return locked, copies.get(bound) if bound else None


def _check_requested(hold: Hold) -> None:
    if hold.state != HoldState.REQUESTED:
        raise errors.HoldNotRequested(state=hold.get_state_display())


def _scanned(copy: Copy | str | None) -> Copy | None:
    if isinstance(copy, Copy) or not copy or not copy.strip():
        return copy if isinstance(copy, Copy) else None
    found = queries.find_copy(copy)
    if found is None:
        raise errors.CopyUnknown(barcode=copy.strip())
    return found


def _swap(hold: Hold, bound: Copy | None, fetched: Copy) -> Copy:
    """Free the copy bound so far; gives the locked copy that takes its place."""
    if fetched.book_id != hold.book_id:
        raise errors.CopyOfAnotherBook(barcode=fetched.barcode, title=fetched.book.title)
    fetched = locks.copy(fetched.pk)
    if not fetched.is_free:
        status = _("not for loan") if fetched.not_for_loan else fetched.get_status_display()
        raise errors.CopyNotFree(barcode=fetched.barcode, status=status)
    if bound is not None:
        shelves.release(bound)
    return fetched


def _check_refusal(reason: str, copy_status: str) -> None:
    fields = {}
    if not reason.strip():
        fields["reason"] = [_("Say why, in words for the reader.")]
    elif len(reason.strip()) > REASON_LENGTH:
        fields["reason"] = [_("At most %(count)d characters.") % {"count": REASON_LENGTH}]
    if copy_status not in STATUSES_AFTER_REFUSAL:
        fields["copy_status"] = [_("Choose available, missing or damaged.")]
    if fields:
        raise InvalidInput(next(iter(fields.values()))[0], fields=fields)


def _end(hold: Hold, state: HoldState, *, at: datetime | None) -> Hold:
    hold.state, hold.ended_at = state, max(at or timezone.now(), hold.placed_at)
    hold.save(update_fields=["state", "ended_at", "refusal_reason", "confirmed_by"])
    return hold
