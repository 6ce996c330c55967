"""The sections of a book: from its outline where that is of use, else from the headings found in its text."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.ingest.model.clean import CleanPage, CleanSection, PageHeading
from rag.ingest.model.raw import OutlineMark
from rag.ingest.structure.astray import Lookout, TitlePlace, put_right
from rag.ingest.structure.numbering import Number, number_of
from rag.ingest.structure.titles import WORD, bare_title, fold, folded, without_sign

MOST_TITLE = 300
FEW, LONG_BOOK = 2, 20  # an outline of so few entries says nothing of a book of so many pages
NAMES = re.compile(
    r"^(?:page|seite|p\.|pagina|página|slide|folie|scan|img|image)?[\s_\-.]*\d+(?:\.\w{2,4})?$|^\S+\.(?:tiff?|jpe?g|png|pdf|docx?|indd|eps)$",
    re.I,
)
NAMED_SHARE = 0.5  # of an outline that names pages or files instead of sections


@dataclass(frozen=True)
class SectionEntry:
    """A section as it is found, before its path is known. ``depth`` orders it among the others, lower is wider."""

    depth: float
    title: str
    page: int
    start: int


def sections(outline: Sequence[OutlineMark], pages: Iterable[tuple[int, CleanPage]]) -> list[CleanSection]:
    """The sections in the order of the book. ``pages``: every page with its number, once, in order."""
    place = Placing([mark for mark in outline if mark.page > 0 and mark.title.strip()])
    for number, page in pages:
        place.see(number, page)
    return with_paths(place.entries() if place.is_of_use() else from_headings(place.headings))


class Placing:
    """Looks for the outline's titles on their pages, as those come by."""

    def __init__(self, marks: Sequence[OutlineMark]) -> None:
        self.marks = marks
        self.last = 0
        self.headings: list[tuple[int, PageHeading]] = []
        self.starts: dict[int, int] = {}  # by index of the mark
        self.unsure: set[int] = set()
        self.lookout = Lookout()
        self.by_page: dict[int, list[int]] = defaultdict(list)
        for index, mark in enumerate(marks):
            self.by_page[mark.page].append(index)

    def see(self, number: int, page: CleanPage) -> None:
        self.last = number
        self.headings += [(number, heading) for heading in page.headings]
        self.lookout.see(number, page)
        behind = 0
        for index in self.by_page.get(number, ()):
            span = find_title(self.marks[index].title, page, behind)
            if span is None:
                self.unsure.add(index)
                self.lookout.want(self.marks[index])
                self.starts[index] = _at_height(page, self.marks[index].y, behind)
            else:
                self.starts[index], behind = span

    def is_of_use(self) -> bool:
        """Not an outline that only counts pages or names files, leads to one place, or has next to nothing."""
        named = sum(1 for mark in self.marks if NAMES.match(mark.title.strip()))
        if not self.marks or named > NAMED_SHARE * len(self.marks):
            return False
        one_place = len(self.marks) > 1 and len({mark.page for mark in self.marks}) == 1
        thin = len(self.marks) <= FEW and len(self.headings) > len(self.marks)
        return self.last <= LONG_BOOK or not (thin or one_place)

    def entries(self) -> list[SectionEntry]:
        last = max(1, self.last)
        said = [TitlePlace(min(mark.page, last), self.starts.get(index, 0)) for index, mark in enumerate(self.marks)]
        places = put_right(self.marks, said, self.unsure, self.lookout)
        return [
            SectionEntry(mark.level, " ".join(mark.title.split()), *place)
            for mark, place in zip(self.marks, places, strict=True)
        ]


def find_title(title: str, page: CleanPage, behind: int = 0) -> tuple[int, int] | None:
    """Where a title stands on its page: among the headings, else in the text at the start of a line."""
    wanted = {folded(title), folded(without_sign(title))} - {""}
    if not wanted:
        return None
    for heading in sorted(page.headings, key=lambda heading: (heading.start < behind, heading.start)):
        if folded(heading.title) in wanted:
            return heading.start, heading.end
    pattern = r"\W+".join(re.escape(word) for word in WORD.findall(fold(bare_title(title))))
    if not pattern:
        return None
    text = fold(page.text)
    if len(text) != len(page.text):
        return None
    spans = [
        (start, match.end())
        for match in re.finditer(rf"(?<!\w){pattern}(?!\w)", text)
        if (start := _line_start(page.text, match.start())) is not None
    ]
    return min(spans, key=lambda span: (span[0] < behind, span[0]), default=None)


