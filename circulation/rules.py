"""The rules of lending: plain values in, a due date and every reason out. No query, no clock, no lock.

The order of the reasons and their levels are those of the library's circulation rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo

from django.utils.translation import gettext as _

from circulation import errors
from library.core.errors import Level, Reason

UNLIMITED = -1
DAY_ENDS = time(23, 59)


@dataclass(frozen=True)
class RuleRow:
    """One row of the rule matrix. ``branch`` or ``tier`` None: any. A parameter None: unset, look further."""

    branch: int | None = None
    tier: int | None = None
    loan_period: int | None = None  # days
    max_loans: int | None = None  # -1: unlimited


@dataclass(frozen=True)
class Setting:
    """A parameter's value and the row it came from; both None where no row sets it."""

    value: int | None = None
    row: RuleRow | None = None


@dataclass(frozen=True)
class RuleValues:
    """Every parameter for one branch and tier, each with where it came from."""

    loan_period: Setting
    max_loans: Setting


@dataclass(frozen=True)
class CopyState:
    """A copy as the rules see it. ``lent_to`` and ``hold_for`` name a card; ``hold_state`` is that hold's."""

    barcode: str
    branch: int
    status: str = "available"
    not_for_loan: bool = False
    lent_to: str | None = None
    hold_for: str | None = None
    hold_state: str | None = None


@dataclass(frozen=True)
class PatronState:
    """A patron as the rules see them: open loans by the branch that owns the copy, and the tier's total."""

    card: str
    tier: int
    is_active: bool = True
    loans_by_branch: Mapping[int, int] = field(default_factory=dict)
    tier_max_loans: int | None = None  # None or -1: unlimited

    @property
    def loans(self) -> int:
        """Open loans in all."""
        return sum(self.loans_by_branch.values())


@dataclass(frozen=True)
class CheckOutState:
    """All that decides about a check-out. ``copy`` or ``patron`` None: what was scanned is unknown."""

    barcode: str
    card: str
    copy: CopyState | None
    patron: PatronState | None
    rules: Sequence[RuleRow] = ()
    time_zone: tzinfo = UTC


@dataclass(frozen=True)
class RequestState:
    """All that decides about a request. ``free_at``: names of the branches with a free copy, the chosen one apart."""

    card: str
    branch: str
    is_active: bool = True
    already_held: bool = False
    already_on_loan: bool = False
    holds: int = 0
    tier_max_holds: int | None = None  # None or -1: unlimited
    is_free_here: bool = True
    free_elsewhere: Sequence[str] = ()


@dataclass(frozen=True)
class Decision:
    """What the rules say: when a loan would be due, and every reason against it or worth knowing."""

    due_at: datetime | None = None
    reasons: tuple[Reason, ...] = ()

    @property
    def refusals(self) -> tuple[Reason, ...]:
        """The reasons that forbid."""
        return tuple(reason for reason in self.reasons if reason.level > Level.ALERT)

    @property
    def alerts(self) -> tuple[Reason, ...]:
        """The reasons that only inform."""
        return tuple(reason for reason in self.reasons if reason.level == Level.ALERT)

    @property
    def is_allowed(self) -> bool:
        """Whether nothing forbids it."""
        return not self.refusals

    def raise_if_refused(self) -> None:
        """Raise the class of the first of the gravest reasons, carrying all of them, alerts too."""
        if not self.refusals:
            return
        gravest = max(self.refusals, key=lambda reason: reason.level)  # the first of equals
        raise errors.BY_CODE[gravest.code](gravest.detail, reasons=self.reasons)


def resolve(rows: Iterable[RuleRow], *, branch: int, tier: int) -> RuleValues:
    """Look each parameter up on its own: the most specific row that sets it wins, branch before tier."""
    fitting = sorted(
        (row for row in rows if row.branch in {None, branch} and row.tier in {None, tier}),
        key=lambda row: (row.branch is None, row.tier is None),
    )
    return RuleValues(
        loan_period=next((Setting(row.loan_period, row) for row in fitting if row.loan_period is not None), Setting()),
        max_loans=next((Setting(row.max_loans, row) for row in fitting if row.max_loans is not None), Setting()),
    )


