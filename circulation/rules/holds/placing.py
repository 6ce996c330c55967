"""Whether a reader may place a hold, and which copies could serve it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from circulation import errors
from circulation.rules.decision import Decision
from circulation.rules.holds.serving import CopyToHold
from circulation.rules.matrix import RuleRow, RuleValues, Setting, is_reached, look_up, resolve
from circulation.rules.people import age, day, debt_reasons, eased, patron_reasons
from circulation.rules.states import PatronState
from library.core.errors import Reason


@dataclass(frozen=True)
class OpenHold:
    """One of a patron's open holds. ``branch`` and ``item_type``: of its copy, without one of the book's first.

    ``copy``: the one that is bound to it, or that it is for alone.
    """

    book: int
    branch: int | None = None
    item_type: int | None = None
    copy: int | None = None


@dataclass(frozen=True)
class RequestState:
    """All that decides about a new hold.

    ``copies``: of the book, in the order of their ids. ``copy``: the one that is wanted alone. ``pickup``: the name of
    the branch where it would be fetched. ``placed_today``: by this patron. ``minimum_age``, in years, is the book's.
    ``wanted_from``, ``wanted_until``: the reader's own days.
    """

    patron: PatronState
    book: int
    copies: Sequence[CopyToHold] = ()
    copy: CopyToHold | None = None
    pickup: str = ""
    is_pickup: bool = True
    minimum_age: int | None = None
    holds: Sequence[OpenHold] = ()
    placed_today: int = 0
    already_on_loan: bool = False
    tier_max_holds: int | None = None  # None or -1: unlimited
    rules: Sequence[RuleRow] = ()
    wanted_from: date | None = None
    wanted_until: date | None = None
    blocks_stop: bool = True  # whether what stands against the patron stops asking


@dataclass(frozen=True)
class HoldDecision(Decision):
    """``fitting``: ids of the copies that could serve it. ``only``: the one that it will be for alone.

    ``judged``: each copy by its id, with what speaks against it.
    """

    fitting: frozenset[int] = frozenset()
    only: int | None = None
    judged: tuple[tuple[int, Decision], ...] = ()

    def fitting_despite(self, override: Collection[str]) -> frozenset[int]:
        """As ``fitting``, once staff set these reasons aside."""
        return frozenset(copy for copy, decision in self.judged if not decision.refusals_despite(override))


def decide_hold(state: RequestState, *, today: date) -> HoldDecision:
    """Whether the patron may place it: all reasons in the order of the rules. ``today``: the library's day.

    A hold on a title may be placed where one of its copies lets it be; where none does, the reasons are those of the
    copy against which the fewest speak.
    """
    only = state.copy or _only_copy(state)
    candidates = [only] if only is not None else _candidates(state.copies)
    judged = [(copy, tuple(_reasons(state, copy, is_for_one=only is not None, today=today))) for copy in candidates]
    if not judged:
        return HoldDecision(reasons=tuple(_reasons(state, None, is_for_one=False, today=today)))
    by_copy = tuple((copy.id, Decision(reasons=reasons)) for copy, reasons in judged)
    fitting = frozenset(copy for copy, decision in by_copy if decision.is_allowed)
    fewest = min((reasons for _copy, reasons in judged), key=lambda reasons: len(Decision(reasons=reasons).refusals))
    return HoldDecision(reasons=fewest, fitting=fitting, only=only.id if only is not None else None, judged=by_copy)


def _candidates(copies: Sequence[CopyToHold]) -> list[CopyToHold]:
    """The copies that a hold on the title may wait for; where all are damaged, these: they say why not."""
    coming = [copy for copy in copies if copy.may_come]
    return coming or [copy for copy in copies if copy.status == "damaged" and not copy.not_for_loan]


def _only_copy(state: RequestState) -> CopyToHold | None:
    """Where the rules want one copy named and there is but one, it is that one."""
    coming = _candidates(state.copies)
    if len(coming) == 1 and _values(state, coming[0]).copy_level_holds.value == "force":
        return coming[0]
    return None


def _values(state: RequestState, copy: CopyToHold) -> RuleValues:
    return resolve(state.rules, branch=copy.branch, tier=state.patron.tier, item_type=copy.item_type)


def _reasons(state: RequestState, copy: CopyToHold | None, *, is_for_one: bool, today: date) -> Iterator[Reason]:
    """Everything against a hold that this copy would serve."""
    values = _values(state, copy) if copy is not None else None
    yield from eased(patron_reasons(state.patron, today=today), stops=state.blocks_stop)
    yield from eased(debt_reasons(state.patron), stops=state.blocks_stop)
    yield from _own_days(state, today=today)
    if copy is None:
        yield errors.NoCopyToHold.reason()
    else:
        yield from _branch_and_state(copy, values)
    yield from _age(state, today=today)
    if copy is not None and is_for_one and copy.id in {hold.copy for hold in state.holds}:
        yield errors.CopyAlreadyHeld.reason(barcode=copy.barcode)
    if state.already_on_loan:
        yield errors.BookAlreadyLentToPatron.reason()
    if copy is not None and values is not None:
        yield from _limits(state, copy, values)
    if is_reached(state.tier_max_holds, len(state.holds)):
        yield errors.TotalHoldLimitReached.reason(holds=len(state.holds), limit=state.tier_max_holds)
    if copy is not None and values is not None:
        yield from _policy(state, values, is_for_one=is_for_one)
    if not state.is_pickup:
        yield errors.PickupBranchNotAllowed.reason(branch=state.pickup)


def _own_days(state: RequestState, *, today: date) -> Iterator[Reason]:
    """The reader's own days; see also ``waiting.check_suspension``."""
    if state.wanted_until is not None and state.wanted_until < (state.wanted_from or today):
        yield errors.WantedUntilPast.reason(day=day(state.wanted_until))