def _line_start(text: str, start: int) -> int | None:
    """Where the line begins in which a title stands behind nothing but its number; None where more is before it."""
    first = text.rfind("\n", 0, start) + 1
    before = text[first:start].strip()
    number = number_of(f"{before} x") if before else None
    return first if not before or (number is not None and number.rest == "x") else None


def _at_height(page: CleanPage, y: float | None, behind: int) -> int:
    """The first word at a height or below it; the start of the page where no height is known."""
    if y is None:
        return 0
    starts = [box.start for box in page.boxes if box.y1 > y and box.start >= behind]
    return min(starts, default=0)


def from_headings(found: Sequence[tuple[int, PageHeading]]) -> list[SectionEntry]:
    """Headings with their depths: their numbers say, else the looks that they share with numbered ones."""
    numbers = [number_of(heading.title) for _, heading in found]
    parts = [place for place, number in enumerate(numbers) if number is not None and number.kind == "part"]
    if len(parts) == 1 and parts[0] < FEW:  # *Volume I* on the title page: the book, not a part of it
        numbers[parts[0]] = None
    depths = depths_of_ranks(found, numbers)
    entries = []
    for (page, heading), number in zip(found, numbers, strict=True):
        depth = depths[heading.rank]
        if number is not None and _counts(number, depth):
            depth = float(number.depth)
        entries.append(SectionEntry(depth, heading.title[:MOST_TITLE], page, heading.start))
    return entries


def _counts(number: Number, depth: float) -> bool:
    """Whether a number's own depth is to be trusted: it has points, or a word, or its look's depth is that."""
    return number.kind != "chapter" or number.marked or abs(number.depth - depth) < 1


def depths_of_ranks(found: Sequence[tuple[int, PageHeading]], numbers: Sequence[Number | None]) -> dict[int, float]:
    """How deep headings of each rank are: as most numbered ones of it; between those of the ranks around it."""
    votes: dict[int, Counter[int]] = defaultdict(Counter)
    ranks = sorted({heading.rank for _, heading in found})
    for (_, heading), number in zip(found, numbers, strict=True):
        if number is not None and number.rest:
            votes[heading.rank][number.depth] += 1
    total = Counter(heading.rank for _, heading in found)
    known = {
        rank: float(max(votes[rank], key=lambda depth: (votes[rank][depth], -depth)))
        for rank in ranks
        if sum(votes[rank].values()) >= 0.3 * total[rank]
    }
    return {
        rank: known[rank] if rank in known else _between(found, ranks, place, known) for place, rank in enumerate(ranks)
    }


def _between(
    found: Sequence[tuple[int, PageHeading]], ranks: Sequence[int], place: int, known: dict[int, float]
) -> float:
    """The depth of a rank without numbers: below the ranks before it, above those behind; the book's title beside."""
    if above := [known[rank] for rank in ranks[:place] if rank in known]:
        return max(above) + 1 - 1 / (place + 2)
    title = _is_title(found, ranks[0]) and len(ranks) > 1
    if below := [known[rank] for rank in ranks[place:] if rank in known]:
        return min(below) if place == 0 and title else min(below) - 1 + place / 100
    return float(max(place, 1) if title else place)


def _is_title(found: Sequence[tuple[int, PageHeading]], rank: int) -> bool:
    """Whether a look is that of the book's title: only at the very start, before all others."""
    places = [place for place, (_, heading) in enumerate(found) if heading.rank == rank]
    return len(places) <= FEW and places[-1] <= FEW


def with_paths(entries: Sequence[SectionEntry]) -> list[CleanSection]:
    """Sections with their paths, by where they stand; titles above each come from the order of ``entries``."""
    above: list[SectionEntry] = []
    found = []
    for entry in entries:
        while above and above[-1].depth >= entry.depth:
            above.pop()
        above.append(entry)
        path = tuple(other.title[:MOST_TITLE] for other in above)
        found.append(CleanSection(len(path), path[-1], entry.page, entry.start, path))
    return sorted(found, key=lambda section: (section.page, section.start))
