"""Reading order: gutters are found from the white between segments; what crosses a gutter parts bands of columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from rag.ingest.layout.pieces import LayoutPiece
from rag.ingest.layout.segments import level

LEAST_ROWS = 3  # lines on both sides that a gutter needs
MOST_DEPTH = 12  # how often a region is cut again
CANDIDATES = 6  # gutters that are looked at closely
ASIDE = 0.6  # of the running text's width: the most that a box beside it is wide
ZONE = 0.12  # share of the page's height in which headers and footers stand
MOST_EDGE_ROWS = 3
NUMBERS = re.compile(r"^[\W\divxlcdmIVXLCDM]+$")


@dataclass(slots=True)
class Gap:
    """White between two neighbours on a line."""

    x0: float
    x1: float
    y0: float
    y1: float


@dataclass(slots=True)
class Gutter:
    """White at ``x`` between columns that stand from ``top`` to ``foot``."""

    x: float
    top: float
    foot: float


def columns(pieces: Sequence[LayoutPiece], height: float) -> list[list[LayoutPiece]]:
    """``pieces`` (segments) of a page of this height in reading order, as stretches that each stand in one column."""
    head, body, foot = _edges(sorted(pieces, key=_middle), height)
    found: list[list[LayoutPiece]] = [*head]
    _cut(body, found, 0)
    return found + foot


def rows(column: Sequence[LayoutPiece]) -> list[list[LayoutPiece]]:
    """The pieces of one column as rows from the top, each from left to right."""
    found: list[list[LayoutPiece]] = []
    for piece in sorted(column, key=_middle):
        row = next((row for row in reversed(found[-3:]) if _belongs(row, piece)), None)
        if row is not None:
            row.append(piece)
        else:
            found.append([piece])
    for row in found:
        row.sort(key=lambda p: p.x0)
    return found


def _middle(piece: LayoutPiece) -> float:
    return (piece.y0 + piece.y1) / 2


def _belongs(row: Sequence[LayoutPiece], piece: LayoutPiece) -> bool:
    """Whether ``piece`` stands on the baseline of a row, beside all that is in it. A table is a row of its own."""
    if piece.rows is not None or row[0].rows is not None:
        return False
    if not level(row[0] if len(row) == 1 else max(row, key=lambda p: p.y1 - p.y0), piece):
        return False
    return all(min(o.x1, piece.x1) - max(o.x0, piece.x0) < 0.3 * min(o.height, piece.height) for o in row)


def _edges(
    pieces: list[LayoutPiece], height: float
) -> tuple[list[list[LayoutPiece]], list[LayoutPiece], list[list[LayoutPiece]]]:
    """The page's first and last lines where white parts them from the rest, and the rest."""
    top = _edge(pieces, lambda p: p.y1 < ZONE * height)
    taken = {id(piece) for piece in top}
    body = [piece for piece in pieces if id(piece) not in taken]
    foot = _edge(body[::-1], lambda p: p.y0 > (1 - ZONE) * height)
    taken = {id(piece) for piece in foot}
    body = [piece for piece in body if id(piece) not in taken]
    return [top] if top else [], body, [foot[::-1]] if foot else []


def _edge(pieces: Sequence[LayoutPiece], near: Callable[[LayoutPiece], bool]) -> list[LayoutPiece]:
    """The outermost rows, from the edge inwards, if white parts them from what follows."""
    taken: list[LayoutPiece] = []
    count = 0
    for piece in pieces:
        fresh = not any(level(other, piece) for other in taken[-6:])
        if fresh and taken:
            gap = max(piece.y0 - max(p.y1 for p in taken), min(p.y0 for p in taken) - piece.y1)
            if gap > 0.8 * min(piece.height, taken[-1].height):
                return taken
        count += fresh
        if not near(piece) or count > MOST_EDGE_ROWS:
            return []
        taken.append(piece)
    return []


def _cut(region: list[LayoutPiece], found: list[list[LayoutPiece]], depth: int) -> None:
    gutter = _gutter(region) if depth < MOST_DEPTH and len(region) >= 2 * LEAST_ROWS else None
    if gutter is None:
        if region:
            found.append(region)
        return
    above, left, right, below = [], [], [], []
    for piece in region:
        y = _middle(piece)
        if y < gutter.top:
            above.append(piece)
        elif y > gutter.foot:
            below.append(piece)
        elif (piece.x0 + piece.x1) / 2 < gutter.x:
            left.append(piece)
        else:
            right.append(piece)
    parts = (above, left, right, below)
    if aside := _aside(left, right, [*above, *below]):
        parts = (above, left if aside is right else right, below, aside)
    for part in parts:
        _cut(part, found, depth + 1)


