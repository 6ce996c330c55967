"""Whose turn it is when a copy stands free, and which copies could serve whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from circulation import errors
from circulation.rules.matrix import RuleRow, look_up
from circulation.rules.people import day, debt_reasons, eased, patron_reasons
from circulation.rules.states import PatronState
from library.core.errors import Level, Reason

GONE = frozenset({"lost", "missing", "withdrawn"})  # the library does not have it
RulesOf = Callable[[int], Sequence[RuleRow]]  # by the tier


@dataclass(frozen=True)
class CopyToHold:
    """A copy as holds see it. ``branch`` owns it."""

    id: int
    barcode: str
    branch: int
    item_type: int | None = None
    status: str = "available"
    not_for_loan: bool = False
    branch_name: str = ""

    @property
    def is_free(self) -> bool:
        """Whether it stands on the shelf and may be lent."""
        return self.status == "available" and not self.not_for_loan

    @property
    def may_come(self) -> bool:
        """Whether it may be lent one day: not one that the library has no more, nor one that is too damaged."""
        return not self.not_for_loan and self.status not in GONE and self.status != "damaged"


@dataclass(frozen=True)
class Waiter:
    """A hold in the queue. ``copy``: the one that it is for alone. ``wanted_until``: the reader's own last day.

    It sleeps from ``suspended_from`` until ``suspended_until``, on which day it is served again; None: without end.
    """

    id: UUID
    patron: PatronState
    pickup: int
    copy: int | None = None
    wanted_until: date | None = None
    suspended_from: date | None = None
    suspended_until: date | None = None
    blocks_stop: bool = True  # whether what stands against the patron keeps them from being served

    def sleeps(self, today: date) -> bool:
        """Whether it is suspended on the library's day, whatever the nightly work has come to."""
        if self.suspended_from is None or today < self.suspended_from:
            return False
        return self.suspended_until is None or today < self.suspended_until


@dataclass(frozen=True)
class PassedOver:
    """A hold whose turn it would have been, and why it was not."""

    waiter: Waiter
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Turn:
    """Whose turn it is; None: nobody's. ``passed_over``: who stands ahead of them and may not be served."""

    waiter: Waiter | None
    passed_over: tuple[PassedOver, ...] = ()


def is_held_for(copy: CopyToHold, tier: int, rows: Sequence[RuleRow]) -> bool:
    """Whether copies of this type, of this branch, are kept for readers of this tier at all."""
    allowed = look_up(rows, "holds_allowed", branch=copy.branch, tier=tier, item_type=copy.item_type)
    return bool(allowed.value != 0)


def could_serve(copy: CopyToHold, waiter: Waiter, rows: Sequence[RuleRow]) -> bool:
    """Whether the copy's type and branch fit the hold, and it is no other copy than the one that the hold is for."""
    return not copy.not_for_loan and waiter.copy in {None, copy.id} and is_held_for(copy, waiter.patron.tier, rows)


def against_serving(waiter: Waiter, *, today: date) -> tuple[Reason, ...]:
    """Why it is not served although its turn has come: the account, what stands against the reader, the card, a
    debt, and a last day that is over. Alerts do not count."""
    against = (*patron_reasons(waiter.patron, today=today), *debt_reasons(waiter.patron))
    reasons = [reason for reason in eased(against, stops=waiter.blocks_stop) if reason.level > Level.ALERT]
    if waiter.wanted_until is not None and waiter.wanted_until < today:
        reasons.append(errors.HoldIsOver.reason(day=day(waiter.wanted_until)))
    return tuple(reasons)


def turn(queue: Iterable[Waiter], copy: CopyToHold, rules_of: RulesOf, *, today: date) -> Turn:
    """The first in the queue whom ``copy`` fits and who may be served. ``queue`` in the order of the places."""
    passed_over: list[PassedOver] = []
    for waiter in queue:
        if waiter.sleeps(today) or not could_serve(copy, waiter, rules_of(waiter.patron.tier)):
            continue
        reasons = against_serving(waiter, today=today)
        if not reasons:
            return Turn(waiter, tuple(passed_over))
        passed_over.append(PassedOver(waiter, reasons))
    return Turn(None, tuple(passed_over))
