"""Texts and files in the library for as long as they are asked, by its own cutting, embedding and storing.

All of it is written in one transaction that is taken back in the end. Nobody else ever sees any of it, and nothing is
left where the process is killed. Files are read where they lie.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from django.core.files import File
from django.core.files.storage import FileSystemStorage
from django.db import connection, transaction

from catalog.files.services import check_upload
from catalog.models import BookFile
from library.ai.spec import ModelSpec
from library.jobs.job_run import JobRun
from rag.evaluation.beir import CorpusText
from rag.indexes import spaces
from rag.indexes.generation_build import make_passages
from rag.ingest.build import Build
from rag.ingest.pages import clean_pages, read_pages, recognise_pages
from rag.ingest.passages.cut import CHUNKER
from rag.models import Document, IndexGeneration, Page, Passage, Section, VectorSpace

Tell = Callable[[str], None]
NO_LIMITS = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"


@contextlib.contextmanager
def nothing_stays(model: ModelSpec) -> Iterator[None]:
    """What is written within is taken back. A space that ``model`` has not had yet is made before, and goes after."""
    is_new = not VectorSpace.objects.filter(model=model.name, dimensions=model.dimensions).exists()
    spaces.space_of(model)  # made within, its index would lock the passages of all others until the end
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(NO_LIMITS)
            yield
            transaction.set_rollback(True)
    finally:
        if is_new:
            spaces.tidy(wanted=None)


@dataclass(frozen=True)
class IndexedTexts:
    """``pages``: the ids of the texts that each page stands for: its own, and those that say the same."""

    generation: IndexGeneration
    pages: dict[int, list[str]]

    def ids(self, passage: Passage) -> list[str]:
        """The texts that a passage belongs to."""
        return self.pages[passage.first_page]


def index_texts(texts: Sequence[CorpusText], model: ModelSpec, tell: Tell) -> IndexedTexts:
    """Every text as a page and a section of one document. Equal texts are one page, as in a book."""
    build = _build(model, BookFile(), tell)
    pages: dict[str, list[CorpusText]] = {}
    for one in texts:
        pages.setdefault(one.whole, []).append(one)
    numbered = list(enumerate(pages.items(), start=1))
    generation = build.generation
    Page.objects.bulk_create(Page(generation=generation, number=n, text=text) for n, (text, _same) in numbered)
    Section.objects.bulk_create(
        Section(generation=generation, ordinal=n - 1, level=1, title=title, path=[title], page=n, start=0)
        for n, (_text, same) in numbered
        for title in [same[0].title[:300]]
    )
    generation.page_count = len(pages)
    generation.save(update_fields=["page_count"])
    make_passages(build)
    return IndexedTexts(generation, {n: [one.id for one in same] for n, (_text, same) in numbered})


def index_file(path: Path, model: ModelSpec, language: str, tell: Tell) -> IndexGeneration:
    """A book's file, read, cut and embedded as any other. Errors: ``DocumentUnreadable``, ``ValidationError``."""
    build = _build(model, _in_place(path), tell)
    build.language = language
    read_pages(build)
    recognise_pages(build)
    clean_pages(build)
    make_passages(build)
    return build.generation


def _in_place(path: Path) -> BookFile:
    with path.open("rb") as opened:
        media_type = check_upload(File(opened, name=path.name))
    content = path.read_bytes()
    found = BookFile(original_name=path.name, media_type=media_type, size=len(content))
    found.sha256 = sha256(content).hexdigest()
    found.file.name, found.file.storage = path.name, FileSystemStorage(location=path.parent)
    return found


def _build(model: ModelSpec, book_file: BookFile, tell: Tell) -> Build:
    document = Document.objects.create()
    build = _Unheld(_Telling(tell), document, book_file, model)
    build.generation = IndexGeneration.objects.create(
        document=document,
        space=spaces.space_of(model),
        source_sha256=book_file.sha256,
        model=model.name,
        dimensions=model.dimensions,
        chunker=CHUNKER,
    )
    return build


class _Telling(JobRun):
    """No job at all: it only tells how far it is."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell

    @contextlib.contextmanager
    def checkpoint(self, *, done: int, total: int, message: str = "") -> Iterator[None]:
        self.tell(f"{message} ({100 * done // total} %)" if total else message)
        yield

    def check_still_held(self) -> None:
        pass


class _Unheld(Build):
    """A build that nobody can take away, and that lets nobody pass."""

    def check_still_held(self) -> None:
        pass

    def others_wait(self) -> bool:
        return False
