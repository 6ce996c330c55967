"""The one SQL statement of a search: what matches, how many pass, the best of them, and the facets' counts.

What matches is gathered once, with a flag for each filter; everything else reads that. Only so many of it are ranked
(``RANKED``): those known by their meaning, then by title, then the most borrowed, then the shortest titles. The names
of what is counted, and the titles of the best, come with it: asking for them apart costs more than reading them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.search.matches.narrowing import FilterCondition, Narrowing
from catalog.search.time_limit import Row, rows
from library.search import bm25

RANKED = 400
# What a word counts in the prose, about what it is, its people, its title (PostgreSQL's order: D, C, B, A).
FIELD_WEIGHTS = (0.15, 0.4, 0.8, 1.0)
FREQUENCY_SCALE = 3.0  # ts_rank gives at most 1: there k1 would let nothing saturate
POPULAR, MOST_POPULAR = 0.15, 9.0  # what the most borrowed book gains, and the logarithm of how often that is
TITLE = ("title", "subtitle", "search_b", "language")  # what ``ranking.gain`` reads of a book
TITLES_AT_MOST = 20
LOOKED_AT = 100  # so many titles are compared with the query as a whole
COVER = 0.35  # what a title that was asked for completely adds to the best score by words
SORTS = {
    "title": "book.title_order, book_id",
    "newest": "book.created_at DESC, book_id DESC",
    "year": "year DESC NULLS LAST, book_id DESC",
    "popular": "popularity DESC, book_id DESC",
    "relevance": "near DESC, in_title DESC, popularity DESC, title_words, book_id",
}
JOINED = {"title", "newest"}


@dataclass(frozen=True)
class Scored:
    """One word of the ranking: its readings, and how rare it is."""

    readings: tuple[str, ...]  # tsqueries
    idf: float


@dataclass(frozen=True)
class Match:
    """What a search looks for. ``words``: a tsquery, empty where none are asked. ``ids``: instead, just these."""

    words: str = ""
    exact: str = ""  # where ``words`` finds more than was typed: what was typed
    in_title: str = ""  # the same about titles alone
    without: str = ""
    near: dict[int, float] = field(default_factory=dict)
    ids: tuple[int, ...] | None = None
    scored: tuple[Scored, ...] = ()
    average: float = 0.0
    beside: tuple[FilterCondition, ...] = ()
    staff: bool = False


@dataclass(frozen=True)
class Candidate:
    """A book that matches and passes. ``cover``: how much of its title was asked for, from 0 to 1.

    ``texts``: its ``TITLE``, of the best by words; of no book where meaning has a say in which are the best.
    """

    book: int
    score: float = 0.0
    cover: float = 0.0
    by_words: bool = True
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counting:
    """What is counted beside the books: ``selects`` over ``matched`` that give (facet, value, number, NULL, NULL, NULL,
    names), and ``tallies``: (facet, value, condition), all of them in one pass.
    """

    selects: tuple[str, ...] = ()
    tallies: tuple[tuple[str, str, str], ...] = ()


@dataclass
class Outcome:
    """What came back. ``found``: how many match by their words, whatever the filters; ``count``: all that pass;
    ``exact``: how many of those found have the words as typed.
    """

    found: int = 0
    count: int = 0
    exact: int = 0
    candidates: list[Candidate] = field(default_factory=list)
    near: list[int] = field(default_factory=list)  # what passes and is only near in meaning
    counts: list[tuple[str, str, int, str]] = field(default_factory=list)  # facet, value, how many, its name


class Params(dict[str, Any]):
    """Parameters of a statement under names of their own."""

    def add(self, value: Any) -> str:
        name = f"p{len(self)}"
        self[name] = value
        return f"%({name})s"

    def fill(self, condition: FilterCondition) -> str:
        """The condition's SQL with its parameters named."""
        pieces = condition.sql.split("%s")
        names = [self.add(value) for value in condition.params]
        return pieces[0] + "".join(name + piece for name, piece in zip(names, pieces[1:], strict=True))


