"""The text of a book in stretches: whole sentences in a row, of one section, with nothing left out between them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rag.ingest.model.clean import CleanPage, CleanSection
from rag.ingest.passages.language import Detector
from rag.text.sentences import fold_space, gap, is_contents_line, runs_on, split, word_count

LEAST_BESIDE_CONTENTS = 20  # words; scraps between the lines of a table of contents are left out too
BESIDES_ITS_TITLE = 3  # words: "Chapter 7", a number
LEAST_REPEATED = 20  # words of a page that is left out because an earlier one says the same


@dataclass(frozen=True)
class PageStretch:
    """``page_text[start:end]``."""

    page: int
    start: int
    end: int


@dataclass(frozen=True)
class Unit:
    """A sentence, or a part of one that is too long; of two pages where it runs from one into the next."""

    pieces: tuple[PageStretch, ...]
    text: str


@dataclass
class Stretch:
    """Sentences in a row. ``texts``: that of each page it stands on."""

    section: int | None = None
    follows: bool = False  # begins where the one before it ended
    beside_contents: bool = False  # a line of a table of contents stands before or behind it
    units: list[Unit] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)

    @property
    def words(self) -> int:
        return sum(word_count(unit.text) for unit in self.units)


def stretches(
    pages: Iterable[tuple[int, CleanPage]], sections: Sequence[CleanSection], detector: Detector
) -> Iterator[Stretch]:
    """The stretches of a book. A section that has nothing but its heading stands before the text of the next one."""
    heading: Stretch | None = None
    for stretch in _Reading(sections, detector).of(pages):
        scrap = stretch.beside_contents and stretch.words < LEAST_BESIDE_CONTENTS
        if heading is not None and stretch.follows and not scrap:
            stretch.units[:0] = heading.units
            stretch.texts = heading.texts | stretch.texts
        elif heading is not None:
            yield heading
        heading = stretch if not scrap and _is_only_heading(stretch, sections) else None
        if heading is None and not scrap:
            yield stretch
    if heading is not None:
        yield heading


def _is_only_heading(stretch: Stretch, sections: Sequence[CleanSection]) -> bool:
    if stretch.section is None:
        return False
    section = sections[stretch.section]
    own = (
        unit for unit in stretch.units if (unit.pieces[0].page, unit.pieces[0].start) >= (section.page, section.start)
    )
    return sum(word_count(unit.text) for unit in own) <= word_count(section.title) + BESIDES_ITS_TITLE


class _Reading:
    """Where a pass over the pages stands."""

    def __init__(self, sections: Sequence[CleanSection], detector: Detector) -> None:
        self.detector = detector
        self.marks: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for index, section in enumerate(sections):
            self.marks[section.page].append((section.start, index))
        self.current = Stretch()
        self.said: set[bytes] = set()

    def of(self, pages: Iterable[tuple[int, CleanPage]]) -> Iterator[Stretch]:
        for number, page in pages:
            if self._is_repeated(page.text):
                last = max(self.marks.get(number, [(0, self.current.section)]))[1]
                yield from self._end(Stretch(last))
            else:
                yield from self._read(number, page.text)
        yield from self._end(Stretch())

    def _is_repeated(self, text: str) -> bool:
        if word_count(text) < LEAST_REPEATED:
            return False
        seen = hashlib.sha256(fold_space(text).encode()).digest()
        repeated = seen in self.said
        self.said.add(seen)
        return repeated

    def _end(self, following: Stretch) -> Iterator[Stretch]:
        if self.current.units:
            yield self.current
        else:
            following.follows = following.follows and self.current.follows
        self.current = following

    def _read(self, number: int, text: str) -> Iterator[Stretch]:
        language = self.detector.of(text)
        marks = sorted((min(start, len(text)), index) for start, index in self.marks.get(number, ()))
        borders = [0, *(start for start, _index in marks), len(text)]
        for place, (start, end) in enumerate(pairwise(borders)):
            if place:
                yield from self._end(Stretch(marks[place - 1][1], follows=True))
            for span in split(text[start:end], language):
                piece = PageStretch(number, start + span.start, start + span.end)
                if is_contents_line(span.of(text[start:end])):
                    self.current.beside_contents = True
                    yield from self._end(Stretch(self.current.section, beside_contents=True))
                else:
                    self._add(piece, text)

    def _add(self, piece: PageStretch, page: str) -> None:
        current = self.current
        current.texts[piece.page] = page
        text = page[piece.start : piece.end]
        before = current.units[-1] if current.units else None
        if before is not None and before.pieces[-1].page != piece.page and runs_on(before.text, text):
            current.units[-1] = Unit((*before.pieces, piece), before.text + gap(before.text, text) + text)
        else:
            current.units.append(Unit((piece,), text))
