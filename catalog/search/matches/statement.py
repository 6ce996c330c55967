"""The one SQL statement of a search: what matches, how many pass, the best of them, and the facets' counts.

What matches is gathered once, with a flag for each filter; everything else reads that. Only so many of it are ranked
(``RANKED``): those known by their meaning, then by title, then the most borrowed, then the shortest titles. The names
of what is counted, and the titles of the best, come with it: asking for them apart costs more than reading them.

What is asked for is in the parameters; only what kind of thing is asked makes another statement, so that a connection
plans each kind once (``catalog.search.prepared``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from catalog.search.matches.narrowing import FilterCondition, Narrowing
from catalog.search.time_limit import Row, rows
from library.search import bm25

RANKED = 400
# What a word counts in the prose, about what it is, its people, its title (PostgreSQL's order: D, C, B, A).
FIELD_WEIGHTS = (0.15, 0.4, 0.8, 1.0)
LENGTH = (
    0.5  # how much long records count for less ("b" of BM25): less than pages, for what is described well is longer
)
POPULAR, MOST_POPULAR = 0.15, 9.0  # what the most borrowed book gains, and the logarithm of how often that is
TITLE = ("title", "subtitle", "search_b", "language")  # what ``ranking.gain`` reads of a book
TITLES_AT_MOST = 20
LOOKED_AT = 100  # so many titles are compared with the query as a whole
COVER = 0.2  # what a title that was asked for completely adds to the best score by words
READINGS = 4  # of one word that are weighed
OTHER_FORM = 0.8  # what another form of a word is worth beside the one that was typed
SORTS = {
    "title": "book.title_order, book_id",
    "newest": "book.created_at DESC, book_id DESC",
    "year": "year DESC NULLS LAST, book_id DESC",
    "popular": "popularity DESC, book_id DESC",
    "relevance": "near DESC, in_title DESC, popularity DESC, title_words, book_id",
}
JOINED = {"title", "newest"}
ALL_BY_WORDS = ", true AS lexical, false AS near"


@dataclass(frozen=True)
class Scored:
    """One word of the ranking: its readings, and how rare it is. ``begun``: only where beginnings are looked for."""

    readings: tuple[str, ...]  # tsqueries, ``READINGS`` at most
    idf: float
    begun: bool = False


@dataclass(frozen=True)
class Match:
    """What a search looks for. ``words``: a tsquery, empty where none are asked. ``ids``: instead, just these."""

    words: str = ""
    roughly: str = ""  # finds all that ``words`` finds and is answered sooner
    exact: str = ""  # where ``words`` finds more than was typed: what was typed
    enough: int = 0  # so many that have ``exact`` are enough, and nothing else is found
    in_title: str = ""  # the same about titles alone
    without: str = ""
    near: dict[int, float] = field(default_factory=dict)
    ids: tuple[int, ...] | None = None
    scored: tuple[Scored, ...] = ()
    average: float = 0.0
    beside: tuple[FilterCondition, ...] = ()
    staff: bool = False


class Candidate(NamedTuple):
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
    """What is counted beside the books. ``selects``: over ``matched``, giving (facet, value, number, NULL, NULL, NULL,
    names). ``tallies``: (facet, value, condition), all in one pass; in the same pass ``by_language`` and ``by_decade``
    count each language and decade of what passes these conditions. ``lists``: columns of ids that are read.
    """

    selects: tuple[FilterCondition, ...]
    tallies: tuple[tuple[str, str, FilterCondition], ...]
    by_language: str
    by_decade: str
    lists: tuple[str, ...]


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
    """Run the statement. ``ranked``: of the first ``RANKED`` the ``limit`` best by their scores, instead of the slice
    from ``offset``; all of them where meaning has a say in which are the best.
    """
    params = Params()
    flags = _flags(narrowing, params)
    passing = " AND ".join(f"pass_{name}" for name in flags) or "true"
    tallied, totals = _counted(counting, passing, params, exact=bool(match.exact))
    parts = [
        totals,
        _best(match, params, limit) if ranked else _slice(sort, params, offset, limit),
        *(params.fill(select) for select in (counting.selects if counting else ())),
    ]
    if match.near:
        parts.append(_only_near(match, passing))
    # What has no fixed length comes last: whatever stands behind it is found only by reading it.
    columns = "".join(f", facts.{column}" for column in (counting.lists if counting else ()))
    exact = f", facts.vector @@ {params.add(match.exact)}::tsquery AS exact" if match.exact else ""
    passes = "".join(f", ({flag}) AS pass_{name}" for name, flag in flags.items())
    sql = f"""
