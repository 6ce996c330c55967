"""Filters: from what an address says to conditions on ``catalog_bookfacts``. What does not exist matches nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Concat

from catalog.models import Author, AuthorAlias, Branch, Category, Series, Subject
from catalog.search.words.query import Query, Years, language_code, read_years
from library.search.fold import fold, words

BIGGEST_ID_DIGITS = 18
VALUES_AT_MOST = 20  # of one filter
WORDS_AT_MOST = 32
IDS_AT_MOST = 5000  # that the words of a name may stand for
PRINT, DIGITAL = "print", "digital"


@dataclass(frozen=True)
class Filters:
    """What narrows a list, every value as typed in the address; several values of one kind mean any of them.

    ``category``, ``series``, ``subject``: an id or a name; a category finds the narrower ones too. ``author``: an id,
    or words of a name or alias. ``year``: "1990", "1990-2000", "1990-"; "-500" is 500 BCE. ``branch``: an id, a code
    or a name. ``format``: "print" or "digital". ``available``, with a branch: free there.
    """

    category: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    year: tuple[str, ...] = ()
    branch: tuple[str, ...] = ()
    format: tuple[str, ...] = ()
    available: bool | None = None
    series: str = ""
    subject: str = ""

    def __bool__(self) -> bool:
        return self != Filters()


@dataclass(frozen=True)
class FilterCondition:
    """A piece of SQL about ``facts`` and its parameters, in order."""

    sql: str
    params: tuple[Any, ...] = ()


@dataclass
class Narrowing:
    """Resolved filters. ``facets``: conditions by the name of the facet that may lift them; ``others`` always hold."""

    facets: dict[str, FilterCondition] = field(default_factory=dict)
    others: list[FilterCondition] = field(default_factory=list)
    categories: list[int] = field(default_factory=list)
    authors: list[int] = field(default_factory=list)
    branches: list[int] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    years: list[Years] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    available: bool | None = None

    @property
    def conditions(self) -> list[FilterCondition]:
        """All that a book must pass."""
        return [*self.facets.values(), *self.others]


def resolve(filters: Filters) -> Narrowing:
    """``filters`` with names looked up: at most one query for each kind that is used."""
    narrowing = Narrowing(available=filters.available)
    facets = narrowing.facets
    if filters.category:
        narrowing.categories = _ids(Category.objects.all(), filters.category, _named)
        facets["category"] = FilterCondition("facts.category_ids && %s::bigint[]", (narrowing.categories,))
    if filters.author:
        narrowing.authors = authors(filters.author)
        facets["author"] = FilterCondition("facts.author_ids && %s::bigint[]", (narrowing.authors,))
    if filters.language:
        narrowing.languages = [language_code(value) for value in filters.language[:VALUES_AT_MOST]]
        facets["language"] = FilterCondition("facts.language = ANY(%s::text[])", (narrowing.languages,))
    if filters.year:
        read = [read_years(value) for value in filters.year[:VALUES_AT_MOST]]
        narrowing.years = [years for years in read if years]
        facets["year"] = within(narrowing.years)
    if filters.format:
        narrowing.formats = [value for value in filters.format if value in {PRINT, DIGITAL}]
        facets["format"] = _formats(narrowing.formats)
    _narrow_to_places(narrowing, filters)
    if filters.series:
        narrowing.others.append(in_series(_ids(Series.objects.all(), [filters.series], _named)))
    if filters.subject:
        headings = _ids(Subject.objects.all(), [filters.subject], _named)
        narrowing.others.append(
            FilterCondition(
                "facts.book_id IN (SELECT book_id FROM catalog_book_subjects WHERE subject_id = ANY(%s::bigint[]))",
                (headings,),
            )
        )
    return narrowing


def _narrow_to_places(narrowing: Narrowing, filters: Filters) -> None:
    """Branch and availability: together they mean free, or not free, *there*."""
    if filters.branch:
        narrowing.branches = _ids(
            Branch.objects.all(), filters.branch, lambda name: _named(name) | Q(code__iexact=name)
        )
        narrowing.facets["branch"] = FilterCondition("facts.branch_ids && %s::bigint[]", (narrowing.branches,))
    if filters.available is not None:
        free = free_at(narrowing.branches if filters.branch else None)
        narrowing.facets["available"] = free if filters.available else FilterCondition(f"NOT ({free.sql})", free.params)


def free_at(branches: list[int] | None) -> FilterCondition:
    """A copy is free at one of ``branches``, or anywhere where that is ``None``."""
    if branches is None:
        return FilterCondition("facts.is_available")
    return FilterCondition("facts.free_branch_ids && %s::bigint[]", (branches,))


def within(years: Iterable[Years]) -> FilterCondition:
    """The year is in one of ``years``; none of them: no year is."""
    spans = list(years)
    sql = " OR ".join("facts.year BETWEEN %s AND %s" for _ in spans) or "false"
    return FilterCondition(f"({sql})", tuple(bound for span in spans for bound in (span.first, span.last)))


def in_series(ids: list[int]) -> FilterCondition:
    """Of one of these series."""
    sql = "facts.book_id IN (SELECT id FROM catalog_book WHERE series_id = ANY(%s::bigint[]))"
    return FilterCondition(sql, (ids,))


def asked_beside_words(query: Query) -> list[FilterCondition]:
    """What a query's own fields ask: years, languages, series."""
    conditions = [within([years]) for years in query.years]
    conditions += [FilterCondition("facts.language = %s", (code,)) for code in query.languages]
    for name in query.series:
        named = Series.objects.filter(*(Q(sort_name__contains=word) for word in name.split()[:WORDS_AT_MOST]))
        conditions.append(in_series(list(named.values_list("pk", flat=True)[:IDS_AT_MOST])))
    return conditions


