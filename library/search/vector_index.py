"""Vectors of one column, kept apart by what made them, each set with an HNSW index of its own.

The column has no fixed size, so that vectors of two models can lie in it. A set is made of the rows whose ``owner``
column names one generation or one space; its index covers these rows alone, cast to their dimensions. It is made while
the set is empty, so that no row waits for it and no build must be resumed.

The index knows vectors in half precision (43 % smaller, and as good at finding): a statement lets it bring the nearest
by ``distance`` and scores these by the vectors themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection

from library.core.database.transactions import take_turns

if TYPE_CHECKING:  # who turns texts into vectors loads it; everybody else can do without
    import numpy as np
    import numpy.typing as npt

EXACT_UP_TO = 5_000  # vectors: comparing so many takes some 3 ms and misses none
MOST_EFFORT = 1_000  # what ``hnsw.ef_search`` may be at most
MOST_TUPLES = 40_000  # how far an index goes on where most of what it finds may not be shown
# Until the transaction ends: outside of one, that is the message with the statement.
GOING_ON = """
SELECT set_config('hnsw.ef_search', '{effort:d}', true), set_config('hnsw.iterative_scan', 'relaxed_order', true),
  set_config('hnsw.max_scan_tuples', '{tuples:d}', true), set_config('enable_sort', 'off', true);
"""


@dataclass(frozen=True)
class VectorIndex:
    """Where the vectors lie, and by which column their sets are told apart.

    ``name``: what the names of the indexes begin with. Everything here is part of statements: never what people wrote.
    """

    table: str
    owner: str
    name: str

    def take_turns(self) -> None:
        """Until the transaction ends no other worker is here: two that need the same new set make it once."""
        take_turns(f"{self.table}.{self.owner}")

    def index_of(self, owner: int | UUID) -> str:
        """The name of the index of the vectors of ``owner``."""
        return f"{self.name}_{owner.hex if isinstance(owner, UUID) else owner}"

    def create(self, owner: int | UUID, dimensions: int) -> None:
        """The index of the vectors of ``owner``; quick only where there are none yet. In a transaction."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no index is made over rows whose checks still wait
            cursor.execute(
                f"CREATE INDEX {self.index_of(owner)} ON {self.table} USING hnsw"
                f" ((embedding::halfvec({dimensions:d})) halfvec_ip_ops) WHERE {self.owner} = '{owner}'"
            )
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    def drop(self, owner: int | UUID) -> None:
        """Drop the index, if it is there, so that deleting the vectors does not mend what nobody asks any more.

        This locks the table for a moment.
        """
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX IF EXISTS {self.index_of(owner)}")


def distance(embedding: str, parameter: str, dimensions: int) -> str:
    """SQL to order by so that the index is used: of the column ``embedding`` to the statement's ``parameter``."""
    return f"{embedding}::halfvec({dimensions:d}) <#> %({parameter})s::halfvec({dimensions:d})"


def look_further(wanted: int, *, at_least: int) -> str:
    """SQL for a transaction that asks an index for ``wanted`` vectors: how many it compares, and so brings at most."""
    return f"SET LOCAL hnsw.ef_search = {min(max(at_least, wanted), MOST_EFFORT):d}"


def look_on(statement: str, values: Mapping[str, Any], *, wanted: int, at_least: int) -> list[tuple[Any, ...]]:
    """The rows of a statement that joins the ``wanted`` nearest of an index with what may be shown: the index goes on
    until enough of it may. One message to the database.

    Sorting all vectors is worth it nowhere, whatever the statistics say.
    """
    effort = min(max(at_least, wanted), MOST_EFFORT)
    with connection.cursor() as cursor:
        cursor.execute(GOING_ON.format(effort=effort, tuples=MOST_TUPLES) + statement, values)
        cursor.nextset()
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def literal(vector: npt.NDArray[np.float32]) -> str:
    """``vector`` as the database reads it; seven digits tell any two numbers of float32 apart that models give."""
    return "[" + ",".join(f"{value:.7g}" for value in vector.tolist()) + "]"


def received(raw: bytes | memoryview) -> npt.NDArray[np.float32]:
    """A vector as pgvector's ``vector_send`` gives it: two bytes of dimensions, two of nothing, then float32."""
    import numpy as np

    return np.frombuffer(raw, dtype=">f4", offset=4).astype(np.float32)
