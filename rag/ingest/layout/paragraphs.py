"""Pieces of a column as printed lines: which begin a paragraph, which stand centred."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from rag.ingest.layout.order import rows
from rag.ingest.layout.pieces import Piece
from rag.ingest.raw import Line

SENTENCE_END = re.compile(r"[.!?:;…][\"'”’)\]]*$")


def lines(column: Sequence[Piece]) -> list[Line]:
    """The printed lines of one column, from its top."""
    joined = [_joined(row) for row in rows(column)]
    if not joined:
        return []
    margin = max(piece.x1 for piece in joined)
    left = min(piece.x0 for piece in joined)
    found = [_line(joined[0], left, margin, starts=True)]
    for before, piece in pairwise(joined):
        found.append(_line(piece, left, margin, starts=_parted(before, piece, margin)))
    return found


def _joined(row: Sequence[Piece]) -> Piece:
    words = [word for piece in row for word in piece.words]
    main = max(row, key=lambda p: len(p.text))
    return Piece(
        words, row[0].x0, min(p.y0 for p in row), max(p.x1 for p in row), max(p.y1 for p in row),
        size=max(p.size for p in row), bold=all(p.bold for p in row), italic=all(p.italic for p in row),
        mono=all(p.mono for p in row), font=main.font, block=main.block,
    )  # fmt: skip


def _line(piece: Piece, left: float, margin: float, *, starts: bool) -> Line:
    before, after = piece.x0 - left, margin - piece.x1
    centred = min(before, after) > 2 * piece.size and abs(before - after) < piece.size
    return Line(
        piece.words, piece.size, piece.bold, piece.italic, piece.font,
        kind="code" if piece.mono else "text", starts=starts, centred=centred,
    )  # fmt: skip


def _parted(before: Piece, line: Piece, margin: float) -> bool:
    """Whether a paragraph ends between two lines. ``margin`` is how far right the column's lines go."""
    if abs(before.size - line.size) > 0.8:
        return True
    if _goes_on(before, line, margin):
        return False
    if before.mono != line.mono or before.bold != line.bold:
        return True
    return before.block != line.block or line.y0 - before.y1 > 0.9 * min(before.height, line.height)


def _goes_on(before: Piece, line: Piece, margin: float) -> bool:
    """Whether a sentence runs from one line into the next, whatever the file calls a block."""
    if SENTENCE_END.search(before.text) or (before.mono and line.mono):
        return False
    if line.mono or before.mono:  # a name in typewriter letters that happens to fill a line; not a listing
        close = -before.height < line.y0 - before.y1 < 0.5 * before.height
        return close and min(len(before.words), len(line.words)) <= 2
    full = before.x1 > 0.88 * margin and abs(line.y0 - before.y1) < 0.5 * before.height
    return line.text[:1].islower() or (full and not before.bold)


def typical(values: Sequence[float]) -> float:
    """The median, 0 of nothing."""
    return median(values) if values else 0.0
