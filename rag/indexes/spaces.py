"""Vector spaces: one for each model and number of dimensions, made when first needed.

Each has an index of its own over the passages that carry its id (``library.search.vector_index``). Triggers hold what
carries a space's id to its dimensions (``migrations/sql``).
"""

from __future__ import annotations

from django.db import OperationalError, transaction

from library.ai.spec import ModelSpec
from library.core.database.transactions import longest_wait_for_locks
from library.search.vector_index import VectorIndex
from rag.models import IndexGeneration, Rebuild, RebuildState, VectorSpace

LONGEST_WAIT = 2.0  # seconds for the table, which dropping an index locks for a moment
INDEX = VectorIndex(table="rag_passage", owner="space_id", name="passage_space")


@transaction.atomic
def space_of(model: ModelSpec) -> VectorSpace:
    """The space of ``model``, with its index, made where it is missing."""
    found = VectorSpace.objects.filter(model=model.name, dimensions=model.dimensions).first()
    if found is not None:
        return found
    INDEX.take_turns()
    space, is_new = VectorSpace.objects.get_or_create(model=model.name, dimensions=model.dimensions)
    if is_new:
        INDEX.create(space.pk, space.dimensions)
    return space


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
        with transaction.atomic():
            INDEX.take_turns()
            longest_wait_for_locks(LONGEST_WAIT)
            locked = VectorSpace.objects.select_for_update().get(pk=space.pk)
            if locked.generations.exists():
                return False
            Rebuild.objects.filter(space=space).delete()  # the record of one whose results are all gone
            INDEX.drop(space.pk)
            locked.delete()
    except (OperationalError, VectorSpace.DoesNotExist):
        return False
    return True
