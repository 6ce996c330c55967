"""How near what was found is to a question and to one another."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from django.db import connection

from library.search.vector_index import received
from rag.retrieval.hits import AskedQuestion

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Id = TypeVar("Id", bound=Hashable)
VECTORS = "SELECT id, vector_send(embedding) FROM rag_passage WHERE id = ANY(%s)"


def vectors_of_passages(ids: Sequence[int]) -> dict[int, bytes]:
    """The vectors of those passages that are still there, as ``vector_send`` gives them; one query."""
    with connection.cursor() as cursor:
        cursor.execute(VECTORS, [list(ids)])
        return dict(cursor.fetchall())


class Neighbourhood(Generic[Id]):
    """Vectors of what was found, each read once. ``read``: those of some ids, as far as they have any."""

    def __init__(self, question: AskedQuestion, read: Callable[[Sequence[Id]], Mapping[Id, bytes]]) -> None:
        self.question = question
        self.read = read
        self.vectors: dict[Id, npt.NDArray[np.float32]] = {}

    def alike(self, ids: Sequence[Id]) -> list[list[float]]:
        """The cosines of each two of ``ids``; 0 of what has no vector, or went meanwhile with its index."""
        import numpy as np

        self._fill(ids)
        if not self.vectors:
            return [[0.0] * len(ids)] * len(ids)
        nothing = np.zeros_like(next(iter(self.vectors.values())))
        stacked = np.stack([self.vectors.get(one, nothing) for one in ids])
        found: list[list[float]] = (stacked @ stacked.T).tolist()
        return found

    def cosines(self, ids: Iterable[Id], *, known: Mapping[Id, float]) -> dict[Id, float]:
        """How near each of ``ids`` is to the question; 0 where it or the question has no vector. ``known``: of some
        of them already."""
        asked = list(ids)
        vector = self.question.vector
        if vector is None:
            return dict.fromkeys(asked, 0.0)
        self._fill([one for one in asked if one not in known])
        rest = {one: float(self.vectors[one] @ vector) for one in asked if one in self.vectors}
        return {one: known.get(one, rest.get(one, 0.0)) for one in asked}

    def _fill(self, ids: Iterable[Id]) -> None:
        missing = [one for one in ids if one not in self.vectors]
        if missing:
            self.vectors |= {one: received(raw) for one, raw in self.read(missing).items()}
