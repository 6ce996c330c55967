"""Counts that are small enough to tell of somebody are put together until they are not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

SMALLEST = 5  # a count below it may tell of one person


class Cells(NamedTuple):
    """``kept``: counts that stand for themselves; ``others``: all the rest in one."""

    kept: dict[int, int]
    others: int


def merged(counts: Mapping[int, int], *, smallest: int = SMALLEST) -> Cells:
    """Merge the counts below ``smallest``, and with them the next smallest until the merged one is not small either:
    else it could be read off a sum. Only where all together are few are the others fewer than ``smallest``."""
    kept = {key: count for key, count in counts.items() if count >= smallest}
    others = sum(count for count in counts.values() if count < smallest)
    while 0 < others < smallest and kept:
        least = min(kept, key=lambda key: (kept[key], key))
        others += kept.pop(least)
    return Cells(kept, others)
