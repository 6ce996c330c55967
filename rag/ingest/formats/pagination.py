"""Paragraphs to pages, for files that have none: EPUB and plain text. Runs in the reading process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rag.ingest.formats.flowing import BODY_SIZE, HEADING_SIZES
from rag.ingest.model.raw import Kind, OutlineMark, PageLine, PageWord, RawPage
from rag.ingest.model.safe_text import short

TARGET_WORDS, MOST_WORDS = 500, 900  # of a page: it ends at the next paragraph behind the first, anyhow at the second
LEAST_WORDS, LEAST_BEFORE_CHAPTER = 120, 30  # of a page that a heading may end, and one of the two widest levels


@dataclass
class Block:
    """A paragraph, a heading, a line of a listing or a row of a table."""

    text: str
    kind: Kind = "text"
    level: int = 0  # of a heading, 1 to 6; else 0
    starts: bool = True
    anchors: tuple[str, ...] = ()  # names by which links lead here
    opens: bool = False  # a new page begins here in any case
    pages: tuple[tuple[int, str], ...] = ()  # printed pages that begin in it: where in its text, and their numbers
    is_drawn: bool = False  # only the words of a picture

    def parts(self) -> Iterator[Block]:
        """The block itself, or pieces of at most ``MOST_WORDS`` words."""
        words = self.text.split()
        if len(words) <= MOST_WORDS:
            yield self
            return
        begun = 0
        for first in range(0, len(words), MOST_WORDS):
            text = " ".join(words[first : first + MOST_WORDS])
            behind = begun + len(text) + 1
            pages = tuple((at - begun, number) for at, number in self.pages if begun <= at < behind)
            anchors, opens = (self.anchors, self.opens) if not first else ((), False)
            yield Block(text, self.kind, 0, self.starts, anchors, opens, pages)
            begun = behind


@dataclass
class Paged:
    """Blocks on pages, as numbers from 1."""

    pages: list[list[Block]] = field(default_factory=list)
    anchors: dict[str, int] = field(default_factory=dict)  # name: page
    printed: dict[int, str] = field(default_factory=dict)  # page: the number of the printed one that runs as it begins

    def raw(self, number: int) -> RawPage:
        """The page as all readers give theirs."""
        blocks = self.pages[number - 1]
        title = next((block.text for block in blocks if block.level), "")
        lines = [line(block) for block in blocks]
        label = self.printed.get(number, "")
        begins = [(index, at, printed) for index, block in enumerate(blocks) for at, printed in block.pages]
        if begins and begins[0][:2] == (0, 0):
            label = begins.pop(0)[2]
        return RawPage(source="text" if lines else "none", lines=lines, title=short(title), label=label, begins=begins)

    def headings(self) -> list[OutlineMark]:
        """An outline of all headings."""
        return [
            OutlineMark(block.level, short(block.text), number)
            for number, blocks in enumerate(self.pages, start=1)
            for block in blocks
            if block.level
        ]


def paged(blocks: Iterable[Block]) -> Paged:
    """``blocks`` on pages: one begins where a block says so, before a heading, and where the last one is full."""
    found = Paged()
    words, printed = 0, ""
    for block in (part for whole in blocks for part in whole.parts()):
        length = len(block.text.split())
        before = found.pages[-1][-1] if found.pages else None
        is_full = words + length > MOST_WORDS or (words >= TARGET_WORDS and block.starts)
        is_headed = block.level and words >= (LEAST_BEFORE_CHAPTER if block.level <= 2 else LEAST_WORDS)
        after_heading = before is not None and before.level  # a heading stays with what it is the heading of
        if before is None or block.opens or ((is_full or is_headed) and not after_heading):
            found.pages.append([])
            found.printed[len(found.pages)] = printed
            words = 0
        found.pages[-1].append(block)
        printed = block.pages[-1][1] if block.pages else printed
        words += length
        for name in block.anchors:
            found.anchors.setdefault(name, len(found.pages))
    return found


def line(block: Block) -> PageLine:
    """A block as a line without a place; the spaces before a line of a listing stay with its first word."""
    words = [PageWord(word, 0.0, 0.0, 0.0, 0.0) for word in block.text.split()]
    if block.kind == "code" and words:
        words[0].text = block.text[: len(block.text) - len(block.text.lstrip())].expandtabs(4) + words[0].text
    size = HEADING_SIZES[min(block.level, 6) - 1] if block.level else BODY_SIZE
    return PageLine(words, size, bold=bool(block.level), kind=block.kind, starts=block.starts)


def tidied(marks: Iterable[OutlineMark]) -> tuple[OutlineMark, ...]:
    """An outline without a level that is passed over: each entry at most one deeper than the one before it."""
    found: list[OutlineMark] = []
    path: list[int] = []
    for mark in marks:
        while path and path[-1] >= mark.level:
            path.pop()
        path.append(mark.level)
        placed = OutlineMark(len(path), mark.title, mark.page, mark.y)
        if placed.title and placed not in found[-1:]:
            found.append(placed)
    return tuple(found)
