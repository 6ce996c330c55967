"""Whether a reader may request a book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from circulation import errors
from circulation.rules.decision import Decision
from circulation.rules.matrix import is_reached
from circulation.rules.people import block_reasons, closed_account
from circulation.rules.states import BlockState


@dataclass(frozen=True)
class RequestState:
    """All that decides about a request. ``free_elsewhere``: names of other branches with a free copy."""

    card: str
    branch: str
    is_active: bool = True
    already_held: bool = False
    already_on_loan: bool = False
    holds: int = 0
    tier_max_holds: int | None = None  # None or -1: unlimited
    is_free_here: bool = True
    free_elsewhere: Sequence[str] = ()
    blocks: Sequence[BlockState] = ()


def decide_hold(state: RequestState, *, today: date) -> Decision:
    """Whether a patron may request a book at a branch: all reasons in the order of the rules.

    ``today``: the library's day.
    """
    reasons = [
        *closed_account(state.card, state.is_active),
        *block_reasons(state.blocks, card=state.card, today=today),
    ]
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
