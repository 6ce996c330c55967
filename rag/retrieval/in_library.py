"""The passages of the whole library that are nearest to a question, in one vector space.

Scores of two spaces cannot be compared: while books go over to another model there may be two (``spaces_that_answer``),
and whoever asks them both puts their hits together by rank.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from library.search.vector_index import EXACT_UP_TO, distance, literal, look_further
from rag.models import Passage, VectorSpace
from rag.retrieval.hits import AskedQuestion, Hit

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

LEAST_EFFORT = 100  # hnsw.ef_search
MOST_TUPLES = 40_000  # how far the index goes on where most of what it finds answers no more

# What a viewer may not see is not among the nearest, so that it takes nobody's place: as ``Document.visible_to`` says.
LIVE = """
FROM rag_passage AS passage
JOIN rag_document AS document ON document.live_generation_id = passage.generation_id
LEFT JOIN catalog_book AS book ON book.id = document.book_id
WHERE passage.space_id = {space} AND (%(sees_all)s OR book.is_public AND NOT book.is_suppressed)
"""
EXACT = """
SELECT passage.id, -(passage.embedding <#> %(question)s::vector) AS score {live}
ORDER BY score DESC, passage.id LIMIT %(k)s
"""
# The index knows the vectors in half precision; what it brings is scored in full.
BY_INDEX = """
SELECT id, -(embedding <#> %(question)s::vector) AS score FROM (
  SELECT passage.id, passage.embedding {live}
  ORDER BY {distance} LIMIT %(k)s
) AS near ORDER BY score DESC, id
"""
SIZE = """
SELECT coalesce(sum(generation.passage_count), 0) FROM rag_document AS document
JOIN rag_indexgeneration AS generation ON generation.id = document.live_generation_id WHERE generation.space_id = %s
"""


@dataclass(frozen=True)
class LibraryRetriever:
    """Finds passages in all that answers in one space and ``viewer`` may read. A ``rag.answers.ports.Retriever``."""

    space: VectorSpace
    viewer: Any

    def retrieve(self, question: AskedQuestion, k: int) -> list[Hit]:
        if question.vector is None:
            return []
        return search_library(self.space, question.vector, k, viewer=self.viewer)


def spaces_that_answer() -> list[VectorSpace]:
    """The spaces of the generations that are live now, the one with the most passages first; one query."""
    return list(
        VectorSpace.objects.raw(
            "SELECT space.* FROM rag_vectorspace AS space JOIN rag_indexgeneration AS generation"
            " ON generation.space_id = space.id JOIN rag_document AS document"
            " ON document.live_generation_id = generation.id"
            " GROUP BY space.id ORDER BY sum(generation.passage_count) DESC, space.id"
        )
    )


def search_library(space: VectorSpace, question: npt.NDArray[np.float32], k: int, *, viewer: Any) -> list[Hit]:
    """The ``k`` live passages of ``space`` nearest to ``question``, of books that ``viewer`` may read; best first, ties
    by id.

    ``question``: unit length, by the model of ``space``. Exact up to some thousand passages, by HNSW beyond.
    Errors: ``ValueError`` for a question of another number of dimensions.
    """
    if question.shape != (space.dimensions,):
        raise ValueError(f"a question of shape {question.shape} in a space of {space.dimensions} dimensions")
    values: dict[str, Any] = {"question": literal(question), "k": k, "sees_all": bool(viewer.is_staff)}
    live = LIVE.format(space=int(space.pk))  # as a number in the statement: only so is the partial index used
    with transaction.atomic(), connection.cursor() as cursor:
        if size(space) <= EXACT_UP_TO:
            statement = EXACT.format(live=live)
        else:
            cursor.execute(_effort(k))
            statement = BY_INDEX.format(live=live, distance=distance("passage.embedding", "question", space.dimensions))
        cursor.execute(statement, values)
        scores = {pk: float(score) for pk, score in cursor.fetchall()}
    rows = Passage.objects.defer("embedding", "text_hash", "vector").in_bulk(scores)
    return [Hit(rows[pk], score) for pk, score in scores.items() if pk in rows]


def size(space: VectorSpace) -> int:
    """How many passages of ``space`` answer; one query over the documents."""
    with connection.cursor() as cursor:
        cursor.execute(SIZE, [space.pk])
        return int(cursor.fetchone()[0])


def _effort(k: int) -> str:
    """Settings for the rest of the transaction. Sorting all passages is worth it nowhere, whatever the statistics say;
    the index goes on until ``k`` of what it finds answer."""
    return (
        f"{look_further(2 * k, at_least=LEAST_EFFORT)}; SET LOCAL hnsw.iterative_scan = relaxed_order;"
        f" SET LOCAL hnsw.max_scan_tuples = {MOST_TUPLES}; SET LOCAL enable_sort = off"
    )
