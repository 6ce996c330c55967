"""What stands against a reader, as values for the rules and as rows for the services."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from accounts.models import Patron, PatronBlock
from accounts.people import block_kinds
from accounts.services import blocks
from circulation.rules import BlockState
from library.core.errors import Level

CARD_LOST = BlockState("card_lost", Level.IMPOSSIBLE)
RESTRICTED = BlockState("patron_restricted")
UNCONFIRMED = BlockState("address_unconfirmed")
DEBT = block_kinds.register("debt", "Debt").code  # as an app above lending would have it, without a sentence of its own


def restricted(until: date | None = None, note: str = "") -> BlockState:
    return BlockState("patron_restricted", until=until, note=note)


def put(
    patron: Patron, code: str, *, owner: str = "accounts", at: datetime | None = None, **values: Any
) -> PatronBlock:
    """A block in the database, as its owner places it."""
    return blocks.place(patron=patron, block=blocks.NewBlock(code, **values), owner=owner, by=None, at=at)
