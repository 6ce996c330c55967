"""What readers and staff do with holds that wait: put them to sleep and wake them, move them, fetch them elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.models import Branch
from circulation import errors
from circulation.models import Hold, HoldState
from circulation.rules.people import day
from circulation.services import copy_placement
from circulation.services.holds.under_locks import check_own, open_one, record
from circulation.state import locks
from library.core import days
from library.core.database.raw_rows import execute
from library.core.errors import InvalidInput


@locks.transaction_tried_again
def suspend_hold(
    *, hold: Hold, by: User, until: date | None = None, from_day: date | None = None, at: datetime | None = None
) -> Hold:
    """Let a queued hold sleep in its place: it goes on by itself on the day ``until``, or when somebody says so.

    ``from_day``: from that day on; None: from today. Saying it of one that sleeps already changes its days. Raises
    ``NotFound`` for another's, ``HoldEnded``, ``HoldNotQueued`` for one that has a copy, ``ResumesInPast``,
    ``SuspensionOutlastsWish``.
    """
    at = at or timezone.now()
    check_own(hold, by)
    hold, _copy = open_one(hold)
    if hold.state not in {HoldState.QUEUED, HoldState.SUSPENDED}:
        raise errors.HoldNotQueued(state=hold.get_state_display())
    today = days.today(at)
    begins = max(from_day or today, today)
    _check_days(hold, begins, until)
    hold.state = HoldState.SUSPENDED if begins <= today else HoldState.QUEUED
    hold.suspended_from, hold.suspended_until = begins, until
    hold.save(update_fields=["state", *copy_placement.SUSPENSION])
    record(hold, "hold.suspended", by=by, at=at, until=until.isoformat() if until else None)
    copy_placement.serve_queue(hold.book_id, at=at)  # one that sleeps later than it did
    hold.refresh_from_db()
    return hold


def _check_days(hold: Hold, begins: date, until: date | None) -> None:
    """Errors: ``InvalidInput`` for days that cannot be, ``ResumesInPast``, ``SuspensionOutlastsWish``."""
    for name, one in (("from_day", begins), ("until", until)):
        if one is not None and not days.is_writable(one):
            raise InvalidInput(fields={name: [_("Choose a date from 1900 to 2999.")]})
    if until is not None and until <= begins:
        raise errors.ResumesInPast(fields={"until": [str(errors.ResumesInPast.message)]})
    if hold.wanted_until is not None and (until is None or until > hold.wanted_until):
        raise errors.SuspensionOutlastsWish(day=day(hold.wanted_until))


@locks.transaction_tried_again
def resume_hold(*, hold: Hold, by: User | None, at: datetime | None = None) -> Hold:
    """Wake a suspended hold, in the place that it kept; a copy that stands free for it is kept at once.

    By None: its day has come. Raises ``NotFound`` for another's, ``HoldEnded``, ``HoldNotSuspended``.
    """
    at = at or timezone.now()
    if by is not None:
        check_own(hold, by)
    hold, _copy = open_one(hold)
    if hold.suspended_from is None:
        raise errors.HoldNotSuspended(state=hold.get_state_display())
    hold.state, hold.suspended_from, hold.suspended_until = HoldState.QUEUED, None, None
    hold.save(update_fields=["state", *copy_placement.SUSPENSION])
    record(hold, "hold.resumed", by=by, at=at)
    copy_placement.serve_queue(hold.book_id, at=at)
    hold.refresh_from_db()
    return hold


@locks.transaction_tried_again
def change_pickup(*, hold: Hold, branch: Branch, by: User, at: datetime | None = None) -> Hold:
    """Let the reader fetch it at another branch, as long as it is not ready. A copy that is under way goes on there.

    Raises ``NotFound`` for another's, ``HoldEnded``, ``HoldIsReady``, ``PickupBranchNotAllowed``.
    """
    check_own(hold, by)
    hold, _copy = open_one(hold)
    if hold.state == HoldState.READY:
        raise errors.HoldIsReady
    if not branch.is_pickup:
        raise errors.PickupBranchNotAllowed(branch=branch.name)
    if hold.pickup_branch_id != branch.pk:
        was, hold.pickup_branch = hold.pickup_branch.code, branch
        hold.save(update_fields=["pickup_branch"])
        record(hold, "hold.pickup_changed", by=by, at=at or timezone.now(), old=was, new=branch.code)
    return hold


MOVE = """
UPDATE circulation_hold SET position = CASE WHEN id = %(hold)s THEN %(to)s
  WHEN position > %(was)s THEN position - 1 ELSE position + 1 END
WHERE book_id = %(book)s AND position BETWEEN least(%(was)s, %(to)s) AND greatest(%(was)s, %(to)s)"""


def queue_version(holds: Iterable[UUID]) -> str:
    """The ids of a queue, in its order, as a short text: another one whenever somebody comes, goes or moves."""
    return sha256(",".join(map(str, holds)).encode()).hexdigest()[:32]


@locks.transaction_tried_again
def move_hold(*, hold: Hold, to: int, by: User, seen: str | None = None, at: datetime | None = None) -> Hold:
    """Put a waiting hold at the place ``to`` of its queue; the others move up or down. Staff do.

    ``seen``: the ``queue_version`` that was shown. Raises ``HoldEnded``, ``HoldNotQueued`` for one that has a copy,
    ahead of which nothing goes, ``PlaceUnknown``, ``QueueChangedMeanwhile`` where it is another queue by now.
    """
    hold, _copy = open_one(hold)
    if hold.position is None:
        raise errors.HoldNotQueued(state=hold.get_state_display())
    queue = list(Hold.objects.in_line().filter(book=hold.book_id).values_list("pk", flat=True))
    if seen is not None and seen != queue_version(queue):
        raise errors.QueueChangedMeanwhile
    if not 1 <= to <= len(queue):
        sentence = str(errors.PlaceUnknown.message).format(last=len(queue))
        raise errors.PlaceUnknown(sentence, fields={"position": [sentence]})
    if to != hold.position:
        was = hold.position
        execute(MOVE, {"hold": hold.pk, "to": to, "was": was, "book": hold.book_id})
        hold.position = to
        record(hold, "hold.moved", by=by, at=at or timezone.now(), old=was, new=to)
    return hold