def run(
    match: Match,
    narrowing: Narrowing,
    *,
    sort: str,
    offset: int,
    limit: int,
    counting: Counting | None = None,
    ranked: bool = False,
) -> Outcome:
    """Run the statement. ``ranked``: the first ``RANKED`` with their scores instead of the slice from ``offset``."""
    params = Params()
    lists = counting is not None
    counting = counting or Counting()
    flags = _flags(narrowing, params)
    passing = " AND ".join(f"pass_{name}" for name in flags) or "true"
    parts = [
        _totals(counting, passing, exact=bool(match.exact)),
        _best(match, params, offset + limit) if ranked else _slice(sort, params, offset, limit),
        *counting.selects,
    ]
    if match.near:
        parts.append(_only_near(passing))
    columns = ", author_ids, category_ids, branch_ids, free_branch_ids" if lists else ""
    exact = f", facts.vector @@ {params.add(match.exact)}::tsquery AS exact" if match.exact else ""
    sql = f"""
WITH {"gathered" if match.near else "matched"} AS MATERIALIZED (
  SELECT facts.book_id, facts.popularity, facts.title_words, facts.words, facts.year, facts.language,
    facts.is_available, facts.has_copies, facts.has_file{columns},
    {_lexical(match, params)} AS lexical, {_near(match, params)} AS near, {_in_title(match, params)} AS in_title{exact}
    {"".join(f", ({flag}) AS pass_{name}" for name, flag in flags.items())}
  FROM catalog_bookfacts AS facts WHERE {_where(match, params)}
){", matched AS NOT MATERIALIZED (SELECT * FROM gathered WHERE lexical)" if match.near else ""}
, passing AS NOT MATERIALIZED (SELECT * FROM matched WHERE {passing})
""" + "\nUNION ALL\n".join(f"({part})" for part in parts)
    return _outcome(rows(sql, params))


def _totals(counting: Counting, passing: str, *, exact: bool) -> str:
    tallies = [("count", "", passing), ("found", "", "lexical"), *counting.tallies]
    if exact:
        tallies.append(("exact", "", "exact"))
    counts = ", ".join(f"count(*) FILTER (WHERE {which}) AS n{n}" for n, (_part, _value, which) in enumerate(tallies))
    values = ", ".join(f"('{part}', '{value}', n{n})" for n, (part, value, _which) in enumerate(tallies))
    return f"""SELECT part, value, number, NULL::float8 AS score, NULL::float8 AS cover, NULL::boolean AS by_words,
    NULL::text[] AS texts
  FROM (SELECT {counts} FROM matched) AS total, LATERAL (VALUES {values}) AS one(part, value, number)"""


def titles(in_title: str, *, staff: bool) -> list[tuple[str, str, str, str]]:
    """``TITLE`` of the books whose titles hold the words, the shortest titles first."""
    shown = "" if staff else "AND NOT facts.is_suppressed"
    sql = f"""SELECT {", ".join(f"book.{column}" for column in TITLE)}
      FROM catalog_bookfacts AS facts JOIN catalog_book AS book ON book.id = facts.book_id
      WHERE facts.vector @@ %s::tsquery {shown}
      ORDER BY facts.title_words, facts.book_id LIMIT {TITLES_AT_MOST}"""
    return [tuple(row) for row in rows(sql, [in_title])]


def _outcome(found: Sequence[Row]) -> Outcome:
    outcome, places = Outcome(), dict[int, int]()
    for part, value, number, score, cover, by_words, texts in found:
        if part == "book":
            places[int(value)] = number
            outcome.candidates.append(
                Candidate(int(value), score or 0.0, cover or 0.0, bool(by_words), tuple(texts or ()))
            )
        elif part == "near":
            outcome.near.append(int(value))
        elif part in {"count", "found", "exact"}:
            setattr(outcome, part, number)
        else:
            outcome.counts.append((part, value, number, texts[0] if texts else ""))
    outcome.candidates.sort(key=lambda one: places[one.book])
    return outcome


def _flags(narrowing: Narrowing, params: Params) -> dict[str, str]:
    flags = {name: params.fill(condition) for name, condition in narrowing.facets.items()}
    if narrowing.others:
        flags["others"] = " AND ".join(params.fill(condition) for condition in narrowing.others)
    return flags


def _lexical(match: Match, params: Params) -> str:
    if not match.words or not match.near:
        return "true"
    return f"facts.vector @@ {params.add(match.words)}::tsquery"


def _near(match: Match, params: Params) -> str:
    return f"facts.book_id = ANY({params.add(list(match.near))}::bigint[])" if match.near else "false"


def _in_title(match: Match, params: Params) -> str:
    return f"facts.vector @@ {params.add(match.in_title)}::tsquery" if match.in_title else "false"