def due_after(at: datetime, *, days: int, time_zone: tzinfo) -> datetime:
    """23:59 by the library's clock, ``days`` dates after the date of ``at`` there; in UTC.

    Counted in dates, not in hours, so a change to or from daylight-saving time moves nothing; where the clock shows
    23:59 twice, the second time counts.
    """
    day = at.astimezone(time_zone).date() + timedelta(days=days)
    return datetime.combine(day, DAY_ENDS, tzinfo=time_zone).replace(fold=1).astimezone(UTC)


def is_reached(limit: int | None, count: int) -> bool:
    """Whether ``count`` fills ``limit``; unset and -1 are never full, 0 always is."""
    return limit is not None and limit != UNLIMITED and count >= limit


def counted_loans(patron: PatronState, setting: Setting) -> int:
    """Open loans that a loan limit counts: those of its own branch where its row names one, else all."""
    if setting.row is not None and setting.row.branch is not None:
        return patron.loans_by_branch.get(setting.row.branch, 0)
    return patron.loans


def decide_check_out(state: CheckOutState, *, at: datetime) -> Decision:
    """Whether the copy may be lent to the patron at ``at``: the due date, and all reasons in the order of the rules."""
    if state.copy is None or state.patron is None:
        return Decision(reasons=tuple(_unknown(state)))
    values = resolve(state.rules, branch=state.copy.branch, tier=state.patron.tier)
    days = values.loan_period.value
    reasons = (
        *_patron_reasons(state.patron.card, state.patron.is_active),
        *_copy_reasons(state.copy),
        *_claims_of_others(state.copy, state.patron),
        *_rule_reasons(state.patron, values),
    )
    due_at = due_after(at, days=days, time_zone=state.time_zone) if days else None
    return Decision(due_at=due_at, reasons=reasons)


def decide_hold(state: RequestState) -> Decision:
    """Whether a patron may request a book at a branch: all reasons in the order of the rules."""
    reasons = list(_patron_reasons(state.card, state.is_active))
    if state.already_held:
        reasons.append(errors.BookAlreadyHeld.reason())
    if state.already_on_loan:
        reasons.append(errors.BookAlreadyLentToPatron.reason())
    if is_reached(state.tier_max_holds, state.holds):
        reasons.append(errors.TotalHoldLimitReached.reason(holds=state.holds, limit=state.tier_max_holds))
    if not state.is_free_here:
        elsewhere = (
            _("Free just now: %(branches)s.") % {"branches": ", ".join(state.free_elsewhere)}
            if state.free_elsewhere
            else _("None is free at another branch either.")
        )
        reasons.append(errors.NoCopyFree.reason(branch=state.branch, elsewhere=elsewhere))
    return Decision(reasons=tuple(reasons))


def _unknown(state: CheckOutState) -> Iterator[Reason]:
    if state.copy is None:
        yield errors.CopyUnknown.reason(barcode=state.barcode)
    if state.patron is None:
        yield errors.PatronUnknown.reason(card=state.card)


def _patron_reasons(card: str, is_active: bool) -> Iterator[Reason]:
    if not is_active:
        yield errors.PatronInactive.reason(card=card)


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


def _rule_reasons(patron: PatronState, values: RuleValues) -> Iterator[Reason]:
    if not values.loan_period.value:
        yield errors.NoRuleDefined.reason()
    loans = counted_loans(patron, values.max_loans)
    if is_reached(values.max_loans.value, loans):
        yield errors.LoanLimitReached.reason(loans=loans, limit=values.max_loans.value)
    if is_reached(patron.tier_max_loans, patron.loans):
        yield errors.TotalLoanLimitReached.reason(loans=patron.loans, limit=patron.tier_max_loans)
