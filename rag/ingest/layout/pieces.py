"""Pieces of lines as MuPDF finds them: words that stand beside each other, and how they look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rag.ingest.layout.words import tidy
from rag.ingest.raw import Word

ITALIC, MONO, BOLD = 2, 8, 16  # bits of a span's flags
MONO_NAMES = ("mono", "courier", "typewriter", "consol", "code", "cmtt", "menlo")
BOLD_NAMES = ("bold", "black", "heavy", "cmbx", "-bd")
Box = tuple[float, float, float, float]


@dataclass(slots=True)
class Piece:
    """Words on one baseline, left to right, in the frame in which they are upright."""

    words: list[Word]
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool = False
    italic: bool = False
    mono: bool = False
    font: str = ""
    block: int = 0

    @property
    def height(self) -> float:
        return max(self.y1 - self.y0, 1.0)

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


@dataclass(slots=True)
class Run:
    """A line of MuPDF: its words with boxes and the span (its look) of each."""

    block: int
    direction: tuple[float, float]
    words: list[tuple[str, Box, dict[str, Any]]]


def runs(textpage: Any) -> Iterator[Run]:
    """The lines of a text page. Words and spans are matched by their order: both come from the same characters."""
    words: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for word in textpage.extractWORDS():
        words[word[5], word[6]].append(word)
    for block in textpage.extractDICT()["blocks"]:
        for number, line in enumerate(block.get("lines", ())):
            found = words.get((block["number"], number))
            if found and line["spans"]:
                yield Run(block["number"], line["dir"], list(_with_looks(found, line["spans"])))


def _with_looks(words: list[Any], spans: list[dict[str, Any]]) -> Iterator[tuple[str, Box, dict[str, Any]]]:
    """Each word with the span that most of it stands in."""
    if len(spans) == 1:
        yield from ((word[4], word[:4], spans[0]) for word in words)
        return
    borders, text = [], ""
    for span in spans:
        text += span["text"]
        borders.append(len(text))
    position, index = 0, 0
    for word in words:
        start = text.find(word[4], position)
        if start >= 0:
            position = start + len(word[4])
        middle = max(position - (len(word[4]) + 1) // 2, 0)
        while index < len(spans) - 1 and borders[index] <= middle:
            index += 1
        yield word[4], word[:4], spans[index]


def piece(block: int, words: list[tuple[str, Box, dict[str, Any]]]) -> Piece | None:
    """The words as one piece; ``None`` where none of them says anything."""
    kept = [(said, box, span) for text, box, span in words if (said := tidy(text))]
    if not kept:
        return None
    letters = [len(said) for said, _, _ in kept]
    spans = [span for _, _, span in kept]
    return Piece(
        [Word(said, *box) for said, box, _ in kept],
        min(box[0] for _, box, _ in kept), min(box[1] for _, box, _ in kept),
        max(box[2] for _, box, _ in kept), max(box[3] for _, box, _ in kept),
        size=round(max(span["size"] for span in spans), 1),
        bold=_mostly(letters, [is_bold(span) for span in spans]),
        italic=_mostly(letters, [bool(span["flags"] & ITALIC) for span in spans]),
        mono=_mostly(letters, [is_mono(span) for span in spans]),
        font=spans[letters.index(max(letters))]["font"],
        block=block,
    )  # fmt: skip


def _mostly(letters: list[int], looks: list[bool]) -> bool:
    return sum(n for n, look in zip(letters, looks, strict=True) if look) > 0.9 * sum(letters)


def is_mono(span: dict[str, Any]) -> bool:
    """Whether all its letters are of one width."""
    return bool(span["flags"] & MONO) or any(name in span["font"].lower() for name in MONO_NAMES)


def is_bold(span: dict[str, Any]) -> bool:
    """Whether it is printed bold."""
    return bool(span["flags"] & BOLD) or any(name in span["font"].lower() for name in BOLD_NAMES)