def _aside(
    left: list[LayoutPiece], right: list[LayoutPiece], around: Sequence[LayoutPiece]
) -> list[LayoutPiece] | None:
    """The side that stands beside the running text, which goes on below it: a box, notes in the margin."""
    widths = [max(p.x1 for p in side) - min(p.x0 for p in side) for side in (left, right)]
    narrow, wide = (left, right) if widths[0] < widths[1] else (right, left)
    if min(widths) > ASIDE * max(widths):
        return None
    sizes = [median(p.size for p in side) for side in (narrow, wide)]
    flush = min(p.x0 for p in wide)
    wraps = any(
        abs(p.x0 - flush) < p.size and p.width > 1.1 * max(widths) and abs(p.size - sizes[1]) < 0.5 for p in around
    )
    return narrow if wraps or sizes[0] < 0.93 * sizes[1] else None


def _gutter(region: Sequence[LayoutPiece]) -> Gutter | None:
    """Where the region is best parted into columns."""
    gaps = _gaps(region)
    if len(gaps) < LEAST_ROWS - 1:
        return None
    best, best_weight = None, 0.0
    for x in _candidates(gaps):
        here = [gap for gap in gaps if gap.x0 <= x <= gap.x1]
        x1 = median(gap.x1 for gap in here)
        x0 = max((gap.x0 for gap in here if gap.x0 < x1), default=x)
        for band in _bands(region, x0, x1):
            left = [piece for piece in band if (piece.x0 + piece.x1) / 2 < x]
            right = [piece for piece in band if (piece.x0 + piece.x1) / 2 >= x]
            if not _are_columns(left, right):
                continue
            top, foot = min(p.y0 for p in band), max(p.y1 for p in band)
            weight = _shared_height(left, right)
            if weight > best_weight:
                best, best_weight = Gutter(_between(band, (x0 + x1) / 2, x), top, foot), weight
    return best


def _between(band: Sequence[LayoutPiece], middle: float, x: float) -> float:
    """Where the band is parted: in the middle of the white, unless all of it stands on one side of that."""
    on_the_left = sum((piece.x0 + piece.x1) / 2 < middle for piece in band)
    return middle if 0 < on_the_left < len(band) else x


def _gaps(region: Sequence[LayoutPiece]) -> list[Gap]:
    """White to the right of every piece, up to its next neighbour on the line."""
    ordered = sorted(region, key=lambda p: p.y0)
    tallest = max(p.height for p in ordered)
    found = []
    for index, piece in enumerate(ordered):
        nearest: LayoutPiece | None = None
        for step in (-1, 1):
            at = index + step
            while 0 <= at < len(ordered) and -tallest < ordered[at].y0 - piece.y0 < piece.height:
                other = ordered[at]
                overlap = min(piece.y1, other.y1) - max(piece.y0, other.y0)
                beside = overlap > 0.3 * min(piece.height, other.height) and other.x0 >= piece.x1
                if beside and (nearest is None or other.x0 < nearest.x0):
                    nearest = other
                at += step
        if nearest is not None and nearest.x0 - piece.x1 > 0.5 * min(piece.size, nearest.size):
            found.append(Gap(piece.x1, nearest.x0, max(piece.y0, nearest.y0), min(piece.y1, nearest.y1)))
    return found


def _candidates(gaps: Sequence[Gap]) -> list[float]:
    """The places that most white (by height) stands over."""
    edges = sorted({gap.x1 for gap in gaps})
    weighed: list[tuple[float, float]] = []
    for edge in edges:
        x = edge - 0.5
        weight = sum(gap.y1 - gap.y0 for gap in gaps if gap.x0 <= x <= gap.x1)
        weighed.append((weight, x))
    weighed.sort(reverse=True)
    chosen: list[float] = []
    for weight, x in weighed:
        if weight > 0 and all(abs(x - other) > 3 for other in chosen):
            chosen.append(x)
        if len(chosen) == CANDIDATES:
            break
    return chosen


