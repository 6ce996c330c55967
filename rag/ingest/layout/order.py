"""Reading order: gutters are found from the white between pieces, and what crosses a gutter parts bands of columns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from rag.ingest.layout.pieces import Piece

LEAST_ROWS = 3  # rows with text on both sides that a gutter needs
MOST_DEPTH = 8  # how often a region is cut again


def columns(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """``pieces`` in reading order, as stretches that each stand in one column."""
    found: list[list[Piece]] = []
    _cut(sorted(pieces, key=lambda p: (p.y0, p.x0)), found, 0)
    return found


def rows(column: Sequence[Piece]) -> list[list[Piece]]:
    """The pieces of one column as rows from the top, each from left to right."""
    found: list[list[Piece]] = []
    for piece in sorted(column, key=lambda p: ((p.y0 + p.y1) / 2, p.x0)):
        if found and _on_one_line(found[-1], piece):
            found[-1].append(piece)
        else:
            found.append([piece])
    for row in found:
        row.sort(key=lambda p: p.x0)
    return found


def _on_one_line(row: Sequence[Piece], piece: Piece) -> bool:
    """Whether ``piece`` stands on the baseline of a row: beside it, and level with its tallest piece."""
    tallest = max(row, key=lambda p: p.height)
    overlap = min(tallest.y1, piece.y1) - max(tallest.y0, piece.y0)
    if overlap < 0.5 * min(tallest.height, piece.height):
        return False
    return all(
        min(other.x1, piece.x1) - max(other.x0, piece.x0) < 0.3 * min(other.height, piece.height) for other in row
    )


def _cut(region: list[Piece], found: list[list[Piece]], depth: int) -> None:
    gutter = _gutter(region) if depth < MOST_DEPTH and len(region) >= 2 * LEAST_ROWS else None
    if gutter is None:
        if region:
            found.append(region)
        return
    x, top, foot = gutter
    above, left, right, below = [], [], [], []
    for piece in region:
        middle = (piece.y0 + piece.y1) / 2
        if middle < top:
            above.append(piece)
        elif middle > foot:
            below.append(piece)
        elif (piece.x0 + piece.x1) / 2 < x:
            left.append(piece)
        else:
            right.append(piece)
    for part in (above, left, right, below):
        _cut(part, found, depth + 1)


def _gutter(region: Sequence[Piece]) -> tuple[float, float, float] | None:
    """Where the region is best parted into columns: the gutter's x, and from where to where down the page it runs."""
    gaps = _gaps(region)
    best, best_rows = None, 0.0
    for x in sorted({round(middle) for _, _, middle, _ in gaps}):
        for top, foot, crossing in _stretches(region, x):
            left = [p for p in region if top <= (p.y0 + p.y1) / 2 <= foot and p.x1 <= x + 1]
            right = [p for p in region if top <= (p.y0 + p.y1) / 2 <= foot and p.x0 >= x - 1]
            weight = min(len(left), len(right)) + 0.001 * (foot - top)
            if weight > best_rows and not crossing and _are_columns(left, right):
                best, best_rows = (float(x), top, foot), weight
    return best


def _gaps(region: Sequence[Piece]) -> list[tuple[float, float, float, float]]:
    """White between neighbours on a line: from x, to x, middle, y."""
    found = []
    for row in rows(region):
        for left, right in pairwise(row):
            if right.x0 - left.x1 > 0.8 * min(left.size, right.size):
                found.append((left.x1, right.x0, (left.x1 + right.x0) / 2, (left.y0 + left.y1) / 2))
    return found


def _stretches(region: Sequence[Piece], x: float) -> list[tuple[float, float, bool]]:
    """The vertical stretches in which nothing crosses ``x``."""
    crossing = sorted((p.y0, p.y1) for p in region if p.x0 < x - 1 and p.x1 > x + 1)
    edges = [min(p.y0 for p in region) - 1.0, max(p.y1 for p in region) + 1.0]
    found, top = [], edges[0]
    for y0, y1 in crossing:
        if (y0 + y1) / 2 > top:
            found.append((top, (y0 + y1) / 2 - 0.01, False))
        top = max(top, (y0 + y1) / 2 + 0.01)
    found.append((top, edges[1], False))
    return found


def _are_columns(left: Sequence[Piece], right: Sequence[Piece]) -> bool:
    """Whether both sides are running text (not a number beside its title, a bullet beside its item, table cells)."""
    if min(len(left), len(right)) < LEAST_ROWS:
        return False
    for side in (left, right):
        lines = rows(side)
        width = max(p.x1 for p in side) - min(p.x0 for p in side)
        if len(lines) < LEAST_ROWS or median(len(" ".join(p.text for p in line)) for line in lines) < 8:
            return False
        fill = median(sum(p.width for p in line) / width for line in lines) if width else 0
        if fill < 0.5:
            return False
    return True
