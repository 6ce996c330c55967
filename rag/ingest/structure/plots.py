"""Labels of plots: larger than the text or not, they head nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.ingest.model.raw import PageLine, PageWord

TICK = re.compile(r"^[-+−–]?[$€£]?(?:\d+(?:[.,·]\d+)*|[.,]\d+)(?:[eE][-+−]?\d+|[%°kKMs])?$")
LEAST_TICKS = 3  # numbers along an axis
NEAR = 2.5  # heights of a line between an axis's numbers and its label
CENTRED = 0.15  # of the axis's length: so near to its middle stands the label
LEAST_LETTERS = 3


def labels(lines: Sequence[PageLine]) -> set[int]:
    """The lines of a page that label an axis: turned otherwise than the rest, or in the middle along some numbers."""
    placed = [(index, line) for index, line in enumerate(lines) if line.words and line.kind == "text"]
    turned = {index for index, line in placed if _is_turned(line)}
    if len(turned) > len(placed) / 2:
        turned = set()
    ticks = [line for _, line in placed if all(TICK.match(word.text) for word in line.words)]
    if sum(len(line.words) for line in ticks) < LEAST_TICKS:
        return turned
    return turned | {index for index, line in placed if line not in ticks and _is_along(line, ticks)}


def _is_turned(line: PageLine) -> bool:
    x0, y0, x1, y1 = line.box
    return len(line.text) >= LEAST_LETTERS and y1 - y0 > 1.5 * (x1 - x0)


def _is_along(line: PageLine, ticks: Sequence[PageLine]) -> bool:
    x0, y0, x1, y1 = line.box
    reach = NEAR * (y1 - y0)
    numbers = [word for tick in ticks for word in tick.words if 0 <= _room(word, y0, y1) < reach]
    if len(numbers) < LEAST_TICKS:
        return False
    left, right = min(word.x0 for word in numbers), max(word.x1 for word in numbers)
    return abs(x0 + x1 - left - right) / 2 < CENTRED * (right - left)


def _room(word: PageWord, top: float, foot: float) -> float:
    """Between a word and a line that stands above or below it; less than nothing where it stands beside it."""
    return max(top - word.y1, word.y0 - foot)
