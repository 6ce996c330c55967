"""Where words that somebody marked stand in a text that may have been read anew since: by the words, and by what stood
around them. Pure.

The quotation is found as the words are folded, so that spaces, accents and hyphens may differ. Where it is there more
than once, what stands around it decides, then how near it is to where it was. Where it was changed a little, its first
and last words find it, if they stand about as far apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile

from rag.reading.find import places
from rag.text.sentences import TextSpan

AROUND = 40  # signs kept of what stands on either side
ENDS, LEAST_WORDS = 4, 10  # words at either end of a quotation by which a changed one is known; fewer are too few
LENGTHS = (0.8, 1.25)  # how much shorter or longer a changed one may be


@dataclass(frozen=True)
class Anchor:
    """``quote`` with what stood ``before`` and ``behind`` it, on the page ``page`` from ``start`` on."""

    quote: str
    before: str
    behind: str
    page: int
    start: int


@dataclass(frozen=True)
class AnchoredPlace:
    """Where an anchor holds."""

    page: int
    span: TextSpan


def anchor_at(page: int, text: str, span: TextSpan) -> Anchor:
    """The anchor of a stretch of a page."""
    before, behind = text[max(span.start - AROUND, 0) : span.start], text[span.end : span.end + AROUND]
    return Anchor(span.of(text), before, behind, page, span.start)


def locate(anchor: Anchor, pages: Iterable[tuple[int, str]]) -> AnchoredPlace | None:
    """Where the anchor holds best in ``pages`` (number and text); ``None`` where it holds nowhere."""
    best: tuple[float, AnchoredPlace] | None = None
    for number, text in pages:
        for start, end in spans(anchor.quote, text):
            found = AnchoredPlace(number, TextSpan(start, end))
            rank = _rank(anchor, number, text, found.span)
            if best is None or rank > best[0]:
                best = (rank, found)
    return best[1] if best else None


def holds_at(anchor: Anchor, text: str) -> AnchoredPlace | None:
    """The anchor's own place on its page, where all stands as it did: then no other need be looked for."""
    whole = f"{anchor.before}{anchor.quote}{anchor.behind}"
    place = text.find(whole) if whole else -1
    if place < 0 or text.find(whole, place + 1) >= 0:
        return None
    start = place + len(anchor.before)
    return AnchoredPlace(anchor.page, TextSpan(start, start + len(anchor.quote)))


def spans(quote: str, text: str) -> list[tuple[int, int]]:
    """Where a quotation stands in a text, or what has become of it."""
    return places(text, quote) or _changed(quote, text)


def _changed(quote: str, text: str) -> list[tuple[int, int]]:
    words = quote.split()
    if len(words) < LEAST_WORDS:
        return []
    firsts, lasts = places(text, " ".join(words[:ENDS])), places(text, " ".join(words[-ENDS:]))
    shortest, longest = (len(quote) * factor for factor in LENGTHS)
    return [(start, end) for start, _end in firsts for _start, end in lasts if shortest <= end - start <= longest]


def _rank(anchor: Anchor, number: int, text: str, span: TextSpan) -> float:
    """Signs around that are the same, and whether the words are; among equals the nearest is first."""
    before, behind = text[max(span.start - AROUND, 0) : span.start], text[span.end : span.end + AROUND]
    same = _common(before[::-1], anchor.before[::-1]) + _common(behind, anchor.behind)
    same += span.of(text) == anchor.quote
    distance = abs(number - anchor.page) * 10_000 + min(abs(span.start - anchor.start), 9_999)
    return same - distance / 1e9


def _common(one: str, other: str) -> int:
    """With how many signs both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
