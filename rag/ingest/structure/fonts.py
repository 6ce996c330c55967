"""What a line of print looks like: enough to tell headings and running lines from the text of a book."""

from __future__ import annotations

import re
from collections import Counter
from math import log
from typing import NamedTuple

from rag.ingest.model.raw import PageLine, RawPage

SUBSET = re.compile(r"^[A-Z]{6}\+")
HEIGHTS_APART = 0.7  # a word lower than this share of the highest stands beside a drop capital or a symbol
RECOGNISED = "(recognised)"  # stands for the font of a page whose characters were recognised in its picture
RECOGNISED_NEAR, RECOGNISED_STEP = 1.25, 1.25  # sizes measured in pictures waver
NEAR = 0.15  # a size so judged is that of most lines, if it is so near to it


class FontLook(NamedTuple):
    """Font, size in points and cut of a line."""

    font: str
    size: float
    bold: bool
    italic: bool


def looks_of(page: RawPage) -> list[FontLook]:
    """The look of each line of a page."""
    if page.source == "ocr":
        return _recognised(page)
    looks = [_look(line) for line in page.lines]
    letters: Counter[float] = Counter()
    for line, (look, mixed) in zip(page.lines, looks, strict=True):
        letters[look.size] += 0 if mixed else len(line.words)
    usual = min(letters, key=lambda size: (-letters[size], size), default=0.0)
    return [
        look._replace(size=usual) if mixed and abs(look.size - usual) <= NEAR * usual else look for look, mixed in looks
    ]


def _look(line: PageLine) -> tuple[FontLook, bool]:
    """The look of a line, and whether its size had to be judged by the heights of its words: ``line.size`` is that of
    its largest letters, be they a drop capital or a symbol."""
    heights = sorted(word.y1 - word.y0 for word in line.words)
    size, usual = line.size, heights[len(heights) // 2] if heights else 0.0
    mixed = len(heights) > 1 and 0 < usual < HEIGHTS_APART * heights[-1]
    if mixed:
        size *= usual / heights[-1]
    return FontLook(SUBSET.sub("", line.font), round(2 * size) / 2, line.bold, line.italic), mixed


def _recognised(page: RawPage) -> list[FontLook]:
    """Looks in a recognised page: sizes in wide steps from that of most lines."""
    sizes = sorted(line.size for line in page.lines for _ in line.words)
    usual = max(1.0, sizes[len(sizes) // 2] if sizes else 1.0)
    looks = []
    for line in page.lines:
        steps = round(log(max(line.size, 1.0) / usual, RECOGNISED_STEP))
        near = usual / RECOGNISED_NEAR < line.size < usual * RECOGNISED_NEAR
        size = usual if near else usual * RECOGNISED_STEP**steps
        looks.append(FontLook(RECOGNISED, round(size), line.bold, line.italic))
    return looks
