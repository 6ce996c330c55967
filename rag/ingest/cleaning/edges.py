"""What stands at the top and at the foot of a page: where running headers, footers and page numbers can be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from rag.ingest.model.raw import RawPage
from rag.ingest.structure.fonts import FontLook
from rag.ingest.structure.numbering import roman
from rag.text.sentences import has_verb

DEPTH = 4  # rows from the top or the foot in which a running line may stand
ZONE = 0.18  # share of the page's height
SAME_ROW = 0.5  # share of the lower line's height that two lines of one row have in common
MOST_CHARACTERS = 200
LEAST_SENTENCE = 8  # words
NUMBER = r"\d{1,4}|[ivxlcdm]{1,8}"
DECORATION = r"[\s\-–—|·•.:~*\[\](){}<>/]*"
BARE = re.compile(
    rf"^{DECORATION}(?:(?:page|pages|pg|p|seite|s|pagina|página|pág|side|sida|strona|стр)\b\.?\s*)?"
    rf"(?P<prefix>[A-Z]{{1,2}}[-–.]|\d{{1,3}}[-–])?(?P<number>{NUMBER})"
    rf"(?:\s*(?:/|of|von|de|sur|di|van)\s*\d{{1,5}})?{DECORATION}$",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W\d_]{2,}")
OUTER = re.compile(
    rf"^(?:page\s+)?(?P<first>{NUMBER})(?=[\s|:\-–—\]]+\S)|(?<=[\s|\-–—\[])(?P<last>{NUMBER})(?:\s*(?:/|of)\s*\d{{1,5}})?\]?$",
    re.IGNORECASE,
)


GLUED = re.compile(r"^(?P<first>\d{1,4})(?=[^\W\d_]{3})|(?<=[^\W\d_]{3})(?P<last>\d{1,4})$")
SLUG = re.compile(  # what a printer's program puts under every page: *rivers.indd 12 5/3/09 10:22*
    r"\.(?:indd|qxd|qxp|pmd|fm|docx?|tex|pdf)\s+(?:page\s+)?(?P<number>\d{1,4})\b", re.IGNORECASE
)


class Count(NamedTuple):
    """A number that may be the page's: as printed, how it counts, and what it counts on from."""

    style: str  # "1", "i", or a prefix such as "A-"
    offset: int  # the number less the page's place in the file
    start: int  # of the digits in the text
    end: int
    bare: bool  # nothing else is on the line


@dataclass(frozen=True)
class Edge:
    """A line near the top or the foot of a page."""

    page: int
    line: int  # index into the page's lines
    top: bool
    row: int  # 0 is the outermost
    y: float  # its middle as a share of the page's height; rows counted where the page has no measures
    gap: float  # room between its row and the next one inwards, in heights of the line
    text: str
    look: FontLook
    counts: tuple[Count, ...]
    says: bool  # it reads as a sentence
    labelled: bool  # it is the number that the file gives the page

    @property
    def bare(self) -> bool:
        return any(count.bare for count in self.counts)

    @property
    def outer(self) -> float:
        """How far from the page's edge its middle is, as a share of the height."""
        return self.y if self.top else 1 - self.y


class Placed(NamedTuple):
    line: int
    top: float
    foot: float


def edges_of(number: int, page: RawPage, looks: Sequence[FontLook]) -> list[Edge]:
    """The lines in the outermost rows at the top and at the foot of a page."""
    rows = rows_of(page)
    depth = min(DEPTH, max(1, len(rows) - 1))
    found = list(_edges(number, page, looks, rows, depth, top=True))
    return found + list(_edges(number, page, looks, rows[::-1], depth, top=False))


def rows_of(page: RawPage) -> list[list[Placed]]:
    """Lines side by side are one row; rows from the top of the page to its foot."""
    if not page.height:
        return [[Placed(index, index, index + 1)] for index in range(len(page.lines))]
    boxes = [(index, line.box) for index, line in enumerate(page.lines) if line.words]
    rows: list[list[Placed]] = []
    for place in sorted(
        (Placed(index, box[1], box[3]) for index, box in boxes), key=lambda p: (p.top + p.foot, p.line)
    ):
        if rows and _share_row(rows[-1][-1], place):
            rows[-1].append(place)
        else:
            rows.append([place])
    return rows


def _share_row(above: Placed, place: Placed) -> bool:
    overlap = min(above.foot, place.foot) - max(above.top, place.top)
    return overlap > SAME_ROW * min(above.foot - above.top, place.foot - place.top)


def _edges(
    number: int, page: RawPage, looks: Sequence[FontLook], rows: Sequence[list[Placed]], depth: int, *, top: bool
) -> Iterator[Edge]:
    height = page.height or float(len(rows))
    for place, row in enumerate(rows[:depth]):
        middle = (row[0].top + row[0].foot) / 2 / height
        if page.height and (middle if top else 1 - middle) > ZONE:
            return
        inner = rows[place + 1] if place + 1 < len(rows) else None
        for placed in row:
            if len(page.lines[placed.line].text) > MOST_CHARACTERS:
                return
            yield _edge(number, page, looks[placed.line], placed, place, _gap(row, inner, top=top), top=top)


def _gap(row: Sequence[Placed], inner: Sequence[Placed] | None, *, top: bool) -> float:
    if inner is None:
        return 9.0
    room = (
        min(p.top for p in inner) - max(p.foot for p in row)
        if top
        else min(p.top for p in row) - max(p.foot for p in inner)
    )
    return room / max(1.0, min(p.foot - p.top for p in (*row, *inner)))


def _edge(number: int, page: RawPage, look: FontLook, placed: Placed, row: int, gap: float, *, top: bool) -> Edge:
    text = page.lines[placed.line].text.strip()
    y = (placed.top + placed.foot) / 2 / page.height if page.height else (row / 100 if top else 1 - row / 100)
    says = len(text.split()) >= LEAST_SENTENCE and text.endswith((".", "!", "?")) and has_verb(text)
    labelled = (
        bool(page.label)
        and (bare := BARE.match(text)) is not None
        and page.label.casefold() in {bare["number"].casefold(), f"{bare['prefix'] or ''}{bare['number']}".casefold()}
    )
    return Edge(number, placed.line, top, row, y, gap, text, look, tuple(_counts(text, number)), says, labelled)


def _counts(text: str, page: int) -> Iterator[Count]:
    if bare := BARE.match(text):
        yield from _count(bare["number"], bare["prefix"] or "", bare.span("number"), page, bare=True)
        return
    if not WORD.search(text):  # numbers over the columns of a table
        return
    for outer in chain(OUTER.finditer(text), GLUED.finditer(text), SLUG.finditer(text)):
        group = outer.lastgroup or ""
        yield from _count(outer[group], "", outer.span(group), page, bare=False)


def _count(number: str, prefix: str, span: tuple[int, int], page: int, *, bare: bool) -> Iterator[Count]:
    if number.isdigit():
        yield Count(prefix or "1", int(number) - page, *span, bare)
    elif value := roman(number):
        yield Count(prefix or "i", value - page, *span, bare)
