"""What others may know about indexes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Count
from django.utils.translation import gettext as _

from catalog.access import check_may_read
from catalog.models import Book, BookFile
from library.jobs.models import Job, JobState
from library.jobs.queries import latest as latest_job
from rag import errors, recipes
from rag.models import Document, GenerationState, IndexGeneration, Page

KIND = "index"  # of the jobs that read a document
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
    stale: bool = False  # it would be made in another way, or from another file, now
    waiting: bool = False  # a new one is ready, and answers as soon as those of all books are
    deleted: bool = False  # by somebody, and nobody asked for it since
    generation: IndexGeneration | None = None  # what answers

    @property
    def sentence(self) -> str:
        """Why the book cannot be asked, or an empty text where it can."""
        match self.state:
            case "none" if self.deleted:
                return _("The index of this book was deleted. A librarian can have the book read again.")
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

    @property
    def languages(self) -> list[str]:
        """The languages of the passages that answer, as two letters, the most frequent first; one query."""
        if self.generation is None:
            return []
        counted = self.generation.passages.order_by().values("language").annotate(passages=Count("pk"))
        found = counted.exclude(language="").order_by("-passages", "language")
        return [row["language"] for row in found]


def file_of(document: Document) -> BookFile | None:
    """The digital file that a document is made from, as it is now."""
    return BookFile.objects.filter(book=document.book).first() if document.book is not None else None


def find_document(book: Book) -> Document | None:
    """The document of ``book``, with what answers; one query."""
    document = Document.objects.select_related("live_generation").filter(book=book).first()
    if document is not None:
        document.book = book
    return document


def has_text(book: Book) -> bool:
    """Whether the text of ``book`` has been read, so that it can be shown and asked; one query."""
    return Document.objects.filter(book=book, live_generation__isnull=False).exists()


def index_state(book: Book) -> IndexState:
    """How the index of ``book`` stands."""
    document = find_document(book)
    return state_of(document) if document is not None else IndexState("none")


def state_of(document: Document) -> IndexState:
    """How the index of ``document`` stands; reads its live generation."""
    latest = latest_job(KIND, document)
    job = latest if latest is not None and latest.is_open and not document.index_deleted_at else None
    if document.live_generation is not None:
        return _answering(document, document.live_generation, latest, job)
    if job is not None:
        return IndexState("indexing", job=job)
    if latest is None or document.index_deleted_at:
        return IndexState("none", deleted=document.index_deleted_at is not None)
    if latest.state == JobState.CANCELLED:
        return IndexState("failed", error=_("Reading it was stopped."))
    return IndexState("failed", error=latest.error)


def _answering(document: Document, live: IndexGeneration, latest: Job | None, job: Job | None) -> IndexState:
    book_file, wanted = file_of(document), recipes.wanted()
    stale = recipes.recipe_of(live) != wanted or (book_file is not None and book_file.sha256 != live.source_sha256)
    is_newest = latest is None or not live.ready_at or latest.created_at > live.ready_at
    failed = latest is not None and latest.state == JobState.FAILED and is_newest
    ready = document.generations.filter(state=GenerationState.READY).exclude(pk=live.pk) if stale else ()
    return IndexState(
        "ready",
        live.page_count,
        live.passage_count,
        live.model,
        latest.error if latest and failed else "",
        live.note,
        job,
        stale,
        any(recipes.recipe_of(one) == wanted for one in ready),
        generation=live,
    )


def document_of(book: Book, *, viewer: Any) -> Document:
    """The document of ``book``, for ``viewer`` to read or ask; one query.

    Errors: ``BookConfidential``, ``IndexNotReady`` where the book has none.
    """
    check_may_read(viewer, book)
    document = find_document(book)
    if document is None:
        raise errors.IndexNotReady(IndexState("none").sentence)
    return document


def read_again(document: Document) -> Document:
    """``document`` as it is now. Errors: ``IndexNotReady`` where it is gone."""
    found = Document.objects.select_related("book", "live_generation").filter(pk=document.pk).first()
    if found is None:
        raise errors.IndexNotReady(IndexState("none").sentence)
    return found


def live_generation(document: Document) -> IndexGeneration:
    """The generation that answers questions. Errors: ``IndexNotReady`` with a sentence by state."""
    found = document.live_generation
    if found is None:
        raise errors.IndexNotReady(state_of(document).sentence)
    if not recipes.can_be_asked(found):
        sentence = _("This book was indexed by a model that the library no longer has. It is being indexed anew.")
        raise errors.IndexNotReady(sentence)
    return found


def page(generation: IndexGeneration, number: int) -> Page:
    """The stored text of a page. Errors: ``PageNotFound``."""
    found = generation.pages.filter(number=number).first()
    if found is None:
        raise errors.PageNotFound
    return found
