"""Tables as rows: cells are told from the rules around them, or from the white between columns that agree.

A row becomes one line, its cells joined by `` | ``; lines that a cell wraps into become one cell again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median

from rag.ingest.layout.order import rows
from rag.ingest.layout.pieces import Box, LayoutPiece
from rag.ingest.layout.segments import of_words
from rag.ingest.model.raw import PageLine, PageWord

THIN = 3.5  # points: the most that a rule is wide
LEAST_RULE = 6.0
TOUCH = 3.0
MOST_RULES = 600  # more is a drawing
MOST_CELL_WORDS = 90  # a cell with more is a column of text
MOST_WRAPS = 4  # lines of a cell in a table whose rows, but not its columns, have rules between them
LEAST_ROWS = 3  # of a table without rules
MARKER = re.compile(r"^(?:[^\w\s]{1,2}|\(?(?:\d{1,3}|[a-zA-Z]|[ivxlcdm]{1,6})[.):\]]|\d{1,3}(?:\.\d{1,3})*)$")
PAGE_NUMBER = re.compile(r"^(?:\d{1,4}|[ivxlcdm]{1,7})$", re.IGNORECASE)
Rows = list[list[list[LayoutPiece]]]  # rows of cells of pieces


def ruled(segments: Sequence[LayoutPiece], shapes: Sequence[Box]) -> list[LayoutPiece]:
    """``segments`` with every table that has rules in the place of what stands in it, as one piece with ``rows``."""
    found = list(segments)
    for group in _groups(shapes):
        box = _around(group)
        inside = [p for p in found if p.rows is None and _holds(box, p)]
        cells = _cells(inside, group, box) if len(inside) >= 3 else None
        if cells is not None:
            taken = {id(piece) for piece in inside}
            found = [piece for piece in found if id(piece) not in taken]
            found.append(_table(cells))
    return found


def _table(cells: Rows) -> LayoutPiece:
    pieces = [piece for row in cells for cell in row for piece in cell]
    whole = of_words([word for piece in pieces for word in piece.words], pieces[0])
    whole.size = max(piece.size for piece in pieces)
    whole.rows = [_row(row, starts=index == 0) for index, row in enumerate(cells)]
    return whole


def _row(cells: Sequence[Sequence[LayoutPiece]], *, starts: bool) -> PageLine:
    pieces = [piece for cell in cells for piece in cell]
    main = max(pieces, key=lambda p: len(p.text))
    return PageLine(
        _barred([[word for line in rows(cell) for piece in line for word in piece.words] for cell in cells]),
        round(max(p.size for p in pieces), 1),
        all(p.bold for p in pieces),
        all(p.italic for p in pieces),
        main.font,
        kind="row",
        starts=starts,
    )


def _barred(cells: Sequence[Sequence[PageWord]]) -> list[PageWord]:
    """A row's words with bars between its cells. A bar's box has no width: it stands where the cell behind it begins,
    else where the word before it ends; before the first word where that begins."""
    first = next(word for cell in cells for word in cell)
    words = list(cells[0])
    for cell in cells[1:]:
        near = cell[0] if cell else words[-1] if words else first
        x = near.x1 if words and not cell else near.x0
        words += [PageWord("|", x, near.y0, x, near.y1), *cell]
    return words


def _around(boxes: Sequence[Box]) -> Box:
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


def _holds(box: Box, piece: LayoutPiece) -> bool:
    x, y = (piece.x0 + piece.x1) / 2, (piece.y0 + piece.y1) / 2
    return box[0] - 1 <= x <= box[2] + 1 and box[1] - 1 <= y <= box[3] + 1


def _is_level(box: Box) -> bool:
    return box[3] - box[1] <= THIN and box[2] - box[0] >= 2 * LEAST_RULE


def _is_upright(box: Box) -> bool:
    return box[2] - box[0] <= THIN and box[3] - box[1] >= LEAST_RULE


def _groups(shapes: Sequence[Box]) -> list[list[Box]]:
    """Rules that touch each other, and level ones of one width below each other, from the largest group."""
    rules = sorted((box for box in shapes if _is_level(box) or _is_upright(box)), key=lambda box: box[1])
    if not 3 <= len(rules) <= MOST_RULES:
        return []
    groups = _joined(rules, _touch)
    single = [group[0] for group in groups if len(group) == 1 and _is_level(group[0])]
    stacks = [stack for stack in _joined(single, _is_stacked) if len(stack) >= 3]
    grids = [group for group in groups if len(group) >= 3]
    return sorted(stacks + grids, key=len, reverse=True)


def _joined(rules: Sequence[Box], belong: Callable[[Box, Box], bool]) -> list[list[Box]]:
    groups: list[list[Box]] = []
    for rule in rules:
        near = [group for group in groups if any(belong(other, rule) for other in group)]
        merged = [rule, *(other for group in near for other in group)]
        groups = [group for group in groups if not any(group is other for other in near)]
        groups.append(merged)
    return groups


def _touch(one: Box, other: Box) -> bool:
    return (
        one[0] - TOUCH <= other[2]
        and other[0] - TOUCH <= one[2]
        and one[1] - TOUCH <= other[3]
        and other[1] - TOUCH <= one[3]
    )


def _is_stacked(one: Box, other: Box) -> bool:
    return abs(one[0] - other[0]) < TOUCH and abs(one[2] - other[2]) < TOUCH


def _cells(inside: Sequence[LayoutPiece], group: Sequence[Box], box: Box) -> Rows | None:
    """The cells between rules; ``None`` where they are no table."""
    width, height = box[2] - box[0], box[3] - box[1]
    uprights = _marks(
        [(b[0] + b[2]) / 2 for b in group if _is_upright(b)], [b[3] - b[1] for b in group if _is_upright(b)]
    )
    levels = _marks([(b[1] + b[3]) / 2 for b in group if _is_level(b)], [b[2] - b[0] for b in group if _is_level(b)])
    xs = [x for x, length in uprights if length > 0.25 * height and box[0] + TOUCH < x < box[2] - TOUCH]
    ys = [y for y, length in levels if length > 0.5 * width and box[1] + TOUCH < y < box[3] - TOUCH]
    has_columns = bool(xs)
    pieces = _split(inside, xs) if xs else list(inside)
    if not xs:
        xs = _white(pieces)
    if not xs:
        return None
    borders = pairwise([box[1] - 2, *ys, box[3] + 2])
    bands = [[p for p in pieces if top <= (p.y0 + p.y1) / 2 < foot] for top, foot in borders]
    bands = [band for band in bands if band]
    wraps = len(ys) >= 2 if has_columns else len(bands) >= 4 and max(len(rows(band)) for band in bands) <= MOST_WRAPS
    found = [row for band in bands for row in _rows_of_band(band, xs, wraps=wraps)]
    return found if _is_table(found) else None


def _marks(places: Sequence[float], lengths: Sequence[float]) -> list[tuple[float, float]]:
    """Places that lie close together as one, with the sum of their rules' lengths."""
    found: list[tuple[float, float]] = []
    for place, length in sorted(zip(places, lengths, strict=True)):
        if found and place - found[-1][0] < TOUCH:
            found[-1] = (found[-1][0], found[-1][1] + length)
        else:
            found.append((place, length))
    return found


