"""What stands against a reader today, as the desk shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from accounts.people import block_kinds
from circulation import rules


@dataclass(frozen=True)
class StandingAgainst:
    """``others``: each with its name; a lost card and an address that is not confirmed are said where those stand."""

    is_card_lost: bool
    is_address_unconfirmed: bool
    others: list[tuple[str, rules.BlockState]]


def standing_against(blocks: Iterable[rules.BlockState], *, today: date) -> StandingAgainst:
    """``today``: the library's day."""
    in_force = [block for block in blocks if block.is_in_force(today)]
    codes = {block.code for block in in_force}
    elsewhere = {block_kinds.CARD_LOST, block_kinds.ADDRESS_UNCONFIRMED}
    return StandingAgainst(
        is_card_lost=block_kinds.CARD_LOST in codes,
        is_address_unconfirmed=block_kinds.ADDRESS_UNCONFIRMED in codes,
        others=[(block_kinds.name_of(block.code), block) for block in in_force if block.code not in elsewhere],
    )
