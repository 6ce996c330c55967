from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.core.files.base import ContentFile

from catalog.models import Book, BookFile
from catalog.tests.factories import make_book
from library.jobs.models import Job
from library.jobs.tasks import JobRun, perform
from rag import queries, services
from rag.answers.services import answer
from rag.answers.values import CitedAnswer
from rag.indexes.generation_build import build_index
from rag.models import Document, IndexGeneration
from rag.tests import pdfs


def give_file(book: Book, content: bytes) -> BookFile:
    """The book's file, replaced where it has one."""
    BookFile.objects.filter(book=book).delete()
    return BookFile.objects.create(
        book=book,
        file=ContentFile(content, name="x.pdf"),
        original_name="x.pdf",
        media_type="application/pdf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def make_digital_book(content: bytes | None = None, **values: Any) -> Book:
    book = make_book(**values)
    give_file(book, pdfs.as_bytes(pdfs.book()) if content is None else content)
    return book


def index(book: Book) -> Job:
    """Index the book as a worker does, and give the job as it ended."""
    job = services.start_index(book=book, by=None)
    perform(job.pk, build_index)
    job.refresh_from_db()
    return job


def make_indexed_book(content: bytes | None = None, **values: Any) -> Book:
    book = make_digital_book(content, **values)
    job = index(book)
    assert job.state == "done", job.error
    return book


def work(function: Callable[[JobRun], None] = build_index) -> list[Job]:
    """Do the waiting index jobs, and those that they lead to, one after another as a worker does; as they ended."""
    done = []
    while job := Job.objects.filter(kind="index", state="queued").order_by("created_at", "id").first():
        Job.objects.filter(pk=job.pk).update(not_before=None)
        perform(job.pk, function)
        job.refresh_from_db()
        done.append(job)
        assert len(done) < 100, "jobs lead to jobs for ever"
    return done


def ask_book(book: Book, *, question: str, viewer: Any, **options: Any) -> CitedAnswer:
    """Through the door, as pages and API do."""
    return answer(document=queries.document_of(book, viewer=viewer), question=question, viewer=viewer, **options)


def live_generation(book: Book) -> IndexGeneration:
    """What answers questions about the book now."""
    return queries.live_generation(Document.objects.select_related("live_generation").get(book=book))
