"""From the pages as read to the text that readers see, once the whole book is known.

Two passes over the pages, in order, one page in hand at a time: ``Survey.see`` each, then ``Survey.clean`` each. What
is kept of a page between them is small (its edges, what could be a heading, counts of words), and the same pages
always give the same text.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TypeVar

from rag.ingest.cleaning.edges import Edge, edges_of
from rag.ingest.cleaning.flow import WordCounts, flow
from rag.ingest.cleaning.over_pages import with_whole_words
from rag.ingest.cleaning.running import Running
from rag.ingest.model.clean import CleanPage, PageHeading
from rag.ingest.model.raw import RawPage
from rag.ingest.structure import headings
from rag.ingest.structure.fonts import FontLook, looks_of
from rag.ingest.structure.titles import folded

T = TypeVar("T")


class Survey:
    """What the pages of a book have in common."""

    def __init__(self) -> None:
        self._edges: list[Edge] = []
        self._runs: list[headings.HeadingRun] = []
        self._letters: Counter[FontLook] = Counter()
        self._words = WordCounts()

    def see(self, number: int, page: RawPage) -> None:
        """Take note of a page (1-based); every page once, before any is cleaned."""
        looks = looks_of(page)
        self._edges += edges_of(number, page, looks)
        self._runs += headings.runs_of(number, page, looks)
        for line, look in zip(page.lines, looks, strict=True):
            if line.kind == "text":
                self._letters[look] += len(line.text)
        self._words.see(page)

    def clean(self, number: int, page: RawPage) -> CleanPage:
        """The page without running lines, its words and paragraphs whole, its headings marked."""
        clean = flow(page, self._running.lines(number), self._headings.get(number, []), self._words)
        if page.title.strip():
            clean.headings = with_title(page.title, clean)
        return clean

    def over_pages(self, pages: Iterable[tuple[T, CleanPage]]) -> Iterator[tuple[T, CleanPage]]:
        """Clean pages in order, with the words whole that the end of a page parted."""
        return with_whole_words(pages, self._words)

    @cached_property
    def _body(self) -> FontLook:
        return min(
            self._letters, key=lambda look: (-self._letters[look], look), default=FontLook("", 0.0, False, False)
        )

    @cached_property
    def _running(self) -> Running:
        return Running(self._edges, self._body)

    @cached_property
    def _headings(self) -> dict[int, list[headings.FoundHeading]]:
        found: dict[int, list[headings.FoundHeading]] = defaultdict(list)
        for head in headings.find(self._runs, self._letters, self._body, self._running.dropped):
            found[head.page].append(head)
        return found


def with_title(title: str, page: CleanPage) -> list[PageHeading]:
    """The headings of a page that the file itself names, that name among them: where the page begins with it, its
    words; else before the first of them."""
    title = " ".join(title.split())
    first = page.headings[0] if page.headings else None
    if first is not None and folded(first.title) == folded(title):
        return page.headings
    begins = page.text.split("\n", 1)[0]
    end = len(begins) if folded(begins) == folded(title) else 0
    return [PageHeading(0, end, title, 1), *(heading for heading in page.headings if heading.start >= end)]
