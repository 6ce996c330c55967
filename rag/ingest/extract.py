"""The text of one PDF page: lines as printed, paragraphs parted by an empty line. Workers only."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

# PyMuPDF's stext flags: white space kept, ligatures expanded, nothing from outside the page.
PRESERVE_WHITESPACE, MEDIABOX_CLIP = 2, 64
SPACES = re.compile(r"[\s\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
PICTURES = re.compile(r"[\ue000-\uf8ff]")  # icon fonts: private signs that mean nothing as text
INVISIBLE = dict.fromkeys([*range(0x20), 0x7F, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xFFFD])
INVISIBLE[9] = INVISIBLE[10] = " "
MONO = 8  # bit of a span's flags
BOLD = 16
EDGE = 0.08  # share of the page's height in which headers and footers stand
SENTENCE_END = re.compile(r"[.!?:;…][\"'”’)\]]*$")


@dataclass
class Line:
    """A printed line and how it looks."""

    text: str
    block: int
    x0: float
    x1: float
    y0: float
    y1: float
    size: float
    mono: bool
    bold: bool

    @property
    def height(self) -> float:
        return max(self.y1 - self.y0, 1.0)


def page_text(page: Any) -> str:
    """The page's lines in reading order, one per line; an empty line where a paragraph, heading or listing ends."""
    lines = _same_baseline_joined(_lines(page.get_text("dict", flags=PRESERVE_WHITESPACE | MEDIABOX_CLIP)))
    if not lines:
        return ""
    lines = _in_reading_order(lines, page.rect.height)
    margin = max(line.x1 for line in lines)
    parts = [lines[0].text]
    for before, line in pairwise(lines):
        parts.append("\n\n" if _parted(before, line, margin) else "\n")
        parts.append(line.text)
    return "".join(parts)


def tidy(text: str) -> str:
    """``text`` composed, without control signs, every run of white space one space."""
    text = PICTURES.sub("", unicodedata.normalize("NFC", text).translate(INVISIBLE))
    return SPACES.sub(" ", text).strip()


def _lines(content: dict[str, Any]) -> list[Line]:
    found = []
    for number, block in enumerate(content["blocks"]):
        for line in block.get("lines", ()):
            spans = [span for span in line["spans"] if span["text"].strip()]
            text = tidy("".join(span["text"] for span in line["spans"]))
            if not text or not spans or abs(line["dir"][0]) < 0.9:  # turned text: axis labels, stamps
                continue
            x0, y0, x1, y1 = line["bbox"]
            found.append(
                Line(
                    text, number, x0, x1, y0, y1, round(max(span["size"] for span in spans), 1),
                    mono=all(_is_mono(span) for span in spans),
                    bold=all(span["flags"] & BOLD or "bold" in span["font"].lower() for span in spans),
                )
            )  # fmt: skip
    return found


def _is_mono(span: dict[str, Any]) -> bool:
    font = span["font"].lower()
    return bool(span["flags"] & MONO) or "mono" in font or "courier" in font or "typewriter" in font


def _same_baseline_joined(lines: list[Line]) -> list[Line]:
    """Pieces of one block that stand side by side on one line (wide gaps, table cells) as one line."""
    joined: list[Line] = []
    for line in lines:
        before = joined[-1] if joined else None
        if before is not None and before.block == line.block and _on_one_line(before, line):
            before.text = f"{before.text} {line.text}"
            before.x1, before.y0, before.y1 = max(before.x1, line.x1), min(before.y0, line.y0), max(before.y1, line.y1)
            before.mono, before.bold = before.mono and line.mono, before.bold and line.bold
            before.size = max(before.size, line.size)
        else:
            joined.append(line)
    return joined


def _on_one_line(left: Line, right: Line) -> bool:
    overlap = min(left.y1, right.y1) - max(left.y0, right.y0)
    return overlap > 0.5 * min(left.height, right.height) and right.x0 >= left.x1 - 2


def _in_reading_order(lines: list[Line], page_height: float) -> list[Line]:
    """The file's own order, but what stands in the page's edges first and last; by height where nothing stands
    side by side and the file's order jumps about (sorting a page with columns would mix them)."""
    top = [line for line in lines if line.y1 < EDGE * page_height]
    foot = [line for line in lines if line.y0 > (1 - EDGE) * page_height]
    edges = {id(line) for line in (*top, *foot)}
    body = [line for line in lines if id(line) not in edges]
    backwards = any(after.y1 < before.y0 for before, after in pairwise(body))
    if backwards and not _side_by_side(body):
        body.sort(key=lambda line: (round(line.y0), line.x0))
    return [*sorted(top, key=_place), *body, *sorted(foot, key=_place)]


def _place(line: Line) -> tuple[float, float]:
    return (round(line.y0 / 3), line.x0)


def _side_by_side(lines: list[Line]) -> bool:
    """Whether the page has columns (or a wide table): lines at one height, apart from each other."""
    rows = sorted(lines, key=lambda line: line.y0)
    pairs = sum(
        1
        for before, after in pairwise(rows)
        if after.y0 < before.y1 - 0.5 * before.height and (after.x0 > before.x1 or after.x1 < before.x0)
    )
    return pairs >= 3


def _parted(before: Line, line: Line, margin: float) -> bool:
    """Whether a paragraph ends between two lines. ``margin`` is how far right the page's lines go."""
    if abs(before.size - line.size) > 0.8:
        return True
    if _goes_on(before, line, margin):
        return False
    if before.mono != line.mono or before.bold != line.bold:
        return True
    return before.block != line.block or line.y0 - before.y1 > 0.9 * min(before.height, line.height)


def _goes_on(before: Line, line: Line, margin: float) -> bool:
    """Whether a sentence runs from one line into the next, whatever the file calls a block."""
    if SENTENCE_END.search(before.text) or (before.mono and line.mono):
        return False
    if line.mono or before.mono:  # a name in typewriter letters that happens to fill a line; not a listing
        close = -before.height < line.y0 - before.y1 < 0.5 * before.height
        return close and min(len(before.text.split()), len(line.text.split())) <= 2
    full = before.x1 > 0.88 * margin and abs(line.y0 - before.y1) < 0.5 * before.height
    return line.text[:1].islower() or (full and not before.bold)
