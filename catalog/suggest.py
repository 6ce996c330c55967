"""What the letters typed so far may become: titles, people, subjects and series, each by one bounded query.

All that is compared is folded, by the function that folds queries, and each query reads a piece of an index that
stands in the order of the letters (``text_pattern_ops``), never more than its limit of it: with a hundred books or a
million it takes about as long. The order of such an index has an operator of its own, ``~<~``, which Django cannot
say, hence the SQL. After titles that begin so come those that have the words elsewhere, by the index of searching.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from catalog.names import ARTICLES, LEADING_SIGNS
from library.search.cut import asked
from library.search.fold import fold

Kind = Literal["title", "author", "subject", "series"]
LETTERS_AT_LEAST = 2
LETTERS_AT_MOST = 100
READ_AT_MOST = 60  # rows of an index by one beginning; the best of them are shown
TITLES_READ = 300
WORD_LETTERS = 3  # of a word that is looked for within titles
COUNT_AT_MOST = 100  # books of one name
COUNTED = 2  # times as many names as are asked for have the books counted that may be seen
SHARES: dict[Kind, int] = {"title": 4, "author": 3, "subject": 2, "series": 1}  # of ten places, while all have enough
WILDCARDS = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})

SEEN = "(%(all)s OR NOT book.is_suppressed)"
# `{name}` as a title page has it, from how it is filed: "darwin, charles" is "charles darwin". An index has the same.
GIVEN_FIRST = "btrim(split_part({name}, ', ', 2) || ' ' || split_part({name}, ', ', 1))"
# Reading the index of searching costs most, and is spared where enough titles begin so.
HAS_WORDS = """
(SELECT book_id AS id, 1 AS place FROM (
    SELECT book_id, is_suppressed FROM catalog_bookfacts
    WHERE vector @@ %(words)s::tsquery AND (SELECT count(DISTINCT id) FROM begun) < %(limit)s LIMIT %(read)s
  ) AS book
 WHERE {seen})
"""
BEGINS = "{table}.{column} LIKE {pattern} ORDER BY {table}.{column} USING ~<~ LIMIT %(read)s"
TITLES = """
WITH begun AS MATERIALIZED ({begun}), start AS (SELECT id, place FROM begun UNION ALL {more})
SELECT book.id, book.title, book.language,
  (SELECT author.name FROM catalog_authorship JOIN catalog_author AS author ON author.id = author_id
   WHERE book_id = book.id AND role = 'author' ORDER BY position, catalog_authorship.id LIMIT 1)
FROM start JOIN catalog_book AS book USING (id)
GROUP BY book.id ORDER BY min(start.place), book.popularity DESC, book.sort_title, book.id LIMIT %(limit)s
"""
# Whether a book may be seen costs a look at each, so only the names with most books, seen or not, are counted so.
AUTHORS = """
SELECT author.id, author.name, often.alias, often.place, (
    SELECT count(*) FROM (
      SELECT FROM catalog_authorship JOIN catalog_book AS book ON book.id = book_id
      WHERE author_id = author.id AND {seen} LIMIT %(most)s
    ) AS held) AS books
FROM (
  SELECT id, min(alias) AS alias, min(place) AS place FROM ({starts}) AS start GROUP BY id
  ORDER BY (SELECT count(*) FROM (
    SELECT FROM catalog_authorship WHERE author_id = start.id LIMIT %(most)s) AS held) DESC, id
  LIMIT %(counted)s
) AS often JOIN catalog_author AS author USING (id)
ORDER BY books DESC, author.sort_name, author.id LIMIT %(limit)s
"""
HEADINGS = """
SELECT heading.id, heading.name, (
    SELECT count(*) FROM (SELECT FROM {books} WHERE {seen} LIMIT %(most)s) AS held) AS books
