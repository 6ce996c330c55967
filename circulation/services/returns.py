"""Taking a copy back, and saying where it goes now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Patron, User
from catalog.models import Branch, Copy, CopyStatus
from circulation import errors, signals
from circulation.explain import due_words
from circulation.models import BOUND_HOLD_STATES, Hold, HoldState, Loan
from circulation.money import fines, lost
from circulation.rules import amounts
from circulation.services import copy_placement
from circulation.state import locks
from circulation.state import queue as lines
from library.activity import services as activity
from library.core import days
from library.core.database.raw_rows import Joined, execute, fetch
from library.core.errors import Level, Reason
from library.core.typed import bare
from library.profile import services as profile


class Action(StrEnum):
    """What to do with a copy that was checked in."""

    SHELVE = "shelve"
    HOLD_SHELF = "hold_shelf"
    TRANSIT = "transit"
    REPAIR = "repair"


@dataclass(frozen=True)
class CheckedIn:
    """What a check-in came to.

    ``loan`` None: the copy was not on loan. ``hold``: whom it is kept for. ``branch``: where it belongs now.
    ``nothing_changed``: it was where it belongs, as after a second scan.
    """

    copy: Copy
    action: Action
    branch: Branch
    loan: Loan | None = None
    hold: Hold | None = None
    alerts: tuple[Reason, ...] = ()
    nothing_changed: bool = False


LENT = Joined(loan=Loan, patron=Patron, person=User, without=["loan.explanation"])
# The locked copy, the loan that it is out on, and who waits for its book, in the order of their places.
ON_DESK = f"""
SELECT {locks.THINGS.columns}, {LENT.columns},
  (SELECT token FROM circulation_calendarversion LIMIT 1),
  EXISTS (SELECT 1 FROM circulation_charge AS line WHERE line.loan_id = loan.id AND line.is_running),
  {lines.WAITING}
FROM {locks.COPY_TABLES}
LEFT JOIN (circulation_loan AS loan JOIN accounts_patron AS patron ON patron.user_id = loan.patron_id
  JOIN accounts_user AS person ON person.id = patron.user_id) ON loan.copy_id = copy.id AND loan.returned_at IS NULL
