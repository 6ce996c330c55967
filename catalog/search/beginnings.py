"""What begins like the letters typed so far: one statement for titles, people, subjects and series.

All that is compared is folded. Beginnings are read from indexes in the order of the letters (``text_pattern_ops``),
each a bounded piece: with a hundred books or a million it takes about as long. Where they leave places free, the words
within titles and names are looked up too, by the index of searching and by one of the words of names. The statement is
the same whatever is typed, so that a connection plans it once: planning took as long as running it.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from catalog.search import prepared
from catalog.search.words.tsquery import quoted
from catalog.values.filing import ARTICLES
from library.search.cut import asked

READ_AT_MOST = 60  # rows of an index by one beginning; the best of them are shown
WITHIN_READ = 300  # rows that have the words within
WORD_LETTERS = 3  # of a word that is looked for within, with the last one
LAST_LETTERS = 2  # of the last word, to be looked for by its beginning in an index
COUNT_AT_MOST = 100  # books of one name
COUNTED = 2  # times as many names as are asked for have the books counted that may be seen
EVERY_ARTICLE = tuple(sorted({article for articles in ARTICLES.values() for article in articles}))
AFTER_ALL = "\U0010ffff"  # no letter comes behind it
Row = tuple[str, int, str, str, str, int]  # kind, id, what it is, a word on it, language of a title, number of books

# `{name}` as a title page has it, from how it is filed: "darwin, charles" is "charles darwin". An index has the same.
GIVEN_FIRST = "btrim(split_part({name}, ', ', 2) || ' ' || split_part({name}, ', ', 1))"
# The words of a name. An index has the same.
NAME_WORDS = "to_tsvector('pg_catalog.simple'::regconfig, translate({name}, '.-/''’', '     '))"
BEGUN = """(SELECT {columns} FROM unnest(%({starts})s::text[]) AS start, LATERAL (
    SELECT * FROM {table} AS name WHERE {key} ~>=~ start AND {key} ~<~ (start || '{end}') {seen}
    ORDER BY {key} USING ~<~ LIMIT {read}) AS name)"""
# The words that an index finds, and the short ones beside them, each the beginning of a word.
WITHIN = """(SELECT {columns} FROM (
    SELECT * FROM {table} AS name WHERE {words} @@ %({asked})s::tsquery AND {free} LIMIT {read}) AS name
  WHERE ' ' || {text} LIKE ALL (%(short)s::text[]))"""
HIDDEN = "EXISTS (SELECT FROM catalog_book AS hidden WHERE hidden.id = held.book_id AND hidden.is_suppressed)"
# The names with most books, seen or not; then only of these, how many may be seen.
NAMES = """
{kind}_begun AS MATERIALIZED ({begun}),
{kind}_start AS (SELECT * FROM {kind}_begun UNION ALL {within}),
{kind}_often AS MATERIALIZED (
  SELECT id, min(alias) AS alias, min(place) AS place FROM {kind}_start GROUP BY id
  ORDER BY (
    SELECT count(*) FROM (SELECT FROM {held} AS held WHERE {key} = {kind}_start.id LIMIT {most}) AS one) DESC, id
  LIMIT %(counted)s
),
{kind}_found AS MATERIALIZED (
  SELECT name.id, name.name, CASE WHEN often.place > 0 THEN often.alias ELSE '' END AS alias, name.sort_name,
    (SELECT count(*) FROM (SELECT FROM {held} AS held WHERE {key} = often.id AND (%(all)s OR NOT {hidden})
                           LIMIT {most}) AS one) AS books
  FROM {kind}_often AS often JOIN {table} AS name USING (id)
  ORDER BY books DESC, name.sort_name, name.id LIMIT %(limit)s
)"""
TITLES = """
title_begun AS MATERIALIZED ({begun}),
title_start AS (SELECT * FROM title_begun UNION ALL
  (SELECT book.id, 1, book.popularity, book.sort_title FROM (
      SELECT book_id FROM catalog_bookfacts AS facts WHERE vector @@ %(in_titles)s::tsquery
        AND (%(all)s OR NOT is_suppressed) AND {free} LIMIT {read}) AS facts
    JOIN catalog_book AS book ON book.id = facts.book_id
    WHERE ' ' || book.search_a LIKE ALL (%(short)s::text[]))),
