"""Where the text of a passage stands on the pages of its book. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag.text.sentences import CAPTION, STOPPED, TextSpan, gap, runs_on, split, surely_runs_on

# A note at the foot of a page: its mark stands first, without the full stop that the items of a list have.
FOOT = re.compile(r"(?:\d{1,3}|[*†‡§¶]{1,3}|[¹²³⁴⁵⁶⁷⁸⁹⁰]{1,3})\s+\S")


@dataclass(frozen=True)
class PassagePart:
    """What a passage has of one page: ``page_text[start:end]``, found at ``offset`` of the passage's text."""

    page: int
    start: int
    end: int
    offset: int


@dataclass(frozen=True)
class PlacedSentence:
    """A sentence of a passage: ``page_text[span]``, and ``goes_on`` (page, span) where it runs over the page's end.

    ``before``: what the passage says before it on its page.
    """

    page: int
    span: TextSpan
    text: str
    before: str
    goes_on: tuple[int, TextSpan] | None = None


def parts(first: int, start: int, last: int, end: int, pages: Mapping[int, str]) -> list[PassagePart]:
    """The parts of a passage from ``start`` of page ``first`` to ``end`` of page ``last``, in order.

    ``pages``: the text of each of them; one without text is passed over. The passage's text is that of its parts,
    without white space around each, with what ``gap`` says between them.
    """
    found: list[PassagePart] = []
    offset, before = 0, ""
    for page, text in ((number, pages.get(number, "")) for number in range(first, last + 1)):
        begin, stop = start if page == first else 0, end if page == last else len(text)
        piece = text[begin:stop]
        begin += len(piece) - len(piece.lstrip())
        stop = begin + len(piece.strip())
        if begin < stop:
            offset += len(gap(before, text[begin:stop])) if before else 0
            found.append(PassagePart(page, begin, stop, offset))
            offset, before = offset + stop - begin, text[begin:stop]
    return found


def joined(found: Sequence[PassagePart], pages: Mapping[int, str]) -> str:
    """The text of a passage that has these parts."""
    text = ""
    for part in found:
        piece = pages[part.page][part.start : part.end]
        text += gap(text, piece) + piece if text else piece
    return text


def sentences(found: Sequence[PassagePart], text: str, language: str) -> Iterator[PlacedSentence]:
    """The sentences of a passage in order. One that runs from a page into the next is one sentence of two places,
    also where a note stands at the foot of the one page or a figure at the head of the next. Where it is not sure that
    it does, its end is left out: it may be a fragment."""
    left: _PartSentences | None = None
    for part in found:
        here = _PartSentences(part, text[part.offset : part.offset + part.end - part.start], language)
        if left is not None:
            left.go_on_in(here)
            yield from left.placed()
        left = here
    if left is not None:
        yield from left.placed()


class _PartSentences:
    """The sentences of one part, and which of them belongs to a sentence of the page before or behind."""

    def __init__(self, part: PassagePart, text: str, language: str) -> None:
        self.part, self.text = part, text
        self.spans = split(text, language)
        self.taken: int | None = None  # the sentence that ends one of the page before
        self.goes_on: tuple[int, tuple[int, TextSpan], str] | None = None  # which one, where, and its words there

    def go_on_in(self, following: _PartSentences) -> None:
        if not self.spans or not following.spans:
            return
        last, first = self._last(), following._first()
        before, after = self.spans[last].of(self.text), following.spans[first].of(following.text)
        if not runs_on(before, after):
            return
        following.taken = first
        if last != self.taken and surely_runs_on(before, after):
            self.goes_on = last, (following.part.page, following._on_page(following.spans[first])), after

    def placed(self) -> Iterator[PlacedSentence]:
        for index, span in enumerate(self.spans):
            sentence, before = span.of(self.text), self.text[: span.start]
            if index == self.taken:
                continue
            if self.goes_on is None or index != self.goes_on[0]:
                yield PlacedSentence(self.part.page, self._on_page(span), sentence, before)
                continue
            _index, place, rest = self.goes_on
            whole = sentence + gap(sentence, rest) + rest
            yield PlacedSentence(self.part.page, self._on_page(span), whole, before, place)

    def _on_page(self, span: TextSpan) -> TextSpan:
        return TextSpan(self.part.start + span.start, self.part.start + span.end)

    def _last(self) -> int:
        """The last sentence; before notes at the foot that have come to their end, where one stands open there."""
        last = index = len(self.spans) - 1
        if not STOPPED.search(self.text):
            return last
        while index > 0 and FOOT.match(self._paragraph(index)):
            index -= 1
        return last if STOPPED.search(self.spans[index].of(self.text)) else index

    def _first(self) -> int:
        """The first sentence but for a caption at the head."""
        index = 0
        while index < len(self.spans) - 1 and CAPTION.match(self._paragraph(index)):
            index += 1
        return index

    def _paragraph(self, index: int) -> str:
        """The text from the beginning of the paragraph in which a sentence stands."""
        begun = self.text.rfind("\n\n", 0, self.spans[index].start)
        return self.text[begun + 2 if begun >= 0 else 0 :]
