"""What decides about a request, read in one statement. Read it under the locks."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.models import Patron
from catalog.models import Book, Branch
from circulation import rules
from circulation.state.blocks import BLOCKS, read_blocks
from library.core.database.raw_rows import fetch

_REQUEST = """
SELECT
  (SELECT json_agg(hold.book_id) FROM circulation_hold AS hold
   WHERE hold.patron_id = %(patron)s AND hold.ended_at IS NULL),
  EXISTS (SELECT FROM circulation_loan AS loan JOIN catalog_copy AS copy ON copy.id = loan.copy_id
   WHERE loan.patron_id = %(patron)s AND loan.returned_at IS NULL AND copy.book_id = %(book)s),
  {blocks}
"""
REQUEST = _REQUEST.format(blocks=BLOCKS)


def request_state(
    *, book: Book, patron: Patron, branch: Branch, is_free_here: bool, free_elsewhere: Sequence[str]
) -> rules.RequestState:
    """All that decides about a request, as it is now; read it under the locks.

    ``free_elsewhere``: where else a copy stands free, by name.
    """
    ((held, on_loan, blocks),) = fetch(REQUEST, {"patron": patron.pk, "book": book.pk})
    held = held or []
    return rules.RequestState(
        card=patron.card_number,
        branch=branch.name,
        is_active=patron.user.is_active,
        already_held=book.pk in held,
        already_on_loan=on_loan,
        holds=len(held),
        tier_max_holds=patron.tier.max_holds,
        is_free_here=is_free_here,
        free_elsewhere=free_elsewhere,
        blocks=read_blocks(blocks),
    )
