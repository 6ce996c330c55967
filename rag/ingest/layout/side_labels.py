"""Labels that stand in the middle beside some lines of text, as in the left cell of a box: read before those lines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from rag.ingest.layout.pieces import LayoutPiece

LEAST_LINES = 3  # beside a label
FLUSH = 2.0  # points: lines whose beginnings are less apart begin below each other
MOST_WORDS = 8  # of a label
CLOSE = 0.9  # heights of a line: more room parts the text beside a label from other text
Line = Sequence[LayoutPiece]


def parted(lines: Sequence[Line]) -> list[list[LayoutPiece]] | None:
    """The pieces of ``lines`` (of one column, each from left to right) as what stands above a label, the label, the
    text beside it and what stands below; ``None`` where there is no label."""
    for index in range(1, len(lines) - 1):
        if not _may_begin(lines, index):
            continue
        flush = lines[index - 1][0].x0
        first, last = _reach(lines, index, flush)
        inside = [piece for line in lines[first : last + 1] for piece in line]
        label = [piece for piece in inside if piece.x0 < flush - FLUSH]
        text = [piece for piece in inside if piece.x0 >= flush - FLUSH]
        if _is_label(label, text):
            above, below = ([p for line in part for p in line] for part in (lines[:first], lines[last + 1 :]))
            return [part for part in (above, label, text, below) if part]
    return None


def _may_begin(lines: Sequence[Line], index: int) -> bool:
    """Whether a line begins with what stands clearly to the left of the line above it, and that alone does."""
    above, first = lines[index - 1], lines[index][0]
    return len(above) == 1 and above[0].rows is None and first.rows is None and _is_left(first, above[0].x0)


def _is_left(piece: LayoutPiece, flush: float) -> bool:
    return piece.x1 + piece.size < flush


def _reach(lines: Sequence[Line], index: int, flush: float) -> tuple[int, int]:
    """The first and the last of the lines that stand beside the one at ``index``."""
    first = last = index
    while first > 0 and _fits(lines[first - 1], flush) and _close(lines[first - 1], lines[first]):
        first -= 1
    while last + 1 < len(lines) and _fits(lines[last + 1], flush) and _close(lines[last], lines[last + 1]):
        last += 1
    return first, last


def _fits(line: Line, flush: float) -> bool:
    """Whether a line is one piece that begins at ``flush``, or has a piece of the label before it, or is one."""
    if any(piece.rows is not None for piece in line) or len(line) > 2:
        return False
    return all(abs(piece.x0 - flush) < FLUSH or _is_left(piece, flush) for piece in line)


def _close(above: Line, below: Line) -> bool:
    room = min(piece.y0 for piece in below) - max(piece.y1 for piece in above)
    return room < CLOSE * min(piece.height for piece in (*above, *below))


def _is_label(label: Sequence[LayoutPiece], text: Sequence[LayoutPiece]) -> bool:
    """Whether few words stand in the middle beside many: between the first line of the text and its last."""
    if not label or len(text) < LEAST_LINES or sum(len(piece.words) for piece in label) > MOST_WORDS:
        return False
    if not all(_close([one], [other]) for one, other in pairwise(sorted(text, key=lambda p: p.y0))):
        return False  # a line set out, as the end of a block in a listing
    top, foot = min(p.y0 for p in label), max(p.y1 for p in label)
    above, below = min(p.y0 for p in text), max(p.y1 for p in text)
    height = max(piece.height for piece in (*label, *text))
    return top - above > 0.5 * height and below - foot > 0.5 * height and abs(top + foot - above - below) < 2 * height
