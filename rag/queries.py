"""What others may know about indexes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

from catalog.models import Book, BookFile
from library.jobs.models import Job, JobState
from library.jobs.queries import latest as latest_job
from rag import errors
from rag.models import Document, IndexGeneration, Page

State = Literal["none", "indexing", "ready", "failed"]


@dataclass(frozen=True)
class IndexState:
    """What answers questions about a book now, or how the first build stands where nothing answers yet."""

    state: State
    pages: int = 0
    passages: int = 0
    model: str = ""
    error: str = ""
    note: str = ""
    job: Job | None = None  # a build under way

    @property
    def sentence(self) -> str:
        """Why the book cannot be asked, or an empty text where it can."""
        match self.state:
            case "none":
                return _("This book has no digital file that can be asked.")
            case "indexing":
                return _("The book is being read. Questions can be asked as soon as that is done.")
            case "failed":
                return _("The book's file could not be read, so it cannot answer questions. {why}").format(
                    why=self.error
                )
            case _:
                return ""


def file_of(document: Document) -> BookFile | None:
    """The digital file that a document is made from, as it is now."""
    return BookFile.objects.filter(book=document.book).first() if document.book is not None else None


def index_state(book: Book) -> IndexState:
    """How the index of ``book`` stands."""
    document = Document.objects.select_related("live_generation").filter(book=book).first()
    if document is None:
        return IndexState("none")
    latest = latest_job("index", document)
    job = latest if latest is not None and latest.is_open else None
    live = document.live_generation
    if live is not None:
        error = latest.error if latest is not None and latest.state == JobState.FAILED else ""
        return IndexState("ready", live.page_count, live.passage_count, live.model, error, live.note, job)
    if job is not None:
        return IndexState("indexing", job=job)
    if latest is not None and latest.state == JobState.CANCELLED:
        return IndexState("failed", error=_("Reading it was stopped."))
    return IndexState("failed", error=latest.error) if latest is not None else IndexState("none")


def live_generation(book: Book) -> IndexGeneration:
    """The generation that answers questions about ``book``. Errors: ``IndexNotReady`` with a sentence by state."""
    document = Document.objects.select_related("live_generation").filter(book=book).first()
    found = document.live_generation if document is not None else None
    if found is None:
        raise errors.IndexNotReady(index_state(book).sentence)
    return found


def page(generation: IndexGeneration, number: int) -> Page:
    """The stored text of a page. Errors: ``PageNotFound``."""
    found = generation.pages.filter(number=number).first()
    if found is None:
        raise errors.PageNotFound
    return found
