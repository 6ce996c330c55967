"""Entries of an outline that lead astray: their titles are not on the page that they name.

LaTeX leads the entry of a section without a number to whatever had the last one, often some pages before it. So it is
looked for on the pages that follow, where its title stands alone as a line, between its neighbours in the outline.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rag.ingest.model.clean import CleanPage
from rag.ingest.model.raw import OutlineMark
from rag.ingest.structure.titles import folded, without_sign

AHEAD = 40  # pages behind the one that the entry names
LONGER = 20  # characters that a line may have more than the title: its number, signs


class TitlePlace(NamedTuple):
    """Where a title stands, or is said to."""

    page: int
    start: int


NOWHERE, THE_END = TitlePlace(0, 0), TitlePlace(sys.maxsize, 0)


class Lookout:
    """Looks for titles as the pages come by, once each and in order."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}  # by what is looked for: the last page to look at
        self._longest = 0
        self._headings: dict[str, list[TitlePlace]] = defaultdict(list)
        self._lines: dict[str, list[TitlePlace]] = defaultdict(list)

    def want(self, mark: OutlineMark) -> None:
        """Look for the title of ``mark`` behind the page that it names, from now on."""
        for title in _writings(mark.title):
            self._last[title] = max(self._last.get(title, 0), mark.page + AHEAD)
        self._longest = max(self._longest, len(mark.title) + LONGER)

    def see(self, number: int, page: CleanPage) -> None:
        """Take note of what stands on a page. Its headings may be wanted later, by an entry for the page behind it."""
        for heading in page.headings:
            self._headings[folded(heading.title)].append(TitlePlace(number, heading.start))
        self._last = {title: last for title, last in self._last.items() if last >= number}
        if self._last:
            for start, line in _lines(page.text):
                if len(line) <= self._longest and (title := folded(line)) in self._last:
                    self._lines[title].append(TitlePlace(number, start))

    def found(self, mark: OutlineMark, behind: TitlePlace, before: TitlePlace) -> TitlePlace | None:
        """Where the title of ``mark`` stands between two places: the first heading, else the first line. It is looked
        for from the page before the one that the entry names."""
        behind = max(behind, TitlePlace(mark.page - 1, -1))
        before = min(before, TitlePlace(mark.page + AHEAD + 1, 0))
        for places in (self._headings, self._lines):
            first = [_first(places.get(title, []), behind, before) for title in _writings(mark.title)]
            if fit := [place for place in first if place is not None]:
                return min(fit)
        return None


def _first(places: Sequence[TitlePlace], behind: TitlePlace, before: TitlePlace) -> TitlePlace | None:
    at = bisect_right(places, behind)
    return places[at] if at < len(places) and places[at] < before else None


def _writings(title: str) -> set[str]:
    return {folded(title), folded(without_sign(title))} - {""}


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.split("\n"):
        yield start, line
        start += len(line) + 1


def put_right(
    marks: Sequence[OutlineMark], said: Sequence[TitlePlace], unsure: set[int], lookout: Lookout
) -> list[TitlePlace]:
    """The place of each entry: the one in ``said``, but for ``unsure`` ones whose titles stand elsewhere, behind the
    entry before and before the next sure one."""
    found, behind = list(said), NOWHERE
    followers = _next_sure(said, unsure)
    for index, mark in enumerate(marks):
        if index in unsure:
            before = followers[index]
            place = lookout.found(mark, behind, before if before > behind else THE_END)
            if place is None:
                continue
            found[index] = place
        behind = found[index]
    return found


def _next_sure(said: Sequence[TitlePlace], unsure: set[int]) -> list[TitlePlace]:
    """For each entry the place of the next one whose title stands where it says."""
    found, after = [], THE_END
    for index in reversed(range(len(said))):
        found.append(after)
        if index not in unsure:
            after = said[index]
    return found[::-1]
