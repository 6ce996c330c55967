"""What a page holds once the whole book is known: its text, where each word stands, and its headings. Plain data."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

BOX = struct.Struct("<2I4f")


@dataclass(frozen=True)
class WordBox:
    """``text[start:end]`` of a page stands in this box (points, from the top left corner). A word that a line break
    parted has two boxes with the same offsets."""

    start: int
    end: int
    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True)
class PageHeading:
    """A heading found by its looks. ``rank``: 1 for the most prominent looks of the book, then 2 …"""

    start: int  # offsets into the page's text
    end: int
    title: str
    rank: int


@dataclass
class CleanPage:
    """Text for reading, searching and quoting: running headers, footers and page numbers are gone, words that a line
    break parted are whole, paragraphs are parted by an empty line, listings and table rows keep their lines."""

    text: str
    boxes: list[WordBox] = field(default_factory=list)
    headings: list[PageHeading] = field(default_factory=list)
    begins: list[tuple[int, str]] = field(default_factory=list)  # printed pages that begin on it: offset and number


@dataclass(frozen=True)
class CleanSection:
    """A part of the book under one heading, up to the next of any level. ``path``: titles from the widest to its own
    one."""

    level: int
    title: str
    page: int  # 1-based, where its heading stands
    start: int  # offset of its heading in that page's text
    path: tuple[str, ...]


def packed_boxes(boxes: Sequence[WordBox]) -> bytes:
    """``boxes`` as they are kept."""
    return zlib.compress(b"".join(BOX.pack(b.start, b.end, b.x0, b.y0, b.x1, b.y1) for b in boxes))


def unpacked_boxes(content: bytes) -> list[WordBox]:
    """What ``packed_boxes`` made."""
    return [WordBox(*values) for values in BOX.iter_unpack(zlib.decompress(content))]
