"""What happens to documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from catalog.models import Book
from library.jobs.models import Job, JobState
from library.jobs.services import enqueue
from rag import queries
from rag.models import Document, GenerationState
from rag.signals import document_merging

if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def start_index(*, book: Book, by: User | None) -> Job:
    """Make the book's document if it has none, and ask a worker to index its file; joins a build under way.

    A build under way notices that the file was replaced and starts again with the new one.
    """
    Document.objects.get_or_create(book=book)
    # A build that ends just now waits here or lets us wait, so one of the two sees the other (`after_index`).
    document = Document.objects.select_for_update(no_key=True).get(book=book)
    return enqueue(kind="index", subject=document, requested_by=by)


@transaction.atomic
def after_index(*, job: Job) -> Job | None:
    """An index job ended. What it left half-done goes; a file that came too late for it gets a job of its own."""
    document = Document.objects.select_for_update(no_key=True).filter(pk=job.subject_id).first()
    if document is None:
        return None
    building = document.generations.filter(state=GenerationState.BUILDING).first()
    tried = building or document.live_generation
    if building is not None:
        building.delete()
    if job.state == JobState.CANCELLED or tried is None:
        return None
    current = queries.file_of(document)
    if current is None or current.sha256 == tried.source_sha256:
        return None
    return enqueue(kind="index", subject=document, requested_by=job.requested_by)


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
