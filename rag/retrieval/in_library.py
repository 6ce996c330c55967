"""Passages of all that somebody may read, and records of all books, those on paper too: by meaning and by words.

Scores of two vector spaces cannot be compared: while books go over to another model there may be two, and whoever asks
them both puts their hits together by rank (``rag.retrieval.services``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection

from library.search.vector_index import EXACT_UP_TO, distance, literal, look_on
from rag.models import VectorSpace

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

LEAST_EFFORT = 200  # hnsw.ef_search; of 100,000 real passages 100 finds .987 of the ten nearest, 200 all ten
# What a viewer may not see is not among the nearest, so that it takes nobody's place: as ``Document.visible_to`` says.
SEEN = """
(%(sees_all)s OR book.is_public AND NOT book.is_suppressed)
AND (%(books)s::bigint[] IS NULL OR document.book_id = ANY(%(books)s::bigint[]))
"""
ANSWERING = f"""
FROM rag_document AS document
JOIN rag_indexgeneration AS generation ON generation.id = document.live_generation_id
LEFT JOIN catalog_book AS book ON book.id = document.book_id
WHERE {SEEN}
"""
LIVE = f"""
FROM rag_passage AS passage
JOIN rag_document AS document ON document.live_generation_id = passage.generation_id
LEFT JOIN catalog_book AS book ON book.id = document.book_id
WHERE passage.space_id = {{space}} AND {SEEN}
"""
ALL = f"""
FROM rag_passage AS passage
WHERE generation_id IN (SELECT generation.id {ANSWERING} AND generation.space_id = %(space)s)
"""
EXACT = f"""
SELECT passage.id, -(passage.embedding <#> %(question)s::vector) AS score {ALL}
ORDER BY score DESC, passage.id LIMIT %(k)s
"""
# The index knows the vectors in half precision; what it brings is scored in full.
BY_INDEX = """
SELECT id, -(embedding <#> %(question)s::vector) AS score FROM (
  SELECT passage.id, passage.embedding {live}
  ORDER BY {distance} LIMIT %(k)s
) AS near ORDER BY score DESC, id
"""
SIZES = f"(SELECT generation.space_id, sum(generation.passage_count) AS passages {ANSWERING} GROUP BY 1) AS made"
WITH_SIZES = f"FROM {SIZES} JOIN rag_vectorspace AS space ON space.id = made.space_id"
SPACES = f"SELECT space.id, model, dimensions, passages {WITH_SIZES} ORDER BY passages DESC, space.id"
# For the lexical arm, whose statement knows the table by its name alone.
AMONG = f" AND generation_id IN (SELECT generation.id {ANSWERING} AND generation.space_id = %(space)s)"


@dataclass(frozen=True)
class Scope:
    """Whose library is asked: what ``viewer`` may read; ``books``: these alone."""

    viewer: Any
    books: Sequence[int] | None = None

    @property
    def sees_all(self) -> bool:
        return bool(self.viewer.is_staff)

    @property
    def values(self) -> dict[str, Any]:
        """Parameters of statements."""
        return {"sees_all": self.sees_all, "books": None if self.books is None else list(self.books)}


@dataclass(frozen=True)
class AnsweringSpace:
    """A vector space, and how many passages of it answer in a scope."""

    space: VectorSpace
    passages: int


def spaces_that_answer(scope: Scope) -> list[AnsweringSpace]:
    """The spaces of the generations that are live now, the one with the most passages first; one query."""
    with connection.cursor() as cursor:
        cursor.execute(SPACES, scope.values)
        rows = cursor.fetchall()
    return [AnsweringSpace(VectorSpace(pk, model, dimensions), int(size)) for pk, model, dimensions, size in rows]


def nearest_passages(
    answering: AnsweringSpace, question: npt.NDArray[np.float32], k: int, scope: Scope
) -> dict[int, float]:
    """The ``k`` live passages of a space nearest to ``question``, of books that the scope shows, with their cosines;
    best first, ties by id.

    ``question``: unit length, by the model of the space. Exact up to some thousand passages and among chosen books, by
    HNSW beyond; where that comes to its end among what may not be seen, exact after all.
    Errors: ``ValueError`` for a question of another number of dimensions.
    """
    space = answering.space
    if question.shape != (space.dimensions,):
        raise ValueError(f"a question of shape {question.shape} in a space of {space.dimensions} dimensions")
    values = {**scope.values, "question": literal(question), "k": k, "space": space.pk}
    is_small = scope.books is not None or answering.passages <= EXACT_UP_TO
    found = {} if is_small else _by_index(space, values)
    if len(found) >= min(k, answering.passages):
        return found
    with connection.cursor() as cursor:
        cursor.execute(EXACT, values)
        return {pk: float(score) for pk, score in cursor.fetchall()}


def _by_index(space: VectorSpace, values: dict[str, Any]) -> dict[int, float]:
    live = LIVE.format(space=int(space.pk))  # as a number in the statement: only so is the partial index used
    statement = BY_INDEX.format(live=live, distance=distance("passage.embedding", "question", space.dimensions))
    found = look_on(statement, values, wanted=2 * values["k"], at_least=LEAST_EFFORT)
    return {pk: float(score) for pk, score in found}