def _split(pieces: Sequence[LayoutPiece], xs: Sequence[float]) -> list[LayoutPiece]:
    """Pieces cut where a rule stands between their words."""
    found = []
    for piece in pieces:
        parts: dict[int, list[PageWord]] = {}
        for word in piece.words:
            parts.setdefault(_column((word.x0 + word.x1) / 2, xs), []).append(word)
        found += [piece] if len(parts) == 1 else [of_words(words, piece) for words in parts.values()]
    return found


def _column(x: float, xs: Sequence[float]) -> int:
    return sum(x > border for border in xs)


def _white(pieces: Sequence[LayoutPiece]) -> list[float]:
    """The middles of the white that (nearly) no piece crosses: borders between columns."""
    spans = sorted((p.x0, p.x1) for p in pieces)
    lines = rows(pieces)
    cells = [(p.x0, p.x1) for line in lines if len(line) > 1 for p in line]
    if len(cells) < 4:
        return []
    borders: list[float] = []
    reach = min(x0 for x0, _ in cells)
    for x0, x1 in sorted(cells):
        if x0 > reach + 2:
            crossing = sum(a < reach + 0.5 and b > x0 - 0.5 for a, b in spans)
            if crossing <= 0.2 * len(lines):
                borders.append((reach + x0) / 2)
        reach = max(reach, x1)
    return borders


def _rows_of_band(band: Sequence[LayoutPiece], xs: Sequence[float], *, wraps: bool) -> Rows:
    """The rows between two rules: one if its cells wrap, else a row for each line that fills its cells."""
    lines = rows(band)
    cells = [_in_columns(line, xs) for line in lines]
    full = sum(all(line) for line in cells)
    if len(lines) == 1 or (wraps and full < 0.8 * len(lines)):
        return [_in_columns(band, xs)]
    return _unwrapped(cells, lines)


