"""Where a copy stands, and for whom: the only writers of ``Copy.status`` in lending, and of the queues.

The caller holds the book's lock. Whatever frees a copy ends here: none stands free beside a hold that it could serve.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import User
from catalog.copy_status import check_move
from catalog.models import Copy, CopyStatus
from circulation.models import WAITING_HOLD_STATES, Hold, HoldState
from circulation.rules.holds import serving
from circulation.rules.holds.shelf import last_shelf_day
from circulation.rules.matrix import look_up
from circulation.services import hold_letters
from circulation.state import locks
from circulation.state import queue as lines
from circulation.state.calendars import calendars_under
from library.core import days
from library.core.database.raw_rows import execute

KEPT_FOR_A_HOLD = {CopyStatus.REQUESTED, CopyStatus.ON_SHELF_FOR_HOLD, CopyStatus.IN_TRANSIT}
# What a hold has of its copy and its place; written together, for the database holds them to each other.
PLACED = ["copy", "state", "position", "ready_at", "shelf_until", "confirmed_by", "cancel_requested"]
SUSPENSION = ["suspended_from", "suspended_until"]
# Places without gaps, in the order in which they were; written only where one changes.
CLOSE_RANKS = """
UPDATE circulation_hold AS hold SET position = ranked.place
FROM (SELECT id, row_number() OVER (ORDER BY position, placed_at, id) AS place
      FROM circulation_hold WHERE book_id = %(book)s AND position IS NOT NULL) AS ranked
WHERE ranked.id = hold.id AND ranked.place <> hold.position"""
MAKE_ROOM = "UPDATE circulation_hold SET position = position + 1 WHERE book_id = %s AND position IS NOT NULL"


def set_status(copy: Copy, status: CopyStatus) -> None:
    """Write the copy's status; the database counts what is available. Errors: ``CopyMoveImpossible``."""
    if copy.status == status:
        return
    check_move(copy, status)
    copy.status = status
    execute("UPDATE catalog_copy SET status = %s WHERE id = %s", [str(status), copy.pk])


def release(copy: Copy, *, stood_at: int | None = None, at: datetime) -> None:
    """Let go of a copy that was kept for a hold, which is bound to it no longer; the next in line takes it.

    ``stood_at``: the branch on whose hold shelf it stands. A copy that is under way, or on the shelf of another branch
    than its own, goes on to the next in line, or home: it is there when it is scanned there. One that staff marked
    otherwise meanwhile stays so.
    """
    if copy.status not in KEPT_FOR_A_HOLD:
        return
    is_away = copy.status == CopyStatus.IN_TRANSIT or stood_at not in {None, copy.branch_id}
    set_status(copy, CopyStatus.IN_TRANSIT if is_away else CopyStatus.AVAILABLE)
    waiting = next_in_line(copy, lines.of_book(copy.book_id), at=at)
    if waiting is not None:
        assign_copy(waiting, copy, is_away=is_away)


def serve_queue(book_id: int, *, at: datetime | None = None) -> int:
    """Let those who wait for the book take the copies that stand free, each at their pickup branch first, until there
    are no more that fit. How many were served."""
    at = at or timezone.now()
    if not Hold.objects.in_line().filter(book_id=book_id).exists():
        return 0
    free = list(locks.locking(Copy.objects.free().filter(book_id=book_id).order_by("pk")))
    line = lines.of_book(book_id) if free else lines.BookQueue()
    served = 0
    for waiter in line.queue:
        copy = _nearest(waiter, free, line, at=at)
        if copy is not None:
            free.remove(copy)
            (hold,) = locks.holds(Hold.objects.with_names().filter(pk=waiter.id))
            assign_copy(hold, copy)
            served += 1
    return served


def _nearest(waiter: serving.Waiter, free: Sequence[Copy], line: lines.BookQueue, *, at: datetime) -> Copy | None:
    """The free copy that the hold takes, at its pick-up branch first; None where none fits, or its reader may not be
    served, which they are told."""
    if waiter.sleeps(days.today(at)):
        return None
    rows = line.rules_of(waiter.patron.tier)
    fitting = [copy for copy in free if serving.could_serve(lines.copy_to_hold(copy), waiter, rows)]
    reasons = serving.against_serving(waiter, today=days.today(at)) if fitting else ()
    if reasons:
        _tell([serving.PassedOver(waiter, reasons)], at=at)
    if reasons or not fitting:
        return None
    return min(fitting, key=lambda copy: (copy.branch_id != waiter.pickup, copy.pk))


def next_in_line(copy: Copy, line: lines.BookQueue, *, at: datetime) -> Hold | None:
    """The first queued hold whom the copy fits and whose reader may be served; those passed over are told why."""
    turn = serving.turn(line.queue, lines.copy_to_hold(copy), line.rules_of, today=days.today(at))
    _tell(turn.passed_over, at=at)
    if turn.waiter is None:
        return None
    return locks.holds(Hold.objects.with_names().filter(pk=turn.waiter.id))[0]