WHERE copy.id = %(copy)s"""

# What staff said of a copy stays until staff say otherwise; it is put aside for them.
_PUT_ASIDE = {CopyStatus.IN_REPAIR, CopyStatus.DAMAGED}
_ON_THE_SHELF = {HoldState.IN_TRANSIT, HoldState.READY}
_TURNED_UP: dict[str, type[errors.Refusal]] = {
    CopyStatus.LOST: errors.CopyWasLost,
    CopyStatus.MISSING: errors.CopyWasMissing,
}


def check_in(
    *,
    copy: Copy | str,
    by: User,
    loan: Loan | None = None,
    branch: Branch | None = None,
    returned_at: datetime | date | None = None,
    is_damaged: bool = False,
    at: datetime | None = None,
) -> CheckedIn:
    """Take back a copy, given as itself or as its scanned barcode, and say where it goes now.

    ``loan``: the one that is to end; not another's that was made while we waited (``LoanAlreadyReturned``).
    ``branch``: whose desk it is on; None: where the copy belongs. ``returned_at``: when, or on which day, it counts as
    returned, for a book drop. A copy that a hold is bound to goes to that reader, else to the next in line; any other
    goes home. One that was missing, lost or on its way is found. A second scan changes nothing and says so.
    Raises ``CopyUnknown``, ``NotOnLoan`` for a withdrawn copy, ``ReturnBeforeCheckOut`` or ``ReturnInFuture``.
    """
    how: dict[str, Any] = {
        "branch": branch,
        "returned_at": returned_at,
        "is_damaged": is_damaged,
        "at": at or timezone.now(),
    }
    try:
        return _check_in(copy, by, loan, **how)
    except _ReaderFirst as late:
        return _check_in(copy, by, loan, reader=late.reader, **how)


class _ReaderFirst(Exception):
    """The reader has to be locked before the copy: being late keeps them from borrowing."""

    def __init__(self, reader: UUID) -> None:
        self.reader = reader


@locks.transaction_tried_again
def _check_in(
    copy: Copy | str,
    by: User,
    loan: Loan | None,
    *,
    branch: Branch | None,
    returned_at: datetime | date | None,
    is_damaged: bool,
    at: datetime,
    reader: UUID | None = None,
) -> CheckedIn:
    """As ``check_in``. ``reader``: who is locked first."""
    if reader is not None:
        locks.patron_row(reader)
    locked = locks.copy_row(copy)
    if locked is None:
        reason = errors.CopyUnknown.reason(barcode=copy.barcode if isinstance(copy, Copy) else bare(copy))
        raise errors.CopyUnknown(reason.detail, reasons=[reason])
    meant, (found, loan, waiting, money) = loan, _on_desk(locked)
    if meant is not None and (loan is None or loan.pk != meant.pk):
        raise errors.LoanAlreadyReturned
    if loan is None and found.status == CopyStatus.WITHDRAWN:
        raise errors.NotOnLoan(barcode=found.barcode, status=found.get_status_display())
    returned_at = returned_when(returned_at, loan, at=at)
    check_returned_at(returned_at, loan, at=at)
    alerts = list(_turned_up(found, loan))
    if loan is not None:
        until = returned_at or at
        by_rules = fines.reckoner(at=at, version=money.version) if until > loan.due_at else None
        if reader is None and by_rules and fines.must_suspend(loan, until=until, by_rules=by_rules):
            raise _ReaderFirst(loan.patron_id)
        ended = close(loan, by=by, at=at, returned_at=returned_at, by_rules=by_rules, is_running=money.is_running)
        alerts += _for_being_late(ended)
    if found.status == CopyStatus.LOST:
        alerts += lost.turned_up(found, by=by, at=at)
    result = _settle(found, waiting, loan=loan, here=branch, is_damaged=is_damaged, by=by, at=at, alerts=alerts)
    if loan is not None:
        signals.loan_closed.send(Loan, loan=loan, by=by, was_lost=loan.lost_at is not None)
    elif not result.nothing_changed:
        activity.record(
            actor=by,
            verb="copy.checked_in",
            object=found,
            at=at,
            data={"barcode": found.barcode, "action": result.action.value, "branch": result.branch.code},
        )
    return result


def _turned_up(copy: Copy, loan: Loan | None) -> Iterator[Reason]:
    """What was said of a copy that lies on the desk all the same."""
    if copy.status in _TURNED_UP:
        yield _TURNED_UP[copy.status].reason(barcode=copy.barcode)
    if loan is not None and loan.claimed_returned_at is not None:
        day = due_words.day(loan.claimed_returned_at)
        yield errors.CopyWasClaimedReturned.reason(barcode=copy.barcode, reader=str(loan.patron.user), day=day)


def returned_when(said: datetime | date | None, loan: Loan | None, *, at: datetime) -> datetime | None:
    """The moment that a return counts from: of a day that is over its end, today now. A loan that was due on the day
    itself, by hand or by the hour, came in time: nobody knows better. Errors: ``ReturnInFuture``."""
    if said is None or isinstance(said, datetime):
        return said
    if not days.is_writable(said) or said > days.today(at):
        raise _in_future()
    if loan is not None and days.date_of(loan.due_at) == said:
        return min(at, max(loan.due_at, loan.checked_out_at))
    return min(at, days.end_of(said))


def _in_future() -> errors.ReturnInFuture:
    return errors.ReturnInFuture(fields={"returned_at": [str(errors.ReturnInFuture.message)]})


def check_returned_at(returned_at: datetime | None, loan: Loan | None, *, at: datetime) -> None:
    """Errors: ``ReturnInFuture``, ``ReturnBeforeCheckOut``, both on the field ``returned_at``."""
    if returned_at is None:
        return
    if returned_at > at:
        raise _in_future()
    if loan is not None and returned_at < loan.checked_out_at:
        refusal = errors.ReturnBeforeCheckOut(day=due_words.day(loan.checked_out_at))
        refusal.fields = {"returned_at": [refusal.detail]}
        raise refusal


def _for_being_late(ended: fines.Finished) -> Iterator[Reason]:
    """What staff can tell the reader who stands there."""
    if ended.amount:
        yield errors.LatenessCharged.reason(amount=amounts.plain(ended.amount, profile.current().digits))
    if ended.suspended_until is not None:
        yield errors.LatenessSuspends.reason(day=date_format(ended.suspended_until, "j F Y"))


def close(
    loan: Loan,
    *,
    by: User,
    at: datetime,
    returned_at: datetime | None = None,
    by_rules: fines.Reckoner | None = None,
    is_running: bool | None = None,
) -> fines.Finished:
    """End a loan whose copy is on the desk, and let its fine stand as it is then. The caller holds the copy's lock, and
    sends ``loan_closed`` at its end. ``by_rules``, ``is_running``: as ``fines.finish``."""
    until = max(returned_at or at, loan.checked_out_at)
    ended = fines.finish(loan, until=until, by=by, at=at, by_rules=by_rules, is_running=is_running)
    loan.returned_at, loan.checked_in_at = max(returned_at or at, loan.checked_out_at), max(at, loan.checked_out_at)
    loan.returned_by = by
    execute(
        "UPDATE circulation_loan SET returned_at = %s, checked_in_at = %s, returned_by_id = %s WHERE id = %s",
        [loan.returned_at, loan.checked_in_at, by.pk, loan.pk],
    )
    activity.record(
        actor=by,
        verb="loan.closed",
        object=loan,
        subject=loan.patron.user,
        at=at,
        data={"barcode": loan.copy.barcode, "returned": loan.returned_at},
    )
    return ended


def _settle(
    copy: Copy,
    waiting: lines.BookQueue,
    *,
    loan: Loan | None,
    here: Branch | None,
    is_damaged: bool,
    by: User,
    at: datetime,
    alerts: list[Reason],
) -> CheckedIn:
    """Put a copy on the desk where it belongs."""
    was = copy.status
    bound = _bound_to(copy, waiting)
    if is_damaged or was in _PUT_ASIDE | {CopyStatus.WITHDRAWN}:
        return _put_aside(copy, loan=loan, bound=bound, is_damaged=is_damaged, at=at, alerts=alerts)
    hold = bound or copy_placement.next_in_line(copy, waiting, at=at)
    if here is None:  # a hold's copy that is under way is taken to have arrived, any other to be where it belongs
        here = hold.pickup_branch if hold and hold.state in _ON_THE_SHELF else copy.branch
    if hold is not None:
        is_new = copy_placement.route_to_pickup(hold, copy, here=here.pk, by=by, at=at, line=waiting)
        action = Action.HOLD_SHELF if hold.state == HoldState.READY else Action.TRANSIT
        belongs = hold.pickup_branch
    else:
        is_home = here.pk == copy.branch_id
        action, belongs = (Action.SHELVE, copy.branch) if is_home else (Action.TRANSIT, copy.branch)
        copy_placement.set_status(copy, CopyStatus.AVAILABLE if is_home else CopyStatus.IN_TRANSIT)
        is_new = copy.status != was
    changed = is_new or loan is not None
    return CheckedIn(copy, action, belongs, loan, hold, _told(copy, was, alerts, changed=changed), not changed)


def _put_aside(
    copy: Copy, *, loan: Loan | None, bound: Hold | None, is_damaged: bool, at: datetime, alerts: list[Reason]
) -> CheckedIn:
    """A copy that cannot be lent: who waited for it waits for another."""
    was = copy.status
    if is_damaged and was not in {CopyStatus.DAMAGED, CopyStatus.WITHDRAWN}:
        copy_placement.set_status(copy, CopyStatus.DAMAGED)
    if bound is not None:
        copy_placement.assign_another_copy(bound, taken=copy, at=at)
    changed = copy.status != was or loan is not None or bound is not None
    told = _told(copy, was, alerts, changed=changed)
    return CheckedIn(copy, Action.REPAIR, copy.branch, loan, None, told, not changed)


def _told(copy: Copy, was: str, alerts: list[Reason], *, changed: bool) -> tuple[Reason, ...]:
    if changed:
        return tuple(alerts)
    status = CopyStatus(was).label
    said = str(errors.NotOnLoan.message).format(barcode=copy.barcode, status=status)
    return (*alerts, Reason(errors.NotOnLoan.code, Level.ALERT, said))


class _Money(NamedTuple):
    """What the fine of a loan depends on: the version of the rules, and whether a line of it runs."""

    version: UUID | None
    is_running: bool


def _on_desk(locked: locks.CopyRow) -> tuple[Copy, Loan | None, lines.BookQueue, _Money]:
    """The copy, the loan that it is out on with its patron, who waits for its book, and what its fine depends on: one
    query, under the locks."""
    (row,) = fetch(ON_DESK, {"copy": locked.pk, "book": locked.book})
    ends = locks.THINGS.width + LENT.width
    copy = locks.read_copy(locks.THINGS.read(row))
    loan, patron, user = LENT.read(row[locks.THINGS.width : ends])
    if loan is not None:
        patron.user, loan.patron, loan.copy = user, patron, copy
    version, is_running, *awaited = row[ends:]
    return copy, loan, lines.read(*awaited), _Money(version, is_running)


def _bound_to(copy: Copy, waiting: lines.BookQueue) -> Hold | None:
    """The hold that the copy is bound to."""
    bound = [hold.pk for hold in waiting.holds if hold.copy == copy.pk and hold.state in BOUND_HOLD_STATES]
    return locks.holds(Hold.objects.with_names().filter(pk__in=bound))[0] if bound else None
