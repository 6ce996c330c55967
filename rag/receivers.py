"""What rag does when something happens below it. Connected in ``ready()``."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from catalog.models import Book, BookFile
from catalog.signals import book_file_added, books_merging
from library.jobs.models import Job
from library.jobs.signals import job_ended
from rag import services
from rag.models import Document
from rag.queries import KIND
from rag.reading import highlights, positions
from rag.signals import document_merging, index_ready


@receiver(book_file_added, dispatch_uid="rag.index_new_file")
def index_new_file(*, book_file: BookFile, by: Any = None, **kwargs: Any) -> Job:
    """A book has a new file: index it. The job goes back to whoever added the file."""
    return services.start_index(book=book_file.book, by=by)


@receiver(job_ended, dispatch_uid="rag.after_index")
def after_index(*, job: Job, **kwargs: Any) -> None:
    """Nothing half-done stays, and no file is forgotten."""
    if job.kind == KIND:
        services.after_index(job=job)


@receiver(books_merging, dispatch_uid="rag.merge_documents")
def merge_documents(*, kept: Book, merged: Book, takes_file: bool, by: Any = None, **kwargs: Any) -> set[str]:
    """The index stays with its file; the index of a file that goes is deleted with all its passages."""
    services.merge_documents(kept=kept, merged=merged, takes_file=takes_file)
    return {"rag.Document.book"}


@receiver(document_merging, dispatch_uid="rag.keep_reading")
def keep_reading(*, document: Document, kept: Document | None, **kwargs: Any) -> None:
    """What readers left in a text stays with its book."""
    if kept is not None:
        positions.keep(document=document, kept=kept)
        highlights.keep(document=document, kept=kept)


@receiver(index_ready, dispatch_uid="rag.find_highlights_again")
def find_highlights_again(*, document: Document, **kwargs: Any) -> None:
    """What readers marked may stand elsewhere now."""
    if document.highlights.exists():
        highlights.wake_looking()