WITH gathered AS MATERIALIZED (
  SELECT facts.book_id, facts.popularity, facts.words, facts.title_words, facts.year, facts.is_available,
    facts.has_copies, facts.has_file, {_in_title(match, params)} AS in_title{_near(match, params)}{exact}{passes},
    facts.language{columns}
  FROM catalog_bookfacts AS facts WHERE {_where(match, params)}
){_way(match, params)}
, matched AS NOT MATERIALIZED (SELECT *{"" if match.near else ALL_BY_WORDS} FROM gathered WHERE {_answers(match)})
, passing AS NOT MATERIALIZED (SELECT * FROM matched WHERE {passing})
{tallied}""" + "\nUNION ALL\n".join(f"({part})" for part in parts)
    return _outcome(rows(sql, params, often=bool(match.words) and not (match.without or match.beside)))


def _way(match: Match, params: Params) -> str:
    """Whether beginnings are looked for: where too few books have the words as typed."""
    if not match.enough:
        return ""
    which = "exact AND lexical" if match.near else "exact"
    few = f"count(*) FILTER (WHERE {which}) < {params.add(match.enough)}::bigint"
    return f", way AS MATERIALIZED (SELECT {few} AS begun FROM gathered)"


def _answers(match: Match) -> str:
    """What of that which was gathered has the words."""
    lexical = "lexical" if match.near else "true"
    return f"{lexical} AND (exact OR (SELECT begun FROM way))" if match.enough else lexical


def _counted(counting: Counting | None, passing: str, params: Params, *, exact: bool) -> tuple[str, str]:
    """What counts all tallies, and what tells them. With facets, by language and year in one pass, for these are
    counted, too.
    """
    tallies = [("count", "''", passing), ("found", "''", "true"), *([("exact", "''", "exact")] if exact else [])]
    if counting:
        tallies += [(part, f"{params.add(value)}::text", params.fill(one)) for part, value, one in counting.tallies]
    counts = ", ".join(f"count(*) FILTER (WHERE {which}) AS n{n}" for n, (_part, _value, which) in enumerate(tallies))
    values = ", ".join(f"('{part}', {value}, n{n})" for n, (part, value, _which) in enumerate(tallies))
    if counting is None:
        tallied, total = "", f"SELECT {counts} FROM matched"
    else:
        tallied = f""", tallied AS MATERIALIZED (
  SELECT language, year, {counts}, count(*) FILTER (WHERE {counting.by_language}) AS of_language,
    count(*) FILTER (WHERE {counting.by_decade}) AS of_decade FROM matched GROUP BY language, year)
"""
        sums = ", ".join(f"coalesce(sum(n{n}), 0)::bigint AS n{n}" for n in range(len(tallies)))
        total = f"SELECT {sums} FROM tallied"
    return (
        tallied,
        f"""SELECT part, value, number, NULL::float8 AS score, NULL::float8 AS cover,
    NULL::boolean AS by_words, NULL::text[] AS texts
  FROM ({total}) AS total, LATERAL (VALUES {values}) AS one(part, value, number)""",
    )


def titles(in_title: str, *, staff: bool) -> list[tuple[str, str, str, str]]:
    """``TITLE`` of the books whose titles hold the words, the shortest titles first."""
    sql = f"""SELECT {", ".join(f"book.{column}" for column in TITLE)}
      FROM catalog_bookfacts AS facts JOIN catalog_book AS book ON book.id = facts.book_id
      WHERE facts.vector @@ %(words)s::tsquery AND (%(all)s::boolean OR NOT facts.is_suppressed)
      ORDER BY facts.title_words, facts.book_id LIMIT {TITLES_AT_MOST}"""
    return [tuple(row) for row in rows(sql, {"words": in_title, "all": staff}, often=True)]


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


def _near(match: Match, params: Params) -> str:
    """Whether a book has the words, and whether it is near in meaning; nothing where nobody asks."""
    if not match.near:
        return ""
    lexical = f"facts.vector @@ {params.add(match.words)}::tsquery" if match.words else "true"
    return f", {lexical} AS lexical, facts.book_id = ANY({params.add(list(match.near))}::bigint[]) AS near"


def _in_title(match: Match, params: Params) -> str:
    return f"facts.vector @@ {params.add(match.in_title)}::tsquery" if match.in_title else "false"


def _where(match: Match, params: Params) -> str:
    conditions = [params.fill(condition) for condition in match.beside]
    if not match.staff:
        conditions.append("NOT facts.is_suppressed")
    if match.ids is not None:
        conditions.append(f"facts.book_id = ANY({params.add(list(match.ids))}::bigint[])")
    elif match.words:
        found = f"facts.vector @@ {params.add(match.roughly or match.words)}::tsquery"
        if match.roughly:  # not as "vector @@ …": the index would be asked for both
            found += f" AND ts_match_vq(facts.vector, {params.add(match.words)}::tsquery)"
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
  OFFSET {params.add(offset)}::bigint LIMIT {params.add(limit)}::bigint) AS page"""


