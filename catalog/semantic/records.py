"""Records beside passages: those nearest in meaning and those with most of the words, as a search through texts asks.

Nothing here is cut off by a threshold: whoever asks puts these orders together with others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import connection

from catalog.models import BookGeneration
from catalog.semantic import nearest
from library.search import texts
from library.search.texts import Statistics
from library.search.vector_index import EXACT_UP_TO, distance, literal, look_on

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

RECORDS = texts.Table("catalog_bookfacts", key="book_id", words="words")
LEAST_EFFORT = 200  # hnsw.ef_search
# What ``viewer`` may not see takes nobody's place. ``books``: NULL for all.
SEEN = """(%(sees_all)s OR NOT facts.is_suppressed)
  AND (%(books)s::bigint[] IS NULL OR facts.book_id = ANY(%(books)s::bigint[]))"""
NEAR = f"""FROM catalog_bookvector AS vector JOIN catalog_bookfacts AS facts ON facts.book_id = vector.book_id
WHERE vector.generation_id = %(generation)s AND {SEEN}"""
EXACT = f"""
SELECT vector.book_id, -(embedding <#> %(question)s::vector) AS score {NEAR}
ORDER BY score DESC, vector.book_id LIMIT %(number)s
"""
BY_INDEX = """
SELECT book_id, -(embedding <#> %(question)s::vector) AS score FROM (
  SELECT vector.book_id, embedding {near} ORDER BY {distance} LIMIT %(number)s
) AS near ORDER BY score DESC, book_id
"""
VECTORS = """
SELECT book_id, vector_send(embedding) FROM catalog_bookvector WHERE generation_id = %s AND book_id = ANY(%s)
"""
LANGUAGES = "SELECT substr(lexeme, 2) AS language FROM catalog_term WHERE lexeme >= '~' AND lexeme < '~~'"
HAVING = "(SELECT books FROM catalog_term AS kept WHERE kept.lexeme = term.lexeme)"


def nearest_records(
    generation: BookGeneration,
    question: npt.NDArray[np.float32],
    number: int,
    *,
    sees_all: bool,
    books: Sequence[int] | None = None,
) -> dict[int, float]:
    """The ``number`` books whose records are nearest to ``question`` (unit length, by the generation's model), best
    first, ties by id, with their cosines. ``sees_all``: hidden records, too. ``books``: among these alone."""
    values: dict[str, Any] = {
        "question": literal(question),
        "generation": generation.pk,
        "number": number,
        "sees_all": sees_all,
        "books": None if books is None else list(books),
    }
    is_small = books is not None or nearest.size(generation) <= EXACT_UP_TO
    found = {} if is_small else _by_index(generation, values)
    if len(found) >= number:
        return found
    with connection.cursor() as cursor:  # few, or the index came to its end among what may not be seen
        cursor.execute(EXACT, values)
        return {book: float(score) for book, score in cursor.fetchall()}


def _by_index(generation: BookGeneration, values: dict[str, Any]) -> dict[int, float]:
    statement = BY_INDEX.format(near=NEAR, distance=distance("embedding", "question", generation.dimensions))
    found = look_on(statement, values, wanted=values["number"], at_least=LEAST_EFFORT)
    return {book: float(score) for book, score in found}


def records_by_words(
    asked: Statistics, number: int, *, sees_all: bool, books: Sequence[int] | None = None
) -> dict[int, float]:
    """The ``number`` books whose records have most of the lexemes ``asked.having`` (BM25), best first, ties by id."""
    within: dict[str, Sequence[Any]] = {} if books is None else {"book_id": books}
    if not sees_all:
        within["is_suppressed"] = [False]
    return texts.best(RECORDS, list(asked.having), asked, within=within, number=number)


def vectors_of(generation: BookGeneration, books: Sequence[int]) -> dict[int, bytes]:
    """The vectors of those of ``books`` that have one, as ``vector_send`` gives them."""
    with connection.cursor() as cursor:
        cursor.execute(VECTORS, [generation.pk, list(books)])
        return dict(cursor.fetchall())
