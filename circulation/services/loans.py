"""Lending a copy."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Patron, User
from catalog.models import Branch, Copy, CopyStatus
from circulation import errors, rules, signals
from circulation.explain import sentences
from circulation.models import BOUND_HOLD_STATES, Hold, HoldState, Loan, LoanUnit, Verb
from circulation.money import lost
from circulation.services import copy_placement, overrides, returns
from circulation.state import locks, snapshot
from library.activity import services as activity
from library.core.database.raw_rows import execute, insert
from library.core.errors import NotAllowed
from library.core.typed import bare


@locks.transaction_tried_again
def check_out(
    *,
    copy: Copy | str,
    patron: Patron | str,
    by: User,
    branch: Branch | None = None,
    override: Collection[str] = (),
    comment: str = "",
    due_at: datetime | date | None = None,
    at: datetime | None = None,
) -> Loan:
    """Lend a copy to a patron, each given as itself or as what was scanned; returns the open loan with its alerts.

    ``branch``: whose desk lends, and whose calendar moves the due date; None: the copy's own, and no other where
    readers lend to themselves. ``override``: the codes
    of the reasons that ``by`` sets aside, with a ``comment``; ``due_at``: a due date by hand, which is setting aside
    too. A copy lent to another is returned first; whom it was kept for waits for another one, at the head of the line.
    One that was lost is found by that, and its charge undone.
    A hold of the patron on the title is fulfilled by any copy of it, one on a copy by that alone; the copy that was
    bound to it serves the next in line.
    Raises the ``Refusal`` of the gravest reason, carrying all reasons; ``NotAllowed``, ``CommentRequired`` or
    ``DueDateNotInFuture`` for an override that cannot be.
    """
    at = at or timezone.now()
    permit = overrides.permit(override=override, comment=comment, due_at=due_at, by=by, at=at)
    desk = _on_desk(copy, patron, by=by, is_taking_back=errors.AlreadyLentToAnother.code in permit.codes)
    lends_to_self = is_self(desk.patron, by)
    if lends_to_self:
        check_branch_of_self(branch, desk.copy)
    around = snapshot.check_out(
        barcode=copy.barcode if isinstance(copy, Copy) else bare(copy),
        card=patron.card_number if isinstance(patron, Patron) else bare(patron),
        copy=desk.copy,
        patron=desk.patron,
        branch=branch,
        is_self=lends_to_self,
        around=desk.around,
    )
    decision = rules.decide_check_out(around.state, at=at)
    set_aside = permit.reasons(decision)
    assert desk.copy is not None  # the rules refuse without a copy,
    assert desk.patron is not None  # without a patron
    _make_way(desk, around, by=by, at=at)
    found = tuple(lost.turned_up(desk.copy, by=by, at=at)) if desk.copy.status == CopyStatus.LOST else ()
    loan = _open(desk.copy, desk.patron, decision, branch=branch, due_at=permit.due_at, by=by, at=at)
    permit.write(loan, Verb.CHECK_OUT, reasons=set_aside, at=at)
    loan.alerts = (*decision.alerts, *found)
    if decision.values is not None:
        loan.counted = rules.loans_and_limit(around.state, decision.values, due_at=loan.due_at)
    signals.loan_opened.send(Loan, loan=loan, by=by)
    return loan


def is_self(patron: Patron | None, by: User) -> bool:
    """Whether a reader lends to themselves. Staff are at the desk, whoever the card belongs to."""
    return patron is not None and patron.pk == by.pk and not by.has_perm("circulation.add_loan")


def check_branch_of_self(branch: Branch | None, copy: Copy | None) -> None:
    """Who lends to themselves stands nowhere but where the copy does: another branch's calendar would be theirs to
    choose. Errors: ``NotAllowed``."""
    if branch is not None and copy is not None and branch.pk != copy.branch_id:
        raise NotAllowed(_("Where you lend to yourself, the branch is that of the copy."))


def known_to(by: User, copy: Copy | None) -> Copy | None:
    """``copy``; none where its book is hidden from ``by``, who must not learn that there is one."""
    return None if copy is not None and copy.book.is_suppressed and not by.is_staff else copy


@dataclass(frozen=True)
class _Desk:
    """What lies on the desk, locked: nobody else touches it until the transaction ends."""

    copy: Copy | None
    patron: Patron | None
    around: snapshot.Around
    borrower: UUID | None = None  # who has the copy, where it may be taken back from them


def _on_desk(copy: Copy | str, patron: Patron | str, *, by: User, is_taking_back: bool) -> _Desk:
    """Lock order everywhere: patron, book, copy, hold. Two desks racing for any of them queue up here.

    Only when all are locked is anything read, and then once.
    """
    borrower = None
    if is_taking_back:
        locked, borrower = locks.patron_and_borrower(patron, copy)
        patron_row = locked.pk if locked else None
    else:
        patron_row = locks.patron_row(patron)
    found = snapshot.at_desk(patron_row, locks.copy_row(copy))
    return _Desk(known_to(by, found.copy), found.patron, found.around, borrower)


def _make_way(desk: _Desk, around: snapshot.CheckOut, *, by: User, at: datetime) -> None:
    """What was set aside and has to be undone first: the loan of another, the hold of another. And the patron's own
    hold on the book ends."""
    assert desk.copy is not None
    assert desk.patron is not None
    if around.loan is not None:
        if around.loan.patron != desk.borrower:
            raise locks.LostRace  # it changed hands before we had its lock
        loan = Loan.objects.select_related("patron__user").get(pk=around.loan.pk)
        loan.copy = desk.copy
        returns.close(loan, by=by, at=at)
        signals.loan_closed.send(Loan, loan=loan, by=by, was_lost=loan.lost_at is not None)
    if around.kept_for is not None and around.kept_for.patron != desk.patron.pk:
        (hold,) = locks.holds(Hold.objects.with_names().filter(pk=around.kept_for.pk))
        copy_placement.assign_another_copy(hold, taken=desk.copy, at=at)
    if around.own is not None:
        (own,) = locks.holds(Hold.objects.filter(pk=around.own.pk))
        _fulfil(own, desk.copy, at=at)


def _open(
    copy: Copy,
    patron: Patron,
    decision: rules.Decision,
    *,
    branch: Branch | None,
    due_at: datetime | None,
    by: User,
    at: datetime,
) -> Loan:
    due_at, by_hand = due_at or decision.due_at, due_at
    assert due_at is not None  # the rules refuse without a date
    copy_placement.set_status(copy, CopyStatus.ON_LOAN)
    execute("UPDATE catalog_book SET popularity = popularity + 1 WHERE id = %s", [copy.book_id])
    loan = Loan(
        copy=copy,
        branch=branch or copy.branch,
        patron=patron,
        checked_out_at=at,
        checked_out_by=by,
        due_at=due_at,
        is_hourly=is_hourly(decision),
        explanation=sentences.kept(decision, by_hand=by_hand),
    )
    insert(loan)
    activity.record(
        actor=by,
        verb="loan.opened",
        object=loan,
        subject=patron.user,
        at=at,
        data={"barcode": copy.barcode, "due": due_at},
    )
    return loan


def is_hourly(decision: rules.Decision) -> bool:
    """Whether the rules lend it by the hour."""
    return decision.values is not None and decision.values.loan_unit.value == LoanUnit.HOURS.value


def _fulfil(hold: Hold, copy: Copy, *, at: datetime) -> None:
    """End the hold with this copy, and free the one that was kept for it."""
    bound = hold.copy_id if hold.state in BOUND_HOLD_STATES else None
    stood_at = hold.pickup_branch_id if hold.state == HoldState.READY else None
    copy_placement.end(hold, HoldState.FULFILLED, at=at, copy=copy)
    if bound is not None and bound != copy.pk:
        copy_placement.release(locks.copy(bound), stood_at=stood_at, at=at)
