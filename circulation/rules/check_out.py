"""Whether a copy may be lent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime

from circulation import errors
from circulation.rules.decision import Decision
from circulation.rules.due_date import Due, due_date
from circulation.rules.limits import limit_reasons, unclaimed
from circulation.rules.loan_terms import loan_terms
from circulation.rules.matrix import RuleValues, resolve
from circulation.rules.people import age, debt_reasons, eased, overdue_reasons, patron_reasons
from circulation.rules.states import CheckOutState, CopyState, PatronState
from library.core.errors import Level, Reason


def decide_check_out(state: CheckOutState, *, at: datetime) -> Decision:
    """Whether the copy may be lent to the patron at ``at``: the due date, and all reasons in the order of the rules."""
    copy, patron = state.copy, state.patron
    if copy is None or patron is None:
        return Decision(reasons=tuple(_unknown(state)))
    today = at.astimezone(state.calendar.time_zone).date()
    values = resolve(state.rules, branch=copy.branch, tier=patron.tier, item_type=copy.item_type)
    due, no_due = _due(state, copy, patron, values, at=at)
    reasons = [
        *eased(patron_reasons(patron, today=today), stops=state.library.blocks_stop_borrowing),
        *_copy_reasons(copy),
        *_claims_of_others(copy, patron),
        *no_due,
        *limit_reasons(patron, values, state.rules),
        *eased(debt_reasons(patron), stops=state.library.blocks_stop_borrowing),
        *overdue_reasons(sum(loan.is_overdue(at) for loan in patron.loans), state.library.overdue_policy),
        *_book_reasons(copy, patron, one_copy_per_book=state.library.one_copy_per_book, today=today),
    ]
    if state.is_self:
        reasons = list(_without_staff(copy, values, reasons))
    return Decision(due=due, reasons=tuple(reasons), values=values)


def _due(
    state: CheckOutState, copy: CopyState, patron: PatronState, values: RuleValues, *, at: datetime
) -> tuple[Due | None, tuple[Reason, ...]]:
    """The due date, or why there is none."""
    terms = loan_terms(values)
    if terms is None:
        return None, (errors.NoRuleDefined.reason(),)
    popular = state.library.popular_days(copy.queued_on_book)
    try:
        due = due_date(terms, state.calendar, at, card_expires_on=patron.expires_on, popular_days=popular, is_new=True)
    except errors.NeverOpens as never:
        return None, (Reason(never.code, never.level, never.detail),)
    return due, ()


def _unknown(state: CheckOutState) -> Iterator[Reason]:
    if state.copy is None:
        yield errors.CopyUnknown.reason(barcode=state.barcode)
    if state.patron is None:
        yield errors.PatronUnknown.reason(card=state.card)


_BY_STATUS: Mapping[str, type[errors.Refusal]] = {
    "in_repair": errors.CopyInRepair,
    "damaged": errors.CopyDamaged,
    "lost": errors.CopyWasLost,
    "missing": errors.CopyWasMissing,
}


def _copy_reasons(copy: CopyState) -> Iterator[Reason]:
    if copy.status == "withdrawn":
        yield errors.CopyWithdrawn.reason(barcode=copy.barcode)
    if copy.not_for_loan:
        yield errors.CopyNotForLoan.reason(barcode=copy.barcode)
    if copy.status in _BY_STATUS:
        yield _BY_STATUS[copy.status].reason(barcode=copy.barcode)


def _claims_of_others(copy: CopyState, patron: PatronState) -> Iterator[Reason]:
    if copy.lent_to == patron.card:
        yield errors.AlreadyLentToPatron.reason(barcode=copy.barcode)
    elif copy.lent_to is not None:
        yield errors.AlreadyLentToAnother.reason(barcode=copy.barcode)
    if copy.hold_for is not None and copy.hold_for != patron.card:
        claim = errors.CopyRequestedByAnother if copy.hold_state == "requested" else errors.CopyHeldForAnother
        yield claim.reason(barcode=copy.barcode)
    if copy.hold_for is None and copy.status == "in_transit":
        yield errors.CopyInTransit.reason(barcode=copy.barcode)


def _book_reasons(copy: CopyState, patron: PatronState, *, one_copy_per_book: bool, today: date) -> Iterator[Reason]:
    if copy.minimum_age is not None and patron.birth_date is not None:
        years = age(patron.birth_date, today=today)
        if years < copy.minimum_age:
            yield errors.TooYoung.reason(minimum=copy.minimum_age, age=years)
    others = [loan for loan in unclaimed(patron.loans) if loan.book == copy.book and loan.barcode != copy.barcode]
    if one_copy_per_book and others:
        yield errors.SameBookAlreadyLent.reason(barcode=others[0].barcode)


def _without_staff(copy: CopyState, values: RuleValues, reasons: Iterable[Reason]) -> Iterator[Reason]:
    """The reasons at self check-out: what staff should see is a refusal there, said once."""
    asked = False
    for reason in reasons:
        if reason.level > Level.ALERT:
            yield reason
        elif not asked:
            asked = True
            yield errors.AskAtTheDesk.reason(barcode=copy.barcode)
    if not values.self_check_out.value:
        yield errors.SelfCheckOutNotAllowed.reason(barcode=copy.barcode)
