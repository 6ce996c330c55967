from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.tests.factories import make_patron
from catalog.models import CopyStatus
from catalog.tests.factories import make_branch, make_copy
from circulation.models import OPEN_HOLD_STATES, WAITING_HOLD_STATES, Hold, HoldState, Loan
from circulation.services.holds.merging import BY_AGE
from library.core.database.raw_rows import execute

MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
STATUS_OF_KEPT_COPY = {
    HoldState.REQUESTED: CopyStatus.REQUESTED,
    HoldState.READY: CopyStatus.ON_SHELF_FOR_HOLD,
    HoldState.IN_TRANSIT: CopyStatus.IN_TRANSIT,
}


def make_loan(**values: Any) -> Loan:
    """An open loan, or a past one with ``returned_at``, or one declared lost with ``lost_at``.

    The copy's status follows; ``renewals`` alone is enough to have been renewed.
    """
    returned = values.get("returned_at")
    copy = values.pop("copy", None) or make_copy()
    if returned is None:
        copy.status = CopyStatus.LOST if values.get("lost_at") else CopyStatus.ON_LOAN
        copy.save()
    values.setdefault("checked_out_at", MONDAY)
    if values.get("renewals"):
        values.setdefault("renewed_at", values["checked_out_at"])
    values.setdefault("branch", copy.branch)
    values.setdefault("due_at", values["checked_out_at"] + timedelta(days=14))
    return Loan.objects.create(copy=copy, patron=values.pop("patron", None) or make_patron(), **values)


def make_hold(**values: Any) -> Any:
    """A requested hold bound to a copy of its own, or one in another state; the copy's status follows.

    Typed loosely, so that tests may speak of its copy, which they know to be there.
    """
    state = values.setdefault("state", HoldState.REQUESTED)
    copy = values.pop("copy", None) or make_copy(book=values.pop("book", None))
    if state in STATUS_OF_KEPT_COPY:
        copy.status = STATUS_OF_KEPT_COPY[state]
        copy.save()
    if state not in OPEN_HOLD_STATES:
        values.setdefault("ended_at", MONDAY)
    if state == HoldState.READY:
        values.setdefault("ready_at", MONDAY)
        values.setdefault("shelf_until", values["ready_at"].date() + timedelta(days=7))
    if state in WAITING_HOLD_STATES:
        values.setdefault("position", last_place(copy.book) + 1)
    if state == HoldState.SUSPENDED:
        values.setdefault("suspended_from", MONDAY.date())
    return Hold.objects.create(
        book=copy.book,
        copy=copy,
        patron=values.pop("patron", None) or make_patron(),
        pickup_branch=values.pop("branch", copy.branch),
        placed_at=values.pop("placed_at", MONDAY),
        **values,
    )


def queue_up(book: Any, **values: Any) -> Any:
    """A queued hold on the title, in the order of asking."""
    state = values.setdefault("state", HoldState.QUEUED)
    if state == HoldState.SUSPENDED:
        values.setdefault("suspended_from", MONDAY.date())
    hold = Hold.objects.create(
        book=book,
        patron=values.pop("patron", None) or make_patron(),
        pickup_branch=values.pop("branch", None) or make_branch(),
        position=last_place(book) + 1,
        placed_at=values.pop("placed_at", MONDAY),
        **values,
    )
    execute(BY_AGE, [book.pk])
    return Hold.objects.get(pk=hold.pk)


def last_place(book: Any) -> int:
    return Hold.objects.in_line().filter(book=book).count()
