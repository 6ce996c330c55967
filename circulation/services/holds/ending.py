"""Holds that are not wanted any more, or that nobody fetched."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from accounts.models import User
from circulation import errors
from circulation.models import Hold, HoldState
from circulation.services import hold_letters
from circulation.services.holds.under_locks import check_own, end, open_one, record
from circulation.state import locks


@locks.transaction_tried_again
def cancel_hold(*, hold: Hold, by: User, at: datetime | None = None) -> Hold:
    """End a hold that is not wanted any more and free its copy for the next in line.

    Once the book waits on the hold shelf its reader only asks for that (``cancel_requested``), which staff see and do;
    asking twice changes nothing. Raises ``NotFound`` where it is another's, ``HoldEnded``.
    """
    at, is_staff = at or timezone.now(), check_own(hold, by)
    hold, copy = open_one(hold)
    if hold.state == HoldState.READY and not is_staff:
        return _asked_for(hold, by=by, at=at)
    end(hold, copy, HoldState.CANCELLED, at=at)
    record(hold, "hold.cancelled", by=by, at=at)
    if by.pk != hold.patron_id:
        hold_letters.tell_cancelled(hold, at=at)
    return hold


def _asked_for(hold: Hold, *, by: User, at: datetime) -> Hold:
    if not hold.cancel_requested:
        hold.cancel_requested = True
        hold.save(update_fields=["cancel_requested"])
        record(hold, "hold.cancel_requested", by=by, at=at)
    return hold


@locks.transaction_tried_again
def keep_hold(*, hold: Hold, by: User, at: datetime | None = None) -> Hold:
    """Turn a cancellation request down: the book stays on the hold shelf for its reader.

    Raises ``NoCancellationRequested``, ``HoldEnded``.
    """
    hold, _copy = open_one(hold)
    if not hold.cancel_requested:
        raise errors.NoCancellationRequested
    hold.cancel_requested = False
    hold.save(update_fields=["cancel_requested"])
    record(hold, "hold.kept", by=by, at=at or timezone.now())
    return hold
