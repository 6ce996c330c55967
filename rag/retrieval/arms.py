"""The two ways to find passages inside some generations, by meaning and by words."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from library.search import texts
from library.search.fusion import Moments
from library.search.texts import Statistics
from library.search.vector_index import literal
from rag.retrieval.hits import AskedQuestion

PASSAGES = texts.Table("rag_passage")
NEAREST = """
(SELECT true AS is_dense, id, score, avg(score) OVER () AS one, stddev_pop(score) OVER () AS other FROM (
   SELECT id, -(embedding <#> %(question)s::vector) AS score FROM rag_passage
   WHERE generation_id = ANY(%(generations)s)
 ) AS compared ORDER BY score DESC, id LIMIT %(depth)s)
"""
BY_WORDS = """
(SELECT false, id, score, sum(score) OVER (), sum(score * score) OVER () FROM ({ranking}) AS ranking
 ORDER BY score DESC, id LIMIT %(depth)s)
"""
Scores = dict[int, float]


class ArmScores(NamedTuple):
    """What an arm brings, best first, ties by id; and how it scored all passages, those with none of the words too."""

    scores: Scores
    moments: Moments


def search(
    generations: Sequence[UUID], question: AskedQuestion, asked: Statistics, depth: int
) -> tuple[ArmScores, ArmScores]:
    """What each arm finds, ``depth`` passages at most, best first, ties by id: the nearest in meaning with their
    cosines, and those with most of the words, rare ones before common ones, with their BM25. One statement.

    A question without a vector finds nothing by meaning, one without a lexeme (``asked.having``) nothing by words.
    """
    parts, values = [], dict[str, Any]()
    if question.vector is not None:
        parts.append(NEAREST)
        values |= {"question": literal(question.vector), "generations": list(generations)}
    if asked.having:
        ranking, more = texts.ranking(
            PASSAGES, list(asked.having), asked, within={"generation_id": generations}, number=None
        )
        parts.append(BY_WORDS.format(ranking=ranking))
        values |= more
    rows: dict[bool, list[tuple[Any, ...]]] = {True: [], False: []}
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), {**values, "depth": depth})
            for is_dense, *row in cursor.fetchall():
                rows[is_dense].append(tuple(row))
    return _scored(rows[True]), _scored(rows[False], of=asked.texts)


def _scored(rows: Sequence[tuple[Any, ...]], *, of: int = 0) -> ArmScores:
    """``rows`` of an id, its score, and the mean and deviation of all; with ``of``, in place of these the sums of all
    scores and of their squares, where so many texts were looked at."""
    scores = {pk: float(score) for pk, score, *_sums in rows}
    if not rows:
        return ArmScores(scores, Moments(0.0, 0.0))
    one, other = float(rows[0][2]), float(rows[0][3])
    if not of:
        return ArmScores(scores, Moments(one, other))
    mean = one / of
    return ArmScores(scores, Moments(mean, sqrt(max(other / of - mean * mean, 0.0))))
