"""Finding books: one function, for the page and the API alike.

An ISBN is looked up. Anything else is read by PostgreSQL's full text in up to three ways, and the first that finds a
book is used: all words; all words with the last one still being typed; any word (a question put in natural words
almost never has all of its words in one record: on three public
collections nine questions in ten found nothing that way).

A book's vector is stemmed in the book's language, so a query is read once for each language that the catalogue holds,
each reading against the books of that language, and once unstemmed against all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.search import SearchConfig, SearchQuery, SearchRank
from django.db import connection
from django.db.models import Exists, F, Func, Model, OuterRef, Q, QuerySet, TextField, Value

from accounts.models import User
from catalog import isbn
from catalog.models import Author, Authorship, Book, BookQuerySet, Branch, Category, Copy
from library.search.fold import fold

QUERY_LENGTH = 400
BIGGEST_ID_DIGITS = 18
WORDS_AT_MOST = 32
WORD = re.compile(r"\w+")
# A minus excludes what follows it. PostgreSQL has room for 32 nested operators and fails where a query has more.
STRAY_MINUS, MINUSES_AT_MOST = re.compile(r'-(?![\w"])'), 16
# A word at the very end, not quoted and not excluded by a minus.
LAST_WORD = re.compile(r"(?:^|\s)(\w{2,})$")
OPERATORS = re.compile(r'"|(?:^|\s)-\w|\sor\s')  # whoever writes these means them
Reading = Callable[[SearchConfig], Any]  # SearchQuery or two of them combined
UNSTEMMED = SearchConfig("simple")
BY_LENGTH = Value(1)  # ts_rank divides by 1 + log(words): the best that stock PostgreSQL gave
# Descending and ascending ties end at the id, so that pages never overlap.
SORTS: dict[str, tuple[str, ...]] = {
    "title": ("sort_title", "id"),
    "newest": ("-created_at", "-id"),
    "relevance": ("-popularity", "sort_title", "id"),
}
LANGUAGES = """
WITH RECURSIVE present AS (
  (SELECT language FROM catalog_book ORDER BY language LIMIT 1)
  UNION ALL
  SELECT (SELECT language FROM catalog_book WHERE language > present.language ORDER BY language LIMIT 1)
  FROM present WHERE present.language IS NOT NULL
)
SELECT language FROM present WHERE language IS NOT NULL
"""  # one index probe for each language, however many books


@dataclass(frozen=True)
class Filters:
    """What narrows a list. ``category`` and ``author``: an id or a name; ``branch``: an id, a code or a name."""

    category: str = ""
    author: str = ""
    language: str = ""
    year: int | None = None
    branch: str = ""
    available: bool | None = None


def search(
    query: str, *, user: User | AnonymousUser, filters: Filters | None = None, sort: str = "relevance"
) -> BookQuerySet:
    """Books that ``user`` may see, that answer ``query`` and pass ``filters``, in the order of ``sort``.

    ``query`` in websearch syntax (quotes, ``or``, ``-``); any text is fine and none is an error; empty: all books.
    ``sort``: ``relevance``, ``title`` or ``newest``. Never more than four queries before the list itself.
    """
    seen = Book.objects.visible_to(user)
    asked = clean(query)
    if not asked:
        return narrowed(seen, filters or Filters()).order_by(*SORTS["title" if sort == "relevance" else sort])
    found, rank = _matches(seen, asked)
    narrow = narrowed(found, filters or Filters())
    if sort != "relevance" or rank is None:
        return narrow.order_by(*SORTS[sort])
    return narrow.annotate(rank=rank).order_by("-rank", *SORTS["relevance"])


def clean(query: str) -> str:
    """``query`` folded, without what the database cannot take, at most 400 characters."""
    text = query[: QUERY_LENGTH * 2].replace("\0", " ").encode("utf-8", "ignore").decode()
    text = STRAY_MINUS.sub(" ", fold(text)[:QUERY_LENGTH])
    if text.count("-") > MINUSES_AT_MOST:
        text = text.replace("-", " ")
    return text.strip()


def narrowed(books: BookQuerySet, filters: Filters) -> BookQuerySet:
    """Those of ``books`` that pass ``filters``. What does not exist matches nothing."""
    if filters.category:
        books = books.filter(_through(Book.categories.through, category__in=_categories(filters.category)))
    if filters.author:
        books = books.filter(_through(Authorship, author__in=_authors(filters.author)))
    if filters.language:
        books = books.filter(language=filters.language)
    if filters.year is not None:
        books = books.filter(year=filters.year)
    if not filters.branch:
        return books if filters.available is None else books.filter(_free(filters.available))
    here = Copy.objects.filter(book=OuterRef("pk"), branch__in=_branches(filters.branch))
    books = books.filter(Exists(here.counted()))
    if filters.available is None:
        return books
    return books.filter(Exists(here.free()) if filters.available else ~Exists(here.free()))


def _free(available: bool) -> Q:
    return Q(available_copies__gt=0) if available else Q(available_copies=0)


def _through(model: type[Model], **conditions: Any) -> Exists:
    return Exists(model._default_manager.filter(book=OuterRef("pk"), **conditions))


def _is_id(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= BIGGEST_ID_DIGITS


def _categories(value: str) -> QuerySet[Category]:
    return Category.objects.filter(Q(pk=value) if _is_id(value) else Q(name__iexact=value))


def _branches(value: str) -> QuerySet[Branch]:
    return Branch.objects.filter(Q(pk=value) if _is_id(value) else Q(code__iexact=value) | Q(name__iexact=value))


def _authors(value: str) -> QuerySet[Author]:
    """By id, or all whose name holds every word of ``value``: "mukherjee" finds "Siddhartha Mukherjee"."""
    if _is_id(value):
        return Author.objects.filter(pk=value)
    authors = Author.objects.all()
    for word in fold(value).replace(",", " ").split()[:WORDS_AT_MOST]:
        authors = authors.filter(sort_name__contains=word)
    return authors


def _matches(seen: BookQuerySet, asked: str) -> tuple[BookQuerySet, SearchRank | None]:
    """The books that answer, and what to rank them by.

    The way of reading is chosen before any filter, so that narrowing a list never brings in what was not in it.
    """
    number = isbn.normalise(asked)
    if number and (by_number := seen.filter(isbn=number)).exists():
        return by_number, None
    languages = languages_present()
    *tries, last = _ways(asked)
    for way in tries:
        found = seen.filter(_answers(way, languages))
        if found.exists():
            return found, _rank(way)
    return seen.filter(_answers(last, languages)), _rank(last)


@dataclass(frozen=True)
class Way:
    """One way to read a query; ``unstemmed``: also word for word against books in all languages."""

    reading: Reading
    unstemmed: bool = True


def _ways(asked: str) -> list[Way]:
    ways = [Way(lambda config: _web(asked, config))]
    if OPERATORS.search(asked):
        return ways
    if typing := LAST_WORD.search(asked):
        before, prefix = asked[: typing.start()], SearchQuery(f"{typing[1]}:*", config=UNSTEMMED, search_type="raw")
        ways.append(Way(lambda config: _web(before, config) & prefix))
    # Only stemmed readings know their language's stop words: without them "what is a cell" is a question about cells.
    any_word = " or ".join(dict.fromkeys(WORD.findall(asked)[:WORDS_AT_MOST]))
    return [*ways, Way(lambda config: _web(any_word, config), unstemmed=False)]


def _web(text: str, config: SearchConfig) -> SearchQuery:
    return SearchQuery(text, config=config, search_type="websearch")


def _answers(way: Way, languages: list[str]) -> Q:
    readings = [
        Q(language=language, facts__vector=way.reading(_configuration(Value(language)))) for language in languages
    ]
    if way.unstemmed:
        readings.append(Q(facts__vector=way.reading(UNSTEMMED)))
    return Q(*readings, _connector=Q.OR) if readings else Q(pk__in=[])


def _rank(way: Way) -> SearchRank:
    query = way.reading(_configuration(F("language")))
    if way.unstemmed:
        query = query | way.reading(UNSTEMMED)
    return SearchRank(F("facts__vector"), query, normalization=BY_LENGTH)


def _configuration(language: Value | F) -> SearchConfig:
    return SearchConfig(Func(language, function="lyceum_text_configuration", output_field=TextField()))


def languages_present() -> list[str]:
    """The languages that the catalogue holds books in: two letters each, sorted."""
    with connection.cursor() as cursor:
        cursor.execute(LANGUAGES)
        return [row[0] for row in cursor.fetchall()]
