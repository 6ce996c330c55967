"""Which lines at the edges of pages run through the book: headers, footers, and numbers that count the pages.

What a line says is not enough: a sentence may come back in the text. A running line stands at the same height on page
after page, apart from the text or in another look; a page number goes up by one with each page.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from rag.ingest.cleaning.edges import Count, Edge
from rag.ingest.structure.fonts import FontLook

LEAST_REPEATS = 3
GAP = 4  # pages without the line after which a run of it has ended
DENSITY = 0.4  # share of a run's pages that carry the line: left and right pages take turns, chapters open without
SURE_DENSITY, SURE_REPEATS = 0.8, 6
FAR_IN_REPEATS = 5  # of a line that stands further in than the margin: three figures may have a label in common
SAME_HEIGHT = 0.006  # share of the page's height
NEARBY = 8  # pages in which other pages bear a number out
FAR = 40  # pages over which a count that is known holds where a number stands alone
APART = 1.5  # heights of a line between a running line and the text
MARGIN = 0.1  # share of the page's height: text seldom stands so far out
LARGER, MUCH_LARGER = 1.15, 1.3
SLOT_PAGES, SLOT_DENSITY = 5, 0.2
CHANGING_PAGES, CHANGING_DENSITY = 8, 0.6
MOST_WORDS = 20


class Running:
    """The running lines of a book: ``lines(page)`` are the indexes of those to leave out."""

    def __init__(self, edges: Sequence[Edge], body: FontLook) -> None:
        self.body = body
        self.counts = {edge: count for edge, count in _counted(edges).items() if self._may_go(edge)}
        self.found: set[Edge] = set(self.counts)
        self._add(self._beside_numbers(edges))
        self._add(self._repeated(edges))
        self._add(self._in_slots(edges))
        self._add(self._changing(edges))
        self.dropped: dict[int, set[int]] = defaultdict(set)
        for edge in _outermost(edges, self.found):
            self.dropped[edge.page].add(edge.line)

    def lines(self, page: int) -> set[int]:
        return self.dropped.get(page, set())

    def _add(self, edges: Iterable[Edge]) -> None:
        self.found |= set(edges)

    def _may_go(self, edge: Edge) -> bool:
        """A number beside a title that is much larger than the text is the number of a chapter."""
        return edge.bare or edge.look.size <= LARGER * self.body.size

    def _set_apart(self, edge: Edge) -> bool:
        """Whether something else than its words says that a line is no text: place, room or look."""
        looks = edge.look != self.body and edge.look.size <= self.body.size
        return edge.outer < MARGIN or edge.gap >= APART or looks

    def _beside_numbers(self, edges: Sequence[Edge]) -> Iterator[Edge]:
        """What stands in one row with the number of the page: the titles of headers, whatever they say."""
        rows = {(edge.page, edge.top, edge.row) for edge in self.found}
        for edge in edges:
            title = len(edge.text.split()) <= MOST_WORDS and not edge.says and self._may_go(edge)
            if title and (edge.page, edge.top, edge.row) in rows and self._set_apart(edge):
                yield edge

    def _repeated(self, edges: Sequence[Edge]) -> Iterator[Edge]:
        """Lines that come back at the same height on most pages of a run (the whole book, or a chapter)."""
        groups: dict[tuple[bool, str], list[Edge]] = defaultdict(list)
        for edge in edges:
            if text := _without_count(edge, self.counts.get(edge)):
                groups[(edge.top, text)].append(edge)
        for group in groups.values():
            for level in _levels(group):
                for run in _runs(level):
                    yield from self._of_run(run)

    def _of_run(self, run: Sequence[Edge]) -> Iterator[Edge]:
        pages = {edge.page for edge in run}
        density = len(pages) / (max(pages) - min(pages) + 1)
        sure = density >= SURE_DENSITY and len(pages) >= SURE_REPEATS
        if len(pages) < LEAST_REPEATS or density < DENSITY:
            return
        for edge in run:
            large = edge.look.size > MUCH_LARGER * self.body.size
            out = edge.outer < MARGIN or len(pages) >= FAR_IN_REPEATS
            if (sure or not (edge.says or large)) and out and self._set_apart(edge):
                yield edge

    def _in_slots(self, edges: Sequence[Edge]) -> Iterator[Edge]:
        """Lines at the very height and in the look of many running lines: the header of a chapter of two pages."""
        slots: dict[tuple[bool, FontLook], list[Edge]] = defaultdict(list)
        for edge in self.found:
            slots[(edge.top, edge.look)].append(edge)
        known: set[tuple[bool, FontLook, int]] = set()
        for (top, look), group in slots.items():
            for level in _levels(group):
                pages = {edge.page for edge in level}
                if len(pages) >= SLOT_PAGES and len(pages) >= SLOT_DENSITY * (max(pages) - min(pages) + 1):
                    known |= {(top, look, round(edge.y / SAME_HEIGHT)) for edge in level}
        for edge in edges:
            if (edge.top, edge.look, round(edge.y / SAME_HEIGHT)) in known and not edge.says and self._may_go(edge):
                yield edge

    def _changing(self, edges: Sequence[Edge]) -> Iterator[Edge]:
        """Headers that change on every page, as of a dictionary: small, far out, well apart, at one height."""
        groups: dict[tuple[bool, FontLook], list[Edge]] = defaultdict(list)
        for edge in edges:
            far_out = edge.row == 0 and edge.outer < MARGIN and edge.gap >= APART
            small = edge.look.size <= self.body.size and edge.look != self.body
            if far_out and small and not edge.says and len(edge.text.split()) <= MOST_WORDS:
                groups[(edge.top, edge.look)].append(edge)
        for group in groups.values():
            for level in _levels(group):
                pages = {edge.page for edge in level}
                dense = len(pages) >= CHANGING_DENSITY * (max(pages) - min(pages) + 1)
                if dense and len(pages) >= CHANGING_PAGES:
                    yield from level


def _counted(edges: Sequence[Edge]) -> dict[Edge, Count]:
    """Edges that carry the number of their page: others nearby, at the same height, count on with it."""
    groups: dict[tuple[bool, str, int], list[tuple[Edge, Count]]] = defaultdict(list)
    for edge in edges:
        for count in edge.counts:
            groups[(edge.top, count.style, count.offset)].append((edge, count))
    found: dict[Edge, Count] = {
        edge: edge.counts[0] for edge in edges if edge.labelled and edge.counts and edge.row == 0
    }
    known: dict[tuple[str, int], list[int]] = defaultdict(list)
    for (_, style, offset), group in groups.items():
        for edge, count in group:
            near = {
                other.page
                for other, _ in group
                if abs(other.page - edge.page) <= NEARBY and abs(other.y - edge.y) <= SAME_HEIGHT
            }
            if len(near) >= (FAR_IN_REPEATS if edge.row else LEAST_REPEATS):
                found[edge] = count
                known[(style, offset)].append(edge.page)
    for pages in known.values():
        pages.sort()
    for edge in edges:
        for count in edge.counts:
            if count.bare and edge.row <= 1 and _is_near(known.get((count.style, count.offset), ()), edge.page):
                found.setdefault(edge, count)
    return found


def _is_near(pages: Sequence[int], page: int) -> bool:
    place = bisect_left(pages, page)
    return any(abs(other - page) <= FAR for other in pages[max(0, place - 1) : place + 1])


def _without_count(edge: Edge, count: Count | None) -> str:
    """What the instances of a running line have in common: all but the page's number, case folded."""
    text = edge.text if count is None else f"{edge.text[: count.start]}#{edge.text[count.end :]}"
    folded = " ".join(text.casefold().split())
    return folded if any(sign.isalpha() for sign in folded) else ""


def _levels(group: Sequence[Edge]) -> Iterator[list[Edge]]:
    """Edges at the same height together."""
    level: list[Edge] = []
    for edge in sorted(group, key=lambda edge: (edge.y, edge.page)):
        if level and edge.y - level[-1].y > SAME_HEIGHT:
            yield level
            level = []
        level.append(edge)
    if level:
        yield level


def _runs(group: Iterable[Edge]) -> Iterator[list[Edge]]:
    run: list[Edge] = []
    for edge in sorted(group, key=lambda edge: edge.page):
        if run and edge.page - run[-1].page > GAP:
            yield run
            run = []
        run.append(edge)
    if run:
        yield run


def _outermost(edges: Iterable[Edge], running: set[Edge]) -> Iterator[Edge]:
    """The lines to drop: running ones, from the edge inwards up to the first row that has another one."""
    rows: dict[tuple[int, bool], dict[int, list[Edge]]] = defaultdict(lambda: defaultdict(list))
    for edge in edges:
        rows[(edge.page, edge.top)][edge.row].append(edge)
    for by_row in rows.values():
        for row in sorted(by_row):
            yield from (edge for edge in by_row[row] if edge in running)
            if any(edge not in running for edge in by_row[row]):
                break
