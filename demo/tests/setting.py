"""Help for tests of setting books: a type in which every letter is half as wide as it is high."""

from __future__ import annotations

from demo import layout
from demo.figures import INK
from demo.manuscript import Chapter, Face, Manuscript, Word, words_of

COLUMN = layout.RIGHT - layout.LEFT


def measure(text: str, face: Face, size: float) -> float:
    return len(text) * size / 2


TYPES = layout.Typesetter(measure)


def written(word: Word) -> str:
    return "".join(run.text for run in word)


def prose(lines: int, *, start: str = "cell") -> tuple[Word, ...]:
    """Words that fill about so many lines: each takes a sixth of one."""
    return words_of(" ".join([start, *["membrane"] * (lines * 6 - 1)]))


def book(*chapters: Chapter, title: str = "The Cell", author: str = "Ann Lee") -> Manuscript:
    return Manuscript(title, author, "2024", list(chapters))


def set_chapter(*blocks: object) -> list[layout.Sheet]:
    """The sheets of a chapter with these blocks."""
    sheets, contents = layout.set_book(book(Chapter("Cells", list(blocks))), measure)  # type: ignore[arg-type]
    return sheets[contents[0].page - 1 :]


def rows(sheet: layout.Sheet) -> dict[float, str]:
    """Its running text by height, from the top: no titles, heads, numbers of pages or captions."""
    found: dict[float, str] = {}
    for mark in sheet.marks:
        if mark.size == layout.SIZE and mark.colour == INK:
            found[mark.y] = found.get(mark.y, "") + mark.text
    return dict(sorted(found.items()))
