"""Where the text of a passage stands on the pages of its book. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag.text.sentences import TextSpan, runs_on, split


@dataclass(frozen=True)
class PassagePart:
    """What a passage has of one page: ``page_text[start:end]``, found at ``offset`` of the passage's text."""

    page: int
    start: int
    end: int
    offset: int


def parts(first: int, start: int, last: int, end: int, pages: Mapping[int, str]) -> list[PassagePart]:
    """The parts of a passage from ``start`` of page ``first`` to ``end`` of page ``last``, in order.

    ``pages``: the text of each of them; one without text is passed over. The passage's text is that of its parts,
    without white space around each, joined by single spaces.
    """
    found: list[PassagePart] = []
    offset = 0
    for page, text in ((number, pages.get(number, "")) for number in range(first, last + 1)):
        begin, stop = start if page == first else 0, end if page == last else len(text)
        piece = text[begin:stop]
        begin += len(piece) - len(piece.lstrip())
        stop = begin + len(piece.strip())
        if begin < stop:
            found.append(PassagePart(page, begin, stop, offset))
            offset += stop - begin + 1
    return found


def joined(found: Sequence[PassagePart], pages: Mapping[int, str]) -> str:
    """The text of a passage that has these parts."""
    return " ".join(pages[part.page][part.start : part.end] for part in found)


def sentences(found: Sequence[PassagePart], text: str, language: str) -> Iterator[tuple[int, TextSpan, str, str]]:
    """The sentences of a passage, each of one page: its page, where on it, the sentence, and what the passage says
    before it on that page. One that runs from a page into the next is left out: a quotation is text of one page."""
    last = ""
    for part in found:
        own = text[part.offset : part.offset + part.end - part.start]
        spans = split(own, language)
        for index, span in enumerate(spans):
            sentence = span.of(own)
            if index or not last or not runs_on(last, sentence):
                yield part.page, TextSpan(part.start + span.start, part.start + span.end), sentence, own[: span.start]
        last = spans[-1].of(own) if spans else last
