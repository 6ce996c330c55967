"""Which status of a copy may follow which: the one table, which the database holds too (``migrations/sql``).

The catalogue's own moves are what a librarian may say of a copy that nobody has or waits for; circulation's are what
lending does, with the overrides that ``circulation`` allows its staff. What is in neither never happens.
"""

from __future__ import annotations

from catalog.errors import CopyMoveImpossible
from catalog.models import Copy, CopyStatus

AVAILABLE, REQUESTED, ON_LOAN = CopyStatus.AVAILABLE, CopyStatus.REQUESTED, CopyStatus.ON_LOAN
ON_SHELF_FOR_HOLD, IN_TRANSIT = CopyStatus.ON_SHELF_FOR_HOLD, CopyStatus.IN_TRANSIT
IN_REPAIR, DAMAGED = CopyStatus.IN_REPAIR, CopyStatus.DAMAGED
MISSING, LOST, WITHDRAWN = CopyStatus.MISSING, CopyStatus.LOST, CopyStatus.WITHDRAWN
CONSTRAINT = "copy_status_moves"  # the name under which the database refuses
WHILE_LENT = "copy_lent_while_its_loan_is_open"  # as above, of any move off the loan: circulation's migrations
Moves = dict[CopyStatus, frozenset[CopyStatus]]

CATALOGUE: Moves = {
    AVAILABLE: frozenset({IN_REPAIR, DAMAGED, MISSING, LOST, WITHDRAWN}),
    IN_REPAIR: frozenset({AVAILABLE, DAMAGED, MISSING, LOST, WITHDRAWN}),
    DAMAGED: frozenset({AVAILABLE, IN_REPAIR, MISSING, LOST, WITHDRAWN}),
    MISSING: frozenset({AVAILABLE, IN_REPAIR, DAMAGED, LOST, WITHDRAWN}),
    LOST: frozenset({AVAILABLE, IN_REPAIR, DAMAGED, MISSING, WITHDRAWN}),
    WITHDRAWN: frozenset({AVAILABLE, IN_REPAIR, DAMAGED}),  # taken back, in the state that it is in
}
CIRCULATION: Moves = {
    AVAILABLE: frozenset({REQUESTED, ON_LOAN, ON_SHELF_FOR_HOLD, IN_TRANSIT, MISSING, DAMAGED}),
    REQUESTED: frozenset({AVAILABLE, ON_LOAN, ON_SHELF_FOR_HOLD, IN_TRANSIT, MISSING, DAMAGED}),
    ON_LOAN: frozenset({AVAILABLE, ON_SHELF_FOR_HOLD, IN_TRANSIT, IN_REPAIR, DAMAGED, MISSING, LOST, WITHDRAWN}),
    ON_SHELF_FOR_HOLD: frozenset({AVAILABLE, ON_LOAN, IN_TRANSIT, MISSING, DAMAGED}),
    IN_TRANSIT: frozenset({AVAILABLE, ON_LOAN, ON_SHELF_FOR_HOLD, MISSING, LOST, DAMAGED}),
    IN_REPAIR: frozenset({ON_LOAN}),  # by override
    DAMAGED: frozenset({ON_LOAN}),  # by override
    MISSING: frozenset({AVAILABLE, ON_LOAN, ON_SHELF_FOR_HOLD, IN_TRANSIT}),  # it turned up
    LOST: frozenset({AVAILABLE, ON_LOAN, ON_SHELF_FOR_HOLD, IN_TRANSIT}),
}
# What stands in the catalogue's own power to say of a copy. The others follow from a loan or a hold.
SHELF_STATUSES = tuple(CATALOGUE)


def may_follow(now: str, then: str) -> bool:
    """Whether a copy that is ``now`` may become ``then``; it may always stay what it is."""
    return then == now or CopyStatus(then) in CATALOGUE.get(CopyStatus(now), frozenset()) | CIRCULATION.get(
        CopyStatus(now), frozenset()
    )


def pairs() -> list[str]:
    """Every allowed move as ``from>to``, sorted: what the database holds."""
    return sorted(f"{now}>{then}" for now in CopyStatus for then in CopyStatus if now != then and may_follow(now, then))


def check_move(copy: Copy, then: str) -> None:
    """Errors: ``CopyMoveImpossible`` where ``copy``, as it is now, cannot become ``then``."""
    if not may_follow(copy.status, then):
        raise impossible(copy.barcode, copy.status, then)


def impossible(barcode: str, now: str, then: str) -> CopyMoveImpossible:
    """The refusal of a move, on the field that asked for it."""
    refusal = CopyMoveImpossible(barcode=barcode, status=CopyStatus(now).label, then=CopyStatus(then).label)
    refusal.fields = {"status": [refusal.detail]}
    return refusal
