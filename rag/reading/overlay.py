"""What lies over the picture of a page: its words, to be selected, and the stretches that are marked.

Boxes are those that were kept as the page was read: points from the top left corner of the page as it is shown, turned
and cropped, which is also what its picture shows. So everything here is a share of the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from rag.ingest.model.clean import WordBox, unpacked_boxes
from rag.models import Page

SAME_LINE = 0.5  # of the lower one's height that two words of a line have in common
ABOVE_BASELINE, LETTERS = 0.8, 0.86  # of a box: where its baseline is, and the size of its letters
Spans = Iterable[tuple[int, int]]


@dataclass(frozen=True)
class Rect:
    """A stretch of one line, in points of the page."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Overlay:
    """``words``: the page's words as SVG text elements. ``width`` and ``height``: of the page, in points."""

    width: float
    height: float
    boxes: Sequence[WordBox]
    words: SafeString

    def rects(self, start: int, end: int) -> list[Rect]:
        """Where ``text[start:end]`` stands, a rectangle for each line; none where that is not known."""
        return _rects([box for box in self.boxes if box.start < end and box.end > start])


def overlay_of(page: Page) -> Overlay | None:
    """``None`` where nobody knows where the words of ``page`` stand."""
    if not page.boxes or page.width <= 0 or page.height <= 0:
        return None
    boxes = unpacked_boxes(bytes(page.boxes))
    return Overlay(page.width, page.height, boxes, words_layer(page.text or "", boxes)) if boxes else None


def words_layer(text: str, boxes: Sequence[WordBox]) -> SafeString:
    """Each line of ``text`` as one SVG text element in which each word stands in its box and says by ``data-at`` which
    part of the text it is."""
    return mark_safe("".join(_line(text, line) for line in _lines(list(_pieces(text, boxes)))))  # noqa: S308 (escaped)


@dataclass(frozen=True)
class _Piece:
    """A word, or what stands of it on one line."""

    box: WordBox
    text: str
    at: int  # offset of its first sign


def _pieces(text: str, boxes: Sequence[WordBox]) -> Iterator[_Piece]:
    """A word that a line break parted is cut by the widths of its boxes: where exactly, nobody wrote down."""
    for (start, end), group in groupby(boxes, key=lambda box: (box.start, box.end)):
        parts = list(group)
        whole = sum(max(box.x1 - box.x0, 0.1) for box in parts)
        taken, place = 0.0, start
        for box in parts:
            taken += max(box.x1 - box.x0, 0.1)
            stop = end if box is parts[-1] else start + round((end - start) * taken / whole)
            if stop > place:
                yield _Piece(box, text[place:stop], place)
            place = stop


def _lines(pieces: Sequence[_Piece]) -> Iterator[list[_Piece]]:
    line: list[_Piece] = []
    for piece in pieces:
        if line and not _side_by_side(line[-1].box, piece.box):
            yield line
            line = []
        line.append(piece)
    if line:
        yield line


def _side_by_side(one: WordBox, other: WordBox) -> bool:
    common = min(one.y1, other.y1) - max(one.y0, other.y0)
    return common > SAME_LINE * min(one.y1 - one.y0, other.y1 - other.y0)


def _line(text: str, line: Sequence[_Piece]) -> str:
    words = [_span(piece) + _gap(text, piece, following) for piece, following in zip_longest(line, line[1:])]
    return f'<text font-size="{_letters(line[0].box):.1f}">{"".join(words)}</text>'


def _gap(text: str, piece: _Piece, following: _Piece | None) -> str:
    """A space, where there is one before the next word of the line."""
    behind = text[piece.at + len(piece.text) : following.at] if following is not None else ""
    return " " if behind.strip() != behind else ""


def _letters(box: WordBox) -> float:
    """The size of a box's letters, in points."""
    return max(LETTERS * (box.y1 - box.y0), 0.1)


def _span(piece: _Piece) -> str:
    box = piece.box
    high, wide = box.y1 - box.y0, max(box.x1 - box.x0, 0.1)
    return (
        f'<tspan x="{box.x0:.1f}" y="{box.y0 + ABOVE_BASELINE * high:.1f}" textLength="{wide:.1f}"'
        f' lengthAdjust="spacingAndGlyphs" font-size="{_letters(box):.1f}"'
        f' data-at="{piece.at}">{escape(piece.text)}</tspan>'
    )


def _rects(boxes: Sequence[WordBox]) -> list[Rect]:
    found: list[Rect] = []
    line: list[WordBox] = []
    for box in [*boxes, None]:
        if line and (box is None or not _side_by_side(line[-1], box)):
            x0, y0 = min(one.x0 for one in line), min(one.y0 for one in line)
            found.append(Rect(x0, y0, max(one.x1 for one in line) - x0, max(one.y1 for one in line) - y0))
            line = []
        if box is not None:
            line.append(box)
    return found