title_found AS MATERIALIZED (
  SELECT id, place, popularity, sort_title FROM (
    SELECT id, min(place) AS place, min(popularity) AS popularity, min(sort_title) AS sort_title
    FROM title_start GROUP BY id) AS one
  ORDER BY place, popularity DESC, sort_title, id LIMIT %(limit)s
)"""
TITLE_ROWS = """(SELECT 'title', book.id, book.title, coalesce((
    SELECT author.name FROM catalog_authorship JOIN catalog_author AS author ON author.id = author_id
    WHERE book_id = book.id AND role = 'author' ORDER BY position, catalog_authorship.id LIMIT 1), ''),
    book.language, 1::bigint
  FROM title_found JOIN catalog_book AS book USING (id)
  ORDER BY place, title_found.popularity DESC, title_found.sort_title, book.id)"""
NAME_ROWS = """(SELECT '{kind}', id, name, alias, '', books FROM {kind}_found ORDER BY books DESC, sort_name, id)"""
HELD = {
    "author": ("catalog_author", "catalog_authorship", "held.author_id"),
    "subject": ("catalog_subject", "catalog_book_subjects", "held.subject_id"),
    "series": ("catalog_series", "(SELECT id AS book_id, series_id FROM catalog_book)", "held.series_id"),
}


def _begun(table: str, key: str, columns: str, *, starts: str, seen: str = "") -> str:
    return BEGUN.format(
        table=table, key=key, columns=columns, starts=starts, seen=seen, end=AFTER_ALL, read=READ_AT_MOST
    )


def _free(kind: str) -> str:
    """Whether beginnings leave places free."""
    return f"(SELECT count(DISTINCT id) FROM {kind}_begun) < %(limit)s"


def _titles() -> str:
    seen = "AND (%(all)s OR NOT name.is_suppressed)"
    columns = "name.id, 0 AS place, name.popularity, name.sort_title"
    begun = _begun("catalog_book", "name.sort_title", columns, starts="titles", seen=seen)
    return TITLES.format(begun=begun, free=_free("title"), read=WITHIN_READ)


def _names(kind: str) -> str:
    table, held, key = HELD[kind]
    sources = [(table, "name.id", "''", 0)]
    if kind == "author":
        sources.append(("catalog_authoralias", "name.author_id", "name.name", 1))
    begun, within = [], []
    for source, pk, alias, place in sources:
        columns = f"{pk} AS id, {alias} AS alias, {place} AS place"
        begun.append(_begun(source, "name.sort_name", columns, starts="filed" if kind == "author" else "starts"))
        if kind == "author":
            begun.append(_begun(source, GIVEN_FIRST.format(name="name.sort_name"), columns, starts="starts"))
        within.append(
            WITHIN.format(
                columns=columns,
                table=source,
                words=NAME_WORDS.format(name="name.sort_name"),
                asked="in_names",
                free=_free(kind),
                read=WITHIN_READ,
                text="translate(name.sort_name, '.-/''’', '     ')",
            )
        )
    return NAMES.format(
        kind=kind,
        begun=" UNION ALL ".join(begun),
        within=" UNION ALL ".join(within),
        table=table,
        held=held,
        key=key,
        most=COUNT_AT_MOST,
        hidden=HIDDEN,
    )


STATEMENT = (
    "WITH"
    + ",".join([_titles(), *(_names(kind) for kind in HELD)])
    + "\n"
    + "\nUNION ALL\n".join([TITLE_ROWS, *(NAME_ROWS.format(kind=kind) for kind in HELD)])
)


def read(start: str, *, everything: bool, limit: int) -> list[Row]:
    """By kind, at most ``limit`` of each, the likeliest first. One query, two where hidden books stand in the way.

    ``start``: folded, as ``sort_title`` has it. ``everything``: hidden books are counted, too.
    """
    index, short = _words(start)
    values: dict[str, Any] = {
        "titles": _without_article(start),
        "starts": [start],
        "filed": _filed(start),
        "all": everything,
        "limit": limit,
        "in_titles": " & ".join(quoted(word, "A", prefix=begun) for word, begun in index) or None,
        "in_names": " & ".join(quoted(word, prefix=begun) for word, begun in index) or None,
        "short": [f"% {word}%" for word in short],
        "counted": COUNTED * limit,
    }
    rows = _rows(values)
    if any(not row[-1] for row in rows):
        rows = _rows(values | {"counted": None})
    return [row for row in rows if row[-1]]


def _rows(values: dict[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        if connection.in_atomic_block:
            cursor.execute(STATEMENT, values)
        else:
            prepared.execute(cursor, STATEMENT, values, {})
            cursor.nextset()
        found: list[Row] = cursor.fetchall()
    return found


def _words(start: str) -> tuple[list[tuple[str, bool]], list[str]]:
    """Of ``start``, the words that an index finds, each with whether it is only begun, and the short ones beside them.

    None where that is too little to look for within titles and names.
    """
    words = asked(start)
    if not any(_tells(word) for word in words):
        return [], []
    *whole, last = words
    index = [(word, False) for word in whole if _tells(word)]
    short = [word for word in whole if not _tells(word)]
    if len(last) >= LAST_LETTERS or not index:
        index.append((last, True))
    else:
        short.append(last)
    return index, short


def _tells(word: str) -> bool:
    """Whether it is worth looking for within: in writing without spaces two signs are a word. No article is: half of
    all titles have "the".
    """
    return (len(word) >= WORD_LETTERS or not word.isascii()) and f"{word} " not in EVERY_ARTICLE


def _without_article(start: str) -> list[str]:
    """How a title may be filed that begins like this: as it is, and without each article that it may begin with."""
    shorter = (start.removeprefix(article) for article in EVERY_ARTICLE if start.startswith(article))
    return [start, *dict.fromkeys(rest for rest in shorter if len(rest) >= LAST_LETTERS)]


def _filed(start: str) -> list[str]:
    """How a person may be filed: "darwin c" is how "darwin, charles" begins as well."""
    return [start, start.replace(" ", ", ", 1)] if " " in start and "," not in start else [start]
