"""The steps from a book's file to a live index.

Their state is the rows themselves: a worker that takes over looks at what is there and goes on. All writes happen in
checkpoints, so nothing is written once the lease is lost. Readers see a generation only after ``publish``.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future
from itertools import islice
from typing import TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from library.ai import embeddings
from library.ai.spec import Vectors
from library.jobs.embedding.job_embedder import AT_ONCE, embedder_for
from library.jobs.from_the_start import again_if_replaced
from library.jobs.job_run import JobRun
from rag import errors
from rag.indexes import indexing, terms
from rag.ingest import notes, pages
from rag.ingest.build import CLEANED, INDEXED, WHOLE, Build, Cost, SourceReplaced
from rag.ingest.pages import clean_pages, read_pages, recognise_pages
from rag.ingest.passages import cut as passages
from rag.ingest.passages.cut import Cut
from rag.models import Document, Passage
from rag.queries import file_of

T = TypeVar("T")
PASSAGES_AT_ONCE = 128


@again_if_replaced(at_last=errors.FileChangesTooOften)
def build_index(run: JobRun, cost: Cost | None = None) -> None:
    """Index the document of a job, from wherever an earlier attempt got to. Errors: every ``DocumentUnreadable``."""
    document = Document.objects.select_related("book", "live_generation").filter(pk=run.job.subject_id).first()
    book_file = file_of(document) if document is not None else None
    if document is None or book_file is None:
        raise errors.FileMissing
    build = Build(run, document, book_file, embeddings.spec(), cost)
    if indexing.is_done(document=document, source_sha256=book_file.sha256):
        return
    begin(build)
    read_pages(build)
    recognise_pages(build)
    clean_pages(build)
    make_passages(build)
    publish(build)


def begin(build: Build) -> None:
    """Take up the generation that an earlier attempt began, or begin one; what was begun of another file goes."""
    with build.checkpoint(0, _("Opening the file")):
        build.generation = indexing.begin(document=build.document, source_sha256=build.book_file.sha256)


def make_passages(build: Build) -> None:
    """Passages of the whole text with their vectors, a parcel at a time. Whoever takes over cuts anew and leaves out
    those that are there: the same text always gives the same ones. Errors: ``TooLittleText``."""
    generation = build.generation
    if generation.passage_count:
        return
    message = _("Indexing page {n} of {all}")
    with build.checkpoint(CLEANED, message.format(n=1, all=generation.page_count)):
        have = generation.passages.count()
    sections = list(generation.sections.order_by("ordinal").values_list("pk", flat=True))
    found = passages.cut(
        pages.texts(generation), pages.sections_of(generation), model=build.model, language=build.language
    )
    with contextlib.closing(_with_vectors(build, islice(found, have, None))) as parcels:
        for cuts, vectors in parcels:
            number = cuts[-1].last_page
            done = CLEANED + (INDEXED - CLEANED) * number / generation.page_count
            with build.checkpoint(done, message.format(n=number, all=generation.page_count)):
                Passage.objects.bulk_create(
                    terms.row_of(generation, ordinal, cut, vector, sections)
                    for ordinal, (cut, vector) in enumerate(zip(cuts, vectors, strict=True), start=have)
                )
            have += len(cuts)
    if not have:
        raise errors.TooLittleText
    with build.checkpoint(INDEXED, _("Counting words")):
        terms.count_terms(generation)  # sets `passage_count`: all are there


def _with_vectors(build: Build, found: Iterable[Cut]) -> Generator[tuple[list[Cut], Vectors]]:
    """Parcels with a vector for each: while some are embedded, the one before is stored and the one behind them cut."""
    ahead: deque[tuple[list[Cut], Future[Vectors]]] = deque()
    with embedder_for(build.run, build.generation.model) as embedder:
        for cuts in _parcels(found, PASSAGES_AT_ONCE):
            texts = [passages.embedded(cut.context, cut.text) for cut in cuts]
            ahead.append((cuts, embedder.start(texts, "passage")))
            if len(ahead) > AT_ONCE:
                before, vectors = ahead.popleft()
                yield before, embedder.result(vectors)
        for before, vectors in ahead:
            yield before, embedder.result(vectors)


def publish(build: Build) -> None:
    """In one step: the generation is ready, answers come from it, older ones go, and higher apps hear of it.

    Errors: ``SourceReplaced`` where the book has another file by now.
    """
    generation = build.generation
    with build.checkpoint(WHOLE, _("Ready to answer questions")), transaction.atomic():
        generation.note = notes.note_of(generation)
        if not indexing.complete(generation=generation, requested_by=build.run.job.requested_by_id):
            raise SourceReplaced


def _parcels(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    waiting = iter(rows)
    while parcel := list(islice(waiting, size)):
        yield parcel
