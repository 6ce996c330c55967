"""What may stand against a patron: each app registers its own in ``ready()``.

The sentence that people read belongs to the code, where lending keeps those of all its refusals.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

from library.core.errors import Level

# What staff say of somebody.
CARD_LOST, RESTRICTED, ADDRESS_UNCONFIRMED = "card_lost", "patron_restricted", "address_unconfirmed"


@dataclass(frozen=True)
class BlockKind:
    """``name``: as staff choose it. ``level``: how heavy it is where nobody says. ``by_hand``: staff may place and lift
    it; otherwise it comes and goes with what it follows from, such as a debt."""

    code: str
    name: str | Promise
    level: Level
    by_hand: bool = False


_kinds: dict[str, BlockKind] = {}


def register(code: str, name: str | Promise, *, level: Level = Level.OVERRIDABLE, by_hand: bool = False) -> BlockKind:
    """Make a kind of block known. Errors: ``ValueError`` where the code stands for another one."""
    kind = BlockKind(code, name, level, by_hand)
    known = _kinds.setdefault(code, kind)
    if (known.level, known.by_hand) != (level, by_hand):
        raise ValueError(f"The block {code} is registered already, and otherwise.")
    return known


def get(code: str) -> BlockKind:
    """Errors: ``ValueError`` for a code that no app registers: a fault of the caller's."""
    if code not in _kinds:
        raise ValueError(f"No app registers blocks of the code {code!r}.")
    return _kinds[code]


def name_of(code: str) -> str:
    """As staff read it; the code itself where its app is gone."""
    return str(_kinds[code].name) if code in _kinds else code


def registered() -> dict[str, BlockKind]:
    """All of them, by code."""
    return dict(_kinds)


def placed_by_hand() -> list[BlockKind]:
    """What staff may place and lift, in the order of registering."""
    return [kind for kind in _kinds.values() if kind.by_hand]
