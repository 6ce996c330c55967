"""What happens to documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from catalog.models import Book
from library.jobs.models import Job
from library.jobs.services import enqueue
from rag.models import Document

if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def start_index(*, book: Book, by: User | None) -> Job:
    """Make the book's document if it has none, and ask a worker to index its file; joins a build under way.

    A build under way notices that the file was replaced and starts again with the new one.
    """
    document, _is_new = Document.objects.get_or_create(book=book)
    return enqueue(kind="index", subject=document, requested_by=by)
