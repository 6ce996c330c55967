"""Asking for a book: a free copy is kept at once, else the hold waits in the queue."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime

from django.db.models import Max
from django.utils import timezone

from accounts.models import Patron, User
from catalog.models import Book, Branch, Copy, CopyStatus
from circulation import errors, queries, rules
from circulation.models import Hold, HoldState, Verb
from circulation.services import copy_placement, overrides
from circulation.services.holds.under_locks import record
from circulation.state import locks
from circulation.state.request import request_state
from library.core import days
from library.core.errors import NotFound
from library.core.typed import bare

# What the rules keep for nobody of this tier is never served to them from a queue.
SERVED_BY_NOBODY = frozenset({errors.HoldNotAllowed.code, errors.HoldBranchNotAllowed.code})


@locks.transaction_tried_again
def place_hold(
    *,
    book: Book,
    patron: Patron,
    branch: Branch,
    by: User,
    copy: Copy | str | None = None,
    wanted_from: date | None = None,
    wanted_until: date | None = None,
    override: Collection[str] = (),
    comment: str = "",
    at: datetime | None = None,
) -> Hold:
    """Ask for the book, to be fetched at ``branch``: *requested* with a free copy that fits, else *queued*.

    ``copy``, or its barcode: that one alone. ``wanted_from``: asleep until that day, in its place in the queue.
    ``wanted_until``: the reader's own last day, included. ``override``: codes of the reasons that ``by`` sets aside,
    with a ``comment``; what the rules keep for nobody can be had so only where a copy stands free, for no queue would
    ever serve it. Raises ``NotFound`` for a suppressed book, ``CopyUnknown``, ``CopyOfAnotherBook``, ``NotAllowed`` or
    ``CommentRequired`` for an override that cannot be, else the ``Refusal`` of the gravest reason with all reasons.
    """
    at = at or timezone.now()
    permit = overrides.permit(override=override, comment=comment, due_at=None, by=by, at=at)
    wanted = _wanted(copy)
    patron, book = _locked_patron(patron), locks.book(book.pk)
    if book.is_suppressed:
        raise NotFound
    if wanted is not None and Copy.objects.get(pk=wanted.pk).book_id != book.pk:
        raise errors.CopyOfAnotherBook(barcode=wanted.barcode, title=wanted.book.title)
    state = request_state(
        book=book,
        patron=patron,
        branch=branch,
        at=at,
        copy=wanted.pk if wanted else None,
        wanted_from=wanted_from,
        wanted_until=wanted_until,
    )
    decision = rules.decide_hold(state, today=days.today(at))
    set_aside = permit.reasons(decision)
    hold = Hold(
        book=book,
        patron=patron,
        pickup_branch=branch,
        is_copy_level=decision.only is not None,
        copy_id=decision.only,
        placed_at=at,
        wanted_until=wanted_until,
    )
    _take_place(hold, decision.fitting_despite(permit.codes), wanted_from=wanted_from, at=at)
    if hold.state != HoldState.REQUESTED:
        decision.raise_if_refused(permit.codes - SERVED_BY_NOBODY)
    record(hold, "hold.placed", by=by, at=at)
    permit.write(hold, Verb.PLACE_HOLD, reasons=set_aside, at=at)
    return hold


def _take_place(hold: Hold, fitting: Iterable[int], *, wanted_from: date | None, at: datetime) -> None:
    """A free copy, or the end of the line."""
    sleeps = wanted_from is not None and wanted_from > days.today(at)
    copy = None if sleeps else _free_copy(hold, fitting)
    if copy is not None:
        hold.copy, hold.state = copy, HoldState.REQUESTED
        copy_placement.set_status(copy, CopyStatus.REQUESTED)
        hold.save(force_insert=True)
        return
    hold.state = HoldState.SUSPENDED if sleeps else HoldState.QUEUED
    if sleeps:
        hold.suspended_from, hold.suspended_until = days.today(at), wanted_from
    last = Hold.objects.in_line().filter(book=hold.book).aggregate(last=Max("position"))["last"]
    hold.position = (last or 0) + 1
    hold.save(force_insert=True)


def _free_copy(hold: Hold, fitting: Iterable[int]) -> Copy | None:
    """A free copy that fits, locked, at the pick-up branch first. Who waits already has had the choice."""
    copy_placement.serve_queue(hold.book_id, at=hold.placed_at)
    free = locks.locking(Copy.objects.free().filter(pk__in=fitting, book=hold.book).order_by("pk"))
    return min(free, key=lambda copy: (copy.branch_id != hold.pickup_branch_id, copy.pk), default=None)


def _wanted(copy: Copy | str | None) -> Copy | None:
    if isinstance(copy, Copy) or not copy or not bare(copy):
        return copy if isinstance(copy, Copy) else None
    found = queries.find_copy(copy)
    if found is None:
        reason = errors.CopyUnknown.reason(barcode=bare(copy))
        raise errors.CopyUnknown(reason.detail, reasons=[reason])
    return found


def _locked_patron(patron: Patron) -> Patron:
    locked = locks.patron(patron)
    if locked is None:
        raise NotFound
    return locked
