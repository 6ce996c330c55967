"""The catalogue without a question: all books, in an order that an index has."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.db import connection

from catalog.finding import facets, statement
from catalog.finding.narrowing import Filters, Narrowing
from catalog.finding.statement import Match, Params
from catalog.finding.view import Found, View

KEPT_SECONDS = 30
MANY = 10_000  # books; counting fewer takes no time
SORTS = {
    "title": "book.sort_title, book.id",
    "newest": "book.created_at DESC, book.id DESC",
    "year": "facts.year DESC NULLS LAST, facts.book_id DESC",
    "popular": "book.popularity DESC, book.id DESC",
}
Counts = tuple[int, list[tuple[str, str, int]]]


def everything(view: View, narrowing: Narrowing, filters: Filters) -> Found:
    """All books that pass: by title unless another order is asked for. The numbers of many may be 30 s old."""
    count, counts = _counts(view, narrowing, filters)
    ids = _ids(view, narrowing) if view.offset < count else []
    return Found(count, ids, counts)


def _ids(view: View, narrowing: Narrowing) -> list[int]:
    params = Params()
    conditions = [params.fill(condition) for condition in narrowing.conditions]
    if not view.staff:
        conditions.append("NOT facts.is_suppressed")
    sql = f"""SELECT book.id FROM catalog_book AS book JOIN catalog_bookfacts AS facts ON facts.book_id = book.id
      WHERE {" AND ".join(f"({one})" for one in conditions) or "true"}
      ORDER BY {SORTS.get(view.sort, SORTS["title"])}
      OFFSET {params.add(view.offset)} LIMIT {params.add(view.limit)}"""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [pk for (pk,) in cursor.fetchall()]


def _counts(view: View, narrowing: Narrowing, filters: Filters) -> Counts:
    named: tuple[Any, ...] = (view.staff, view.facets, filters)
    key = "catalog-all-" + sha256(repr(named).encode()).hexdigest()
    kept: Counts | None = cache.get(key)
    if kept is not None:
        return kept
    selects = facets.selects(narrowing) if view.facets else ()
    outcome = statement.run(Match(staff=view.staff), narrowing, sort="popular", offset=0, limit=0, facets=selects)
    counted = outcome.count, outcome.counts
    if outcome.found >= MANY:
        cache.set(key, counted, KEPT_SECONDS)
    return counted
