"""What the verbs of holds share: the hold as it is now, under its locks."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from catalog.models import Copy
from circulation import errors
from circulation.models import BOUND_HOLD_STATES, Hold, HoldState
from circulation.services import copy_placement
from circulation.state import locks
from library.activity import services as activity
from library.activity import values
from library.core.errors import NotFound

PERMISSION = "circulation.change_hold"


def check_own(hold: Hold, by: User) -> bool:
    """Whether ``by`` is staff who may change holds. Errors: ``NotFound`` where the hold is another's."""
    is_staff = by.has_perm(PERMISSION)
    if hold.patron_id != by.pk and not is_staff:
        raise NotFound
    return is_staff


def locked(hold: Hold, *more_copies: int) -> tuple[Hold, Copy | None]:
    """The hold and its copy under locks: book, then copies (``more_copies`` too), then hold. Errors: ``NotFound``."""
    book = Hold.objects.filter(pk=hold.pk).values_list("book_id", flat=True).first()
    if book is None:
        raise NotFound
    locks.book(book)
    # Holds of a locked book stand still.
    bound = Hold.objects.filter(pk=hold.pk, book=book).values_list("copy_id", flat=True).first()
    copies = locks.copies([pk for pk in {bound, *more_copies} if pk is not None])
    found = locks.holds(Hold.objects.with_names().filter(pk=hold.pk, book=book))
    if not found:
        raise locks.LostRace  # its record was merged into another while we waited
    return found[0], copies.get(bound) if bound else None


def open_one(hold: Hold, *more_copies: int) -> tuple[Hold, Copy | None]:
    """As ``locked``. Errors: ``HoldEnded``."""
    now, copy = locked(hold, *more_copies)
    if now.ended_at is not None:
        raise errors.HoldEnded(state=now.get_state_display())
    return now, copy


def end(hold: Hold, copy: Copy | None, state: HoldState, *, at: datetime) -> None:
    """End a hold, and let the copy that was bound to it serve the next in line."""
    was_bound = hold.state in BOUND_HOLD_STATES
    stood_at = hold.pickup_branch_id if hold.state == HoldState.READY else None
    copy_placement.end(hold, state, at=at)
    if was_bound and copy is not None:
        copy_placement.release(copy, stood_at=stood_at, at=at)


def record(hold: Hold, verb: str, *, by: User | None, at: datetime, **kept: values.Value) -> None:
    """Write down who did what to whose hold."""
    activity.record(actor=by, verb=verb, object=hold, subject=hold.patron.user, data=kept, at=at)
