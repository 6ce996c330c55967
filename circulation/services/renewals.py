"""Lending on: one loan, all of a reader's, or by the library itself."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from accounts.models import Patron, User
from circulation import errors, queries, rules, signals
from circulation.explain import due_words, sentences
from circulation.models import Loan, LoanQuerySet, LoanRenewal, Verb
from circulation.money import fines
from circulation.rules import matrix
from circulation.services import overrides
from circulation.services.claims import locked_loan
from circulation.services.loans import is_hourly
from circulation.state import locks, remembered_rules, snapshot
from library.activity import services as activity
from library.core.errors import Level, LibraryError, NotFound, Reason
from library.jobs import nightly
from library.notices import services as notices

log = logging.getLogger(__name__)
TASK = "renew_loans"
KIND_OF_LOAN = ("copy__branch_id", "patron__tier_id", "copy__item_type_id")  # what a rule is looked up by
MISSED = "loan_not_renewed"  # the kind of the notice
# For how long after the due date the library renews by itself what it should have renewed then.
MADE_UP_FOR = timedelta(days=7)


@locks.transaction_tried_again
def renew(
    *,
    loan: Loan,
    by: User | None,
    override: Collection[str] = (),
    comment: str = "",
    due_at: datetime | date | None = None,
    automatic: bool = False,
    at: datetime | None = None,
) -> Loan:
    """Let a loan go on: its reader may, and staff; by None: the library, ``automatic``. Returns the loan with alerts.

    ``override``, ``comment``, ``due_at``: as ``check_out``. Raises ``NotFound`` for another's loan,
    ``LoanAlreadyReturned``, or the ``Refusal`` of the gravest reason, carrying all.
    """
    at = at or timezone.now()
    if by is not None and by.pk != loan.patron_id and not by.has_perm("circulation.change_loan"):
        raise NotFound
    permit = overrides.permit(override=override, comment=comment, due_at=due_at, by=by, at=at)
    loan = locked_loan(loan)
    as_of = min(at, loan.due_at) if automatic else at
    decision = rules.decide_renewal(snapshot.renewal(loan), at=as_of, automatic=automatic)
    decision = _by_hand(decision, loan, permit.due_at)
    if automatic:
        decision = _not_into_the_past(decision, at=at)
    set_aside = permit.reasons(decision)
    renewal = _go_on(loan, decision, permit.due_at, by=by, automatic=automatic, at=at)
    permit.write(loan, Verb.RENEW, reasons=set_aside, at=at)
    loan.alerts = decision.alerts
    signals.loan_renewed.send(Loan, loan=loan, renewal=renewal, by=by)
    return loan


@dataclass(frozen=True)
class RenewedAll:
    """What became of each of a reader's loans, what was due first at the head of each list."""

    renewed: list[Loan] = field(default_factory=list)
    refused: list[tuple[Loan, tuple[Reason, ...]]] = field(default_factory=list)


def renew_all(*, patron: Patron, by: User, at: datetime | None = None) -> RenewedAll:
    """Renew what can be renewed of a patron's open loans, each for itself, and say of the rest why not."""
    at, result = at or timezone.now(), RenewedAll()
    for loan in queries.home_loans(patron):
        try:
            result.renewed.append(renew(loan=loan, by=by, at=at))
        except LibraryError as refusal:
            if isinstance(refusal, NotFound):
                raise
            alone = Reason(refusal.error_code, Level.IMPOSSIBLE, refusal.detail)
            result.refused.append((loan, refusal.reasons or (alone,)))
    return result


def renew_automatically(*, at: datetime | None = None) -> int:
    """Renew what the rules let the library renew by itself, on the day that it is due; how many that were.

    A loan is renewed as of that day, so it makes no difference how often this runs, or whether it did not run for
    days: up to ``MADE_UP_FOR``. Each loan is a transaction of its own; one that fails leaves the others.
    """
    at = at or timezone.now()
    due = queries.due_for_automatic_renewal(since=at - MADE_UP_FOR, at=at)
    return nightly.walk(TASK, due.filter(_by_themselves(due)), lambda pk: _renewed(pk, at=at), at=at, by="due_at").done


