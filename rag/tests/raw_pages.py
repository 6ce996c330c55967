"""Raw pages for tests of what comes after reading: a plain reader of lines, without columns or tables."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from rag.ingest.model.raw import PageLine, PageWord, RawPage

GAP = 0.45  # of a line's height: more room than this between two lines parts paragraphs


def read(document: Any) -> Iterator[tuple[int, RawPage]]:
    """Every page of a ``pymupdf`` document with its number."""
    for index in range(document.page_count):
        yield index + 1, read_page(document.load_page(index))


def read_page(page: Any) -> RawPage:
    rect = page.rect
    words: dict[tuple[int, int], list[PageWord]] = {}
    for x0, y0, x1, y1, text, block, line, _ in page.get_text("words"):
        words.setdefault((block, line), []).append(PageWord(text, x0, y0, x1, y1))
    found = []
    for number, block in enumerate(page.get_text("dict", flags=2 | 64)["blocks"]):
        for index, line in enumerate(block.get("lines", ())):
            spans = [span for span in line["spans"] if span["text"].strip()]
            if spans and (printed := words.get((number, index))):
                found.append((number, _line(spans, printed)))
    lines = _joined(found)
    right = max((line.box[2] for line in lines), default=0.0)
    for before, after in pairwise(lines):
        after.starts = _parted(before, after, right)
    if lines:
        lines[0].starts = True
    return RawPage(rect.width, rect.height, page.get_label(), "text" if lines else "none", lines)


def _line(spans: list[dict[str, Any]], words: list[PageWord]) -> PageLine:
    widest = max(spans, key=lambda span: len(span["text"].strip()))
    mono = all(span["flags"] & 8 or "onsolata" in span["font"] for span in spans)
    return PageLine(
        words,
        round(max(span["size"] for span in spans), 1),
        bool(widest["flags"] & 16),
        bool(widest["flags"] & 2),
        widest["font"],
        "code" if mono else "text",
    )


def _joined(found: list[tuple[int, PageLine]]) -> list[PageLine]:
    """Pieces of one printed line as one, drop capitals with the line beside them; header first, footer last."""
    lines: list[PageLine] = []
    for _, line in sorted(found, key=lambda pair: (round(pair[1].box[1] / 2), pair[1].box[0])):
        before = lines[-1] if lines else None
        if before is not None and _beside(before, line):
            before.words.extend(line.words)
            if len(line.text) > len(before.text) / 2:
                before.font, before.bold, before.italic, before.kind = line.font, line.bold, line.italic, line.kind
            before.size = max(before.size, line.size)
        else:
            lines.append(line)
    return lines


def _beside(left: PageLine, right: PageLine) -> bool:
    (_, top, end, foot), (start, high, _, low) = left.box, right.box
    overlap = min(foot, low) - max(top, high)
    return overlap > 0.5 * min(foot - top, low - high) and start >= end - 4


def _parted(before: PageLine, after: PageLine, right: float) -> bool:
    (_, top, _, foot), (left, high, _, _) = before.box, after.box
    return (
        high - foot > GAP * (foot - top)
        or high < top
        or abs(before.size - after.size) > 0.8
        or before.kind != after.kind
        or (before.bold != after.bold and after.box[0] <= before.box[0] and before.box[2] < 0.8 * right)
        or left - before.box[0] > 8
    )


WIDTH, HEIGHT, LEFT, TOP, PITCH, LETTER = 600.0, 800.0, 70.0, 90.0, 1.2, 0.5
LINE = 70  # characters


class Press:
    """Prints one page at a time: lines of known place and look, without a PDF."""

    def __init__(self, label: str = "") -> None:
        self.page = RawPage(WIDTH, HEIGHT, label, "text")
        self.y = TOP

    def at(
        self, y: float, text: str, *, size: float = 10.0, x: float = LEFT, bold: bool = False, italic: bool = False
    ) -> Press:
        """A line that stands at a height of its own: a header or a footer."""
        self._line(text, y, x, size, "Serif", True)
        self.page.lines[-1].bold, self.page.lines[-1].italic = bold, italic
        return self

    def heading(self, text: str, *, size: float = 14.0, bold: bool = True, font: str = "Serif") -> Press:
        self.y += size
        for row in wrapped(text, int(LINE * 10 / size)):
            self._line(row, self.y, LEFT, size, font, True)
            self.page.lines[-1].bold = bold
            self.y += PITCH * size
        self.y += 6
        return self

    def paragraph(self, text: str, *, size: float = 10.0, bold: bool = False) -> Press:
        for place, row in enumerate(wrapped(text, LINE)):
            self._line(row, self.y, LEFT, size, "Serif", place == 0)
            self.page.lines[-1].bold = bold
            self.y += PITCH * size
        self.y += 0.6 * size
        return self

    def lines(self, *rows: str, kind: Any = "text", font: str = "Serif") -> Press:
        for place, row in enumerate(rows):
            self._line(row, self.y, LEFT, 10.0, font, place == 0)
            self.page.lines[-1].kind = kind
            self.y += PITCH * 10
        self.y += 6
        return self

    def _line(self, text: str, y: float, x: float, size: float, font: str, starts: bool) -> None:
        words = []
        for place, part in enumerate(text.split()):
            indent = len(text) - len(text.lstrip()) if not place else 0
            width = LETTER * size * len(part)
            words.append(PageWord(" " * indent + part, x, y, x + width, y + size))
            x += width + LETTER * size
        self.page.lines.append(PageLine(words, size, font=font, starts=starts))


def wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
