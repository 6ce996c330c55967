"""What decides about a new hold, read in one statement. Read it under the locks."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from accounts.models import Patron
from catalog.models import Book, Branch
from circulation import rules
from circulation.state.blocks import BLOCKS, read_blocks
from circulation.state.ledger import OWED
from circulation.state.remembered_rules import rule_set_for
from library.core import days
from library.core.database.raw_rows import fetch

# The patron's open holds, each with the copy that tells its branch and type; how many were placed on the day; whether
# the book is at their home; its copies; the version of the rules; what stands against the patron.
_REQUEST = """
SELECT
  (SELECT json_agg(json_build_array(hold.book_id, known.branch_id, known.item_type_id, hold.copy_id))
   FROM circulation_hold AS hold LEFT JOIN LATERAL (
     SELECT copy.branch_id, copy.item_type_id FROM catalog_copy AS copy
     WHERE copy.id = hold.copy_id OR (hold.copy_id IS NULL AND copy.book_id = hold.book_id AND NOT copy.not_for_loan
       AND copy.status NOT IN ('lost', 'missing', 'withdrawn')) ORDER BY copy.id LIMIT 1) AS known ON true
   WHERE hold.patron_id = %(patron)s AND hold.ended_at IS NULL),
  (SELECT count(*) FROM circulation_hold AS hold
   WHERE hold.patron_id = %(patron)s AND hold.placed_at BETWEEN %(begins)s AND %(ends)s),
  EXISTS (SELECT FROM circulation_loan AS loan JOIN catalog_copy AS copy ON copy.id = loan.copy_id
   WHERE loan.patron_id = %(patron)s AND loan.returned_at IS NULL AND copy.book_id = %(book)s),
  (SELECT json_agg(json_build_array(copy.id, copy.barcode, copy.branch_id, copy.item_type_id, copy.status,
                     copy.not_for_loan, branch.name) ORDER BY copy.id)
   FROM catalog_copy AS copy JOIN catalog_branch AS branch ON branch.id = copy.branch_id
   WHERE copy.book_id = %(book)s),
  (SELECT token FROM circulation_calendarversion LIMIT 1),
  {blocks}, {owed}
"""
REQUEST = _REQUEST.format(blocks=BLOCKS, owed=OWED)


def request_state(
    *,
    book: Book,
    patron: Patron,
    branch: Branch,
    at: datetime,
    copy: int | None = None,
    wanted_from: date | None = None,
    wanted_until: date | None = None,
) -> rules.RequestState:
    """All that decides about a hold on ``book``, or on ``copy`` of it alone, as it is now."""
    today = days.today(at)
    asked = {"patron": patron.pk, "book": book.pk, "begins": days.start_of(today), "ends": days.end_of(today)}
    ((held, placed_today, on_loan, found, version, blocks, owed),) = fetch(REQUEST, asked)
    rule_set = rule_set_for(patron.tier_id, version)
    copies = [rules.CopyToHold(*row) for row in found or ()]
    return rules.RequestState(
        patron=_patron_state(patron, blocks, owed, rule_set.digits),
        book=book.pk,
        copies=copies,
        copy=next((one for one in copies if one.id == copy), None),
        pickup=branch.name,
        is_pickup=branch.is_pickup,
        minimum_age=book.minimum_age,
        holds=[rules.OpenHold(*row) for row in held or ()],
        placed_today=placed_today,
        already_on_loan=on_loan,
        tier_max_holds=patron.tier.max_holds,
        rules=rule_set.rows,
        wanted_from=wanted_from,
        wanted_until=wanted_until,
        blocks_stop=rule_set.library.blocks_stop_placing,
    )


def _patron_state(patron: Patron, blocks: Any, owed: Decimal, digits: int) -> rules.PatronState:
    return rules.PatronState(
        card=patron.card_number,
        tier=patron.tier_id,
        is_active=patron.user.is_active,
        expires_on=patron.expires_on,
        birth_date=patron.birth_date,
        blocks=read_blocks(blocks),
        tier_debt_limit=patron.tier.debt_limit,
        owed=owed,
        digits=digits,
    )