def _by_themselves(due: LoanQuerySet) -> Q:
    """Those whose rules say so; there are fewer kinds of loans than loans."""
    found, rows = Q(pk__in=[]), remembered_rules.rule_rows()
    if not any(row.auto_renew for row in rows):
        return found
    for branch, tier, item_type in due.order_by().values_list(*KIND_OF_LOAN).distinct():
        if matrix.look_up(rows, "auto_renew", branch=branch, tier=tier, item_type=item_type).value:
            found |= Q(**dict(zip(KIND_OF_LOAN, (branch, tier, item_type), strict=True)))
    return found


def _renewed(pk: UUID, *, at: datetime) -> bool:
    loan = Loan.objects.select_related("copy__book", "patron__user").get(pk=pk)
    try:
        renew(loan=loan, by=None, automatic=True, at=at)
    except LibraryError as refusal:
        if [reason.code for reason in refusal.reasons] == [errors.RenewedTooLate.code]:
            _tell_of_missed(loan, at=at)
        return False  # what the rules refuse stays as it is; the reader sees why beside the loan
    return True


def _tell_of_missed(loan: Loan, *, at: datetime) -> None:
    """Nothing but our own delay stood against it: the reader is told, once, that it has to come back after all."""
    log.warning("Loan %s was not renewed when it was due, and is too late for it now.", loan.pk)
    notices.queue(
        user=loan.patron.user,
        kind=MISSED,
        dedupe=f"loan:{loan.pk}:{MISSED}:{loan.due_at.isoformat()}",
        at=at,
        title=loan.copy.book.title,
        due=loan.due_at,
    )


def _not_into_the_past(decision: rules.Decision, *, at: datetime) -> rules.Decision:
    """After an outage the library renews as of the due date, but never to a date that is over by now."""
    if decision.due_at is None or decision.due_at > at:
        return decision
    late = errors.RenewedTooLate.reason(day=due_words.day(decision.due_at))
    return rules.Decision(None, (*decision.reasons, late), decision.values)


def _by_hand(decision: rules.Decision, loan: Loan, due_at: datetime | None) -> rules.Decision:
    """With a due date by hand, it is that one which must move the loan forward, not the rules'."""
    if due_at is None:
        return decision
    would_not_move = errors.DueDateWouldNotMove.code
    if due_at <= loan.due_at:
        stays = (
            ()
            if would_not_move in {reason.code for reason in decision.reasons}
            else (errors.DueDateWouldNotMove.reason(day=due_words.day(loan.due_at)),)
        )
        return rules.Decision(decision.due, (*decision.reasons, *stays), decision.values)
    others = tuple(reason for reason in decision.reasons if reason.code != would_not_move)
    return rules.Decision(decision.due, others, decision.values)


def _go_on(
    loan: Loan, decision: rules.Decision, by_hand: datetime | None, *, by: User | None, automatic: bool, at: datetime
) -> LoanRenewal:
    due_before, due_at = loan.due_at, by_hand or decision.due_at
    assert due_at is not None  # the rules refuse without one
    fines.finish(loan, until=min(at, loan.due_at) if automatic else at, by=by, at=at)
    loan.due_at, loan.renewals, loan.renewed_at = due_at, loan.renewals + 1, at
    loan.is_hourly, loan.explanation = is_hourly(decision), sentences.kept(decision, by_hand=by_hand)
    loan.save(update_fields=["due_at", "renewals", "renewed_at", "is_hourly", "explanation"])
    activity.record(
        actor=by,
        verb="loan.renewed",
        object=loan,
        subject=loan.patron.user,
        at=at,
        data={"barcode": loan.copy.barcode, "due": due_at, "automatic": automatic},
    )
    return LoanRenewal.objects.create(
        loan=loan, at=at, by=by, is_automatic=automatic, due_before=due_before, due_after=due_at
    )