def _tell(passed_over: Sequence[serving.PassedOver], *, at: datetime) -> None:
    holds = Hold.objects.with_names().in_bulk([one.waiter.id for one in passed_over]) if passed_over else {}
    for one in passed_over:
        hold_letters.tell_passed_over(holds[one.waiter.id], one.reasons, at=at)


def assign_copy(hold: Hold, copy: Copy, *, is_away: bool = False) -> None:
    """Keep a copy for the hold: staff are to fetch it from its shelf; one that is away goes to the pick-up branch."""
    set_status(copy, CopyStatus.IN_TRANSIT if is_away else CopyStatus.REQUESTED)
    _write(hold, copy=copy, state=HoldState.IN_TRANSIT if is_away else HoldState.REQUESTED)


def assign_another_copy(hold: Hold, *, taken: Copy, at: datetime) -> None:
    """Find another free copy for a hold whose copy was ``taken``, at its pickup branch first; else it waits at the
    head of the line."""
    execute(MAKE_ROOM, [taken.book_id])
    # Out of the way first: the database allows a copy one hold at a time.
    _write(hold, copy=taken if hold.is_copy_level else None, state=HoldState.QUEUED, position=1)
    line = lines.of_book(taken.book_id)
    waiter = next(one for one in line.queue if one.id == hold.pk)
    free = locks.locking(Copy.objects.free().filter(book_id=taken.book_id).exclude(pk=taken.pk).order_by("pk"))
    copy = _nearest(waiter, list(free), line, at=at)
    if copy is not None:
        assign_copy(hold, copy)


def route_to_pickup(
    hold: Hold, copy: Copy, *, here: int, by: User | None, at: datetime, line: lines.BookQueue | None = None
) -> bool:
    """Put a copy that is on the desk of branch ``here`` on the hold shelf, or on its way there; whether that is new.

    Its days on the shelf begin here, and here alone: a scan that changes nothing moves no date and tells nobody.
    """
    arrived = hold.pickup_branch_id == here
    state = HoldState.READY if arrived else HoldState.IN_TRANSIT
    status = CopyStatus.ON_SHELF_FOR_HOLD if arrived else CopyStatus.IN_TRANSIT
    if (hold.state, hold.copy_id, copy.status) == (state, copy.pk, status):
        return False
    set_status(copy, status)
    if not arrived:
        _write(hold, copy=copy, state=state, confirmed_by=by)
        return True
    line = line or lines.of_book(copy.book_id)
    ready_at = max(at, hold.placed_at)
    _write(hold, copy=copy, state=state, confirmed_by=by, ready_at=ready_at, shelf_until=_until(hold, copy, line, at))
    hold_letters.tell_ready(hold, at=at)
    return True


def _until(hold: Hold, copy: Copy, line: lines.BookQueue, at: datetime) -> Any:
    tier = hold.patron.tier_id
    scope = {"branch": copy.branch_id, "tier": tier, "item_type": copy.item_type_id}
    pickup_days = look_up(line.rules_of(tier), "hold_pickup_days", **scope).value
    calendar = calendars_under([hold.pickup_branch_id], line.version)[hold.pickup_branch_id]
    return last_shelf_day(days.today(at), pickup_days, calendar)


def end(hold: Hold, state: HoldState, *, at: datetime, copy: Copy | None = None) -> None:
    """End a hold. Its copy is the caller's to release; ``copy``: the one that was lent for it. What is known of its
    spell on the shelf stays."""
    was_waiting = hold.state in WAITING_HOLD_STATES
    hold.state, hold.position, hold.ended_at = state, None, max(at, hold.placed_at)
    hold.copy = copy or hold.copy
    hold.save(update_fields=["copy", "state", "position", "ended_at", "refusal_reason", "confirmed_by"])
    if was_waiting:
        close_ranks(hold.book_id)


def close_ranks(book_id: int) -> None:
    """Leave no gap in the queue."""
    execute(CLOSE_RANKS, {"book": book_id})


def _write(hold: Hold, *, state: HoldState, copy: Copy | None, **given: Any) -> None:
    """Bind, or let go; whatever is not given is as of a hold that was never served, and not suspended."""
    was_waiting = hold.state in WAITING_HOLD_STATES
    hold.state, hold.copy = state, copy
    hold.position, hold.confirmed_by = given.get("position"), given.get("confirmed_by")
    hold.ready_at, hold.shelf_until = given.get("ready_at"), given.get("shelf_until")
    hold.cancel_requested, hold.suspended_from, hold.suspended_until = False, None, None
    hold.save(update_fields=[*PLACED, *SUSPENSION])
    if was_waiting and hold.position is None:
        close_ranks(hold.book_id)
