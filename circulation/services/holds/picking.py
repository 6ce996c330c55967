"""The pick list: what staff fetch from the shelves for readers, or cannot find there."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.models import Copy, CopyStatus
from circulation import errors, queries
from circulation.models import Hold, HoldState
from circulation.services import copy_placement, hold_letters
from circulation.services.holds.under_locks import locked, record
from circulation.state import locks
from library.core.errors import InvalidInput
from library.core.typed import bare

# What staff may say about the copy of a request that they refuse.
STATUSES_AFTER_REFUSAL = (CopyStatus.AVAILABLE, CopyStatus.MISSING, CopyStatus.DAMAGED)
REASON_LENGTH = 300


@locks.transaction_tried_again
def confirm_hold(*, hold: Hold, by: User, copy: Copy | str | None = None, at: datetime | None = None) -> Hold:
    """Put the requested book on the hold shelf, or on its way to it where the reader fetches it at another branch.

    ``copy``, or its barcode, takes the place of the copy bound so far.

    Raises ``HoldNotRequested``, ``CopyUnknown``, ``CopyOfAnotherBook``, ``HoldForAnotherCopy`` or ``CopyNotFree``.
    """
    at, fetched = at or timezone.now(), _scanned(copy)
    hold, bound = locked(hold, *([fetched.pk] if fetched and fetched.book_id == hold.book_id else []))
    _check_requested(hold)
    taken = _to_take_its_place(hold, fetched) if fetched is not None and fetched.pk != hold.copy_id else bound
    assert taken is not None  # a requested hold has a copy: the database says so
    if taken.status not in {CopyStatus.REQUESTED, CopyStatus.AVAILABLE}:  # staff marked it damaged, say, meanwhile
        raise errors.CopyNotFree(barcode=taken.barcode, status=taken.get_status_display())
    # It was fetched from its own shelf: for a reader of another branch it has still to travel.
    copy_placement.route_to_pickup(hold, taken, here=taken.branch_id, by=by, at=at)
    if bound is not None and bound.pk != taken.pk:
        copy_placement.release(bound, at=at)
    record(hold, "hold.confirmed", by=by, at=at)
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
    at = at or timezone.now()
    _check_refusal(reason, copy_status)
    hold, copy = locked(hold)
    _check_requested(hold)
    assert copy is not None  # a requested hold has a copy: the database says so
    hold.refusal_reason, hold.confirmed_by = reason.strip(), by
    copy_placement.end(hold, HoldState.REFUSED, at=at)
    if copy_status == CopyStatus.AVAILABLE:
        copy_placement.release(copy, at=at)
    else:
        copy_placement.set_status(copy, CopyStatus(copy_status))
    record(hold, "hold.refused", by=by, at=at)
    hold_letters.tell_refused(hold, at=at)
    return hold


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
    if hold.is_copy_level:
        assert hold.copy is not None  # the database says so
        raise errors.HoldForAnotherCopy(barcode=hold.copy.barcode)
    if not now.is_free:
        status = _("not for loan") if now.not_for_loan else now.get_status_display()
        raise errors.CopyNotFree(barcode=now.barcode, status=status)
    return now


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
