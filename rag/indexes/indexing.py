"""The index of one book: asked for, begun, put in its place, deleted.

Locks, always in this order: job, rebuilding, document. A worker holds its job's row while it writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from catalog.models import Book
from library.activity import services as activity
from library.ai import embeddings
from library.core.database.transactions import again_after_deadlock
from library.jobs import services as jobs
from library.jobs.models import Job
from rag import errors, queries, recipes
from rag.indexes import spaces
from rag.models import Document, GenerationState, IndexGeneration, Page, Rebuild, RebuildState, Section
from rag.queries import KIND
from rag.signals import document_merging, index_deleted, index_ready

if TYPE_CHECKING:
    from accounts.models import User


# -- asking -------------------------------------------------------------------------------------------------------


@transaction.atomic
def start_index(*, book: Book, by: User | None) -> Job:
    """Make the book's document if it has none, and ask a worker to index its file; joins a build under way.

    A build under way notices that the file was replaced and starts again with the new one. Nothing is done where the
    file is indexed already as it would be now: for that see ``reindex``.
    """
    return _ask(_locked(book), by)


@again_after_deadlock
@transaction.atomic
def reindex(*, book: Book, by: User | None) -> Job:
    """Have the book's file read anew, even where nothing about it changed; joins a build under way.

    The index that there is answers until the new one is ready. Errors: ``NothingToIndex``.
    """
    if not hasattr(book, "digital_file"):
        raise errors.NothingToIndex
    document = _locked(book)
    if not document.generations.filter(state=GenerationState.BUILDING).exists():
        _begun(document, book.digital_file.sha256)  # the worker takes it up instead of finding nothing to do
    activity.record(actor=by, verb="book.reindex_asked", object=book)
    return _ask(document, by)


def _locked(book: Book) -> Document:
    Document.objects.get_or_create(book=book)
    # A build that ends just now waits here or lets us wait, so one of the two sees the other (`rag.indexes.after_job`).
    return Document.objects.select_for_update(no_key=True).get(book=book)


def _ask(document: Document, by: User | None) -> Job:
    job = jobs.enqueue(kind=KIND, subject=document, requested_by=by)
    document.index_deleted_at = None
    document.index_again = document.index_again or job.cancel_requested
    document.save(update_fields=["index_deleted_at", "index_again"])
    return job


# -- deleting -----------------------------------------------------------------------------------------------------


@again_after_deadlock
def delete_index(*, book: Book, by: User | None) -> None:
    """Delete all that was read from the book's file, and stop what reads it now. Its file and record stay.

    It stays deleted until somebody asks for it again or the book gets another file. Errors: ``NoIndex``.
    """
    with transaction.atomic():
        document = Document.objects.filter(book=book).first()
        if document is None or queries.index_state(book).state == "none":
            raise errors.NoIndex
        open_job = Job.objects.open().about(document).filter(kind=KIND).first()
        if open_job is not None:
            jobs.withdraw(job=open_job)
        document = Document.objects.select_for_update(no_key=True).get(pk=document.pk)
        document.live_generation, document.index_deleted_at, document.index_again = None, timezone.now(), False
        document.save(update_fields=["live_generation", "index_deleted_at", "index_again"])
        document.generations.all().delete()
        activity.record(actor=by, verb="book.index_deleted", object=book)
        index_deleted.send(sender=Document, document=document)


# -- a build's first and last step --------------------------------------------------------------------------------


def is_done(*, document: Document, source_sha256: str) -> bool:
    """Whether nothing is to be built: what answers, or what waits to, is of this file and of the recipe wanted now.

    Not so where somebody asked for it to be read anew (``reindex``).
    """
    ready = document.generations.filter(state=GenerationState.READY, source_sha256=source_sha256)
    is_built = any(is_wanted(generation) for generation in ready)
    building = document.generations.filter(state=GenerationState.BUILDING).first()
    return is_built and (building is None or not is_wanted(building))


def is_wanted(generation: IndexGeneration) -> bool:
    """Whether it is of the recipe that the settings want now."""
    return recipes.recipe_of(generation) == recipes.wanted()


@transaction.atomic
def begin(*, document: Document, source_sha256: str) -> IndexGeneration:
    """The generation to build: the one that an earlier attempt began, or a new one. One of another file or recipe goes.

    Where only the model is another one, the pages of the generation that answers come along: nothing is read twice.
    """
    found = document.generations.filter(state=GenerationState.BUILDING).first()
    if found is not None and found.source_sha256 == source_sha256 and is_wanted(found):
        return found
    if found is not None:
        found.delete()
    begun = _begun(document, source_sha256)
    live = document.live_generation
    if live is not None and found is None and has_same_pages(live, begun):
        take_pages(live, begun)
    return begun


def _begun(document: Document, source_sha256: str) -> IndexGeneration:
    recipe = recipes.wanted()
    return IndexGeneration.objects.create(
        document=document,
        space=spaces.space_of(embeddings.spec()),
        source_sha256=source_sha256,
        model=recipe.model,
        dimensions=recipe.dimensions,
        chunker=recipe.chunker,
    )


def has_same_pages(former: IndexGeneration, generation: IndexGeneration) -> bool:
    """Whether both hold the same text of each page: they were read from one file in one way."""
    return (former.source_sha256, former.chunker) == (generation.source_sha256, generation.chunker)


def take_pages(former: IndexGeneration, generation: IndexGeneration) -> None:
    """Give ``generation`` the pages and sections of ``former``."""
    for model in (Page, Section):
        names = [field.column for field in model._meta.concrete_fields if field.column not in {"id", "generation_id"}]
        columns = ", ".join(connection.ops.quote_name(name) for name in names if name)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {model._meta.db_table} (generation_id, {columns})"  # noqa: S608 (names of our own columns)
                f" SELECT %s, {columns} FROM {model._meta.db_table} WHERE generation_id = %s",
                [generation.pk, former.pk],
            )
    generation.page_count, generation.facts, generation.note = former.page_count, former.facts, former.note
    generation.save(update_fields=["page_count", "facts", "note"])


@transaction.atomic
def complete(*, generation: IndexGeneration, requested_by: UUID | None = None) -> bool:
    """A generation is built: it is ready, and answers from now on. Older ones go, and higher apps hear of it.

    While all books go over to another model it waits for the last of them (``rag.indexes.rebuilding``), unless it is
    of another file than what answers. False, and nothing is done, where the book has another file by now.
    """
    rebuild = Rebuild.objects.select_for_update(no_key=True).filter(state=RebuildState.RUNNING).first()
    document = Document.objects.select_for_update(no_key=True).get(pk=generation.document_id)
    book_file = queries.file_of(document)
    if book_file is None or book_file.sha256 != generation.source_sha256:
        return False
    generation.state, generation.ready_at = GenerationState.READY, timezone.now()
    generation.save()
    if not _waits(generation, document.live_generation, rebuild):
        former = document.live_generation
        document.live_generation = generation
        document.save(update_fields=["live_generation"])
        tell(document, former, requested_by)
        document.generations.exclude(pk=generation.pk).delete()
    return True


def _waits(generation: IndexGeneration, live: IndexGeneration | None, rebuild: Rebuild | None) -> bool:
    """Whether the live one answers on until all books go over to the other model together."""
    return (
        rebuild is not None
        and live is not None
        and recipes.recipe_of(generation) == recipes.of_rebuild(rebuild)
        and live.space_id != generation.space_id
        and live.source_sha256 == generation.source_sha256
        and recipes.can_be_asked(live)
    )


def tell(document: Document, former: IndexGeneration | None, requested_by: UUID | None) -> None:
    """Let higher apps hear that ``document`` answers from another generation than ``former`` now."""
    generation = document.live_generation
    assert generation is not None
    index_ready.send(
        sender=Document,
        document=document,
        generation=generation,
        requested_by=requested_by,
        same_pages=former is not None and has_same_pages(former, generation) and has_equal_text(former, generation),
    )


EQUAL = """
SELECT NOT EXISTS (
  SELECT FROM (SELECT number, text FROM rag_page WHERE generation_id = %s) AS one
  FULL JOIN (SELECT number, text FROM rag_page WHERE generation_id = %s) AS other USING (number)
  WHERE one.text IS DISTINCT FROM other.text
)
"""


def has_equal_text(one: IndexGeneration, other: IndexGeneration) -> bool:
    """Whether all pages of both say the same, so that offsets into the one hold in the other."""
    with connection.cursor() as cursor:
        cursor.execute(EQUAL, [one.pk, other.pk])
        return bool(cursor.fetchone()[0])


def merge_documents(*, kept: Book, merged: Book, takes_file: bool) -> None:
    """Leave ``kept`` the document of the file that it will have: that of ``merged`` where it takes its file."""
    found = Document.objects.select_for_update(no_key=True).filter(book__in=[kept, merged]).order_by("pk")
    documents = {document.book_id: document for document in found}
    ours, theirs = documents.get(kept.pk), documents.get(merged.pk)
    stays, goes = (theirs, ours) if takes_file else (ours, theirs)
    if goes is not None:
        document_merging.send(sender=Document, document=goes, kept=stays)
        goes.delete()  # a job that still reads it finds it gone, as after any deletion
    if stays is not None and stays is theirs:
        stays.book = kept
        stays.save(update_fields=["book"])
