"""Requests: a reader asks for a book that stands on a shelf, staff fetch it or say why not."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Patron, User
from catalog.models import Book, Branch, Copy, CopyStatus
from circulation import errors, queries, rules
from circulation.models import Hold, HoldState
from circulation.services import copy_placement
from circulation.state import locks
from circulation.state.request import request_state
from library.activity import services as activity
from library.core import days
from library.core.errors import InvalidInput, NotFound
from library.core.typed import bare

# What staff may say about the copy of a request that they refuse.
STATUSES_AFTER_REFUSAL = (CopyStatus.AVAILABLE, CopyStatus.MISSING, CopyStatus.DAMAGED)
REASON_LENGTH = 300


@locks.transaction_tried_again
def place_hold(*, book: Book, patron: Patron, branch: Branch, by: User, at: datetime | None = None) -> Hold:
    """Request the book for the patron: one copy that stands free at ``branch`` is kept for them from now on.

    Raises ``NotFound`` for a suppressed book, else the ``Refusal`` of the gravest reason with all reasons;
    ``NoCopyFree`` says where else one is free.
    """
    at = at or timezone.now()
    patron, book = _locked_patron(patron), locks.book(book.pk)
    if book.is_suppressed:
        raise NotFound
    copy = _free_copy(book, branch)
    elsewhere = () if copy else [other.name for other in queries.branches_with_free_copies(book)]
    state = request_state(
        book=book, patron=patron, branch=branch, is_free_here=copy is not None, free_elsewhere=elsewhere
    )
    rules.decide_hold(state, today=days.today(at)).raise_if_refused()
    assert copy is not None  # the rules refuse without one
    copy_placement.put(copy, CopyStatus.REQUESTED)
    hold = Hold.objects.create(
        book=book, patron=patron, pickup_branch=branch, copy=copy, state=HoldState.REQUESTED, placed_at=at
    )
    _record(hold, "hold.placed", by=by, at=at)
    return hold


@locks.transaction_tried_again
def confirm_hold(*, hold: Hold, by: User, copy: Copy | str | None = None, at: datetime | None = None) -> Hold:
    """Put the requested book on the hold shelf, or on its way to it where the reader fetches it at another branch.

    ``copy``, or its barcode, takes the place of the copy bound so far.

    Raises ``HoldNotRequested``, ``CopyUnknown``, ``CopyOfAnotherBook`` or ``CopyNotFree``.
    """
    at, fetched = at or timezone.now(), _scanned(copy)
    hold, bound = _locked(hold, *([fetched.pk] if fetched and fetched.book_id == hold.book_id else []))
    _check_requested(hold)
    taken = _to_take_its_place(hold, fetched) if fetched is not None and fetched.pk != hold.copy_id else bound
    assert taken is not None  # a requested hold has a copy: the database says so
    if taken.status not in {CopyStatus.REQUESTED, CopyStatus.AVAILABLE}:  # staff marked it damaged, say, meanwhile
        raise errors.CopyNotFree(barcode=taken.barcode, status=taken.get_status_display())
    # It was fetched from its own shelf: for a reader of another branch it has still to travel.
    copy_placement.hand_to(hold, taken, here=taken.branch_id, by=by, at=at)
    if bound is not None and bound.pk != taken.pk:
        copy_placement.release(bound)
    _record(hold, "hold.confirmed", by=by, at=at)
    return hold


@locks.transaction_tried_again
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
    hold.refusal_reason, hold.confirmed_by = reason.strip(), by
    _end(hold, HoldState.REFUSED, at=at)
    if copy_status == CopyStatus.AVAILABLE:
        copy_placement.release(copy)
    else:
        copy_placement.put(copy, CopyStatus(copy_status))
    _record(hold, "hold.refused", by=by, at=at)
    return hold


@locks.transaction_tried_again
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
    stood_at = hold.pickup_branch_id if hold.state == HoldState.READY else None
    _end(hold, HoldState.CANCELLED, at=at)
    if copy is not None:
        copy_placement.release(copy, stood_at=stood_at)
    _record(hold, "hold.cancelled", by=by, at=at)
    return hold


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
    stood_at = lesser.pickup_branch_id if lesser.state == HoldState.READY else None
    _end(lesser, HoldState.CANCELLED, at=at)
    if lesser.copy_id is not None:
        copy_placement.release(locks.copy(lesser.copy_id), stood_at=stood_at)


# A copy that waits for its reader counts for more than one that is still to be fetched.
_FURTHEST_FIRST = [
    HoldState.READY,
    HoldState.IN_TRANSIT,
    HoldState.REQUESTED,
    HoldState.QUEUED,
    HoldState.SUSPENDED,
]


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
    if isinstance(copy, Copy) or not copy or not bare(copy):
        return copy if isinstance(copy, Copy) else None
    found = queries.find_copy(copy)
    if found is None:
        raise errors.CopyUnknown(barcode=bare(copy))
    return found


def _to_take_its_place(hold: Hold, fetched: Copy) -> Copy:
    """The fetched copy, locked; it may have gone to another record while we waited."""
    now = locks.copy(fetched.pk)
    if now.book_id != hold.book_id:
        raise errors.CopyOfAnotherBook(barcode=now.barcode, title=now.book.title)
    fetched = now
    if not fetched.is_free:
        status = _("not for loan") if fetched.not_for_loan else fetched.get_status_display()
        raise errors.CopyNotFree(barcode=fetched.barcode, status=status)
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


def _locked_patron(patron: Patron) -> Patron:
    locked = locks.patron(patron)
    if locked is None:
        raise NotFound
    return locked


def _record(hold: Hold, verb: str, *, by: User, at: datetime | None) -> None:
    activity.record(actor=by, verb=verb, object=hold, subject=hold.patron.user, at=at)
