"""The catalogue without a question: all books, in an order that an index has."""

from __future__ import annotations

from dataclasses import replace

from catalog.search.matches import facets, result_cache
from catalog.search.matches.narrowing import FilterCondition, Narrowing
from catalog.search.matches.page import FoundPage, PageRequest
from catalog.search.matches.statement import Match, Params
from catalog.search.time_limit import rows

SORTS = {
    "title": "book.title_order, book.id",
    "newest": "book.created_at DESC, book.id DESC",
    "year": "facts.year DESC NULLS LAST, facts.book_id DESC",
    "popular": "book.popularity DESC, book.id DESC",
}
# A place that is lent, such as a study room, is no book: it is found by its words, and through its subjects and series.
BOOKS = FilterCondition(
    "facts.book_id NOT IN (SELECT copy.book_id FROM catalog_copy AS copy"
    " JOIN catalog_itemtype AS kind ON kind.id = copy.item_type_id WHERE kind.is_place)"
)
Counts = tuple[int, list[tuple[str, str, int, str]]]


def everything(view: PageRequest, narrowing: Narrowing) -> FoundPage:
    """All books that pass: by title unless another order is asked for. The numbers of many may be 30 s old.

    ``narrowing.others`` (subject, series) may ask for places; without them these are left out.
    """
    if not narrowing.others:
        narrowing = replace(narrowing, others=[BOOKS])
    count, counts = _counts(view, narrowing)
    ids = _ids(view, narrowing) if view.offset < count else []
    return FoundPage(count, ids, counts)


def _ids(view: PageRequest, narrowing: Narrowing) -> list[int]:
    params = Params()
    conditions = [params.fill(condition) for condition in narrowing.conditions]
    if not view.staff:
        conditions.append("NOT facts.is_suppressed")
    sql = f"""SELECT book.id FROM catalog_book AS book JOIN catalog_bookfacts AS facts ON facts.book_id = book.id
      WHERE {" AND ".join(f"({one})" for one in conditions) or "true"}
      ORDER BY {SORTS.get(view.sort, SORTS["title"])}
      OFFSET {params.add(view.offset)} LIMIT {params.add(view.limit)}"""
    return [pk for (pk,) in rows(sql, params)]


def _counts(view: PageRequest, narrowing: Narrowing) -> Counts:
    counting = facets.counting(narrowing) if view.facets else None
    outcome = result_cache.run(Match(staff=view.staff), narrowing, sort="popular", offset=0, limit=0, counting=counting)
    return outcome.count, outcome.counts
