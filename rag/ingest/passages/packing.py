"""Sentences in parcels of even size that overlap, none greater than the embedder reads. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rag.ingest.passages.stretches import PageStretch, Unit
from rag.text.sentences import fold_space, word_count

TARGET_WORDS, OVERLAP_WORDS = 120, 30  # measured: docs/adr/0021-passages.md
LONGEST_SENTENCE = 80  # a longer one (a listing, a table, a contract) is parted …
LONGEST_PART = 45  # … until no part is longer than this
LETTERS_PER_WORD = 8  # at least, for writing that puts no spaces between words
BREAKS = [re.compile(r"\n\s*"), re.compile(r"(?<=[;:,、，；：])\s*"), re.compile(r"\s+")]  # where rather to part
Counter = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True)
class Weighed:
    """A unit, its word-pieces, and what it counts in a parcel: its words, or more where they have many pieces."""

    unit: Unit
    pieces: int
    cost: float


def pack(units: Sequence[Unit], *, room: int, count: Counter) -> Iterator[list[Unit]]:
    """Parcels of about ``TARGET_WORDS``, evenly, so that no small rest is left; each but the first begins with the
    last sentences of the one before it, about ``OVERLAP_WORDS``.

    ``count`` counts word-pieces (without special ones); no parcel has more than ``room`` of them.
    """
    weighed = weigh(units, room=room, count=count)
    least = 0
    for first, last in _shares(weighed, room):
        begin = _overlap(weighed, first, last, room=room, least=least)
        least = min(begin + 1, last + 1)
        yield [each.unit for each in weighed[begin : last + 1]]


def weigh(units: Sequence[Unit], *, room: int, count: Counter) -> list[Weighed]:
    """Each unit with its cost, those that are too long in parts."""
    found: list[Weighed] = []
    for each in _weighed(units, room, count):
        found += [each] if each.cost <= LONGEST_SENTENCE else _parted(each, room, count)
    return found


def _weighed(units: Sequence[Unit], room: int, count: Counter) -> list[Weighed]:
    numbers = count([unit.text for unit in units]) if units else []
    return [
        Weighed(
            unit,
            pieces,
            max(word_count(unit.text), pieces * TARGET_WORDS / room, len(fold_space(unit.text)) / LETTERS_PER_WORD),
        )
        for unit, pieces in zip(units, numbers, strict=True)
    ]


def _parted(each: Weighed, room: int, count: Counter) -> list[Weighed]:
    if each.cost <= LONGEST_PART or len(each.unit.text) < 2:
        return [each]
    halves = _weighed(_halves(each.unit), room, count)
    return [part for half in halves for part in _parted(half, room, count)]


def _halves(unit: Unit) -> list[Unit]:
    """``unit`` in two: at the page's end, else near its middle where a line, a clause or at least a word ends."""
    head = unit.pieces[0]
    if len(unit.pieces) > 1:
        length = head.end - head.start
        return [Unit((head,), unit.text[:length]), Unit(unit.pieces[1:], unit.text[length:].lstrip())]
    text, middle = unit.text, len(unit.text) / 2
    for kind in BREAKS:
        gaps = [gap for gap in kind.finditer(text) if 0.2 * len(text) < gap.start() < 0.8 * len(text)]
        if gaps:
            gap = min(gaps, key=lambda one: abs(one.start() - middle))
            return [_slice(unit, 0, gap.start()), _slice(unit, gap.end(), len(text))]
    return [_slice(unit, 0, int(middle)), _slice(unit, int(middle), len(text))]


def _slice(unit: Unit, start: int, end: int) -> Unit:
    piece = unit.pieces[0]
    return Unit((PageStretch(piece.page, piece.start + start, piece.start + end),), unit.text[start:end])


def _shares(weighed: Sequence[Weighed], room: int) -> Iterator[tuple[int, int]]:
    """The first and the last unit of each parcel, overlap aside."""
    whole = sum(each.cost for each in weighed)
    parcels = max(1, round((whole - OVERLAP_WORDS) / (TARGET_WORDS - OVERLAP_WORDS)))
    share = (whole - OVERLAP_WORDS) / parcels
    first, number, done = 0, 1, 0.0
    for index, each in enumerate(weighed):
        done += each.cost
        border = OVERLAP_WORDS + share * number
        # End the parcel here if the next unit would take its end further from the border than this one does.
        following = weighed[index + 1].cost if index + 1 < len(weighed) else None
        if following is None or (number < parcels and abs(done - border) <= abs(done + following - border)):
            yield from _fitting(weighed, first, index, room)
            first = index + 1
            number += 1


def _fitting(weighed: Sequence[Weighed], first: int, last: int, room: int) -> Iterator[tuple[int, int]]:
    if first == last or sum(each.pieces for each in weighed[first : last + 1]) <= room:
        yield first, last
        return
    whole = sum(each.cost for each in weighed[first : last + 1])
    done, half = weighed[first].cost, first
    while half + 1 < last and done + weighed[half + 1].cost / 2 <= whole / 2:
        half += 1
        done += weighed[half].cost
    yield from _fitting(weighed, first, half, room)
    yield from _fitting(weighed, half + 1, last, room)


def _overlap(weighed: Sequence[Weighed], first: int, last: int, *, room: int, least: int) -> int:
    """Where a parcel begins that has the units from ``first`` to ``last`` of its own."""
    used = sum(each.pieces for each in weighed[first : last + 1])
    cost, begin = 0.0, first
    while begin > least:
        before = weighed[begin - 1]
        used += before.pieces
        if used > room or abs(cost + before.cost - OVERLAP_WORDS) > abs(cost - OVERLAP_WORDS):
            break
        cost += before.cost
        begin -= 1
    return begin
