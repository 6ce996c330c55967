"""The texts of a table that have most of what is asked for, by BM25 over their stored terms.

The table keeps for each text a ``tsvector`` and its number of words; how rare each term is comes from whoever keeps
count of that (``Statistics``). Nothing is counted or built while somebody waits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from math import pi
from typing import Any

from django.db import connection

from library.search.bm25 import K1, B, idf
from library.search.cut import spaced

DEPTH = 100  # texts that each order brings to a fusion: measured
MOST_TERMS = 64  # of a query; more is a text, and the rarest of them tell enough
MOST_GATHERED = 20_000  # texts that are scored; beyond it the commonest words bring no text in, but count in all others
LEXEMES = """
SELECT DISTINCT lexeme FROM unnest(%s::text[]) AS language,
  unnest(to_tsvector(lyceum_text_configuration(language), %s)) AS term ORDER BY lexeme
"""
# PostgreSQL tells how often a word is in a vector only by way of `ts_rank`, which for one word that is there n times is
# the sum of 1/i² for i up to n, over π²/6; `width_bucket` turns that back into n. Taking vectors apart costs ten times
# as much.
RANKED = """
WITH asked AS (
  SELECT query, rare FROM unnest(%(queries)s::tsquery[], %(rare)s::float8[]) AS one(query, rare)
)
SELECT {key}, sum(rare * often * %(more)s / (often + %(base)s + %(slope)s * {words})) AS score
FROM {table}, asked, LATERAL (
  SELECT width_bucket(ts_rank('{{1,1,1,1}}', {vector}, query)::float8, %(steps)s::float8[]) AS often
) AS counted
WHERE {vector} @@ %(any)s::tsquery {within}
GROUP BY {key} ORDER BY score DESC, {key} LIMIT %(number)s
"""
MOST_OFTEN = 60  # a word that is there more often counts as often as this: it could hardly count more
_sums = [total / (pi * pi / 6) for total in accumulate(1 / (i * i) for i in range(1, MOST_OFTEN + 1))]
STEPS = [_sums[0] / 2, *((one + other) / 2 for one, other in pairwise(_sums))]


@dataclass(frozen=True)
class Table:
    """Where texts are kept, by the names of its columns."""

    name: str
    key: str = "id"
    vector: str = "vector"
    words: str = "word_count"


@dataclass(frozen=True)
class Statistics:
    """How many texts and words there are in all, and how many texts have each term."""

    texts: int
    words: int
    having: Mapping[str, int] = field(default_factory=dict)


def lexemes(query: str, languages: Sequence[str]) -> list[str]:
    """What a query asks for: its words as each of ``languages`` (two letters) reads them, stop words aside."""
    with connection.cursor() as cursor:
        cursor.execute(LEXEMES, [list(languages), spaced(query)])
        return [lexeme for (lexeme,) in cursor.fetchall()]


def best(
    table: Table,
    asked: Sequence[str],
    statistics: Statistics,
    *,
    within: Mapping[str, Sequence[Any]] | None = None,
    number: int = DEPTH,
) -> dict[Any, float]:
    """The keys of the ``number`` texts that score highest for the lexemes ``asked``, with their scores, best first;
    equal ones by key. ``within``: only rows with one of the values in each of these columns.

    Exact where at most ``MOST_GATHERED`` texts have one of the lexemes, as in any book; in greater collections a text
    that has only the commonest of them is not looked at.
    """
    if not asked:
        return {}
    statement, values = ranking(table, asked, statistics, within=within, number=number)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return dict(cursor.fetchall())


def ranking(
    table: Table,
    asked: Sequence[str],
    statistics: Statistics,
    *,
    within: Mapping[str, Sequence[Any]] | None = None,
    number: int = DEPTH,
) -> tuple[str, dict[str, Any]]:
    """What ``best`` asks the database, and its parameters: rows of key and score. ``asked``: one lexeme at least."""
    having = {lexeme: statistics.having.get(lexeme, 0) for lexeme in asked}
    rarest = sorted(having, key=lambda lexeme: (having[lexeme], lexeme))[:MOST_TERMS]
    queries = [_quoted(lexeme) for lexeme in rarest]
    average = statistics.words / statistics.texts if statistics.texts and statistics.words else 0
    values: dict[str, Any] = {
        "queries": queries,
        "rare": [idf(statistics.texts, having[lexeme]) for lexeme in rarest],
        "any": " | ".join(queries[: _gathering(rarest, having)]),
        "more": K1 + 1,
        "steps": STEPS,
        "number": number,
        "base": K1 * (1 - B) if average else K1,
        "slope": K1 * B / average if average else 0.0,
    }
    conditions = ""
    for place, (column, allowed) in enumerate((within or {}).items()):
        conditions += f" AND {_name(column)} = ANY(%(within{place})s)"
        values[f"within{place}"] = list(allowed)
    statement = RANKED.format(
        key=_name(table.key),
        words=_name(table.words),
        table=_name(table.name),
        vector=_name(table.vector),
        within=conditions,
    )
    return statement, values


def _gathering(rarest: Sequence[str], having: Mapping[str, int]) -> int:
    """How many of the rarest terms bring texts in: one, and further ones while they bring few enough."""
    gathered = accumulate(having[lexeme] for lexeme in rarest)
    return max(1, sum(number <= MOST_GATHERED for number in gathered))


def _name(column: str) -> str:
    return connection.ops.quote_name(column)


def _quoted(lexeme: str) -> str:
    """A lexeme as ``tsquery`` reads it."""
    inside = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{inside}'"
