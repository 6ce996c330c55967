"""Whether a loan may be renewed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo

from circulation import errors
from circulation.rules.decision import Decision
from circulation.rules.due_date import Due, due_date
from circulation.rules.loan_terms import renewal_terms
from circulation.rules.matrix import RuleValues, is_reached, resolve
from circulation.rules.people import day, debt_reasons, eased, overdue_reasons, patron_reasons
from circulation.rules.states import LoanState, RenewalState
from library.core.errors import Level, Reason


def decide_renewal(state: RenewalState, *, at: datetime, automatic: bool = False) -> Decision:
    """Whether the loan may be renewed at ``at``: the new due date, and all reasons in the order of the rules.

    ``automatic``: the library would do it by itself. A date that would not move forward is none.
    """
    copy, patron = state.copy, state.patron
    if state.loan.is_returned:
        return Decision(reasons=(errors.LoanAlreadyReturned.reason(),))
    today = date_of(at, state)
    values = resolve(state.rules, branch=copy.branch, tier=patron.tier, item_type=copy.item_type)
    due, no_due = _due(state, values, at=at)
    others = sum(loan.is_overdue(at) for loan in patron.loans if loan.id != state.loan.id)
    reasons = (
        *_loan_reasons(state),
        *_limit(state.loan, values),
        *eased(patron_reasons(patron, today=today), stops=state.library.blocks_stop_borrowing),
        *overdue_reasons(others, state.library.overdue_policy),
        *(_automatic_reasons(state, values, today=today) if automatic else ()),
        *_claims_of_others(state),
        *_too_soon(state, values, today=today, automatic=automatic),
        *no_due,
    )
    return Decision(due=due, reasons=reasons, values=values)


def date_of(moment: datetime, state: RenewalState) -> date:
    """The library's date of a moment."""
    zone: tzinfo = state.calendar.time_zone
    return moment.astimezone(zone).date()


def soonest_renewal(state: RenewalState, values: RuleValues, *, automatic: bool = False) -> date | None:
    """The first day on which the loan may be renewed; None: any.

    Where no row says, the library itself renews only on the due date: earlier, it would renew every night.
    """
    days = values.no_renewal_before.value
    if days is None and automatic:
        days = 0
    return None if days is None else date_of(state.loan.due_at, state) - timedelta(days=days)


def _loan_reasons(state: RenewalState) -> Iterator[Reason]:
    if state.loan.is_lost:
        yield errors.LoanLost.reason(barcode=state.copy.barcode)
    if state.loan.is_claimed:
        yield errors.LoanClaimedReturned.reason(barcode=state.copy.barcode)


def _limit(loan: LoanState, values: RuleValues) -> Iterator[Reason]:
    limit = values.renewals_allowed.value
    if is_reached(limit, loan.renewals):
        yield errors.RenewalLimitReached.reason(renewals=loan.renewals, limit=limit)


def _automatic_reasons(state: RenewalState, values: RuleValues, *, today: date) -> Iterator[Reason]:
    if not values.auto_renew.value:
        yield errors.AutoRenewalNotSet.reason(barcode=state.copy.barcode)
    days = values.no_auto_renewal_after.value
    if days is not None:
        end = date_of(state.loan.checked_out_at, state) + timedelta(days=days)
        if today >= end:
            yield errors.TooLateToRenew.reason(day=day(end))
    yield from eased(debt_reasons(state.patron), stops=state.library.blocks_stop_borrowing)
    if not state.patron.wants_auto_renewal:
        yield errors.AutoRenewalDeclined.reason()


def _claims_of_others(state: RenewalState) -> Iterator[Reason]:
    copy = state.copy
    if copy.hold_for is not None and copy.hold_for != state.patron.card:
        yield errors.CopyHeldForAnother.reason(level=Level.IMPOSSIBLE, barcode=copy.barcode)
    if copy.queued_for_copy:
        yield errors.OthersWaitForBook.reason(count=copy.queued_for_copy)


def _too_soon(state: RenewalState, values: RuleValues, *, today: date, automatic: bool) -> Iterator[Reason]:
    soonest = soonest_renewal(state, values, automatic=automatic)
    if soonest is not None and today < soonest:
        yield errors.TooSoonToRenew.reason(day=day(soonest))


def _due(state: RenewalState, values: RuleValues, *, at: datetime) -> tuple[Due | None, tuple[Reason, ...]]:
    """The new due date, or why there is none."""
    terms = renewal_terms(values)
    if terms is None:
        return None, (errors.NoRuleDefined.reason(),)
    is_from_today = values.renew_from.value == "today" or state.loan.due_at < at
    popular = state.library.popular_days(state.copy.queued_on_book)
    try:
        due = due_date(
            terms,
            state.calendar,
            at if is_from_today else state.loan.due_at,
            card_expires_on=state.patron.expires_on,
            popular_days=popular,
        )
    except errors.NeverOpens as never:
        return None, (Reason(never.code, never.level, never.detail),)
    if due.at <= state.loan.due_at:
        stays = date_of(state.loan.due_at, state)
        return None, (errors.DueDateWouldNotMove.reason(day=day(stays)),)
    return due, ()
