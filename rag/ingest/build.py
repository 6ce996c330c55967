"""The steps from a book's file to a live index.

Their state is the rows themselves: a worker that takes over looks at what is there and goes on. All writes happen in
checkpoints, so nothing is written once the lease is lost. Readers see a generation only after ``publish``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import BookFile
from library.ai import embeddings
from library.ai.embeddings import ModelSpec
from library.jobs.tasks import JobRun
from rag import errors
from rag.ingest import cleaning, extract, passages, source
from rag.models import Document, IndexGeneration, Page, Passage
from rag.queries import file_of
from rag.services import indexing

PAGES_AT_ONCE = 32
PASSAGES_AT_ONCE = 128
REPLACEMENTS = 5  # how often a file may be replaced while it is read before we give up
# Where each step ends on the way of the whole job, in thousandths; embedding takes most of the time.
READ, CLEANED, CUT, EMBEDDED, WHOLE = 150, 170, 250, 990, 1000


class SourceReplaced(Exception):
    """The file is another one now: what was read so far is of no use."""


class Build:
    """One generation on its way, for one held job."""

    def __init__(self, run: JobRun, document: Document, book_file: BookFile, model: ModelSpec) -> None:
        self.run = run
        self.document = document
        self.book_file = book_file
        self.model = model
        self.language = document.book.language if document.book else "en"
        self.generation: IndexGeneration

    def say(self, done: float, message: str) -> Any:
        """A checkpoint at ``done`` thousandths of the whole."""
        return self.run.checkpoint(done=round(done), total=WHOLE, message=message)


def build_index(run: JobRun) -> None:
    """Index the document of a job, from wherever an earlier attempt got to. Errors: every ``DocumentUnreadable``."""
    for _attempt in range(REPLACEMENTS):
        document = Document.objects.select_related("book", "live_generation").filter(pk=run.job.subject_id).first()
        book_file = file_of(document) if document is not None else None
        if document is None or book_file is None:
            raise errors.FileMissing
        build = Build(run, document, book_file, embeddings.spec())
        if indexing.is_done(document=document, source_sha256=book_file.sha256):
            return
        try:
            begin(build)
            read_pages(build)
            clean_pages(build)
            cut_passages(build)
            embed_passages(build)
            publish(build)
        except SourceReplaced:
            continue
        return
    raise errors.ChangesTooOften


def begin(build: Build) -> None:
    """Take up the generation that an earlier attempt began, or begin one; what was begun of another file goes."""
    with build.say(0, _("Opening the file")):
        build.generation = indexing.begin(document=build.document, source_sha256=build.book_file.sha256)


def read_pages(build: Build) -> None:
    """The raw text of every page, a range of pages at a time."""
    generation = build.generation
    have = generation.pages.count()
    if generation.page_count and have == generation.page_count:
        return
    with source.opened(build.book_file) as pdf:
        total = pdf.page_count
        note = source.note_on(pdf)
        while have < total:
            rows, unread = _read(pdf, range(have, min(have + PAGES_AT_ONCE, total)), generation)
            if unread:
                note = unreadable_pages(unread)
            have += len(rows)
            with build.say(READ * have / total, _("Reading page {n} of {all}").format(n=have, all=total)):
                Page.objects.bulk_create(rows)
                generation.page_count = total
                generation.note = note or generation.note
                generation.save(update_fields=["page_count", "note"])


def unreadable_pages(numbers: Sequence[int]) -> str:
    """The note on pages that the PDF holds but that cannot be read."""
    return ngettext("Page {pages} could not be read.", "Pages {pages} could not be read.", len(numbers)).format(
        pages=", ".join(map(str, numbers[:20]))
    )


def _read(pdf: Any, indexes: range, generation: IndexGeneration) -> tuple[list[Page], list[int]]:
    rows, unread = [], []
    for index in indexes:
        text = label = ""
        try:
            page = pdf.load_page(index)
            text, label = extract.page_text(page), page.get_label()[:20]
        except (RuntimeError, ValueError, IndexError):  # MuPDF's own errors are RuntimeErrors
            unread.append(index + 1)
        rows.append(Page(generation=generation, number=index + 1, label=extract.tidy(label), raw_text=text))
    return rows, unread


def clean_pages(build: Build) -> None:
    """The text that readers see: running headers and footers are known only when all pages are read."""
    if not build.generation.pages.filter(text=None).exists():
        return
    pages = list(build.generation.pages.order_by("number"))
    if not any(page.raw_text for page in pages):
        raise errors.NoText
    for page, text in zip(pages, cleaning.clean([page.raw_text for page in pages]), strict=True):
        page.text = text
    with build.say(CLEANED, _("Leaving out running headers and footers")):
        Page.objects.bulk_update(pages, ["text"], batch_size=200)


def cut_passages(build: Build) -> None:
    """Passages of every page. What was cut so far ends with a whole page; later ones are cut (again)."""
    generation = build.generation
    hashes = set(generation.passages.values_list("text_hash", flat=True))
    last = generation.passages.order_by("-ordinal").first()
    ordinal, page_done = (last.ordinal + 1, last.last_page) if last else (0, 0)
    waiting = generation.pages.filter(number__gt=page_done).order_by("number")
    for pages in _ranges(list(waiting.only("number", "text")), PAGES_AT_ONCE):
        rows = [row for page in pages for row in _cut(build, page, hashes)]
        for row in rows:
            row.ordinal, ordinal = ordinal, ordinal + 1
        number = pages[-1].number
        done = CLEANED + (CUT - CLEANED) * number / generation.page_count
        message = _("Cutting page {n} of {all} into passages").format(n=number, all=generation.page_count)
        with build.say(done, message):
            Passage.objects.bulk_create(rows)
    if not ordinal:
        raise errors.NoText


def _cut(build: Build, page: Page, hashes: set[str]) -> Iterator[Passage]:
    from library.ai.local import count_pieces

    found = passages.cut(
        page.text or "", language=build.language, window=build.model.window,
        count_pieces=partial(count_pieces, build.model),
    )  # fmt: skip
    for piece in found:
        if piece.text_hash not in hashes:
            hashes.add(piece.text_hash)
            yield Passage(
                generation=build.generation, first_page=page.number, last_page=page.number,
                start=piece.start, end=piece.end, text=piece.text, text_hash=piece.text_hash,
            )  # fmt: skip


def embed_passages(build: Build) -> None:
    """A vector for every passage that has none yet."""
    generation = build.generation
    total = generation.passages.count()
    waiting = list(generation.passages.filter(embedding=None).order_by("ordinal").only("id", "text"))
    if not waiting:
        return
    embedder = embeddings.for_bulk(generation.model)
    done = total - len(waiting)
    for rows in _ranges(waiting, PASSAGES_AT_ONCE):
        for row, vector in zip(rows, embedder.embed([row.text for row in rows]), strict=True):
            row.embedding = vector
        done += len(rows)
        message = _("Embedding passage {n} of {all}").format(n=done, all=total)
        with build.say(CUT + (EMBEDDED - CUT) * done / total, message):
            Passage.objects.bulk_update(rows, ["embedding"])


def publish(build: Build) -> None:
    """In one step: the generation is ready, answers come from it, older ones go, and higher apps hear of it.

    Errors: ``SourceReplaced`` where the book has another file by now.
    """
    generation = build.generation
    with build.say(WHOLE, _("Ready to answer questions")), transaction.atomic():
        generation.passage_count = generation.passages.count()
        if not indexing.complete(generation=generation, requested_by=build.run.job.requested_by_id):
            raise SourceReplaced


def _ranges(rows: Sequence[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(rows), size):
        yield list(rows[start : start + size])
