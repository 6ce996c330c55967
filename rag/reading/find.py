"""Words of a book found as they are written, whatever their case, accents and hyphens.

Text is folded to be compared and shown as it stands: each folded sign knows where it came from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import regex

from library.search.fold import fold
from rag.models import IndexGeneration

LONGEST, MOST_HITS, MOST_OF_A_PAGE = 200, 100, 5
MOST_PAGES = 1_000  # that one search looks through
AROUND = 70  # signs beside what was found
CLUSTER = regex.compile(r"\X")
# A hyphen inside a word, and behind it the line's end at which it was parted: "opti-\nmized" is "optimized".
HYPHEN = regex.compile(r"(?<=\p{L}\p{M}*)[-\u2010\u2011\u00ad](?:[ \t]*\n\s*)?(?=\p{L})")
BREAKS = re.compile(r"(\s+)")


@dataclass(frozen=True)
class FoundWords:
    """A place where the words stand: ``before``, ``words`` and ``after`` are of the page's text as it is written."""

    page: int
    start: int
    end: int
    before: str
    words: str
    after: str

    @property
    def mark(self) -> str:
        """As a page is asked to mark it."""
        return f"{self.start}-{self.end}"


@dataclass(frozen=True)
class WordsFinding:
    """``on_from``: the page from which to search on; ``None`` where all was looked through."""

    hits: list[FoundWords]
    on_from: int | None


def find(generation: IndexGeneration, words: str, *, first: int = 1) -> WordsFinding:
    """Where ``words`` stand in a text, from the page ``first`` on; at most ``MOST_HITS`` places of ``MOST_PAGES``
    pages."""
    needle = _folded(words[:LONGEST])
    hits: list[FoundWords] = []
    if not needle:
        return WordsFinding([], None)
    last = first + MOST_PAGES - 1
    pages = generation.pages.filter(number__range=(first, last)).exclude(text=None).exclude(text="")
    for number, text in pages.order_by("number").values_list("number", "text").iterator(chunk_size=100):
        hits += _on_page(number, text or "", needle)
        if len(hits) >= MOST_HITS:
            last = number
            break
    return WordsFinding(hits, last + 1 if last < generation.page_count else None)


def places(text: str, words: str) -> list[tuple[int, int]]:
    """Each place in ``text``, from its first sign to behind its last one, at which ``words`` stand."""
    needle = _folded(words)
    return list(_places(text, needle)) if needle and needle in _folded(text) else []


def _on_page(number: int, text: str, needle: str) -> list[FoundWords]:
    if needle not in _folded(text):
        return []
    found = []
    for start, end in _places(text, needle):
        before, after = _before(text, start), _after(text, end)
        found.append(FoundWords(number, start, end, before, text[start:end], after))
        if len(found) == MOST_OF_A_PAGE:
            break
    return found


def _folded(text: str) -> str:
    return fold(HYPHEN.sub("", text))


def _places(text: str, needle: str) -> Iterator[tuple[int, int]]:
    """By a folded text each sign of which knows from where to where it was written."""
    folded, origins = _with_origins(text)
    place = folded.find(needle)
    while place >= 0:
        yield origins[place][0], origins[place + len(needle) - 1][1]
        place = folded.find(needle, place + len(needle))


def _with_origins(text: str) -> tuple[str, list[tuple[int, int]]]:
    hidden = {place for match in HYPHEN.finditer(text) for place in range(*match.span())}
    signs: list[str] = []
    origins: list[tuple[int, int]] = []
    for cluster in CLUSTER.finditer(text):
        start, end = cluster.span()
        if start in hidden:
            continue
        said = " " if cluster[0].isspace() else _cluster(cluster[0])
        if said == " " and signs and signs[-1] == " ":
            continue
        signs.append(said)
        origins += [(start, end)] * len(said)
    return "".join(signs), origins


@lru_cache(maxsize=4096)
def _cluster(sign: str) -> str:
    return fold(sign)


def _before(text: str, start: int) -> str:
    cut = text[max(start - AROUND, 0) : start]
    return cut if start <= AROUND else f"… {BREAKS.split(cut, maxsplit=1)[-1]}"


def _after(text: str, end: int) -> str:
    cut = text[end : end + AROUND]
    return cut if end + AROUND >= len(text) else f"{BREAKS.split(cut[::-1], maxsplit=1)[-1][::-1]} …"
