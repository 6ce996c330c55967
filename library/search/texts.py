"""The texts of a table that have most of what is asked for, by BM25 over their stored terms.

The table keeps for each text a ``tsvector`` and its number of words; how rare each term is comes from whoever keeps
count of that (``Statistics``). Nothing is counted or built while somebody waits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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
# ``having``: what is known of a lexeme. Each configuration reads once, however many languages it is for.
ASKED = """
SELECT configuration::text, lexeme, positions, {having} FROM (
  SELECT DISTINCT lyceum_text_configuration(language) AS configuration FROM {languages}
) AS told LEFT JOIN LATERAL unnest(to_tsvector(configuration, %(words)s)) AS term (lexeme, positions, weights) ON true
ORDER BY lexeme, configuration
"""
HAVING = """
SELECT number, array_agg(lexeme) FROM unnest(%(texts)s::text[], %(languages)s::text[])
  WITH ORDINALITY AS one (text, language, number),
  unnest(to_tsvector(lyceum_text_configuration(language), text)) AS term (lexeme, positions, weights)
WHERE lexeme = ANY(%(lexemes)s) GROUP BY number
"""
# PostgreSQL tells how often a word is in a vector only by way of `ts_rank`, which for one word that is there n times is
# the sum of 1/i² for i up to n, over π²/6; `width_bucket` turns that back into n. Taking vectors apart costs ten times
# as much. A long vector lies beside its row: each is fetched once for all words (``|| ''`` makes it a value).
RANKED = """
WITH asked AS (
  SELECT query, rare FROM unnest(%(queries)s::tsquery[], %(rare)s::float8[]) AS one(query, rare)
)
SELECT {key}, sum(rare * often * %(more)s / (often + %(base)s + %(slope)s * {words})) AS score
FROM (
  SELECT {key}, {words}, {vector} || ''::tsvector AS vector FROM {table}
  WHERE {vector} @@ %(any)s::tsquery {within} OFFSET 0
) AS gathered, asked, LATERAL (
  SELECT width_bucket(ts_rank('{{1,1,1,1}}', gathered.vector, query)::float8, %(steps)s::float8[]) AS often
) AS counted
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
    length: float = 0.0  # of a text in words, where it is not that of all these

    @property
    def average(self) -> float:
        """The words of a text; 0 where nobody knows."""
        return self.length or (self.words / self.texts if self.texts else 0.0)


def asked(query: str, *, languages: str, having: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a query asks for, and what is known of each lexeme: its words as each of several languages reads them, but
    for the stop words of the language that it is in (``kept``); one statement.

    ``languages``: SQL that gives rows with a column ``language`` (two letters), ``having``: SQL over ``term.lexeme``,
    both with parameters among ``values``.
    """
    words = spaced(query)
    if not words:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(ASKED.format(languages=languages, having=having), {**values, "words": words})
        rows = cursor.fetchall()
    readings: dict[str, dict[int, str]] = {}
    for configuration, lexeme, positions, _known in rows:
        readings.setdefault(configuration, {}).update(dict.fromkeys(positions or (), lexeme))
    wanted = kept(readings, len(words.split()))
    return {lexeme: known for _configuration, lexeme, _positions, known in rows if lexeme in wanted}


def lexemes(query: str, languages: Sequence[str]) -> list[str]:
    """What a query asks for by ``languages`` (two letters), as ``asked``."""
    told = "unnest(%(languages)s::text[]) AS one (language)"
    return list(asked(query, languages=told, having="NULL", values={"languages": list(languages)}))


def having(texts: Sequence[str], languages: Sequence[str], lexemes: Collection[str]) -> list[frozenset[str]]:
    """Which of ``lexemes`` each of ``texts`` has, read by its language (two letters); one statement."""
    found = [frozenset[str]()] * len(texts)
    if texts and lexemes:
        values = {"texts": [spaced(text) for text in texts], "languages": list(languages), "lexemes": list(lexemes)}
        with connection.cursor() as cursor:
            cursor.execute(HAVING, values)
            for number, some in cursor.fetchall():
                found[number - 1] = frozenset(some)
    return found


def kept(readings: Mapping[str, Mapping[int, str]], words: int) -> set[str]:
    """The lexemes that a query of so many ``words`` asks for. ``readings``: by text configuration, at which place of
    the query (from 1) it reads which lexeme; where it reads none there is a stop word of its.

    The query is taken to be in the language that has most stop words in it, and what all such languages leave out
    counts in no other either: "the" is no rare word of the German books. Where that leaves nothing, all that any reads.
    """
    places = set(range(1, words + 1))
    left_out = {configuration: places - set(reading) for configuration, reading in readings.items()}
    most = max(map(len, left_out.values()), default=0)
    own = [out for out in left_out.values() if len(out) == most]
    dropped = set.intersection(*own) if own else set()
    rest = {lexeme for reading in readings.values() for place, lexeme in reading.items() if place not in dropped}
    return rest or {lexeme for reading in readings.values() for lexeme in reading.values()}


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


def share(scores: Mapping[Any, float], statistics: Statistics) -> float:
    """How much of a query its best text has, 0 to 1: its score beside that of a text of ordinary length that has each
    lexeme of ``statistics.having`` once. Lexemes that no text has count as the rarest."""
    whole = sum(idf(statistics.texts, having) for having in statistics.having.values())
    return min(max(scores.values(), default=0.0) / whole, 1.0) if whole > 0 else 0.0


def ranking(
    table: Table,
    asked: Sequence[str],
    statistics: Statistics,
    *,
    within: Mapping[str, Sequence[Any]] | None = None,
    also: str = "",
    number: int | None = DEPTH,
    gathered: int = 0,
) -> tuple[str, dict[str, Any]]:
    """What ``best`` asks the database, and its parameters: rows of key and score. ``asked``: one lexeme at least.

    ``number``: ``None`` for all that have one of the lexemes. ``also``: a further condition, SQL that begins with AND;
    its parameters are the caller's. ``gathered``: if given, in place of ``MOST_GATHERED``.
    """
    having = {lexeme: statistics.having.get(lexeme, 0) for lexeme in asked}
    rarest = sorted(having, key=lambda lexeme: (having[lexeme], lexeme))[:MOST_TERMS]
    queries = [_quoted(lexeme) for lexeme in rarest]
    average = statistics.average
    values: dict[str, Any] = {
        "queries": queries,
        "rare": [idf(statistics.texts, having[lexeme]) for lexeme in rarest],
        "any": " | ".join(queries[: _gathering(rarest, having, gathered or MOST_GATHERED)]),
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
        within=f"{conditions} {also}",
    )
    return statement, values


def _gathering(rarest: Sequence[str], having: Mapping[str, int], most: int) -> int:
    """How many of the rarest terms bring texts in: one, and further ones while they bring few enough."""
    return max(1, sum(number <= most for number in accumulate(having[lexeme] for lexeme in rarest)))


def _name(column: str) -> str:
    return connection.ops.quote_name(column)


def _quoted(lexeme: str) -> str:
    """A lexeme as ``tsquery`` reads it."""
    inside = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{inside}'"
