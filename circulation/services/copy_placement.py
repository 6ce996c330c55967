"""Where a copy stands: the only writers of ``Copy.status`` in lending. The caller holds the book's and copy's locks."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from catalog.copy_status import check_move
from catalog.models import Copy, CopyStatus
from circulation.models import Hold, HoldState
from circulation.state import locks
from library.core.database.raw_rows import execute

KEPT_FOR_A_HOLD = {CopyStatus.REQUESTED, CopyStatus.ON_SHELF_FOR_HOLD, CopyStatus.IN_TRANSIT}


def put(copy: Copy, status: CopyStatus) -> None:
    """Write the copy's status; the database counts what is available. Errors: ``CopyMoveImpossible``."""
    if copy.status == status:
        return
    check_move(copy, status)
    copy.status = status
    execute("UPDATE catalog_copy SET status = %s WHERE id = %s", [str(status), copy.pk])


def release(copy: Copy, *, stood_at: int | None = None) -> None:
    """Let go of a copy that was kept for a hold, which is bound to it no longer; the next in line takes it.

    ``stood_at``: the branch on whose hold shelf it stands. A copy that is under way, or on the shelf of another branch
    than its own, has to come home first: its arrival serves whoever waits. One that staff marked otherwise meanwhile
    stays so.
    """
    if copy.status not in KEPT_FOR_A_HOLD:
        return
    is_away = copy.status == CopyStatus.IN_TRANSIT or stood_at not in {None, copy.branch_id}
    if is_away:
        put(copy, CopyStatus.IN_TRANSIT)
        return
    waiting = None if copy.not_for_loan else next_in_line(copy.book_id)
    if waiting is None:
        put(copy, CopyStatus.AVAILABLE)
    else:
        bind(waiting, copy)


def serve_queue(book_id: int) -> None:
    """Let those who wait for the book take the copies that stand free, each at their pickup branch first.

    The caller holds the book's lock.
    """
    if not Hold.objects.filter(book_id=book_id, state=HoldState.QUEUED).exists():
        return
    free = list(locks.locking(Copy.objects.free().filter(book_id=book_id).order_by("pk")))
    while free and (hold := next_in_line(book_id)) is not None:
        copy = _nearest(free, hold)
        free.remove(copy)
        bind(hold, copy)


def _nearest(free: list[Copy], hold: Hold) -> Copy:
    return min(free, key=lambda copy: (copy.branch_id != hold.pickup_branch_id, copy.pk))


def next_in_line(book_id: int) -> Hold | None:
    """The oldest queued hold on the book."""
    queued = Hold.objects.with_names().filter(book_id=book_id, state=HoldState.QUEUED)
    return locks.locking(queued.order_by("placed_at", "pk")[:1]).first()


def bind(hold: Hold, copy: Copy) -> None:
    """Keep a copy that stands on its shelf for the hold: staff are to fetch it."""
    put(copy, CopyStatus.REQUESTED)
    hold.copy, hold.state, hold.ready_at, hold.confirmed_by = copy, HoldState.REQUESTED, None, None
    hold.save(update_fields=["copy", "state", "ready_at", "confirmed_by"])


def bind_to_another(hold: Hold, *, taken: Copy) -> None:
    """Find another free copy for a hold whose copy was ``taken``, at its pickup branch first; else it waits in line.

    It keeps its place, for the line is in the order of asking.
    """
    # Out of the way first: the database allows a copy one hold at a time.
    hold.copy, hold.state, hold.ready_at, hold.confirmed_by = None, HoldState.QUEUED, None, None
    hold.save(update_fields=["copy", "state", "ready_at", "confirmed_by"])
    free = list(locks.locking(Copy.objects.free().filter(book_id=taken.book_id).exclude(pk=taken.pk).order_by("pk")))
    if free:
        bind(hold, _nearest(free, hold))


def hand_to(hold: Hold, copy: Copy, *, here: int, by: User, at: datetime) -> bool:
    """Put a copy that is on the desk of branch ``here`` on the hold shelf, or on its way there; whether that is new."""
    arrived = hold.pickup_branch_id == here
    state = HoldState.READY if arrived else HoldState.IN_TRANSIT
    status = CopyStatus.ON_SHELF_FOR_HOLD if arrived else CopyStatus.IN_TRANSIT
    if (hold.state, hold.copy_id, copy.status) == (state, copy.pk, status):
        return False
    put(copy, status)
    hold.copy, hold.state, hold.confirmed_by = copy, state, by
    hold.ready_at = max(at, hold.placed_at) if arrived else None
    hold.save(update_fields=["copy", "state", "ready_at", "confirmed_by"])
    return True
