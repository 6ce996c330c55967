"""The two ways to find passages inside some generations, by meaning and by words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from library.search import texts
from library.search.texts import Statistics
from library.search.vector_index import literal
from rag.retrieval.hits import AskedQuestion

PASSAGES = texts.Table("rag_passage")
NEAREST = """
(SELECT true AS is_dense, id, -(embedding <#> %(question)s::vector) AS score FROM rag_passage
 WHERE generation_id = ANY(%(generations)s) ORDER BY score DESC, id LIMIT %(depth)s)
"""
BY_WORDS = "(SELECT false, * FROM ({ranking}) AS ranking)"
Scores = dict[int, float]


def search(
    generations: Sequence[UUID], question: AskedQuestion, asked: Statistics, depth: int
) -> tuple[Scores, Scores]:
    """What each arm finds, ``depth`` passages at most, best first, ties by id: the nearest in meaning with their
    cosines, and those with most of the words, rare ones before common ones, with their BM25. One statement.

    A question without a vector finds nothing by meaning, one without a lexeme (``asked.having``) nothing by words.
    """
    parts, values = [], dict[str, Any]()
    if question.vector is not None:
        parts.append(NEAREST)
        values |= {"question": literal(question.vector), "generations": list(generations), "depth": depth}
    if asked.having:
        ranking, more = texts.ranking(
            PASSAGES, list(asked.having), asked, within={"generation_id": generations}, number=depth
        )
        parts.append(BY_WORDS.format(ranking=ranking))
        values |= more
    found: tuple[Scores, Scores] = {}, {}
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), values)
            for is_dense, pk, score in cursor.fetchall():
                found[not is_dense][pk] = float(score)
    return found
