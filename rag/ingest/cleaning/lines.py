"""From the raw text of all pages to the text that readers see: running lines dropped, words and lines joined.

Pure: values in, values out. A page is its lines, paragraphs parted by an empty line, as ``extract`` gives them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.sentences import has_verb

DEPTH = 3  # lines from the top or foot in which a running line may stand
LEAST_REPEATS = 3
GAP = 4  # pages without the line after which a run of it has ended
DENSITY = 0.4  # share of a run's pages that carry the line: left and right pages take turns, chapters open without
# The same for an outermost line that looks like text of the book: a sentence, or part of a long paragraph.
SURE_DENSITY, SURE_REPEATS = 0.8, 6
MOST_WORDS, MOST_SENTENCE_WORDS = 20, 7
NUMBER = re.compile(r"\d+")
ROMAN = re.compile(r"^[ivxlcdm]{1,7}$", re.IGNORECASE)
BARE_NUMBER = re.compile(
    r"^(?:[-–—|·.\s]*(?:page|p\.|seite|pagina|página)?\s*)(\d{1,4}|[ivxlcdm]{1,7})[-–—|·.\s]*$", re.I
)
OUTER_NUMBER = re.compile(r"^(\d{1,4})\b|\b(\d{1,4})$")
WORD = re.compile(r"[^\W\d_]+")
SPLIT_WORD = re.compile(r"([^\W\d_]+)[-\u00ad\u2010]\n(?=([^\W\d_]+))")


@dataclass(frozen=True)
class Edge:
    """A line near the top (0, 1, 2 …) or the foot (-1, -2, …) of a page."""

    page: int  # index into the pages
    position: int
    line: int  # index into the page's lines
    text: str
    alone: bool  # its paragraph is short, no sentence, and all of it near the edge


def clean(pages: Sequence[str]) -> list[str]:
    """The text of each page for reading, searching and quoting. Its line breaks inside prose are folded."""
    words = Counter(word.casefold() for page in pages for word in WORD.findall(page))
    return [flow(join_words(page, words)) for page in drop_running_lines(pages)]


def drop_running_lines(pages: Sequence[str]) -> list[str]:
    """``pages`` without headers, footers and page numbers. What repeats in the body stays."""
    edges = [edge for number, page in enumerate(pages) for edge in edges_of(number, page)]
    running = repeated(edges) | numbered(edges, len(pages))
    kept = []
    by_page: dict[int, list[Edge]] = defaultdict(list)
    for edge in edges:
        by_page[edge.page].append(edge)
    for number, page in enumerate(pages):
        lines = page.split("\n")
        drop = _outermost(by_page[number], running)
        kept.append("\n".join(line for index, line in enumerate(lines) if index not in drop).strip("\n"))
    return kept


def edges_of(number: int, page: str) -> list[Edge]:
    """The first and last lines of a page."""
    lines = page.split("\n")
    filled = [index for index, line in enumerate(lines) if line]
    top, foot = filled[:DEPTH], filled[-DEPTH:]
    near = {*top, *foot}
    found = [Edge(number, place, i, lines[i], _alone(lines, i, near)) for place, i in enumerate(top)]
    return found + [Edge(number, -1 - place, i, lines[i], _alone(lines, i, near)) for place, i in enumerate(foot[::-1])]


def _alone(lines: Sequence[str], index: int, near: set[int]) -> bool:
    """Whether the paragraph around a line is short, no sentence, and lies near the edge as a whole."""
    first = last = index
    while first > 0 and lines[first - 1]:
        first -= 1
    while last + 1 < len(lines) and lines[last + 1]:
        last += 1
    paragraph = " ".join(lines[first : last + 1])
    words = len(paragraph.split())
    says = words > MOST_SENTENCE_WORDS and paragraph.endswith((".", "!", "?")) and has_verb(paragraph)
    return words <= MOST_WORDS and not says and all(i in near for i in range(first, last + 1))


def pattern(text: str) -> str:
    """What two instances of a running line have in common: digits masked, case folded."""
    return "#" if BARE_NUMBER.match(text) else NUMBER.sub("#", text.casefold())


def repeated(edges: Iterable[Edge]) -> set[Edge]:
    """Lines that come back at the same edge on most pages of a run (the whole book, or a chapter)."""
    groups: dict[tuple[bool, str], list[Edge]] = defaultdict(list)
    for edge in edges:
        groups[(edge.position >= 0, pattern(edge.text))].append(edge)
    found: set[Edge] = set()
    for (_, shape), group in groups.items():
        if shape == "#":
            continue  # bare numbers are judged by whether they count the pages
        for run in _runs(group):
            pages = {edge.page for edge in run}
            density = len(pages) / (max(pages) - min(pages) + 1)
            if len(pages) >= LEAST_REPEATS and density >= DENSITY:
                sure = density >= SURE_DENSITY and len(pages) >= SURE_REPEATS
                found |= {edge for edge in run if edge.alone or (sure and edge.position in (0, -1))}
    return found


def _runs(group: Sequence[Edge]) -> Iterable[list[Edge]]:
    run: list[Edge] = []
    for edge in group:
        if run and edge.page - run[-1].page > GAP:
            yield run
            run = []
        run.append(edge)
    if run:
        yield run


def numbered(edges: Iterable[Edge], pages: int) -> set[Edge]:
    """Lines that carry the number of the page, alone or beside a title that changes: their number goes up with it."""
    offsets: dict[tuple[int, int], list[Edge]] = defaultdict(list)
    found: set[Edge] = set()
    for edge in edges:
        if BARE_NUMBER.match(edge.text) and ROMAN.match(edge.text.strip(" -–—|·.")) and edge.position in (0, -1):
            found.add(edge)
        elif edge.position in (0, 1, -1, -2):
            for match in OUTER_NUMBER.finditer(edge.text) if len(edge.text) < 120 else ():
                offsets[(edge.position, int(match[0]) - edge.page)].append(edge)
            if (bare := BARE_NUMBER.match(edge.text)) and bare[1].isdigit():
                offsets[(edge.position, int(bare[1]) - edge.page)].append(edge)
    for group in offsets.values():
        if len({edge.page for edge in group}) >= max(LEAST_REPEATS, 0.2 * min(pages, 100)):
            found |= set(group)
    return found


def _outermost(edges: Sequence[Edge], running: set[Edge]) -> set[int]:
    """The lines to drop: running ones, from the edge inwards up to the first line that is none."""
    drop: set[int] = set()
    for inwards in (
        sorted((e for e in edges if e.position >= 0), key=lambda e: e.position),
        sorted((e for e in edges if e.position < 0), key=lambda e: -e.position),
    ):
        for edge in inwards:
            if edge not in running:
                break
            drop.add(edge.line)
    return drop


def join_words(page: str, words: Counter[str]) -> str:
    """Words that a line break parted, joined; the hyphen stays where only the parts are words of the book."""

    def joined(match: re.Match[str]) -> str:
        first, rest = match[1], match[2]
        if not rest[:1].islower():
            return f"{first}-"
        whole = (first + rest).casefold()
        if "\u00ad" not in match[0] and not words[whole] and words[rest.casefold()] > 1 and words[first.casefold()] > 1:
            return f"{first}-"
        return first

    return SPLIT_WORD.sub(joined, page)


def flow(page: str) -> str:
    """Lines of prose as paragraphs; listings, tables and verse keep theirs. Paragraphs stay parted by an empty line."""
    full = _full_width(page)
    paragraphs = (paragraph.strip("\n").split("\n") for paragraph in re.split(r"\n{2,}", page))
    return "\n\n".join(_flowed(lines, full) for lines in paragraphs if any(lines))


def _full_width(page: str) -> float:
    lengths = sorted(len(line) for line in page.split("\n") if line)
    return lengths[int(len(lengths) * 0.9)] if lengths else 0


def _flowed(lines: Sequence[str], full: float) -> str:
    text = lines[0]
    for before, line in pairwise(lines):
        wraps = len(before) > 0.6 * full or (before[-1:].isalpha() and line[:1].islower() and len(before) > 0.4 * full)
        text += (" " if wraps else "\n") + line
    return text
