"""Where a copy stands: the only writers of ``Copy.status`` in lending. The caller holds the book's and copy's locks."""

from __future__ import annotations

from catalog.models import Copy, CopyStatus
from catalog.moves import check_move

KEPT_FOR_A_HOLD = {CopyStatus.REQUESTED, CopyStatus.ON_SHELF_FOR_HOLD, CopyStatus.IN_TRANSIT}


def put(copy: Copy, status: CopyStatus) -> None:
    """Write the copy's status; the database counts what is available. Errors: ``CopyMoveImpossible``."""
    check_move(copy, status)
    copy.status = status
    copy.save(update_fields=["status"])


def release(copy: Copy) -> None:
    """Make a copy that was kept for a hold free again; one that staff marked otherwise meanwhile stays so."""
    if copy.status in KEPT_FOR_A_HOLD:
        put(copy, CopyStatus.AVAILABLE)
