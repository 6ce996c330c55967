"""The two ways to find passages inside some generations, by meaning and by words; and how near found ones are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection

from library.search import texts
from library.search.texts import Statistics
from library.search.vector_index import literal, received
from rag.retrieval.hits import AskedQuestion

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

PASSAGES = texts.Table("rag_passage")
NEAREST = """
(SELECT true AS is_dense, id, -(embedding <#> %(question)s::vector) AS score FROM rag_passage
 WHERE generation_id = ANY(%(generations)s) ORDER BY score DESC, id LIMIT %(depth)s)
"""
BY_WORDS = "(SELECT false, * FROM ({ranking}) AS ranking)"
VECTORS = "SELECT id, vector_send(embedding) FROM rag_passage WHERE id = ANY(%s)"
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


class Neighbourhood:
    """How near passages are to a question and to one another; each vector is read once."""

    def __init__(self, question: AskedQuestion) -> None:
        self.question = question
        self.vectors: dict[int, npt.NDArray[np.float32]] = {}

    def alike(self, ids: Sequence[int]) -> list[list[float]]:
        """The cosines of each two of ``ids``; 0 where a passage went meanwhile, with its index."""
        import numpy as np

        self._read(ids)
        if not ids:
            return []
        nothing = np.zeros_like(next(iter(self.vectors.values()))) if self.vectors else np.zeros(1, dtype=np.float32)
        stacked = np.stack([self.vectors.get(one, nothing) for one in ids])
        found: list[list[float]] = (stacked @ stacked.T).tolist()
        return found

    def cosines(self, ids: Iterable[int], *, known: Mapping[int, float]) -> dict[int, float]:
        """How near each of ``ids`` is to the question; 0 where it has no vector. ``known``: of some of them already."""
        asked = list(ids)
        vector = self.question.vector
        if vector is None:
            return dict.fromkeys(asked, 0.0)
        rest = [one for one in asked if one not in known]
        self._read(rest)
        return {one: known[one] for one in asked if one in known} | {
            one: float(self.vectors[one] @ vector) if one in self.vectors else 0.0 for one in rest
        }

    def _read(self, ids: Iterable[int]) -> None:
        missing = [one for one in ids if one not in self.vectors]
        if not missing:
            return
        with connection.cursor() as cursor:
            cursor.execute(VECTORS, [missing])
            self.vectors |= {pk: received(raw) for pk, raw in cursor.fetchall()}
