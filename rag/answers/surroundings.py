"""What stands around passages: for a writer in its own words, who needs more than a passage to understand it.

What is quoted still stands in the passages themselves; this is read, not cited.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from operator import or_
from uuid import UUID

from django.db.models import Q

from rag.models import Page, Passage
from rag.retrieval.hits import Hit
from rag.text import passage_parts

REACH = 1  # passages before and behind, of the same section


@dataclass(frozen=True)
class SurroundingText:
    """A stretch of a text: hits that touch stand in one. ``ranks``: of these hits, 0 the best."""

    generation: UUID
    first_page: int
    last_page: int
    text: str
    ranks: tuple[int, ...]


def texts_around(hits: Sequence[Hit]) -> list[SurroundingText]:
    """Each hit with the passage before and behind it in its section, joined where they touch, the stretch of the best
    hit first; what neighbouring passages share is there once. Two queries."""
    if not hits:
        return []
    ranks = {hit.passage.pk: rank for rank, hit in enumerate(hits)}
    runs = list(_runs(_with_neighbours(hits)))
    pages = _pages(runs)
    found = [_joined(run, pages[run[0].generation_id], ranks) for run in runs if run[0].generation_id in pages]
    return sorted(found, key=lambda one: one.ranks[:1])


def _with_neighbours(hits: Sequence[Hit]) -> list[Passage]:
    wanted = [
        Q(
            generation=hit.passage.generation_id,
            section=hit.passage.section_id,
            ordinal__range=(hit.passage.ordinal - REACH, hit.passage.ordinal + REACH),
        )
        for hit in hits
    ]
    rows = Passage.objects.filter(reduce(or_, wanted)).defer("embedding", "text_hash", "vector", "text")
    return list(rows.order_by("generation", "ordinal"))


def _runs(passages: Sequence[Passage]) -> Iterator[list[Passage]]:
    """Passages of one section that follow one another."""

    def place(one: tuple[int, Passage]) -> tuple[UUID, int | None, int]:
        number, passage = one
        return passage.generation_id, passage.section_id, passage.ordinal - number

    for _place, run in groupby(enumerate(passages), key=place):
        yield [passage for _number, passage in run]


def _pages(runs: Sequence[Sequence[Passage]]) -> dict[UUID, dict[int, str]]:
    """The texts of the pages on which they stand, by generation."""
    wanted = [Q(generation=run[0].generation_id, number__range=(run[0].first_page, run[-1].last_page)) for run in runs]
    found: dict[UUID, dict[int, str]] = {}
    if wanted:
        for page in Page.objects.filter(reduce(or_, wanted)).only("generation_id", "number", "text"):
            found.setdefault(page.generation_id, {})[page.number] = page.text or ""
    return found


def _joined(run: Sequence[Passage], pages: Mapping[int, str], ranks: Mapping[int, int]) -> SurroundingText:
    first, last = run[0], run[-1]
    parts = passage_parts.parts(first.first_page, first.start, last.last_page, last.end, pages)
    own = sorted(ranks[passage.pk] for passage in run if passage.pk in ranks)
    text = passage_parts.joined(parts, pages)
    return SurroundingText(first.generation_id, first.first_page, last.last_page, text, tuple(own))
