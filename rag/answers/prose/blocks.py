"""An answer in pieces, put together again into blocks: a paragraph, a list item, a stretch of code. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
ITEM = re.compile(r"^ {0,3}(?:[-*+]|\d{1,3}[.)])\s")
HEADING = re.compile(r"^ {0,3}#{1,6}\s")


class BlockGatherer:
    """Takes pieces of any size; a block is given out once it is whole, so nothing half is ever looked at."""

    def __init__(self) -> None:
        self._rest = ""  # of a line that has not ended
        self._lines: list[str] = []
        self._fence = ""

    def feed(self, piece: str) -> Iterator[str]:
        """The blocks that ``piece`` completes."""
        *lines, self._rest = (self._rest + piece.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
        for line in lines:
            yield from self._line(line)

    def close(self) -> Iterator[str]:
        """What is left when nothing more comes."""
        yield from self._line(self._rest)
        self._rest = ""
        yield from self._given_out()
        self._fence = ""

    def _line(self, line: str) -> Iterator[str]:
        if self._fence:
            self._lines.append(line)
            if line.strip() == self._fence or (line.strip().startswith(self._fence) and not line.strip(" `~")):
                self._fence = ""
                yield from self._given_out()
        elif fence := FENCE.match(line):
            yield from self._given_out()
            self._fence = fence[1]
            self._lines.append(line)
        elif not line.strip():
            yield from self._given_out()
        elif HEADING.match(line):
            yield from self._given_out()
            yield line
        else:
            if ITEM.match(line):
                yield from self._given_out()
            self._lines.append(line)

    def _given_out(self) -> Iterator[str]:
        block, self._lines = "\n".join(self._lines), []
        if block.strip():
            yield block


def blocks(text: str) -> list[str]:
    """All blocks of a whole text."""
    gatherer = BlockGatherer()
    return [*gatherer.feed(text), *gatherer.close()]


def is_code(block: str) -> bool:
    """Whether ``block`` is a fenced stretch of code."""
    return FENCE.match(block) is not None


def is_heading(block: str) -> bool:
    return HEADING.match(block) is not None


def is_item(block: str) -> bool:
    return ITEM.match(block) is not None