def _in_columns(line: Sequence[LayoutPiece], xs: Sequence[float]) -> list[list[LayoutPiece]]:
    cells: list[list[LayoutPiece]] = [[] for _ in range(len(xs) + 1)]
    for piece in line:
        cells[_column((piece.x0 + piece.x1) / 2, xs)].append(piece)
    return cells


def _unwrapped(cells: Rows, lines: Sequence[Sequence[LayoutPiece]]) -> Rows:
    """Lines whose first cell is empty and that stand close below another are the rest of its cells."""
    found: Rows = []
    for index, row in enumerate(cells):
        goes_on = bool(found) and not row[0] and bool(found[-1][0]) and sum(bool(c) for c in row) < len(row) - 1
        close = index > 0 and _gap(lines[index - 1], lines[index]) < 0.7 * lines[index][0].height
        if goes_on and close:
            for cell, more in zip(found[-1], row, strict=True):
                cell.extend(more)
        else:
            found.append([list(cell) for cell in row])
    return found


def _gap(above: Sequence[LayoutPiece], below: Sequence[LayoutPiece]) -> float:
    return min(p.y0 for p in below) - max(p.y1 for p in above)


def _is_table(cells: Rows) -> bool:
    """Whether cells are many and small: a frame around a text, or rules between columns of text, make no table."""
    filled = [cell for row in cells for cell in row if cell]
    wide = [row for row in cells if sum(bool(cell) for cell in row) >= 2]
    sizes = [sum(len(piece.words) for piece in cell) for cell in filled]
    if len(filled) < 3 or max(sizes) > MOST_CELL_WORDS:
        return False
    return len(wide) >= max(1, 0.5 * len(cells)) and (len(cells) >= 2 or len(filled) >= 3)


def aligned(lines: Sequence[Sequence[LayoutPiece]]) -> list[tuple[int, int, LayoutPiece]]:
    """Tables without rules among the rows of a column: from which row to which (not included), and the table."""
    found, start = [], 0
    while start < len(lines):
        stop = _stretch(lines, start)
        table = _aligned_table(lines[start:stop]) if stop - start >= LEAST_ROWS else None
        if table is not None:
            found.append((start, stop, table))
        start = max(stop, start + 1)
    return found


def _stretch(lines: Sequence[Sequence[LayoutPiece]], start: int) -> int:
    """Where a run of lines with cells that begins at ``start`` ends."""
    stop = start
    for index in range(start, len(lines)):
        line = lines[index]
        if any(piece.rows is not None for piece in line):
            break
        if len(line) < 2 and not (index > start and line[0].x0 > lines[start][1].x0 - line[0].size):
            break
        if index > start and _gap(lines[index - 1], line) > 2.2 * line[0].height:
            break
        stop = index + 1
    while stop > start and len(lines[stop - 1]) < 2 and stop - start == 1:
        stop -= 1
    return stop


def _aligned_table(lines: Sequence[Sequence[LayoutPiece]]) -> LayoutPiece | None:
    many = [line for line in lines if len(line) > 1]
    pieces = [piece for line in lines for piece in line]
    if len(many) < LEAST_ROWS or sum(p.mono > 0.9 for p in pieces) > 0.6 * len(pieces):
        return None
    xs = _white(pieces)
    if not xs:
        return None
    cells = _unwrapped([_in_columns(line, xs) for line in lines], lines)
    if not _is_table(cells) or _is_list(cells):
        return None
    full = sum(sum(bool(cell) for cell in row) >= 0.6 * (len(xs) + 1) for row in cells)
    return _table(cells) if full >= 0.6 * len(cells) else None


def _is_list(cells: Rows) -> bool:
    """Whether rows are a list's items, terms with their explanations, or entries of contents with page numbers."""
    last = [_text(row[-1]) for row in cells if row[-1]]
    if len(last) >= 0.6 * len(cells) and sum(bool(PAGE_NUMBER.match(text)) for text in last) > 0.8 * len(last):
        numbers = [int(text) for text in last if text.isdecimal()]
        if all(one <= other for one, other in pairwise(numbers)):
            return True
    first = [_text(row[0]) for row in cells if row[0]]
    if len(cells[0]) == 2:
        if sum(bool(MARKER.match(text)) for text in first) > 0.7 * len(first):
            return True
        return median([len(text.split()) for text in last] or [0]) > 9
    return False


def _text(cell: Sequence[LayoutPiece]) -> str:
    return " ".join(piece.text for piece in cell)
