"""Pieces of a column as printed lines: which begin a paragraph, a listing or a table, which stand centred."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from rag.ingest.layout import listings, side_labels, tables
from rag.ingest.layout.order import rows
from rag.ingest.layout.pieces import LayoutPiece
from rag.ingest.layout.segments import of_words
from rag.ingest.model.raw import PageLine

SENTENCE_END = re.compile(r"[.!?:;…][\"'”’)\]]*$")
BULLET = re.compile(r"^[•‣⁃◦●○■□▪▫◆◇▶►➢⚫✓✔❖*\-–—](?:\s|$)|^[•‣◦●■▪◆⚫]")
NUMBERED = re.compile(r"^(?:\(?(?:\d{1,3}|[a-zA-Z]|[ivxlc]{1,5})[.)]|\[\d{1,3}\])\s")


@dataclass(slots=True)
class TextColumn:
    """What the lines of a column have in common."""

    left: float
    right: float
    leading: float  # from one line's foot to the next one's
    size: float  # of the letters of its text


def lines(column: Sequence[LayoutPiece]) -> list[PageLine]:
    """The printed lines of one column, from its top; a row of a table is a line."""
    found = rows(column)
    if (parts := side_labels.parted(found)) and not tables.aligned(found):
        return [line for part in parts for line in lines(part)]
    return _lines(found)


def _lines(rows_of_column: Sequence[Sequence[LayoutPiece]]) -> list[PageLine]:
    joined = _with_tables(rows_of_column)
    if not joined:
        return []
    shape = _shape(joined)
    goes_on = [False, *(_goes_on(before, line, shape) for before, line in pairwise(joined))]
    code = listings.are_code(joined, goes_on)
    _indent(joined, code)
    found: list[PageLine] = []
    starts: list[bool] = []
    for index, piece in enumerate(joined):
        begins = index == 0 or _begins(joined, index, code, starts, shape)
        starts.append(begins)
        if piece.rows is not None:
            found += piece.rows
        else:
            centred = _is_centred(joined, index, shape) and not code[index]
            found.append(_line(piece, is_code=code[index], starts=begins, centred=centred))
    return found


def _with_tables(found: Sequence[Sequence[LayoutPiece]]) -> list[LayoutPiece]:
    """Each row as one piece; the rows of a table without rules as that table."""
    joined: list[LayoutPiece] = []
    at = 0
    for start, stop, table in tables.aligned(found):
        joined += [_joined(row) for row in found[at:start]]
        joined.append(table)
        at = stop
    return joined + [_joined(row) for row in found[at:]]


def _joined(row: Sequence[LayoutPiece]) -> LayoutPiece:
    if len(row) == 1:
        return row[0]
    main = max(row, key=lambda p: len(p.text))
    whole = of_words([word for piece in row for word in piece.words], main)
    letters = [len(piece.text) for piece in row]
    whole.size = max(p.size for p in row)
    whole.bold, whole.italic = all(p.bold for p in row), all(p.italic for p in row)
    whole.mono = sum(p.mono * n for p, n in zip(row, letters, strict=True)) / sum(letters)
    return whole


def _shape(joined: Sequence[LayoutPiece]) -> TextColumn:
    steps = [
        b.y1 - a.y1
        for a, b in pairwise(joined)
        if a.rows is None and b.rows is None and abs(a.size - b.size) < 1 and 0 < b.y1 - a.y1 < 3 * b.height
    ]
    usual = sorted(steps)[len(steps) // 3] if steps else 1.25 * median(p.height for p in joined)
    return TextColumn(min(p.x0 for p in joined), max(p.x1 for p in joined), usual, median(p.size for p in joined))


def _indent(joined: Sequence[LayoutPiece], code: Sequence[bool]) -> None:
    listing: list[LayoutPiece] = []
    for piece, is_code in zip(joined, code, strict=True):
        if is_code:
            listing.append(piece)
        elif listing:
            listings.indent(listing)
            listing = []
    if listing:
        listings.indent(listing)


def _is_centred(joined: list[LayoutPiece], index: int, shape: TextColumn) -> bool:
    """Whether a line stands in the middle of its column, and no line beside it begins where it does."""
    piece = joined[index]
    before, after = piece.x0 - shape.left, shape.right - piece.x1
    if min(before, after) < 2 * piece.size or abs(before - after) > piece.size:
        return False
    neighbours = joined[max(index - 1, 0) : index] + joined[index + 1 : index + 2]
    return all(abs(other.x0 - piece.x0) > 1 for other in neighbours)


def _line(piece: LayoutPiece, *, is_code: bool, starts: bool, centred: bool) -> PageLine:
    return PageLine(
        piece.words,
        round(piece.size, 1),
        piece.bold,
        piece.italic,
        piece.font,
        kind="code" if is_code else "text",
        starts=starts,
        centred=centred,
    )


def _begins(
    joined: Sequence[LayoutPiece], index: int, code: Sequence[bool], starts: Sequence[bool], shape: TextColumn
) -> bool:
    """Whether a paragraph, a heading, a listing or a table begins with a line."""
    before, line = joined[index - 1], joined[index]
    after = joined[index + 1] if index + 1 < len(joined) else None
    if before.rows is not None or line.rows is not None or code[index] != code[index - 1]:
        return True
    step = line.y1 - before.y1
    if code[index]:
        return step > 1.5 * shape.leading and step > 1.6 * line.height
    if abs(before.size - line.size) > 0.8 and not _goes_on(before, line, shape):
        return True
    is_title = line.size > 1.2 * shape.size and line.bold == before.bold
    loose = max(1.35 * shape.leading, (1.5 if is_title else 1.15) * line.height)
    if step > loose or step < -line.height:
        return not (line.text[:1].islower() and not SENTENCE_END.search(before.text) and step < 2 * shape.leading)
    if before.bold != line.bold and not _is_full(before, shape):
        return True
    if BULLET.match(line.text) or (NUMBERED.match(line.text) and _ends(before, line, shape)):
        return True
    return _is_indented(before, line, after, starts[-1]) or (
        _ends(before, line, shape) and bool(SENTENCE_END.search(before.text)) and not line.text[:1].islower()
    )


def _ends(before: LayoutPiece, line: LayoutPiece, shape: TextColumn) -> bool:
    """Whether the line above stops short although the next word would have fitted."""
    first = line.words[0]
    return before.x1 + (first.x1 - first.x0) + 0.8 * line.size < shape.right


def _is_full(piece: LayoutPiece, shape: TextColumn) -> bool:
    return piece.x1 > shape.right - 0.12 * (shape.right - shape.left)


def _is_indented(before: LayoutPiece, line: LayoutPiece, after: LayoutPiece | None, starts: bool) -> bool:
    """Whether a line is set in (or out) as the first of a paragraph is."""
    step = line.x0 - before.x0
    if abs(step) < 0.7 * line.size or SENTENCE_END.search(before.text) is None:
        return False
    if step > 0:  # unless it hangs below the first line of an item, as the next line then does too
        hangs = BULLET.match(before.text) or NUMBERED.match(before.text)
        return not hangs and (after is None or after.x0 < line.x0 - 0.7 * line.size or not starts)
    return not starts


def _goes_on(before: LayoutPiece, line: LayoutPiece, shape: TextColumn) -> bool:
    """Whether a sentence runs from one line into the next."""
    if SENTENCE_END.search(before.text) or before.rows is not None or line.rows is not None:
        return False
    if before.mono > listings.CODE and line.mono > listings.CODE:
        return False
    close = -0.5 * line.height < line.y1 - before.y1 < 1.3 * shape.leading
    if line.mono > listings.CODE or before.mono > listings.CODE:
        return close and _is_full(before if line.mono > listings.CODE else line, shape)
    return close and (line.text[:1].islower() or (_is_full(before, shape) and not before.bold))
