"""What stands against a patron, as one more column of a statement that is asked anyway.

Whoever writes it has locked the patron's row (``accounts.services.blocks``): read it once that is locked here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from circulation import rules
from library.core.errors import Level

# Of one patron, the oldest first, those that are over too: which day it is, the rules say.
BLOCKS_OF = """
  (SELECT json_agg(json_build_array(block.code, block.level, block.until, block.note) ORDER BY block.at, block.id)
   FROM accounts_patronblock AS block WHERE block.patron_id = {patron})
"""
BLOCKS = BLOCKS_OF.format(patron="%(patron)s")


def read_blocks(rows: Sequence[Sequence[Any]] | None) -> list[rules.BlockState]:
    """The column, as the rules look at it."""
    return [
        rules.BlockState(code, Level(level), date.fromisoformat(until) if until else None, note)
        for code, level, until, note in rows or ()
    ]