def _branch_and_state(copy: CopyToHold, values: RuleValues | None) -> Iterator[Reason]:
    """Whether copies of this branch are held at all, and whether this one can be lent one day."""
    allowed = values.holds_allowed if values is not None else Setting(None)
    if allowed.value == 0 and allowed.row is not None and allowed.row.branch is not None:
        yield errors.HoldBranchNotAllowed.reason(branch=copy.branch_name)
    if copy.status == "withdrawn":
        yield errors.CopyWithdrawn.reason(barcode=copy.barcode)
    elif copy.not_for_loan:
        yield errors.CopyNotForLoan.reason(barcode=copy.barcode)
    elif copy.status == "damaged":
        yield errors.CopyDamaged.reason(barcode=copy.barcode)
    elif not copy.may_come:
        yield errors.NoCopyToHold.reason()


def _age(state: RequestState, *, today: date) -> Iterator[Reason]:
    born, minimum = state.patron.birth_date, state.minimum_age
    if born is not None and minimum is not None and age(born, today=today) < minimum:
        yield errors.TooYoung.reason(minimum=minimum, age=age(born, today=today))


def _limits(state: RequestState, copy: CopyToHold, values: RuleValues) -> Iterator[Reason]:
    """Per book, per day, per type. Every open state counts."""
    on_book = sum(hold.book == state.book for hold in state.holds)
    if is_reached(values.holds_per_book.value, on_book):
        limit = values.holds_per_book.value
        refusal = partial(errors.HoldsPerBookReached.reason, holds=on_book, limit=limit)
        yield errors.BookAlreadyHeld.reason() if limit == 1 else refusal()
    if is_reached(values.holds_per_day.value, state.placed_today):
        yield errors.HoldsPerDayReached.reason(holds=state.placed_today, limit=values.holds_per_day.value)
    counted = len(counted_holds(state, values.holds_allowed))
    if values.holds_allowed.value and is_reached(values.holds_allowed.value, counted):
        yield errors.HoldLimitReached.reason(holds=counted, limit=values.holds_allowed.value)


def counted_holds(state: RequestState, limit: Setting[int | None]) -> list[OpenHold]:
    """The open holds that a limit counts: as loans are counted, by the branch and the type of their copies."""
    row = limit.row
    if row is None:
        return list(state.holds)
    of_branch = [hold for hold in state.holds if row.branch in {None, hold.branch}]
    if row.item_type is not None:
        return [hold for hold in of_branch if hold.item_type == row.item_type]
    return [hold for hold in of_branch if not _has_limit_of_its_type(hold, state)]


def _has_limit_of_its_type(hold: OpenHold, state: RequestState) -> bool:
    where, tier = hold.branch, state.patron.tier
    own = look_up(state.rules, "holds_allowed", branch=where, tier=tier, item_type=hold.item_type)
    return own.row is not None and own.row.item_type is not None


def _policy(state: RequestState, values: RuleValues, *, is_for_one: bool) -> Iterator[Reason]:
    """What the rules say of such copies."""
    allowed = values.holds_allowed
    if allowed.value == 0 and (allowed.row is None or allowed.row.branch is None):
        yield errors.HoldNotAllowed.reason()
    if _must_wait(state, values.on_shelf_holds.value):
        yield errors.OnShelfHoldNotAllowed.reason()
    if is_for_one and values.copy_level_holds.value == "no":
        yield errors.CopyLevelHoldNotAllowed.reason()
    if not is_for_one and values.copy_level_holds.value == "force":
        yield errors.CopyHoldRequired.reason()


def _must_wait(state: RequestState, policy: str) -> bool:
    """Whether the reader is to fetch it from the shelf, as too many copies stand there."""
    coming = [copy for copy in state.copies if copy.may_come]
    free = sum(copy.is_free for copy in coming)
    return free > 0 and (policy == "all_unavailable" or (policy == "any_unavailable" and free == len(coming)))
