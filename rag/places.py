"""Where the text of a passage stands on the pages of its book. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rag.sentences import Span


@dataclass(frozen=True)
class Part:
    """What a passage has of one page: ``page_text[start:end]``, found at ``offset`` of the passage's text."""

    page: int
    start: int
    end: int
    offset: int


def parts(first: int, start: int, last: int, end: int, pages: Mapping[int, str]) -> list[Part]:
    """The parts of a passage from ``start`` of page ``first`` to ``end`` of page ``last``, in order.

    ``pages``: the text of each of them; one without text is passed over. The passage's text is that of its parts,
    without white space around each, joined by single spaces.
    """
    found: list[Part] = []
    offset = 0
    for page, text in ((number, pages.get(number, "")) for number in range(first, last + 1)):
        begin, stop = start if page == first else 0, end if page == last else len(text)
        piece = text[begin:stop]
        begin += len(piece) - len(piece.lstrip())
        stop = begin + len(piece.strip())
        if begin < stop:
            found.append(Part(page, begin, stop, offset))
            offset += stop - begin + 1
    return found


def joined(found: list[Part], pages: Mapping[int, str]) -> str:
    """The text of a passage that has these parts."""
    return " ".join(pages[part.page][part.start : part.end] for part in found)


def on_one_page(found: list[Part], span: Span) -> tuple[int, Span] | None:
    """The page, and where on it, of a stretch of a passage's text; ``None`` for one that crosses to the next page."""
    for part in found:
        if part.offset <= span.start and span.end <= part.offset + part.end - part.start:
            shift = part.start - part.offset
            return part.page, Span(span.start + shift, span.end + shift)
    return None


def by_page(found: list[Part], text: str) -> Iterator[tuple[Part, str]]:
    """Each part of a passage with its own text."""
    for part in found:
        yield part, text[part.offset : part.offset + part.end - part.start]