def _bands(region: Sequence[LayoutPiece], x0: float, x1: float) -> list[list[LayoutPiece]]:
    """The stretches from top to foot that nothing crosses between ``x0`` and ``x1``."""
    found: list[list[LayoutPiece]] = [[]]
    for piece in sorted(region, key=_middle):
        if piece.x0 < x0 - 1 and piece.x1 > x1 + 1:
            found.append([])
        else:
            found[-1].append(piece)
    return [_trimmed(band, x1) for band in found if len(band) >= 2 * LEAST_ROWS]


def _trimmed(band: list[LayoutPiece], x: float) -> list[LayoutPiece]:
    """The band without what stands apart above or below the part with text on both sides."""
    left = [p for p in band if p.x0 < x - 1]
    right = [p for p in band if p.x0 >= x - 1]
    if not left or not right:
        return []
    top = max(min(p.y0 for p in left), min(p.y0 for p in right))
    foot = min(max(p.y1 for p in left), max(p.y1 for p in right))
    kept = [p for p in band if p.y1 >= top and p.y0 <= foot]
    if not kept:
        return []
    upper = sorted((p for p in band if p.y1 < top), key=lambda p: -p.y1)
    lower = sorted((p for p in band if p.y0 > foot), key=lambda p: p.y0)
    edge = min(p.y0 for p in kept)
    for piece in upper:
        if edge - piece.y1 > 1.2 * piece.height:
            break
        kept.append(piece)
        edge = min(edge, piece.y0)
    edge = max(p.y1 for p in kept)
    for piece in lower:
        if piece.y0 - edge > 1.2 * piece.height:
            break
        kept.append(piece)
        edge = max(edge, piece.y1)
    return _without_rows_of_cells(kept)


def _without_rows_of_cells(band: list[LayoutPiece]) -> list[LayoutPiece]:
    """The band without a table at its top or foot: lines with more pieces than the band has columns."""
    lines = rows(band)
    usual = median(len(line) for line in lines)
    first, last = 0, len(lines)
    while first < last and len(lines[first]) > usual:
        first += 1
    while last > first and len(lines[last - 1]) > usual:
        last -= 1
    first, last = first if first >= 2 else 0, last if len(lines) - last >= 2 else len(lines)
    return [piece for line in lines[first:last] for piece in line]


def _shared_height(left: Sequence[LayoutPiece], right: Sequence[LayoutPiece]) -> float:
    return min(sum(p.height for p in left), sum(p.height for p in right))


def _are_columns(left: Sequence[LayoutPiece], right: Sequence[LayoutPiece]) -> bool:
    """Whether both sides are running text (not a number beside its title, a bullet beside its item, cells)."""
    if min(len(left), len(right)) < LEAST_ROWS:
        return False
    left_rows, right_rows = rows(left), rows(right)
    if min(len(left_rows), len(right_rows)) < LEAST_ROWS:
        return False
    for lines in (left_rows, right_rows):
        texts = [" ".join(p.text for p in line) for line in lines]
        numbers = sum(bool(NUMBERS.match(text)) for text in texts)
        if numbers > 0.5 * len(texts) or median(len(text) for text in texts) < 8:
            return False
        if sum(all(p.mono > 0.9 for p in line) for line in lines) > 0.7 * len(lines):
            return False
    return not _is_table(left_rows, right_rows)


def _is_table(left: Sequence[Sequence[LayoutPiece]], right: Sequence[Sequence[LayoutPiece]]) -> bool:
    """Whether lines that stand level are the cells of a table: they do not fill their column as running text does."""
    marks = sorted(row[-1].y1 for row in left)
    aligned = sum(any(abs(mark - row[0].y1) < 0.25 * row[0].height for mark in marks) for row in right)
    if aligned < 0.7 * min(len(left), len(right)):
        return False
    fills = [_fill(side) for side in (left, right)]
    words = [median(sum(len(p.words) for p in row) for row in side) for side in (left, right)]
    if min(fills) >= 0.6 and min(words) >= 3:
        return False
    widths = [max(p.x1 for r in side for p in r) - min(p.x0 for r in side for p in r) for side in (left, right)]
    alike = min(widths) > 0.6 * max(widths) and min(len(left), len(right)) >= 12
    return not alike


def _fill(side: Sequence[Sequence[LayoutPiece]]) -> float:
    """How much of its column a line fills, for the line in the middle."""
    width = max(p.x1 for row in side for p in row) - min(p.x0 for row in side for p in row)
    return median((row[-1].x1 - row[0].x0) / width for row in side) if width else 0.0
