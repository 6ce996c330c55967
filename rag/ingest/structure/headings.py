"""Headings found by their looks: set apart, short, in a look that the text of the book is not printed in.

A look (font, size, cut) is one of headings where nearly all that is printed in it stands alone in few words and
ends no sentence. Numbers help: *2.3.1* in the order of such numbers is a heading in any look.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.ingest.model.raw import PageLine, RawPage
from rag.ingest.structure import plots
from rag.ingest.structure.fonts import RECOGNISED, FontLook
from rag.ingest.structure.numbering import Number, follows, number_of
from rag.text.sentences import LEADERS

MOST_LINES, MOST_WORDS = 6, 40
SHORT = 0.8  # of how far right the lines of a page go
APART = 0.45  # heights of a line: more room than between lines of a paragraph
TOGETHER = 1.1  # heights of a line between the lines of one heading
LARGER = 1.08  # than the text: a size of headings
AS_LARGE = 0.95
RECOGNISED_LARGER = 1.2
NUMBER_SIZE = 1.5  # than the text: a number that stands alone over a title
QUALITY = 0.6  # share of a look's runs that could be headings
ALONE = 0.5  # share of a look's letters that stand in such runs
RARE = 0.05  # share of the book's letters that headings in a cut of the text's own size may have
ENTRIES, ENTRY_SHARE = 4, 0.35  # lines that end with a page number: a page of contents
TITLE_PAGES, TITLE_PAGE_WORDS = 4, 40  # words of text for each line in large letters but the title
MANY = 5  # statements of one name
SAME_RANK = 0.26  # points
CAPTION = re.compile(
    r"^(figure|fig|table|tab|listing|plate|photo|abbildung|abb|tabelle|figura|figuur|tabla|tabel|tableau|quadro|"
    r"source|quelle|note|nota)\b\.?\s*[\dIVX(:.]",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"://|\bwww\.|\S@\S")
LABELLED = re.compile(r"^(?P<word>[^\W\d_]{3,})\s+[\dIVX]+(?:[.\-]\d+)*\b")
ENTRY = re.compile(r"(?:\s|\.{2,}\s*)(?:\d{1,4}|[ivxlc]{1,7})$")
ENDS = re.compile(r"[.,;:…]['\"”’»)\]]*$")
WORD = re.compile(r"[A-Za-z]{3,}|[^\W\d_A-Za-z]{2,}|[^\W\d_]{4,}")
LETTER = re.compile(r"[^\W\d_]")
SYMBOL = re.compile(r"[=<>{}\\^~|∈∀∃→⇒≤≥×∼∘]")


@dataclass(frozen=True)
class HeadingRun:
    """Lines in one look that stand together and could be a heading: ``lines[first:last + 1]`` of a page."""

    page: int
    first: int
    last: int
    text: str
    look: FontLook
    alone: bool  # a paragraph begins with it, and another one behind it
    closes: bool  # nothing follows on its page
    above: float  # room above it, in heights of a line; far where it begins the page
    on_page: int = 0  # words on its page
    contents: bool = False  # its page is one of a table of contents
    of_plot: bool = False  # it labels the axis of a plot

    @property
    def words(self) -> int:
        return len(self.text.split())


def runs_of(number: int, page: RawPage, looks: Sequence[FontLook]) -> list[HeadingRun]:
    """What could be a heading on a page, as far as one page tells."""
    letters: Counter[FontLook] = Counter()
    for line, look in zip(page.lines, looks, strict=True):
        letters[look] += len(line.text)
    words = sum(len(line.words) for line in page.lines)
    usual = letters.most_common(1)[0][0] if words >= MOST_WORDS else None
    entries = sum(1 for line in page.lines if _is_entry(line))
    contents = entries >= ENTRIES and entries >= ENTRY_SHARE * len(page.lines)
    found, of_plots = [], plots.labels(page.lines)
    for first, last in _stretches(page.lines, looks, usual):
        lines = page.lines[first : last + 1]
        text = _joined(lines)
        if lines[0].kind == "text" and len(lines) <= MOST_LINES and len(text.split()) <= MOST_WORDS:
            found.append(
                HeadingRun(
                    number,
                    first,
                    last,
                    text,
                    looks[first],
                    _alone(page, looks, first, last),
                    last + 1 == len(page.lines),
                    _above(page.lines, first),
                    words,
                    contents,
                    first in of_plots,
                )
            )
    return found


def _stretches(
    lines: Sequence[PageLine], looks: Sequence[FontLook], usual: FontLook | None
) -> Iterator[tuple[int, int]]:
    first = 0
    for index in range(1, len(lines) + 1):
        if index == len(lines) or not _goes_on(lines, looks, index, usual):
            if lines:
                yield first, index - 1
            first = index


def _goes_on(lines: Sequence[PageLine], looks: Sequence[FontLook], index: int, usual: FontLook | None) -> bool:
    """Whether a line belongs to the same stretch as the one before it."""
    before, line = lines[index - 1], lines[index]
    if line.kind != before.kind or not _same(looks[index - 1], looks[index]):
        return False
    if not line.starts:
        return True
    if looks[index] == usual or (ENDS.search(before.text) and not before.text.endswith(",")):
        return False
    number = number_of(line.text)
    return not (number and number.rest) and abs(_room(before, line)) <= TOGETHER and before.kind == "text"


def _same(one: FontLook, other: FontLook) -> bool:
    return one.font == other.font and abs(one.size - other.size) <= 0.5 and one.bold == other.bold


def _room(above: PageLine, below: PageLine) -> float:
    upper, lower = above.box, below.box
    if upper == lower or not (upper[3] or lower[3]):
        return 0.0
    return (lower[1] - upper[3]) / max(1.0, min(upper[3] - upper[1], lower[3] - lower[1]))


def _above(lines: Sequence[PageLine], first: int) -> float:
    return _room(lines[first - 1], lines[first]) if first else 9.0


def _alone(page: RawPage, looks: Sequence[FontLook], first: int, last: int) -> bool:
    lines = page.lines
    begins = first == 0 or lines[first].starts or _steps(looks[first - 1], looks[first])
    return begins and (last + 1 == len(lines) or lines[last + 1].starts or _stops(page, looks, last))


def _stops(page: RawPage, looks: Sequence[FontLook], last: int) -> bool:
    """Whether a line is the last of its paragraph because of what follows: other letters, below some room or after a
    line that is not full."""
    if _steps(looks[last], looks[last + 1]):
        return True
    line, after = page.lines[last], page.lines[last + 1]
    short = line.box[2] < SHORT * max(other.box[2] for other in page.lines)
    return not _same(looks[last], looks[last + 1]) and (short or _room(line, after) > APART)


def _steps(one: FontLook, other: FontLook) -> bool:
    """Whether the sizes of two lines are so far apart that they are not of one paragraph."""
    return abs(one.size - other.size) > (LARGER - 1) * max(one.size, other.size)


def _is_entry(line: PageLine) -> bool:
    return LEADERS.search(line.text) is not None or (ENTRY.search(line.text) is not None and len(line.words) > 1)


def _joined(lines: Sequence[PageLine]) -> str:
    text = lines[0].text
    for line in lines[1:]:
        hyphen = text[-1:] in "-\u00ad\u2010" and text[-2:-1].isalpha() and line.text[:1].islower()
        text = text[:-1] + line.text if hyphen else f"{text} {line.text}"
    return " ".join(text.split())


@dataclass(frozen=True)
class FoundHeading:
    """A heading: lines of a page, its title, and how prominent its look is (1 is the most)."""

    page: int
    first: int
    last: int
    title: str
    rank: int


def find(
    runs: Iterable[HeadingRun], letters: Counter[FontLook], body: FontLook, running: dict[int, set[int]]
) -> list[FoundHeading]:
    """The headings of a book. ``letters``: how many are printed in each look; ``running``: lines left out, by page."""
    kept = [run for run in runs if not running.get(run.page, set()) & set(range(run.first, run.last + 1))]
    looks = heading_looks(kept, letters, body)
    chosen = [run for run in kept if run.look in looks and could_head(run)]
    numbered = [run for run in kept if run.look not in looks and could_head(run) and _is_numbered(run)]
    chosen += in_order(numbered, chosen)
    chosen = without_statements(chosen, body)
    chosen = without_title_pages(chosen)
    chosen.sort(key=lambda run: (run.page, run.first))
    labels = [run for run in kept if is_label(run, body)]
    ranks = ranked({run.look for run in chosen}, body)
    return list(_with_labels(chosen, labels, ranks))


def without_statements(chosen: Sequence[HeadingRun], body: FontLook) -> list[HeadingRun]:
    """Without *Definition 12* and *Exercise 3.4* in letters no larger than the text's, of which a book has many: they
    begin a paragraph, not a section. *Chapter 4* stays."""
    words: Counter[str] = Counter()
    named: dict[HeadingRun, str] = {}
    for run in chosen:
        number = number_of(run.text)
        label = LABELLED.match(run.text)
        if label and not (number and number.marked) and run.look.size < LARGER * body.size:
            named[run] = label["word"].casefold()
            words[named[run]] += 1
    return [run for run in chosen if run not in named or words[named[run]] < MANY]


def without_title_pages(chosen: Sequence[HeadingRun]) -> list[HeadingRun]:
    """Of what stands in large letters on a title page only the largest, which is the title."""
    drop: set[HeadingRun] = set()
    for page in range(1, TITLE_PAGES + 1):
        runs = [run for run in chosen if run.page == page]
        if not runs:
            continue
        text = runs[0].on_page - sum(run.words for run in runs)
        if runs[0].contents or text > TITLE_PAGE_WORDS * max(1, len(runs) - 1):
            break
        title = max(runs, key=lambda run: (run.look.size, -run.first))
        later = {run.look for run in chosen if run.page > page} - {title.look}
        drop |= {run for run in runs if run is not title and run.look not in later}
    return [run for run in chosen if run not in drop]


def could_head(run: HeadingRun) -> bool:
    """Whether a run could be a heading by itself, whatever its look."""
    number = number_of(run.text)
    title = number.rest if number is not None and number.rest else run.text
    first = LETTER.search(title)
    if not run.alone or run.of_plot or first is None or not _reads(title, number):
        return False
    if any(found.search(run.text) for found in (CAPTION, ADDRESS, LEADERS)) or (
        run.contents and ENTRY.search(run.text)
    ):
        return False
    if ENDS.search(run.text) and not (number is not None and not number.rest):
        return False
    return number is not None or not (first[0].islower() and run.words > 3)


def _reads(title: str, number: Number | None) -> bool:
    """Whether a title is made of words: not a formula, a label in a drawing or the letter over a part of an index."""
    letters = sum(sign.isalpha() for sign in title)
    if number is not None and number.rest and number.marked:
        return letters >= 0.5 * len(title.replace(" ", "")) - 8
    return bool(WORD.search(title)) and not SYMBOL.search(title) and letters >= 0.5 * len(title.replace(" ", ""))


def heading_looks(runs: Sequence[HeadingRun], letters: Counter[FontLook], body: FontLook) -> set[FontLook]:
    """The looks that headings are printed in."""
    by_look: dict[FontLook, list[HeadingRun]] = defaultdict(list)
    for run in runs:
        by_look[run.look].append(run)
    total = max(1, sum(letters.values()))
    return {
        look
        for look, group in by_look.items()
        if stands_out(look, body) and _is_of_headings(look, group, letters, body, total)
    }


def stands_out(look: FontLook, body: FontLook) -> bool:
    """Whether a look is larger than the text's, or as large and in another cut or font."""
    if look.font == RECOGNISED:
        return look.size >= RECOGNISED_LARGER * body.size
    if look.size >= LARGER * body.size:
        return True
    return look.size >= AS_LARGE * body.size and ((look.bold and not body.bold) or look.font != body.font)


