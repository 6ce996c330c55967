"""Vector spaces: one for each model and number of dimensions, made when first needed.

The column of the vectors has no fixed size. Each space has an HNSW index of its own over the passages that carry its
id, cast to its dimensions; it is made while the space is empty, so that no row waits for it. Triggers hold what carries
a space's id to its dimensions (``migrations/sql``).
"""

from __future__ import annotations

from django.db import OperationalError, connection, transaction

from library.ai.spec import ModelSpec
from rag.models import IndexGeneration, Rebuild, RebuildState, VectorSpace

LONGEST_WAIT = "2s"  # for the table, which dropping an index locks for a moment
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('rag.vector_space', 0))"


@transaction.atomic
def of(model: ModelSpec) -> VectorSpace:
    """The space of ``model``, with its index, made where it is missing."""
    found = VectorSpace.objects.filter(model=model.name, dimensions=model.dimensions).first()
    if found is not None:
        return found
    with connection.cursor() as cursor:
        cursor.execute(LOCK)  # two workers that need the same new space take turns
    space, is_new = VectorSpace.objects.get_or_create(model=model.name, dimensions=model.dimensions)
    if is_new:
        create_index(space)
    return space


def create_index(space: VectorSpace) -> None:
    """The index of the passages of ``space``."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # an index cannot be made over rows whose checks still wait
        # halfvec: 43 % smaller, and as good at finding; scores come from the vectors themselves
        # (rag.retrieval.in_document).
        cursor.execute(
            f"CREATE INDEX {index_of(space)} ON rag_passage USING hnsw"
            f" ((embedding::halfvec({space.dimensions})) halfvec_ip_ops) WHERE space_id = {space.pk}"
        )
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def index_of(space: VectorSpace) -> str:
    """The name of the index of its passages."""
    return f"passage_space_{space.pk}"


def tidy(*, wanted: VectorSpace | None) -> list[VectorSpace]:
    """Delete the spaces, with their indexes, that nothing uses any more, but for ``wanted``. Gives the deleted ones.

    A table that is busy is left for the next time.
    """
    used = [
        *IndexGeneration.objects.exclude(space=None).order_by().values_list("space", flat=True).distinct(),
        *Rebuild.objects.filter(state=RebuildState.RUNNING).values_list("space", flat=True),
    ]
    idle = VectorSpace.objects.exclude(pk__in=used)
    if wanted is not None:
        idle = idle.exclude(pk=wanted.pk)
    return [space for space in idle if _dropped(space)]


def _dropped(space: VectorSpace) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LOCK)
            cursor.execute(f"SET LOCAL lock_timeout = '{LONGEST_WAIT}'")
            locked = VectorSpace.objects.select_for_update().get(pk=space.pk)
            if locked.generations.exists():
                return False
            Rebuild.objects.filter(space=space).delete()  # the record of one whose results are all gone
            cursor.execute(f"DROP INDEX IF EXISTS {index_of(space)}")
            locked.delete()
    except (OperationalError, VectorSpace.DoesNotExist):
        return False
    return True
