"""Listings: lines in letters of one width that are no part of a sentence, with their indentation."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from rag.ingest.layout.pieces import LayoutPiece

CODE = 0.9  # share of letters of one width that make a line one of a listing
PARTLY = 0.35  # … where it stands among such lines
MOST_INDENT = 60


def are_code(lines: Sequence[LayoutPiece], goes_on: Sequence[bool]) -> list[bool]:
    """For each line whether it belongs to a listing. ``goes_on``: whether a sentence runs into it from above."""
    found: list[bool] = []
    for index, line in enumerate(lines):
        in_sentence = goes_on[index] and index > 0 and not found[-1]
        found.append(line.mono > CODE and not in_sentence and line.rows is None)
    for index, line in enumerate(lines):
        if not found[index] and line.mono > PARTLY and line.rows is None:
            before = index > 0 and found[index - 1] and _close(lines[index - 1], line)
            after = index + 1 < len(lines) and found[index + 1] and _close(line, lines[index + 1])
            found[index] = before or (after and not goes_on[index])
    return found


def _close(above: LayoutPiece, below: LayoutPiece) -> bool:
    return below.y0 - above.y1 < 0.8 * min(above.height, below.height)


def indent(listing: Sequence[LayoutPiece]) -> None:
    """Spaces before the first word of each line of a listing, as many letters as it is indented."""
    left = min(line.x0 for line in listing)
    widths = [line.width / len(line.text) for line in listing if len(line.text) > 3 and line.mono > CODE]
    if not widths:
        return
    width = median(widths)
    for line in listing:
        spaces = min(round((line.x0 - left) / width), MOST_INDENT) if width > 0 else 0
        line.words[0].text = " " * spaces + line.words[0].text
