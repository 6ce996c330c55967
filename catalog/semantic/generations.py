"""Generations of book vectors: begun beside the one that answers, put in its place in one step, deleted in batches.

The column of the vectors has no fixed size. Each generation has an HNSW index of its own, over its rows alone and with
its own dimensions: it is made while the generation is empty, so that no row waits for it and no build must be resumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from catalog.models import BookFacts, BookGeneration, BookVector
from library.ai import embeddings
from library.ai.spec import ModelSpec

RECIPE = "record-1"  # another name whenever ``catalog.semantic.vectors.text_of`` puts texts together in another way
State = BookGeneration.State


@dataclass(frozen=True)
class Share:
    """How many records have a vector of their present text, of how many."""

    done: int
    total: int

    @property
    def percent(self) -> int:
        """0 to 100; a hundred only when nothing is missing."""
        return 100 * self.done // self.total if self.total else 100


def live() -> BookGeneration | None:
    """The generation that answers searches, if there is one yet."""
    return BookGeneration.objects.filter(state=State.LIVE).first()


def is_wanted(generation: BookGeneration, model: ModelSpec) -> bool:
    """Whether it is of the model that the settings name now, and of texts as they are put together now."""
    return (generation.model, generation.dimensions, generation.recipe) == (model.name, model.dimensions, RECIPE)


@transaction.atomic
def current() -> BookGeneration:
    """The generation to fill: the one that answers where it is what the settings want, else the one beside it.

    Begins that one where it is missing, and retires one that was begun for settings which have changed again.
    """
    model = embeddings.spec()
    with connection.cursor() as cursor:  # two workers that see the same change take turns
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('catalog.book_generation', 0))")
    answering = live()
    building = BookGeneration.objects.filter(state=State.BUILDING).first()
    is_right = answering is not None and is_wanted(answering, model)
    if building is not None and (is_right or not is_wanted(building, model)):
        building.state = State.RETIRED
        building.save(update_fields=["state"])
        building = None
    if answering is not None and is_right:
        return answering
    return building or _begin(model)


def _begin(model: ModelSpec) -> BookGeneration:
    begun = BookGeneration.objects.create(model=model.name, dimensions=model.dimensions, recipe=RECIPE)
    with connection.cursor() as cursor:
        # halfvec: 43 % smaller, and as good at finding; scores come from the vectors themselves
        # (catalog.semantic.nearest).
        cursor.execute(
            f"CREATE INDEX {index_of(begun)} ON catalog_bookvector USING hnsw"
            f" ((embedding::halfvec({begun.dimensions})) halfvec_ip_ops) WHERE generation_id = '{begun.pk}'"
        )
    return begun


def index_of(generation: BookGeneration) -> str:
    """The name of the index of its vectors."""
    return f"book_vector_{generation.pk.hex}"


@transaction.atomic
def go_live(generation: BookGeneration, *, at: datetime | None = None) -> None:
    """Let a filled generation answer from now on; the one before it is retired. Harmless where it answers already."""
    states = dict(BookGeneration.objects.select_for_update().order_by("id").values_list("pk", "state"))
    if states.get(generation.pk) != State.BUILDING:
        return
    BookGeneration.objects.filter(state=State.LIVE).update(state=State.RETIRED)
    generation.state, generation.live_at = State.LIVE, at or timezone.now()
    generation.save(update_fields=["state", "live_at"])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalog_bookvector")  # how searches know whether it is a large one


def retired() -> list[BookGeneration]:
    """What waits to be deleted."""
    return list(BookGeneration.objects.filter(state=State.RETIRED).order_by("id"))


def drop_index(generation: BookGeneration) -> None:
    """So that deleting its vectors does not mend an index that nobody asks any more."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {index_of(generation)}")


def delete_some(generation: BookGeneration, *, limit: int) -> int:
    """Delete up to ``limit`` vectors of a retired generation, and it with its last one. Returns how many."""
    some = BookVector.objects.filter(generation=generation).order_by("book_id").values("pk")[:limit]
    deleted = BookVector.objects.filter(pk__in=list(some.values_list("pk", flat=True))).delete()[0]
    if not deleted:
        BookGeneration.objects.filter(pk=generation.pk, state=State.RETIRED).delete()
    return deleted


SHARE = """
SELECT count(*), count(vector.book_id) FROM catalog_bookfacts AS facts
LEFT JOIN catalog_bookvector AS vector ON vector.book_id = facts.book_id AND vector.generation_id = %s
  AND vector.text_version = facts.text_version
"""


def share(generation: BookGeneration) -> Share:
    """How much of the catalogue it holds; one pass over two indexes."""
    with connection.cursor() as cursor:
        cursor.execute(SHARE, [generation.pk])
        total, done = cursor.fetchone()
    return Share(done=done, total=total)


def records() -> int:
    """How many records there are to embed."""
    return BookFacts.objects.count()
