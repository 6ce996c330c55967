"""Who waits for a book, in the order of their places, with what decides whether they are served. Read it under the
book's lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from catalog.models import Copy
from circulation import rules
from circulation.models import WAITING_HOLD_STATES
from circulation.rules.matrix import RuleRow
from circulation.state.blocks import BLOCKS_OF, read_blocks
from circulation.state.remembered_rules import tier_rows
from library.core.database.raw_rows import fetch

# Every open hold on the book ``%(book)s``: the bound ones first, then by place.
WAITING = f"""
  (SELECT json_agg(json_build_array(hold.id, hold.copy_id, hold.state, hold.is_copy_level, hold.pickup_branch_id,
                     hold.wanted_until, hold.suspended_from, hold.suspended_until, patron.tier_id,
                     patron.card_number, patron.expires_on, person.is_active,
                     circulation_owed(patron.user_id)::text, tier.debt_limit::text,
                     {BLOCKS_OF.format(patron="patron.user_id")},
                     coalesce((SELECT blocks_stop_serving FROM circulation_lendingsettings LIMIT 1), true))
                   ORDER BY hold.position NULLS FIRST, hold.placed_at, hold.id)
   FROM circulation_hold AS hold JOIN accounts_patron AS patron ON patron.user_id = hold.patron_id
   JOIN accounts_user AS person ON person.id = patron.user_id JOIN accounts_tier AS tier ON tier.id = patron.tier_id
   WHERE hold.book_id = %(book)s AND hold.ended_at IS NULL),
  (SELECT token FROM circulation_calendarversion LIMIT 1)
"""
OF_BOOK = f"SELECT {WAITING}"


class InLine(NamedTuple):
    """An open hold: the copy that is bound to it, or that it is for alone; its state; and how serving sees it."""

    pk: UUID
    copy: int | None
    state: str
    waiter: rules.Waiter


@dataclass(frozen=True)
class BookQueue:
    """All open holds on a book, and the version of rules and calendars under which they were read."""

    holds: Sequence[InLine] = ()
    version: UUID | None = None
    _rows: dict[int, Sequence[RuleRow]] = field(default_factory=dict)

    @property
    def queue(self) -> list[rules.Waiter]:
        """Those that wait for a copy, the first in line first; those that sleep too."""
        return [hold.waiter for hold in self.holds if hold.state in WAITING_HOLD_STATES]

    def rules_of(self, tier: int) -> Sequence[RuleRow]:
        """The rows of the matrix for a tier: no query where nobody has changed the rules."""
        if tier not in self._rows:
            self._rows[tier] = tier_rows(tier, self.version)
        return self._rows[tier]


def of_book(book: int) -> BookQueue:
    """The line for a book, in one query."""
    (row,) = fetch(OF_BOOK, {"book": book})
    return read(*row)


def read(waiting: Sequence[Sequence[Any]] | None, version: UUID | None) -> BookQueue:
    """The columns of ``WAITING``."""
    return BookQueue([_in_line(row) for row in waiting or ()], version)


def copy_to_hold(copy: Copy) -> rules.CopyToHold:
    """A copy as holds see it, without its branch's name."""
    return rules.CopyToHold(
        copy.pk, copy.barcode, copy.branch_id, copy.item_type_id, str(copy.status), copy.not_for_loan
    )


def _in_line(row: Sequence[Any]) -> InLine:
    pk, copy, state, is_copy_level, pickup, wanted_until, sleeps, wakes, tier, card, *rest = row
    expires_on, is_active, owed, debt_limit, blocks, blocks_stop = rest
    waiter = rules.Waiter(
        id=UUID(pk),
        patron=rules.PatronState(
            card=card,
            tier=tier,
            is_active=is_active,
            expires_on=_day(expires_on),
            blocks=read_blocks(blocks),
            tier_debt_limit=Decimal(debt_limit) if debt_limit is not None else None,
            owed=Decimal(owed),
        ),
        pickup=pickup,
        copy=copy if is_copy_level else None,
        wanted_until=_day(wanted_until),
        suspended_from=_day(sleeps),
        suspended_until=_day(wakes),
        blocks_stop=blocks_stop,
    )
    return InLine(waiter.id, copy, state, waiter)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