FROM (
  SELECT id FROM ({starts}) AS start
  ORDER BY (SELECT count(*) FROM (SELECT FROM {held} WHERE {key} = start.id LIMIT %(most)s) AS held) DESC, id
  LIMIT %(counted)s
) AS often JOIN {table} AS heading USING (id)
ORDER BY books DESC, heading.sort_name, heading.id LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Suggestion:
    """``text`` is what it is, ``detail`` a word on it, ``url`` where it leads."""

    kind: Kind
    text: str
    url: str
    detail: str = ""
    language: str = ""  # of a title


def suggest(typed: str, *, user: User | AnonymousUser, limit: int = 10) -> list[Suggestion]:
    """At most ``limit`` suggestions, by kind, the most used first; none before two letters are typed.

    Nothing that only books have which ``user`` may not see. One query for each kind, two where
    hidden books stand in the way.
    """
    start = beginning(typed)
    if sum(letter.isalnum() for letter in start) < LETTERS_AT_LEAST:
        return []
    asks: dict[Kind, Callable[..., list[Suggestion]]] = {
        "title": _titles, "author": _authors, "subject": _subjects, "series": _series,
    }  # fmt: skip
    return _shared({kind: ask(start, user=user, limit=limit) for kind, ask in asks.items()}, limit)


def by_kind(suggestions: list[Suggestion]) -> list[tuple[str, list[Suggestion]]]:
    """In groups, each with its heading."""
    headings = {"title": _("Books"), "author": _("People"), "subject": _("Subjects"), "series": _("Series")}
    groups = ((headings[kind], [one for one in suggestions if one.kind == kind]) for kind in SHARES)
    return [(heading, ones) for heading, ones in groups if ones]


def beginning(typed: str) -> str:
    """``typed`` as names and titles are kept for comparing."""
    text = typed[: LETTERS_AT_MOST * 2].replace("\0", " ").encode("utf-8", "ignore").decode()
    return LEADING_SIGNS.sub("", fold(text))[:LETTERS_AT_MOST].strip()