def _only_near(match: Match, passing: str) -> str:
    return f"""SELECT 'near', book_id::text, NULL::bigint, NULL::float8, NULL::float8, false, NULL::text[]
  FROM gathered WHERE near AND NOT ({_answers(match)}) AND {passing}"""


def _best(match: Match, params: Params, limit: int) -> str:
    score, cover = _score(match, params)
    number = params.add(max(RANKED, limit))
    order = SORTS["relevance"] if match.near else SORTS["relevance"].removeprefix("near DESC, ")
    scored = f"""SELECT top.book_id, place, lexical, {score} AS score, {cover} AS cover FROM (
  SELECT *, row_number() OVER () AS place
  FROM (SELECT book_id, lexical, popularity, title_words, words FROM passing ORDER BY {order}
        LIMIT {number}::bigint) AS best) AS top
  CROSS JOIN LATERAL (
    SELECT vector || ''::tsvector AS v, ts_filter(vector, '{{a}}') AS t FROM catalog_bookfacts AS facts
    WHERE facts.book_id = top.book_id OFFSET 0) AS texts"""
    if match.near:
        return f"SELECT 'book', book_id::text, place, score, cover, lexical, NULL::text[] FROM ({scored}) AS one"
    columns = ", ".join(f"book.{column}" for column in TITLE)
    return f"""SELECT 'book', book_id::text, place, score, cover, lexical, CASE WHEN best <= {LOOKED_AT} THEN
    (SELECT ARRAY[{columns}] FROM catalog_book AS book WHERE book.id = book_id) END
  FROM (SELECT *, row_number() OVER (ORDER BY score * (1 + {COVER} * cover) DESC, place) AS best
        FROM ({scored}) AS one) AS ordered WHERE best <= {params.add(limit)}::bigint"""


def _score(match: Match, params: Params) -> tuple[str, str]:
    """BM25 with weighted fields (``library.search.bm25``), and the share of the title that was asked for."""
    if not match.scored:
        return "0::float8", "0::float8"
    longer = bm25.K1 * LENGTH / max(match.average, 1.0)
    norm = f"({bm25.K1 * (1 - LENGTH)} + {params.add(longer)}::float8 * top.words)"
    scores, covers = zip(
        *(_of_word(word, norm, params, choice=bool(match.enough)) for word in match.scored), strict=True
    )
    cover = f"least(1, ({' + '.join(covers)})::float8 / greatest(top.title_words, 1))"
    popular = f"(1 + {POPULAR} * least(1, ln(1 + top.popularity) / {MOST_POPULAR}))"
    return f"({' + '.join(scores)}) * {popular}", cover


def _of_word(word: Scored, norm: str, params: Params, *, choice: bool) -> tuple[str, str]:
    """What one word adds to the score, and whether it is in the title, 0 or 1. Always as many readings, missing ones
    as ``NULL``, so that words with one and with more make the same statement. Of a single word ``ts_rank_cd`` is how
    often it is there, each time by its field's weight (``ts_rank`` gives a second time next to nothing).
    """
    missing = [None] * (READINGS - len(word.readings))
    readings = [f"{params.add(reading)}::tsquery" for reading in (*word.readings, *missing)]
    weights = ",".join(map(str, FIELD_WEIGHTS))
    ranks = ", ".join(
        f"{OTHER_FORM if place else 1.0} * ts_rank_cd('{{{weights}}}', v, {reading}, 0)"
        for place, reading in enumerate(readings)
    )
    rare = f"{params.add(word.idf)}::float8"
    score = (
        f"(SELECT {rare} * often * {bm25.K1 + 1} / (often + {norm}) FROM (SELECT greatest({ranks}) AS often) AS one)"
    )
    cover = f"coalesce({' OR '.join(f't @@ {reading}' for reading in readings)}, false)::int"
    if word.begun and choice:
        begun = "(SELECT begun FROM way)"
        return f"CASE WHEN {begun} THEN {score} ELSE 0 END", f"CASE WHEN {begun} THEN {cover} ELSE 0 END"
    return score, cover