def authors(values: Iterable[str]) -> list[int]:
    """The ids, and of all whose name or alias holds every word: "mukherjee" finds "Siddhartha Mukherjee"."""
    asked = list(values)[:VALUES_AT_MOST]
    ids = [int(value) for value in asked if _is_id(value)]
    named = Q(pk__in=[])
    for value in asked:
        spelled = [Q(filed__contains=word) for word in words(value).split()[:WORDS_AT_MOST]]
        if spelled and not _is_id(value):
            named |= Q(*spelled)
    if not named.children or all(_is_id(value) for value in asked):
        return ids
    filed = {"filed": Concat(F("sort_name"), F("name"))}
    people = Author.objects.alias(**filed).filter(named).order_by().values_list("pk", flat=True)
    aliases = AuthorAlias.objects.alias(**filed).filter(named).order_by().values_list("author_id", flat=True)
    return [*ids, *people.union(aliases)[:IDS_AT_MOST]]


def _formats(formats: list[str]) -> FilterCondition:
    held = {PRINT: "facts.has_copies", DIGITAL: "facts.has_file"}
    return FilterCondition(f"({' OR '.join(held[one] for one in formats) or 'false'})")


def _is_id(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= BIGGEST_ID_DIGITS


def _named(name: str) -> Q:
    return Q(name__iexact=name.strip())


def _ids(rows: QuerySet[Any], values: Iterable[str], named: Callable[[str], Q]) -> list[int]:
    """The ids, and of all that are ``named`` by the other values; no query where there are no others."""
    asked = [value.replace("\0", " ") for value in values][:VALUES_AT_MOST]
    if all(map(_is_id, asked)):
        return list(dict.fromkeys(map(int, asked)))
    wanted = Q(pk__in=[int(value) for value in asked if _is_id(value)])
    for value in asked:
        if not _is_id(value) and fold(value):
            wanted |= named(value)
    return list(rows.filter(wanted).order_by().values_list("pk", flat=True)[:IDS_AT_MOST])