def _shared(found: dict[Kind, list[Suggestion]], limit: int) -> list[Suggestion]:
    """Each kind its share of the places, and what one leaves free goes to the others, titles first."""
    places = {kind: min(len(found[kind]), -(-SHARES[kind] * limit // 10)) for kind in SHARES}
    for kind in SHARES:
        places[kind] += min(len(found[kind]) - places[kind], max(limit - sum(places.values()), 0))
    return [one for kind in SHARES for one in found[kind][: places[kind]]][:limit]


def _titles(start: str, *, user: Any, limit: int) -> list[Suggestion]:
    patterns = {f"p{n}": text for n, text in enumerate(_without_article(start))}
    one = "(SELECT book.id, 0 AS place FROM catalog_book AS book WHERE {seen} AND {begins})"
    parts = [
        one.format(seen=SEEN, begins=BEGINS.format(table="book", column="sort_title", pattern=f"%({name})s"))
        for name in patterns
    ]
    words = _words(start)
    more = HAS_WORDS.format(seen=SEEN) if words else "SELECT id, place FROM begun WHERE false"
    sql = TITLES.format(begun=" UNION ALL ".join(parts), more=more)
    rows = _rows(sql, patterns, user=user, limit=limit, words=words, read=TITLES_READ)
    return [
        Suggestion("title", title, reverse("pages:book", args=[pk]), author or "", language)
        for pk, title, language, author in rows
    ]


def _words(start: str) -> str:
    """``start`` as PostgreSQL's query for all its words, the last still being typed; empty where that is too little."""
    words = asked(start)
    if not words or (start.isascii() and max(map(len, words)) < WORD_LETTERS):
        return ""
    return " & ".join([*(f"'{word}':A" for word in words[:-1]), f"'{words[-1]}':*A"])  # A: of the title


def _without_article(start: str) -> list[str]:
    """How a title may be filed that begins like this: as it is, and without each article that it may begin with."""
    articles = {article for articles in ARTICLES.values() for article in articles}
    shorter = (start.removeprefix(article) for article in sorted(articles) if start.startswith(article))
    return [start, *dict.fromkeys(rest for rest in shorter if len(rest) >= LETTERS_AT_LEAST)]


def _authors(start: str, *, user: Any, limit: int) -> list[Suggestion]:
    # "darwin c" is how "darwin, charles" begins as well.
    patterns = {"filed": start}
    if " " in start and "," not in start:
        patterns["comma"] = start.replace(" ", ", ", 1)
    starts = " UNION ALL ".join(_name_starts(patterns))
    rows = _names(AUTHORS.format(starts=starts, seen=SEEN), patterns, user=user, limit=limit)
    return [
        Suggestion("author", name, _search(author=pk), _also(alias if place else "", books))
        for pk, name, alias, place, books in rows
        if books
    ]


def _name_starts(patterns: Iterable[str]) -> Iterator[str]:
    """Where the names begin so: filed under the family name, or said with the given name first; then other names."""
    for place, (table, key, alias) in enumerate(
        [("catalog_author", "id", "''"), ("catalog_authoralias", "author_id", "name.name")]
    ):
        for name in ("name.sort_name", GIVEN_FIRST.format(name="name.sort_name")):
            for pattern in patterns if name == "name.sort_name" else ("filed",):
                yield (
                    f"(SELECT name.{key} AS id, {alias} AS alias, {place} AS place FROM {table} AS name"  # noqa: S608
                    f" WHERE {name} LIKE %({pattern})s ORDER BY {name} USING ~<~ LIMIT %(read)s)"
                )


def _also(alias: str, books: int) -> str:
    words = _books(books)
    return _("also %(name)s · %(books)s") % {"name": alias, "books": words} if alias else words


def _subjects(start: str, *, user: Any, limit: int) -> list[Suggestion]:
    books = """catalog_book_subjects JOIN catalog_book AS book ON book.id = book_id AND subject_id = heading.id"""
    rows = _headings("catalog_subject", books, "catalog_book_subjects", "subject_id", start, user=user, limit=limit)
    return [Suggestion("subject", name, _search(subject=pk), _books(number)) for pk, name, number in rows]


def _series(start: str, *, user: Any, limit: int) -> list[Suggestion]:
    books = "(SELECT is_suppressed FROM catalog_book WHERE series_id = heading.id) AS book"
    rows = _headings("catalog_series", books, "catalog_book", "series_id", start, user=user, limit=limit)
    return [Suggestion("series", name, _search(series=pk), _books(number)) for pk, name, number in rows]


def _headings(
    table: str, books: str, held: str, key: str, start: str, *, user: Any, limit: int
) -> list[tuple[int, str, int]]:
    """Ids, names and numbers of books. ``held``, ``key``: the table that tells which books have a heading."""
    begins = BEGINS.format(table="one", column="sort_name", pattern="%(start)s")
    starts = f"SELECT one.id FROM {table} AS one WHERE {begins}"  # noqa: S608
    sql = HEADINGS.format(table=table, books=books, starts=starts, seen=SEEN, held=held, key=key)
    return [(pk, name, number) for pk, name, number in _names(sql, {"start": start}, user=user, limit=limit) if number]


def _search(**asked: int) -> str:
    return f"{reverse('catalog:list')}?{urlencode(asked)}"


def _books(number: int) -> str:
    if number >= COUNT_AT_MOST:
        return _("%(number)d books and more") % {"number": COUNT_AT_MOST}
    return ngettext("%(number)d book", "%(number)d books", number) % {"number": number}


def _names(sql: str, starts: dict[str, str], *, user: Any, limit: int) -> list[tuple[Any, ...]]:
    """Names whose last column is how many of their books may be seen: all of them are counted where that is none."""
    rows = _rows(sql, starts, user=user, limit=limit, counted=COUNTED * limit)
    if any(not row[-1] for row in rows):
        rows = _rows(sql, starts, user=user, limit=limit, counted=None)
    return rows


def _rows(sql: str, starts: dict[str, str], *, user: Any, limit: int, **more: Any) -> list[tuple[Any, ...]]:
    values: dict[str, Any] = {name: f"{start.translate(WILDCARDS)}%" for name, start in starts.items()}
    values |= {"all": user.is_staff, "read": READ_AT_MOST, "most": COUNT_AT_MOST, "limit": limit} | more
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
