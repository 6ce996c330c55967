"""Pieces of lines as MuPDF finds them: words that stand beside each other, and how they look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rag.ingest.layout.words import is_split_capital, tidy
from rag.ingest.model.raw import PageLine, PageWord
from rag.ingest.writing import letters
from rag.ingest.writing.letters import Box as Box
from rag.ingest.writing.letters import Word3 as Word3
from rag.ingest.writing.note_marks import NOTE, NOTE_SIZE, RISE

ITALIC, MONO, BOLD = 2, 8, 16  # bits of a span's flags
MONO_NAMES = ("mono", "courier", "typewriter", "consol", "code", "cmtt", "menlo")
BOLD_NAMES = ("bold", "black", "heavy", "cmbx", "-bd")
DROPPED = 1.4  # how much larger than its word a drop capital is
CAPITAL_GAP = 0.35  # of the word's size, between it and its capital
TEXT, VECTOR = 0, 3  # kinds of blocks


def moved(box: Box, matrix: Sequence[float]) -> Box:
    """``box`` moved by a matrix that turns it by right angles only."""
    a, b, c, d, e, f = matrix
    x0, y0, x1, y1 = box
    xs = sorted((a * x0 + c * y0 + e, a * x1 + c * y1 + e))
    ys = sorted((b * x0 + d * y0 + f, b * x1 + d * y1 + f))
    return xs[0], ys[0], xs[1], ys[1]


@dataclass(slots=True, eq=False)
class LayoutPiece:
    """Words on one baseline, left to right, in the frame in which they are upright."""

    words: list[PageWord]
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool = False
    italic: bool = False
    mono: float = 0.0  # share of its letters that are of one width
    font: str = ""
    block: int = 0
    rows: list[PageLine] | None = None  # of a table, which is one piece
    whole: bool = False  # no white in it parts it

    @property
    def height(self) -> float:
        return self.y1 - self.y0 or 1.0

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


@dataclass(slots=True)
class PaintedLine:
    """A line of MuPDF: its words, and when it was painted."""

    block: int
    direction: tuple[float, float]
    words: list[Word3]
    order: int = 0
    number: int = 0  # among the lines of its block
    whole: bool = False  # it holds what stands beside each other, in the order in which it is read


@dataclass(slots=True)
class PaintedShape:
    """A line or a filled area that the page paints."""

    box: Box
    color: int
    alpha: int
    stroked: bool
    order: int  # compared with a run's: painted before it or after

    @property
    def is_opaque(self) -> bool:
        return not self.stroked and self.alpha == 255


def painted(textpage: Any) -> tuple[list[PaintedLine], list[PaintedShape]]:
    """The lines and shapes of a text page. Words and spans come from the same characters, and are matched by order."""
    words: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for word in textpage.extractWORDS():
        words[word[5], word[6]].append(word)
    runs, shapes, index = [], [], 0
    for order, block in enumerate(textpage.extractDICT()["blocks"]):
        if block["type"] == VECTOR:
            shapes.append(PaintedShape(block["bbox"], block["color"], block["alpha"], block["stroked"], order))
        if block["type"] != TEXT:
            continue
        for number, line in enumerate(block["lines"]):
            found = words.get((index, number))  # words count blocks of text only
            if found and line["spans"]:
                runs.append(PaintedLine(index, line["dir"], list(_with_looks(found, line["spans"])), order, number))
        index += 1
    if any(letters.may_be_several(word[4]) for line in words.values() for word in line):
        _part(runs, textpage)
    return runs, shapes


def _part(runs: Sequence[PaintedLine], textpage: Any) -> None:
    """Part the words between which the eye sees white that MuPDF takes for none."""
    blocks = [block for block in textpage.extractRAWDICT()["blocks"] if block["type"] == TEXT]
    for run in runs:
        if any(letters.may_be_several(text) for text, _, _ in run.words):
            run.words = letters.parted_words(run.words, blocks[run.block]["lines"][run.number], run.direction)


def _with_looks(words: list[Any], spans: list[dict[str, Any]]) -> Iterator[Word3]:
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
        if note := _note(word, position, borders, spans):
            yield from note
            continue
        middle = max(position - (len(word[4]) + 1) // 2, 0)
        while index < len(spans) - 1 and borders[index] <= middle:
            index += 1
        yield word[4], word[:4], spans[index]


def _note(word: Any, end: int, borders: list[int], spans: list[dict[str, Any]]) -> list[Word3]:
    """The mark of a note and the word that it stands at, where ``word`` (which ends at ``end``) is both."""
    x0, y0, x1, y1, text, *_ = word
    border = next((at for at in borders if end - len(text) < at < end), None)
    if border is None:
        return []
    cut = len(text) - (end - border)
    index = borders.index(border)
    left, right = (text[:cut], spans[index]), (text[cut:], spans[index + 1])
    mark, said = (left, right) if left[1]["size"] < right[1]["size"] else (right, left)
    if mark[1]["size"] > NOTE_SIZE * said[1]["size"] or not NOTE.match(mark[0]):
        return []
    if not _is_raised(mark[1], said[1]):  # of CO2, an index
        return []
    shares = [len(part) * span["size"] for part, span in (left, right)]
    x = x0 + (x1 - x0) * shares[0] / sum(shares)
    return [(left[0], (x0, y0, x, y1), left[1]), (right[0], (x, y0, x1, y1), right[1])]


def _is_raised(mark: dict[str, Any], said: dict[str, Any]) -> bool:
    return float(said["origin"][1] - mark["origin"][1]) > RISE * float(said["size"])


def piece(block: int, words: Sequence[Word3], *, whole: bool = False) -> LayoutPiece | None:
    """The words as one piece; ``None`` where none of them says anything."""
    kept = [(said, box, span) for text, box, span in words if (said := tidy(text))]
    if not kept:
        return None
    kept = _with_drop_capital(kept)
    main, looks = _look([(len(said), span) for said, _, span in kept])
    x0s, y0s, x1s, y1s = zip(*(box for _, box, _ in kept), strict=True)
    return LayoutPiece(
        [PageWord(said, *box) for said, box, _ in kept],
        min(x0s),
        min(y0s),
        max(x1s),
        max(y1s),
        max([span["size"] for _, _, span in kept]),
        *looks,
        main["font"],
        block,
        whole=whole,
    )


def _with_drop_capital(words: list[Word3]) -> list[Word3]:
    """A large first letter joined to the rest of its word, which the file sets apart from it."""
    if len(words) < 2 or words[0][2]["size"] < DROPPED * words[1][2]["size"]:
        return words
    (first, box, _), (rest, other, span) = words[:2]
    if other[0] - box[2] > CAPITAL_GAP * span["size"] or not is_split_capital(first, rest):
        return words
    whole = (box[0], min(box[1], other[1]), other[2], max(box[3], other[3]))
    return [(first + rest, whole, span), *words[2:]]


def _look(letters: list[tuple[int, dict[str, Any]]]) -> tuple[dict[str, Any], tuple[bool, bool, float]]:
    """The look of most letters; whether nearly all are bold, italic, and the share of those of one width."""
    spans = {id(span): span for _, span in letters}
    if len(spans) == 1:
        main = letters[0][1]
        return main, (is_bold(main), bool(main["flags"] & ITALIC), float(is_mono(main)))
    counts: dict[int, int] = defaultdict(int)
    for count, span in letters:
        counts[id(span)] += count
    total = sum(counts.values())

    def share(test: Callable[[dict[str, Any]], bool]) -> float:
        return sum(count for key, count in counts.items() if test(spans[key])) / total

    main = spans[max(counts, key=lambda key: counts[key])]
    return main, (share(is_bold) > 0.9, share(lambda span: bool(span["flags"] & ITALIC)) > 0.9, share(is_mono))


def is_mono(span: dict[str, Any]) -> bool:
    """Whether all its letters are of one width."""
    return bool(span["flags"] & MONO) or _is_named(span["font"], MONO_NAMES)


def is_bold(span: dict[str, Any]) -> bool:
    """Whether it is printed bold."""
    return bool(span["flags"] & BOLD) or _is_named(span["font"], BOLD_NAMES)


@lru_cache(maxsize=512)
def _is_named(font: str, names: tuple[str, ...]) -> bool:
    return any(name in font.lower() for name in names)