def _is_of_headings(
    look: FontLook, group: Sequence[HeadingRun], letters: Counter[FontLook], body: FontLook, total: int
) -> bool:
    with_plots = {run.page for run in group if run.of_plot}  # names of curves and of plots are printed as axes' are
    good = [run for run in group if could_head(run) and run.page not in with_plots]
    larger = look.size >= LARGER * body.size
    if not good or len(good) < QUALITY * sum(1 for run in group if not run.contents):
        return False
    if sum(len(run.text) for run in good) < ALONE * letters[look]:
        return False
    return larger or letters[look] < RARE * total


def is_label(run: HeadingRun, body: FontLook) -> bool:
    """Whether a run is only a number: *Chapter 4*, or a large *4*, over the title that follows."""
    number = number_of(run.text)
    if number is None or number.rest or run.contents:
        return False
    return run.look.size >= NUMBER_SIZE * body.size or (number.marked and number.kind != "section" and run.alone)


def _is_numbered(run: HeadingRun) -> bool:
    number = number_of(run.text)
    return number is not None and len(number.values) > 1 and bool(number.rest) and run.words <= 15


def in_order(numbered: Sequence[HeadingRun], chosen: Sequence[HeadingRun]) -> list[HeadingRun]:
    """Those whose numbers follow each other or those of known headings: 2.3.1 comes after 2.3, 2.2.9 or 2.3.0."""
    places = sorted([*numbered, *chosen], key=lambda run: (run.page, run.first))
    numbers = [(run, number.values) for run in places if (number := number_of(run.text)) and number.kind != "part"]
    fits = set()
    for (before, one), (after, two) in pairwise(numbers):
        if follows(one, two):
            fits |= {before, after}
    return [run for run in numbered if run in fits]