def _where(match: Match, params: Params) -> str:
    conditions = [params.fill(condition) for condition in match.beside]
    if not match.staff:
        conditions.append("NOT facts.is_suppressed")
    if match.ids is not None:
        conditions.append(f"facts.book_id = ANY({params.add(list(match.ids))}::bigint[])")
    elif match.words:
        found = f"facts.vector @@ {params.add(match.words)}::tsquery"
        near = f" OR facts.book_id = ANY({params.add(list(match.near))}::bigint[])" if match.near else ""
        conditions.append(f"({found}{near})")
    if match.without:
        # Not as "NOT vector @@ …": that would read the vector of every book.
        without = f"SELECT book_id FROM catalog_bookfacts WHERE vector @@ {params.add(match.without)}::tsquery"
        conditions.append(f"facts.book_id NOT IN ({without})")
    return " AND ".join(conditions) or "true"


def _slice(sort: str, params: Params, offset: int, limit: int) -> str:
    joined = " JOIN catalog_book AS book ON book.id = book_id" if sort in JOINED else ""
    return f"""SELECT 'book', book_id::text, row_number() OVER (), NULL::float8, NULL::float8, lexical, NULL::text[]
  FROM (SELECT book_id, lexical FROM passing{joined} ORDER BY {SORTS[sort]}
  OFFSET {params.add(offset)} LIMIT {params.add(limit)}) AS page"""


def _only_near(passing: str) -> str:
    return f"""SELECT 'near', book_id::text, NULL::bigint, NULL::float8, NULL::float8, false, NULL::text[]
  FROM gathered WHERE near AND NOT lexical AND {passing}"""


def _best(match: Match, params: Params, until: int) -> str:
    score, cover = _score(match, params)
    number = params.add(max(RANKED, until))
    scored = f"""SELECT top.book_id, place, lexical, {score} AS score, {cover} AS cover FROM (
  SELECT *, row_number() OVER () AS place
  FROM (SELECT * FROM passing ORDER BY {SORTS["relevance"]} LIMIT {number}) AS best) AS top
  CROSS JOIN LATERAL (
    SELECT vector || ''::tsvector AS v, ts_filter(vector, '{{a}}') AS t FROM catalog_bookfacts AS facts
    WHERE facts.book_id = top.book_id OFFSET 0) AS texts"""
    if match.near or not match.scored:
        return f"SELECT 'book', book_id::text, place, score, cover, lexical, NULL::text[] FROM ({scored}) AS one"
    columns = ", ".join(f"book.{column}" for column in TITLE)
    return f"""SELECT 'book', book_id::text, place, score, cover, lexical, CASE WHEN best <= {LOOKED_AT} THEN
    (SELECT ARRAY[{columns}] FROM catalog_book AS book WHERE book.id = book_id) END
  FROM (SELECT *, row_number() OVER (ORDER BY score * (1 + {COVER} * cover) DESC, place) AS best
        FROM ({scored}) AS one) AS ordered"""


def _score(match: Match, params: Params) -> tuple[str, str]:
    """BM25 with weighted fields (``library.search.bm25``), and the share of the title that was asked for."""
    if not match.scored:
        return "0::float8", "0::float8"
    k1, b, average = bm25.K1, bm25.B, max(match.average, 1.0)
    norm = f"({k1 * (1 - b)} + {k1 * b / average} * top.words)"
    weights = params.add(list(FIELD_WEIGHTS))
    scores, covers = [], []
    for word in match.scored:
        readings = [f"{params.add(reading)}::tsquery" for reading in word.readings]
        ranks = ", ".join(f"ts_rank({weights}::float4[], v, {reading}, 0)" for reading in readings)
        often = f"{FREQUENCY_SCALE} * greatest({ranks})"
        rare = params.add(word.idf)
        scores.append(f"(SELECT {rare} * often * {k1 + 1} / (often + {norm}) FROM (SELECT {often} AS often) AS one)")
        covers.append("(" + " OR ".join(f"t @@ {reading}" for reading in readings) + ")::int")
    cover = f"least(1, ({' + '.join(covers)})::float8 / greatest(top.title_words, 1))"
    popular = f"(1 + {POPULAR} * least(1, ln(1 + top.popularity) / {MOST_POPULAR}))"
    return f"({' + '.join(scores)}) * {popular}", cover
