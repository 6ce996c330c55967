"""All indexes made anew because the settings name another model, or books are cut in another way now.

One document at a time, each by an index job of its own, which yields to others (``library.jobs.turns``). The rows are
the state: what is still to do is the documents whose live generation is of another recipe than the wanted one, so that
a killed worker, a stopped machine or a second change lose nothing but the document in hand.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from library.activity import services as activity
from library.ai import embeddings
from library.core.database.transactions import take_turns
from library.jobs import services as jobs
from library.jobs.models import Job, JobState
from rag import recipes
from rag.indexes import indexing, spaces
from rag.models import Document, GenerationState, IndexGeneration, Passage, Rebuild, RebuildState, VectorSpace
from rag.queries import KIND
from rag.recipes import Recipe

if TYPE_CHECKING:
    from accounts.models import User

log = logging.getLogger(__name__)
DELETE_TOGETHER = 2_000  # passages
LONGEST_CLEARING = 10.0  # seconds of one look


# -- what there is to do ------------------------------------------------------------------------------------------


def _made_by(recipe: Recipe, prefix: str = "") -> Q:
    values = {"model": recipe.model, "dimensions": recipe.dimensions, "chunker": recipe.chunker}
    return Q(**{prefix + name: value for name, value in values.items()})


def outdated(recipe: Recipe) -> QuerySet[Document]:
    """Documents that answer from a generation of another recipe."""
    return Document.objects.exclude(live_generation=None).exclude(_made_by(recipe, "live_generation__"))


def waiting(recipe: Recipe) -> QuerySet[IndexGeneration]:
    """Generations of ``recipe`` that are ready and do not answer yet."""
    return IndexGeneration.objects.filter(_made_by(recipe), state=GenerationState.READY).exclude(
        Exists(Document.objects.filter(live_generation=OuterRef("pk")))
    )


def retired() -> QuerySet[IndexGeneration]:
    """Generations to be deleted: they do not answer, and do not wait to."""
    wanted = recipes.wanted()
    return (
        IndexGeneration.objects.filter(state=GenerationState.READY)
        .exclude(Exists(Document.objects.filter(live_generation=OuterRef("pk"))))
        .exclude(_made_by(wanted) & Q(document__in=outdated(wanted).values("pk")))
        .order_by("id")
    )


def unsuccessful(recipe: Recipe, since: datetime) -> QuerySet[Document]:
    """Outdated documents that were tried in vain, or whose job somebody stopped; they keep what they have."""
    tried = _jobs().filter(subject_id=OuterRef("pk"), created_at__gte=since)
    return outdated(recipe).filter(Exists(tried.filter(state__in=[JobState.FAILED, JobState.CANCELLED])))


def pending(recipe: Recipe, since: datetime | None) -> QuerySet[Document]:
    """Outdated documents for which nothing is ready, and which were not tried in vain ``since`` then."""
    ready = waiting(recipe).filter(document=OuterRef("pk"))
    found = outdated(recipe).exclude(Exists(ready))
    return found.exclude(pk__in=unsuccessful(recipe, since).values("pk")) if since else found


def _jobs() -> QuerySet[Job]:
    return Job.objects.filter(kind=KIND, subject_label=Document._meta.label_lower)


# -- beginning, going on, ending ----------------------------------------------------------------------------------


def lock() -> Rebuild | None:
    """The rebuilding under way, locked (inside a transaction)."""
    return Rebuild.objects.select_for_update(no_key=True).filter(state=RebuildState.RUNNING).first()


def check() -> Rebuild | None:
    """Every half minute: what ``catch_up`` does, and deleting what answers no more."""
    under_way = catch_up()
    clear_up()
    return under_way


@transaction.atomic
def catch_up() -> Rebuild | None:
    """Begin a rebuilding where the settings want another recipe, and push it on; gives the one under way.

    What somebody stopped stays stopped until somebody goes on (``resume``).
    """
    if _current() is not None:
        advance()
    return Rebuild.objects.filter(state=RebuildState.RUNNING).first()


def _current() -> Rebuild | None:
    take_turns("rag.rebuild")  # two may see the same change
    recipe, rebuild = recipes.wanted(), lock()
    if rebuild is not None and recipes.of_rebuild(rebuild) != recipe:
        _end(rebuild, RebuildState.SUPERSEDED)
        rebuild = None
    if rebuild is not None:
        return rebuild
    last = last_of(recipe)
    if last is not None and last.state == RebuildState.CANCELLED:
        return None
    found = pending(recipe, last.created_at if last else None).count()
    if not found:
        return None
    log.warning("%s indexes are not by %s: they are made anew, and answer until then.", found, recipe)
    return _begin()


def last_of(recipe: Recipe) -> Rebuild | None:
    """The latest rebuilding by ``recipe``."""
    of_recipe = Rebuild.objects.filter(
        space__model=recipe.model, space__dimensions=recipe.dimensions, chunker=recipe.chunker
    )
    return of_recipe.select_related("space").order_by("-created_at", "-id").first()


def _begin() -> Rebuild:
    return Rebuild.objects.create(space=spaces.space_of(embeddings.spec()), chunker=recipes.wanted().chunker)


def _end(rebuild: Rebuild, state: RebuildState) -> None:
    rebuild.state, rebuild.ended_at = state, timezone.now()
    rebuild.save(update_fields=["state", "ended_at"])


@transaction.atomic
def advance() -> None:
    """Ask for the next document of the rebuilding under way, if none is in hand; end it after the last.

    New books and new files have jobs of their own and are not counted: they are read by the wanted recipe anyway.
    """
    rebuild = lock()
    if rebuild is None or recipes.of_rebuild(rebuild) != recipes.wanted():
        return
    left = pending(recipes.of_rebuild(rebuild), rebuild.created_at)
    if in_hand(left).exists():
        return
    following = left.order_by("pk").first()
    if following is not None:
        jobs.enqueue(kind=KIND, subject=following)
    else:
        switch(rebuild)


def in_hand(documents: QuerySet[Document]) -> QuerySet[Job]:
    """The open index jobs of some of ``documents``."""
    open_ones = _jobs().filter(state__in=[JobState.QUEUED, JobState.RUNNING])
    return open_ones.filter(subject_id__in=documents.values("pk"))


def switch(rebuild: Rebuild) -> None:
    """Let every document answer from what is ready for it, in one step, and end the locked ``rebuild``.

    A document without such keeps the index that it has. What answered before is deleted later (``clear_up``).
    """
    recipe = recipes.of_rebuild(rebuild)
    documents = (
        Document.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk__in=waiting(recipe).values("document"))
        .select_related("live_generation", "book__digital_file")
        .order_by("pk")
    )
    ready = {generation.document_id: generation for generation in waiting(recipe)}
    moved = []
    for document in documents:
        generation, book_file = ready[document.pk], getattr(document.book, "digital_file", None)
        former = document.live_generation
        if former is not None and book_file is not None and book_file.sha256 == generation.source_sha256:
            document.live_generation = generation
            moved.append((document, former))
        else:
            generation.delete()  # of a file that was replaced since; the new one has a job of its own
    Document.objects.bulk_update([document for document, _former in moved], ["live_generation"], batch_size=500)
    for document, former in moved:
        indexing.tell(document, former, None)
    _end(rebuild, RebuildState.DONE)
    log.warning(
        "%s indexes are by %s from now on; %s could not be made anew and stay as they are.",
        len(moved),
        recipe,
        unsuccessful(recipe, rebuild.created_at).count(),
    )


def stop(*, by: User | None) -> Rebuild | None:
    """Stop the rebuilding under way; ``None`` where there is none. What is ready is kept for whoever goes on."""
    with transaction.atomic():
        rebuild = lock()
        if rebuild is None:
            return None
        _end(rebuild, RebuildState.CANCELLED)
        activity.record(actor=by, verb="indexes.rebuild_stopped", object=rebuild)
    for job in in_hand(pending(recipes.of_rebuild(rebuild), rebuild.created_at)).filter(requested_by=None):
        jobs.withdraw(job=job)
    return rebuild


@transaction.atomic
def resume(*, by: User | None) -> Rebuild | None:
    """Begin or go on, whatever was stopped or failed before; ``None`` where every index is as it should be."""
    rebuild = _current()
    if rebuild is None:
        if not pending(recipes.wanted(), None).exists() and not waiting(recipes.wanted()).exists():
            return None
        rebuild = _begin()
        activity.record(actor=by, verb="indexes.rebuild_begun", object=rebuild)
    advance()
    return rebuild


# -- what answers no more -----------------------------------------------------------------------------------------


def clear_up() -> None:
    """Delete what answers no more, a little at a time, and vector spaces that nothing uses."""
    until = time.monotonic() + LONGEST_CLEARING
    for generation in retired():
        while some := list(
            Passage.objects.filter(generation=generation).values_list("pk", flat=True)[:DELETE_TOGETHER]
        ):
            Passage.objects.filter(pk__in=some).delete()
            if time.monotonic() > until:
                return
        with transaction.atomic():
            Document.objects.select_for_update(no_key=True).filter(pk=generation.document_id).first()
            if not Document.objects.filter(live_generation=generation).exists():
                generation.delete()
    wanted = embeddings.spec()
    spaces.tidy(wanted=VectorSpace.objects.filter(model=wanted.name, dimensions=wanted.dimensions).first())


# -- how it stands ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class IndexStanding:
    """How the indexes of the library stand to the recipe wanted now."""

    recipe: Recipe
    rebuild: Rebuild | None  # the latest by this recipe
    indexes: int  # documents that answer
    outdated: int  # … from another recipe than the wanted
    ready: int  # of the outdated: what waits to go over together
    unsuccessful: int  # of the outdated: tried in vain
    job: Job | None  # what is in hand

    @property
    def done(self) -> int:
        """Documents with an index by the recipe wanted, whether it answers or waits."""
        return self.indexes - self.outdated + self.ready

    @property
    def is_running(self) -> bool:
        return self.rebuild is not None and self.rebuild.state == RebuildState.RUNNING

    @property
    def is_stopped(self) -> bool:
        return self.rebuild is not None and self.rebuild.state == RebuildState.CANCELLED and bool(self.outdated)


def standing() -> IndexStanding:
    """How it stands; a constant number of queries."""
    recipe = recipes.wanted()
    last = last_of(recipe)
    since = last.created_at if last else timezone.now()
    return IndexStanding(
        recipe=recipe,
        rebuild=last,
        indexes=Document.objects.exclude(live_generation=None).count(),
        outdated=outdated(recipe).count(),
        ready=waiting(recipe).filter(document__in=outdated(recipe)).count(),
        unsuccessful=unsuccessful(recipe, since).count(),
        job=in_hand(outdated(recipe)).order_by("created_at").first(),
    )