def ranked(looks: set[FontLook], body: FontLook) -> dict[FontLook, int]:
    """Ranks of looks: the larger the higher; of one size, bold ones before others."""
    order = sorted(looks, key=lambda look: (-look.size, not look.bold, look.italic, look.font))
    ranks: dict[FontLook, int] = {}
    rank = 0
    for before, look in pairwise([None, *order]):
        assert look is not None
        if (
            before is None
            or before.size - look.size > SAME_RANK
            or before.bold != look.bold
            or before.italic != look.italic
        ):
            rank += 1
        ranks[look] = rank
    return ranks


def _with_labels(
    chosen: Sequence[HeadingRun], labels: Sequence[HeadingRun], ranks: dict[FontLook, int]
) -> Iterator[FoundHeading]:
    """Headings, each with the bare number right above it as part of it."""
    by_end = {(run.page, run.last + 1): run for run in labels}
    taken = {by_end[place] for run in chosen if (place := (run.page, run.first)) in by_end and not _has_number(run)}
    for run in chosen:
        if run in taken:
            continue
        rank = ranks[run.look]
        label = by_end.get((run.page, run.first))
        if label is not None and label in taken:
            yield FoundHeading(run.page, label.first, run.last, f"{label.text} {run.text}", rank)
        else:
            yield FoundHeading(run.page, run.first, run.last, run.text, rank)


def _has_number(run: HeadingRun) -> bool:
    number = number_of(run.text)
    return number is not None and bool(number.rest)
