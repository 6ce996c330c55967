"""Set a manuscript in pages: lines, page breaks, contents and running heads, all as plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from demo.figures import DRAWINGS, INK, ROSE, Anchor, Colour
from demo.manuscript import Chapter, Face, Figure, Heading, Manuscript, Paragraph, Word, words_of
from demo.wording import Wording, wording

Measure: TypeAlias = Callable[[str, Face, float], float]
"""Width in points of a text in a face at a size."""

WIDTH, HEIGHT = 419.53, 595.28  # A5
LEFT, RIGHT, TOP, BOTTOM = 54.0, 365.53, 68.0, 545.0
OPENING, HEAD, FOOT = 196.0, 44.0, 570.0
SIZE, LEADING, INDENT = 10.5, 14.0, 14.0
GREY: Colour = (0.42, 0.42, 0.44)
ITALIC: Face = "italic"


@dataclass(frozen=True)
class Mark:
    """A text with its baseline's left end at ``x``, ``y``."""

    text: str
    x: float
    y: float
    face: Face = "roman"
    size: float = SIZE
    colour: Colour = INK


@dataclass(frozen=True)
class Rule:
    """A thin horizontal line."""

    x: float
    y: float
    length: float
    colour: Colour = ROSE


@dataclass
class Sheet:
    """One page: its text, rules, figures (name, top) and links (top, bottom, page number)."""

    marks: list[Mark] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    figures: list[tuple[str, float]] = field(default_factory=list)
    links: list[tuple[float, float, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Entry:
    """A line of the contents: level 1 for a chapter and 2 for a section; pages count from 1."""

    level: int
    title: str
    page: int
    number: int = 0


@dataclass(frozen=True)
class Line:
    """Words of one line and the width in points of the space between them."""

    words: tuple[Word, ...]
    space: float


@dataclass(frozen=True)
class Typesetter:
    """Turns words into lines and marks with the help of the fonts' widths."""

    measure: Measure

    def width(self, word: Word, size: float) -> float:
        """Width of ``word`` in points."""
        return sum(self.measure(run.text, run.face, size) for run in word)

    def lines(
        self, words: tuple[Word, ...], measure: float, size: float, *, justify: bool, first: float = 0
    ) -> list[Line]:
        """Break ``words`` into lines of ``measure`` points, weighing all breaks of the paragraph together.

        Justified lines get the most even spaces, others the most even lengths; ``first`` is the indent of the
        first line. This is the total-fit idea of Knuth and Plass (1981), without hyphenation.
        """
        space = self.measure(" ", "roman", size)
        widths = [self.width(word, size) for word in words]
        best: list[tuple[float, int]] = [(0.0, 0)] + [(float("inf"), 0)] * len(words)
        for start in range(len(words)):
            room = measure - (first if start == 0 else 0)
            natural = -space
            for end in range(start + 1, len(words) + 1):
                natural += widths[end - 1] + space
                gaps = end - start - 1
                slack = room - natural
                if slack < -0.15 * space * gaps and gaps:
                    break
                if not justify:
                    ratio = 4 * slack / room
                elif end == len(words) and slack >= 0:
                    ratio = 1.0 if natural < 2 * INDENT else 0.0  # a last line of one short word looks lost
                else:
                    ratio = slack / (space * max(gaps, 0.5))
                cost = best[start][0] + (1 + 10 * ratio**2) ** 2
                if cost < best[end][0]:
                    best[end] = (cost, start)
        breaks = [len(words)]
        while breaks[-1]:
            breaks.append(best[breaks[-1]][1])
        lines: list[Line] = []
        for start, end in pairwise(reversed(breaks)):
            slack = measure - (first if start == 0 else 0) - sum(widths[start:end]) - space * (end - start - 1)
            stretch = justify and end - start > 1 and (end < len(words) or slack < 0)
            lines.append(Line(words[start:end], space + (slack / (end - start - 1) if stretch else 0)))
        return lines

    def set_line(self, line: Line, x: float, y: float, size: float = SIZE, colour: Colour = INK) -> list[Mark]:
        """Marks for ``line``; every word but the last carries its space, so that extracted text keeps it."""
        marks: list[Mark] = []
        for number, word in enumerate(line.words, start=1):
            for place, run in enumerate(word, start=1):
                tail = " " if place == len(word) and number < len(line.words) else ""
                marks.append(Mark(run.text + tail, x, y, run.face, size, colour))
                x += self.measure(run.text, run.face, size)
            x += line.space
        return marks

    def place(self, mark: Mark, anchor: Anchor) -> Mark:
        """The same mark, with ``x`` taken as its middle or right end."""
        shift = {"left": 0.0, "middle": 0.5, "right": 1.0}[anchor] * self.measure(mark.text, mark.face, mark.size)
        return Mark(mark.text, mark.x - shift, mark.y, mark.face, mark.size, mark.colour)

    def centred(self, text: str, y: float, face: Face, size: float, colour: Colour = INK) -> list[Mark]:
        """Lines of ``text`` in the middle of the page, the first of them at ``y``."""
        lines = self.lines(words_of(text, face), RIGHT - LEFT, size, justify=False)
        texts = [" ".join("".join(run.text for run in word) for word in line.words) for line in lines]
        return [
            self.place(Mark(line, WIDTH / 2, y + row * size * 1.25, face, size, colour), "middle")
            for row, line in enumerate(texts)
        ]


class ChapterFlow:
    """Pours one chapter into sheets and remembers on which of them each section begins."""

    def __init__(self, typesetter: Typesetter, chapter: Chapter, opening: str) -> None:
        self.typesetter = typesetter
        self.sheets: list[Sheet] = []
        self.sections: list[tuple[str, int]] = []
        self.waiting: list[Figure] = []
        self.y = TOP
        self._open(chapter.title, opening)
        neighbours = zip([None, *chapter.blocks], chapter.blocks, [*chapter.blocks[1:], None], strict=False)
        for before, block, after in neighbours:
            if isinstance(block, Heading):
                self._heading(block, after)
            elif isinstance(block, Figure):
                self._figure(block)
            else:
                self._paragraph(block, before)
        while self.waiting:
            self._new_sheet()

    def _open(self, title: str, opening: str) -> None:
        sheet = Sheet(rules=[Rule(LEFT, 172, 36)])
        sheet.marks.append(Mark(opening, LEFT, 118, "italic", 12, ROSE))
        sheet.marks.append(Mark(title, LEFT, 152, "roman", 25))
        self.sheets.append(sheet)
        self.y = OPENING

    def _new_sheet(self) -> None:
        self.sheets.append(Sheet())
        self.y = TOP
        waiting, self.waiting = self.waiting, []
        for figure in waiting:
            self._figure(figure)

    def _room(self, below: float = 0.0) -> int:
        """How many lines still fit on the sheet, so many points further down."""
        return int((BOTTOM - self.y - below) / LEADING + 1.001)

    def _heading(self, heading: Heading, after: object) -> None:
        if self._room() < 5 or not self._begins_beneath(after):
            self._new_sheet()
        self.y += 0 if self.y in (TOP, OPENING) else LEADING
        self.sheets[-1].marks.append(Mark(heading.text, LEFT, self.y, "bold", 11.5))
        self.sections.append((heading.text, len(self.sheets)))
        self.y += LEADING * 1.5

    def _begins_beneath(self, after: object) -> bool:
        """Whether some of what follows a heading stands beneath it, on the same sheet."""
        if not isinstance(after, Paragraph):
            return True
        left = LEFT + (INDENT if after.bullet else 0)
        lines = len(self.typesetter.lines(after.words, RIGHT - left, SIZE, justify=True))
        return _lines_to_keep(lines, self._room(LEADING * 2.5), started=False) > 0

    def _paragraph(self, paragraph: Paragraph, before: object) -> None:
        first = LEADING if isinstance(before, Paragraph) and not before.bullet and not paragraph.bullet else 0.0
        left = LEFT + (INDENT if paragraph.bullet else 0)
        if paragraph.bullet != (isinstance(before, Paragraph) and before.bullet) and isinstance(before, Paragraph):
            self.y += LEADING * 0.4
        lines = self.typesetter.lines(paragraph.words, RIGHT - left, SIZE, justify=True, first=first)
        done = 0
        while done < len(lines):
            take = _lines_to_keep(len(lines) - done, self._room(), started=done > 0)
            for line in lines[done : done + take]:
                x = left + (first if done == 0 else 0)
                if paragraph.bullet and done == 0:
                    self.sheets[-1].marks.append(Mark("• ", LEFT + 3, self.y))
                self.sheets[-1].marks += self.typesetter.set_line(line, x, self.y)
                self.y += LEADING
                done += 1
            if done < len(lines):
                self._new_sheet()

    def _figure(self, figure: Figure) -> None:
        """Place a figure here, or at the top of the next sheet while the text runs on."""
        caption = self.typesetter.lines(figure.caption, RIGHT - LEFT - 64, 9.5, justify=False)
        height = DRAWINGS[figure.name].height
        if self.y + height + 12.5 * len(caption) > BOTTOM - LEADING:
            self.waiting.append(figure)
            return
        self.sheets[-1].figures.append((figure.name, self.y - 8))
        y = self.y + height + 6
        for line in caption:
            x = LEFT + (RIGHT - LEFT - _natural(self.typesetter, line)) / 2
            self.sheets[-1].marks += self.typesetter.set_line(line, x, y, 9.5, GREY)
            y += 12.5
        self.y = y + LEADING * 0.8


def _natural(typesetter: Typesetter, line: Line) -> float:
    return sum(typesetter.width(word, 9.5) for word in line.words) + line.space * (len(line.words) - 1)


def _lines_to_keep(left: int, room: int, *, started: bool) -> int:
    """How many of ``left`` lines go on a sheet with ``room``, so that no line stands alone on a page."""
    if left <= room:
        return left
    take = room - 1 if left - room == 1 else room
    return 0 if take < 2 and not started else max(take, 0)


def _contents(typesetter: Typesetter, words: Wording, entries: Iterable[Entry]) -> list[Sheet]:
    sheets = [Sheet(marks=[Mark(words.contents, LEFT, 118, "roman", 25)], rules=[Rule(LEFT, 138, 36)])]
    y = 158.0
    for entry in entries:
        y += 9 if entry.level == 1 else 0
        if y > BOTTOM - (26 if entry.level == 1 else 0):
            sheets.append(Sheet())
            y = TOP
        x = LEFT if entry.level == 1 else LEFT + INDENT
        size = 11.0 if entry.level == 1 else 10.0
        title = f"{entry.number}  {entry.title}" if entry.number else entry.title
        dots = _dots(typesetter, x + typesetter.measure(title, "roman", size), size) if entry.level == 2 else []
        page = typesetter.place(Mark(str(entry.page), RIGHT, y, "roman", size), "right")
        dotted = [Mark(dot.text, dot.x, y, dot.face, dot.size, GREY) for dot in dots]
        sheets[-1].marks += [Mark(f"{title} ", x, y, "roman", size), *dotted, page]
        sheets[-1].links.append((y - 10, y + 3, entry.page))
        y += 16 if entry.level == 1 else 13
    return sheets


def _dots(typesetter: Typesetter, start: float, size: float) -> list[Mark]:
    """One leader of dots from ``start`` to just before the page numbers, in step on every line."""
    step = typesetter.measure(". ", "roman", size)
    count = int((RIGHT - 24 - start) / step)
    return [Mark(". " * count, RIGHT - 20 - count * step, 0, "roman", size)] if count > 1 else []


def _front(typesetter: Typesetter, words: Wording, book: Manuscript) -> list[Sheet]:
    title = typesetter.centred(book.title, 196, "roman", 30)
    below = title[-1].y
    author = typesetter.centred(book.author, below + 62, ITALIC, 15)
    house = typesetter.centred("Lyceum Library", 520, "roman", 10.5)
    year = typesetter.centred(book.year, 536, "roman", 10.5)
    rule = Rule(WIDTH / 2 - 24, below + 26, 48)
    imprint = Sheet()
    below_title = [text.format(year=book.year) for text in words.imprint]
    for row, text in enumerate([f"*{book.title}*", *below_title]):
        line = typesetter.lines(words_of(text), RIGHT - LEFT, 9.5, justify=False)[0]
        imprint.marks += typesetter.set_line(line, LEFT, 478 + row * 13, 9.5, GREY)
    credit = [] if book.author == "Lyceum Library" else house
    return [Sheet(marks=[*title, *author, *credit, *year], rules=[rule]), imprint]


def _furnish(typesetter: Typesetter, sheet: Sheet, page: int, head: str | None) -> None:
    """Add the page number and, unless ``head`` is None, the running head: left on even pages, else right."""
    folio = typesetter.place(Mark(str(page), WIDTH / 2, FOOT, "roman", 9.5, GREY), "middle")
    sheet.marks.append(folio)
    if head:
        mark = Mark(head, RIGHT if page % 2 else LEFT, HEAD, "italic", 9.5, GREY)
        sheet.marks.insert(0, typesetter.place(mark, "right" if page % 2 else "left"))
        sheet.rules.append(Rule(LEFT, HEAD + 6, RIGHT - LEFT, (0.8, 0.8, 0.8)))


def set_book(book: Manuscript, measure: Measure) -> tuple[list[Sheet], list[Entry]]:
    """Set the whole book: its sheets in order, and the contents with real page numbers. From left to right only."""
    typesetter, words = Typesetter(measure), wording(book.language)
    flows = [
        ChapterFlow(typesetter, chapter, words.chapter.format(number=number))
        for number, chapter in enumerate(book.chapters, start=1)
    ]

    def entries(offset: int) -> list[Entry]:
        found: list[Entry] = []
        for number, (chapter, flow) in enumerate(zip(book.chapters, flows, strict=True), start=1):
            found.append(Entry(1, chapter.title, offset + 1, number))
            found += [Entry(2, title, offset + sheet) for title, sheet in flow.sections]
            offset += len(flow.sheets)
        return found

    front = _front(typesetter, words, book)
    contents = entries(len(front) + len(_contents(typesetter, words, entries(0))))
    sheets = [*front, *_contents(typesetter, words, contents)]
    for page, sheet in enumerate(sheets[len(front) :], start=len(front) + 1):
        _furnish(typesetter, sheet, page, None)
    for chapter, flow in zip(book.chapters, flows, strict=True):
        for place, sheet in enumerate(flow.sheets):
            page = len(sheets) + 1
            head = None if place == 0 else chapter.title if page % 2 else book.title
            _furnish(typesetter, sheet, page, head)
            sheets.append(sheet)
    return sheets, contents
