"""What the days that pass do to holds: they end, sleep, wake, are served, and their readers are told in time.

Each row is looked at again under its locks, so it makes no difference how often this runs, how late, or how many at
once: what is not so any more is left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Book, Copy
from circulation.models import LAST_DAY, WAITING_HOLD_STATES, Hold, HoldState
from circulation.rules.holds.shelf import is_unfetched
from circulation.rules.people import day
from circulation.services import copy_placement, hold_letters
from circulation.services.holds.under_locks import end, locked, record
from circulation.state import locks
from circulation.state.calendars import calendar_of
from library.core import days
from library.jobs.models import NightlyReport
from library.jobs.nightly import walk

REMINDED = timedelta(days=1)  # before the last day on the hold shelf


def over(at: datetime) -> QuerySet[Hold]:
    """Open holds whose last day is over: the reader's own, or that on the hold shelf."""
    today = days.today(at)
    return Hold.objects.open().filter(Q(wanted_until__lt=today) | Q(state=HoldState.READY, shelf_until__lt=today))


@locks.transaction_tried_again
def end_over(pk: UUID, *, at: datetime) -> bool:
    """End a hold whose last day is over; one that waits on the hold shelf only on a day on which its branch is open.
    Whether it did."""
    hold, copy = locked(Hold(pk=pk))
    last, today = hold.last_day, days.today(at)
    if hold.ended_at is not None or last is None:
        return False
    if hold.state == HoldState.READY:
        if not is_unfetched(last, calendar_of(hold.pickup_branch_id), today=today):
            return False
        end(hold, copy, HoldState.EXPIRED, at=at)
        record(hold, "hold.expired", by=None, at=at)
        hold_letters.tell_expired(hold, at=at)
        return True
    if hold.wanted_until is None or hold.wanted_until >= today:
        return False
    end(hold, copy, HoldState.CANCELLED, at=at)
    record(hold, "hold.cancelled", by=None, at=at)
    why = _("You wanted it until %(day)s.") % {"day": day(hold.wanted_until)}
    hold_letters.tell_cancelled(hold, at=at, reason=why)
    return True


def to_turn(at: datetime) -> QuerySet[Hold]:
    """Holds that are to fall asleep or to wake."""
    today = days.today(at)
    sleeps = Q(state=HoldState.QUEUED, suspended_from__lte=today)
    return Hold.objects.filter(sleeps | Q(state=HoldState.SUSPENDED, suspended_until__lte=today))


@locks.transaction_tried_again
def turn(pk: UUID, *, at: datetime) -> bool:
    """Let a hold sleep from its day on, and wake on the day that was said. Whether it did."""
    hold, _copy = locked(Hold(pk=pk))
    today = days.today(at)
    if hold.state not in WAITING_HOLD_STATES or hold.suspended_from is None or hold.suspended_from > today:
        return False
    wakes = hold.suspended_until is not None and hold.suspended_until <= today
    if not wakes and hold.state == HoldState.SUSPENDED:
        return False
    hold.state = HoldState.QUEUED if wakes else HoldState.SUSPENDED
    if wakes:
        hold.suspended_from, hold.suspended_until = None, None
    hold.save(update_fields=["state", *copy_placement.SUSPENSION])
    record(hold, "hold.resumed" if wakes else "hold.suspended", by=None, at=at)
    copy_placement.serve_queue(hold.book_id, at=at)
    return True


def with_free_copies(at: datetime) -> QuerySet[Book]:
    """Books of which a copy stands free though somebody waits: a block or a card has changed, or the rules."""
    waiting = Hold.objects.filter(book=OuterRef("pk"), state=HoldState.QUEUED)
    return Book.objects.filter(Exists(waiting), Exists(Copy.objects.free().filter(book=OuterRef("pk"))))


@locks.transaction_tried_again
def serve(pk: int, *, at: datetime) -> bool:
    """Serve the queue of a book. Whether anybody was served."""
    return copy_placement.serve_queue(locks.book(pk).pk, at=at) > 0


def expiring(at: datetime) -> QuerySet[Hold]:
    """What waits on the hold shelf and has to be fetched by tomorrow."""
    today = days.today(at)
    ready = Hold.objects.filter(state=HoldState.READY, cancel_requested=False).annotate(last=LAST_DAY)
    # Who was told today that it is ready need not be told again.
    return ready.filter(last__range=(today, today + REMINDED), ready_at__lt=days.start_of(today))


@locks.transaction_tried_again
def remind(pk: UUID, *, at: datetime) -> bool:
    """Tell a reader that the last day is near, once for each spell on the shelf."""
    hold, _copy = locked(Hold(pk=pk))
    if hold.state != HoldState.READY or hold.cancel_requested:
        return False
    hold_letters.tell_expiring(hold, at=at)
    return True


# In this order: what ends may serve others, and who wakes may be served.
STEPS: list[tuple[str, Callable[[datetime], QuerySet[Any]], str]] = [
    ("end_holds", over, "end_over"),
    ("turn_holds", to_turn, "turn"),
    ("serve_holds", with_free_copies, "serve"),
    ("remind_holds", expiring, "remind"),
]


def tend(*, at: datetime | None = None) -> list[NightlyReport]:
    """All of it, each step with a report of its own."""
    at = at or timezone.now()
    return [walk(task, rows(at), partial(globals()[work], at=at), at=at) for task, rows, work in STEPS]
