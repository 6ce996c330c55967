"""What is read from one page before anything is known about the whole book. Plain data: it crosses process borders.

Coordinates are points from the page's top left corner as the page is shown (turned pages are turned back).
"""

from __future__ import annotations

import json
import struct
import zlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rag.ingest.model.safe_text import short

Source = Literal["text", "ocr", "none"]  # the file's own text, characters recognised in its picture, nothing to read
Kind = Literal["text", "code", "row"]  # running text and headings, a line of a listing, a row of a table
FORMAT = 4  # another one whenever the shape of what is kept changes
LENGTH = struct.Struct(">I")
MOST_BYTES = 64 * 1024 * 1024  # of a page unfolded
MOST_BEGINS, LONGEST_LABEL = 1_000, 20  # printed pages on one page; characters of their numbers
MOST_MISSING = 1_000  # parts of a file
LIGHTLY = 1  # of zlib's levels: it is kept for minutes


@dataclass
class PageWord:
    """A word as printed, and where it stands."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float


@dataclass
class PageLine:
    """A printed line, or a row of a table with its cells joined by `` | ``: its words joined by single spaces."""

    words: list[PageWord]
    size: float  # of its largest letters, in points
    bold: bool = False
    italic: bool = False
    font: str = ""
    kind: Kind = "text"
    starts: bool = False  # a paragraph, heading, listing or table begins here
    centred: bool = False

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> tuple[float, float, float, float]:
        xs0, ys0, xs1, ys1 = zip(*((word.x0, word.y0, word.x1, word.y1) for word in self.words), strict=True)
        return min(xs0), min(ys0), max(xs1), max(ys1)


@dataclass
class RawPage:
    """One page (of an EPUB or a plain text: one section) with its lines in reading order, headers and footers too."""

    width: float = 0.0
    height: float = 0.0
    label: str = ""  # the number printed on it, where the file says so
    source: Source = "none"
    lines: list[PageLine] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # codes of what was unusual: "hidden_text", "unreadable", …
    title: str = ""  # of a section that the file itself names (EPUB)
    # Further printed pages that begin on it (EPUB): line, offset in the line's text, number.
    begins: list[tuple[int, int, str]] = field(default_factory=list)


@dataclass(frozen=True)
class OutlineMark:
    """An entry of the file's own outline."""

    level: int  # 1 is the highest
    title: str
    page: int  # 1-based; 0 where it leads nowhere
    y: float | None = None  # how far down the page, where the file says so


@dataclass(frozen=True)
class Facts:
    """What a file says of itself, before a page is read."""

    pages: int
    outline: tuple[OutlineMark, ...] = ()
    notes: tuple[str, ...] = ()  # codes: "repaired", …
    title: str = ""
    language: str = ""  # two letters, where the file says so
    missing: tuple[str, ...] = ()  # parts that it names and lacks, or that cannot be read


def packed(page: RawPage) -> bytes:
    """``page`` small enough to keep: a few kilobytes. Places are kept as MuPDF has them, in 32 bits."""
    head = json.dumps([FORMAT, _values(page)], separators=(",", ":")).encode()
    places = array("f", [side for line in page.lines for w in line.words for side in (w.x0, w.y0, w.x1, w.y1)])
    return zlib.compress(LENGTH.pack(len(head)) + head + places.tobytes(), LIGHTLY)


def unpacked(content: bytes) -> RawPage:
    """The page that ``packed`` made. Errors: ``ValueError`` for anything else, however it is made up."""
    try:
        whole = zlib.decompressobj().decompress(content, MOST_BYTES)
        end = LENGTH.size + LENGTH.unpack_from(whole)[0]
        version, values = json.loads(whole[LENGTH.size : end])
        if version != FORMAT:
            raise ValueError(f"page of format {version}")
        places = array("f")
        places.frombytes(whole[end:])
        return page_of(values, places)
    except (zlib.error, struct.error, TypeError, RecursionError) as fault:
        raise ValueError(f"no page: {fault}") from None


def page_of(values: list[Any], places: Sequence[float]) -> RawPage:
    """A page from its plain values and the four sides of each word's box."""
    *of_page, lines = values
    width, height, label, source, notes, title, begins = of_page
    if len(places) != 4 * sum(len(words) for words, *_ in lines):
        raise ValueError("each word has four sides")
    sides = iter(places)
    boxes = zip(sides, sides, sides, sides, strict=True)
    found = [(int(line), int(start), short(str(number), LONGEST_LABEL)) for line, start, number in begins[:MOST_BEGINS]]
    made = [_line(*line, boxes=boxes) for line in lines]
    return RawPage(width, height, label, source, made, notes, title, found)


def _values(page: RawPage) -> list[Any]:
    """Names left out: they would be most of it, and take most of the time."""
    lines = [
        [
            [word.text for word in line.words],
            line.size,
            line.bold,
            line.italic,
            line.font,
            line.kind,
            line.starts,
            line.centred,
        ]
        for line in page.lines
    ]
    return [page.width, page.height, page.label, page.source, page.notes, page.title, page.begins, lines]


def _line(texts: list[Any], *of_line: Any, boxes: Iterator[tuple[float, float, float, float]]) -> PageLine:
    return PageLine([PageWord(text, *next(boxes)) for text in texts], *of_line)
