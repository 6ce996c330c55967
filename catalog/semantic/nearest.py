"""Which records mean what somebody asks for, and which mean alike."""

from __future__ import annotations

import hashlib
import logging
import unicodedata
from collections.abc import Iterable
from math import log10
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from catalog.models import BookGeneration
from catalog.semantic import generations
from library.ai import embeddings
from library.ai.errors import EmbedderUnavailable
from library.ai.spec import ModelSpec
from library.search.vector_index import EXACT_UP_TO, distance, literal, look_further

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

log = logging.getLogger(__name__)
LEAST_EFFORT = 200  # hnsw.ef_search: finds 99 of 100
# Tuned on the tuning half of the golden queries, over 341 and 7,221 records: at 0.40 noise finds nothing among
# hundreds, and needs some 0.03 more for each tenfold; right answers of topics and questions lie at 0.42 to 0.79.
FEW, GROWTH, OF_THE_BEST = 500, 0.03, 0.75
LONGEST_QUERY = 400  # characters
Near = list[tuple[int, float]]  # book ids and cosines, best first


def nearest(query: str, *, limit: int = 200, at_least: float | None = None) -> Near | None:
    """Up to ``limit`` books that mean what ``query`` says, best first: their ids and cosines (-1 to 1).

    ``at_least``: the lowest cosine; unset: what ``threshold`` gives, and three quarters of the best, so that a query
    which means one book does not bring a hundred that are a little like it. ``None`` where nothing can be said: no
    generation answers yet, or the embedder does not within ``settings.MEANING_SECONDS``. Books that readers may not see
    are among them.
    """
    generation = generations.live()
    if generation is None:
        return None
    try:
        model = embeddings.spec(generation.model)
    except ImproperlyConfigured as fault:
        log.error("Searches by meaning need the entry of the model that they use: %s", fault)
        return None
    meaning = vector_of(query, generation)
    if meaning is None:
        return None
    vectors = size(generation)
    found = closest(generation, meaning, limit=limit, vectors=vectors)
    least = at_least
    if least is None:
        least = max(threshold(model, vectors), OF_THE_BEST * found[0][1]) if found else 1.0
    return [(book, score) for book, score in found if score >= least]


def threshold(model: ModelSpec, vectors: int) -> float:
    """The cosine below which a record is not about a query, where ``vectors`` of them are compared.

    The more there are, the nearer the nearest comes by chance: the model's own threshold holds for some hundreds.
    """
    return model.record_threshold() + GROWTH * log10(max(vectors, FEW) / FEW)


def similar_to(book_id: int, *, limit: int) -> Near:
    """Up to ``limit`` other books whose records mean alike, best first: ids and cosines; empty where it has none."""
    generation = generations.live()
    if generation is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT embedding::text FROM catalog_bookvector WHERE generation_id = %s AND book_id = %s",
            [generation.pk, book_id],
        )
        row = cursor.fetchone()
    if row is None:
        return []
    import numpy as np

    own = np.fromstring(row[0].strip("[]"), dtype=np.float32, sep=",")
    found = closest(generation, own, limit=limit + 1, vectors=size(generation))
    return [(book, score) for book, score in found if book != book_id][:limit]


def cosines(book_id: int, others: Iterable[int]) -> dict[int, float]:
    """How near each of the ``others`` is to a book, by the generation that answers; what has no vector is left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT other.book_id, -(own.embedding <#> other.embedding) FROM catalog_bookvector AS own"
            " JOIN catalog_bookgeneration AS generation ON generation.id = own.generation_id"
            " JOIN catalog_bookvector AS other ON other.generation_id = own.generation_id"
            " WHERE generation.state = 'live' AND own.book_id = %s AND other.book_id = ANY(%s)",
            [book_id, list(others)],
        )
        return {book: float(score) for book, score in cursor.fetchall()}


def closest(generation: BookGeneration, meaning: npt.NDArray[np.float32], *, limit: int, vectors: int) -> Near:
    """The ``limit`` vectors of ``generation`` nearest to ``meaning`` (unit length), best first, ties by book.

    Exact where it has a few thousand ``vectors``, approximate beyond. ``meaning`` must be by the generation's model.
    """
    values: dict[str, Any] = {
        "meaning": literal(meaning),
        "generation": str(generation.pk),
        "limit": limit,
    }
    if vectors > EXACT_UP_TO:
        return _approximate(generation, values)
    with connection.cursor() as cursor:
        cursor.execute(EXACT, values)
        return [(book, float(score)) for book, score in cursor.fetchall()]


EXACT = """
SELECT book_id, -(embedding <#> %(meaning)s::vector) AS score FROM catalog_bookvector
WHERE generation_id = %(generation)s ORDER BY score DESC, book_id LIMIT %(limit)s
"""
# The index knows the vectors in half precision; what it brings is scored in full.
BY_INDEX = """
SELECT book_id, -(embedding <#> %(meaning)s::vector) AS score FROM (
  SELECT book_id, embedding FROM catalog_bookvector WHERE generation_id = %(generation)s
  ORDER BY {distance} LIMIT %(limit)s
) AS near ORDER BY score DESC, book_id
"""


def _approximate(generation: BookGeneration, values: dict[str, Any]) -> Near:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(look_further(values["limit"], at_least=LEAST_EFFORT))
        cursor.execute(BY_INDEX.format(distance=distance("embedding", "meaning", generation.dimensions)), values)
        return [(book, float(score)) for book, score in cursor.fetchall()]


def size(generation: BookGeneration) -> int:
    """How many vectors it has: exact for a few thousand, beyond that as the database last estimated."""
    with connection.cursor() as cursor:
        cursor.execute(SIZE, [generation.pk, EXACT_UP_TO + 1, generations.INDEX.index_of(generation.pk)])
        return int(cursor.fetchone()[0])


SIZE = """
SELECT greatest(
  (SELECT count(*) FROM (SELECT FROM catalog_bookvector WHERE generation_id = %s LIMIT %s) AS counted),
  (SELECT reltuples FROM pg_class WHERE oid = to_regclass(%s))
)
"""


def vector_of(query: str, generation: BookGeneration) -> npt.NDArray[np.float32] | None:
    """The meaning of ``query`` by the model of ``generation``, from the cache if it is there; float32, unit length."""
    import numpy as np

    said = normal(query)
    if not said:
        return None
    digest = hashlib.sha256(said.encode(errors="replace")).hexdigest()
    key = f"meaning:{generation.model}:{generation.dimensions}:{digest}".replace(" ", "_")
    kept = cache.get(key)
    if isinstance(kept, bytes) and len(kept) == 4 * generation.dimensions:
        return np.frombuffer(kept, dtype=np.float32)
    try:
        embedder = embeddings.for_questions(generation.model, seconds=settings.MEANING_SECONDS)
        vector: npt.NDArray[np.float32] = embedder.embed([said], "question")[0]
    except EmbedderUnavailable:
        return None
    if len(vector) != generation.dimensions:  # the entry of the model was changed, and its generation is on its way
        return None
    cache.set(key, vector.tobytes(), settings.MEANING_CACHE_SECONDS)
    return vector


def normal(query: str) -> str:
    """What two readers typed alike: lower case, single spaces, letters composed. Accents stay, as models read them."""
    return " ".join(unicodedata.normalize("NFC", query[:LONGEST_QUERY]).casefold().split())
