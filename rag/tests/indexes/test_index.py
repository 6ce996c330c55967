"""From a file to a live index, with crashes, replacements and bad files on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

import pymupdf
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.models import BookFile
from catalog.signals import book_file_added
from library.jobs import services as jobs
from library.jobs.errors import LeaseLost
from library.jobs.models import Job
from library.jobs.tasks import JobRun, perform
from rag import queries, services
from rag.indexes import generation_build
from rag.ingest import build, pages
from rag.models import Document, GenerationState, IndexGeneration, Page, Passage
from rag.signals import index_ready
from rag.tests import pdfs
from rag.tests.factories import give_file, index, live_generation, make_digital_book, make_indexed_book
from rag.text import passage_parts

pytestmark = [pytest.mark.django_db, pytest.mark.model, pytest.mark.usefixtures("embedder")]
AES_256 = 5  # PyMuPDF's PDF_ENCRYPT_AES_256
STEPS = ["begin", "read_pages", "clean_pages", "make_passages", "publish"]


def rows(book: Any) -> list[tuple[Any, ...]]:
    generation = live_generation(book)
    return list(generation.passages.order_by("ordinal").values_list("ordinal", "first_page", "start", "end", "text"))


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a small book takes several checkpoints of each kind."""
    monkeypatch.setattr(pages, "PAGES_AT_ONCE", 5)
    monkeypatch.setattr(generation_build, "PASSAGES_AT_ONCE", 5)


@cache
def long_pdf() -> bytes:
    """More pages than one checkpoint reads, each with a text of its own."""
    return pdfs.as_bytes(pdfs.book([[f"{text} This is leaf {n}." for text in pdfs.CHAPTERS[n % 4]] for n in range(12)]))


def encrypted() -> bytes:
    return pdfs.as_bytes(pdfs.book(), encryption=AES_256, user_pw="secret", owner_pw="owner")


def owner_locked() -> bytes:
    return pdfs.as_bytes(pdfs.book(), encryption=AES_256, user_pw="", owner_pw="owner")


def cut_off() -> bytes:
    content = pdfs.as_bytes(pdfs.book(repeat=20), deflate=False)
    return content[: len(content) * 3 // 10]


def scanned() -> bytes:
    document = pymupdf.open()
    document.new_page().draw_rect((10, 10, 100, 100))
    return pdfs.as_bytes(document)


def damaged_but_whole() -> bytes:
    content = pdfs.as_bytes(pdfs.book())
    start = content.rindex(b"startxref")
    return content[:start] + b"startxref\n17\n%%EOF\n"


def no_pages() -> bytes:
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
        b"xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000054 00000 n \n"
        b"trailer<</Size 3/Root 1 0 R>>\nstartxref\n101\n%%EOF\n"
    )


def test_book_is_read_and_answers_from_then_on():
    book = make_indexed_book()
    state = queries.index_state(book)
    assert (state.state, state.pages, state.model, state.error, state.job) == ("ready", 4, "all-MiniLM-L6-v2", "", None)
    assert state.passages == Passage.objects.count() > 0
    texts = {page.number: page.text or "" for page in Page.objects.all()}
    for passage in Passage.objects.all():
        found = passage_parts.parts(passage.first_page, passage.start, passage.last_page, passage.end, texts)
        assert passage_parts.joined(found, texts) == passage.text
        assert passage.embedding is not None
        assert passage.language == "en"
    assert {number for one in Passage.objects.all() for number in range(one.first_page, one.last_page + 1)} == {
        1,
        2,
        3,
        4,
    }
    assert not Page.objects.filter(text__contains="A Small Reader").exists()


def test_progress_goes_up_and_speaks_of_pages_and_passages(monkeypatch):
    said: list[tuple[float, str]] = []
    progress = jobs.progress

    def listen(*, held: Job, done: int, total: int, message: str, **rest: Any) -> None:
        progress(held=held, done=done, total=total, message=message, **rest)
        said.append((held.done / held.total if held.total else 0, held.message))

    monkeypatch.setattr("library.jobs.services.progress", listen)
    make_indexed_book(long_pdf())
    shares = [share for share, _message in said]
    messages = [message for _share, message in said]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    wanted = {"Reading page 5 of 12", "Reading page 12 of 12", "Indexing page 12 of 12"}
    assert wanted <= set(messages)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (encrypted, "password"),
        (cut_off, "cut off"),
        (scanned, "recognised"),
        (no_pages, "no page"),
        (lambda: b"Just a text that calls itself a PDF.\n" * 40, "none"),
        (lambda: b"%PDF-1.7\n", "cut off"),
    ],
)
def test_file_that_cannot_be_read_fails_with_a_sentence_and_the_next_good_one_works(content, word):
    book = make_digital_book(content())
    job = index(book)
    assert (job.state, job.attempt) == ("failed", 1)
    assert word in job.error
    assert queries.index_state(book).state == "failed"
    assert queries.index_state(book).error == job.error
    assert not IndexGeneration.objects.exists()

    give_file(book, pdfs.as_bytes(pdfs.book()))
    assert index(book).state == "done"
    assert queries.index_state(book).state == "ready"


def test_too_many_pages_are_said_with_both_numbers(settings):
    settings.DOCUMENT_MAX_PAGES = 3
    job = index(make_digital_book())
    assert (job.state, "4 pages" in job.error, "at most 3" in job.error) == ("failed", True, True)


def test_file_that_is_gone_from_the_storage_is_said():
    book = make_digital_book()
    BookFile.objects.filter(book=book).update(file="books/gone.pdf")
    assert "gone" in index(book).error


def test_book_without_a_file_is_said():
    book = make_digital_book()
    BookFile.objects.all().delete()
    assert "no digital file" in index(book).error


def test_pdf_with_only_an_owner_password_is_read():
    assert index(make_digital_book(owner_locked())).state == "done"


def test_damaged_but_whole_file_is_read_and_says_so():
    content = damaged_but_whole()
    with pymupdf.open(stream=content, filetype="pdf") as document:
        assert document.is_repaired
    book = make_indexed_book(content)
    assert "repaired" in queries.index_state(book).note
    assert queries.index_state(book).pages == 4


def test_repeated_page_is_indexed_once():
    book = make_indexed_book(pdfs.as_bytes(pdfs.book(repeat=2)))
    assert (queries.index_state(book).pages, queries.index_state(book).passages) == (8, 4)
    assert [row[:3] for row in rows(book)] == [(0, 1, 0), (1, 3, 0), (2, 5, 0), (3, 7, 0)]


def test_same_file_gives_the_same_passages():
    assert rows(make_indexed_book(long_pdf())) == rows(make_indexed_book(long_pdf()))


def crash_once(monkeypatch: pytest.MonkeyPatch, step: str) -> Callable[[JobRun], None]:
    """Building, but the process dies in the middle of ``step``: at the second checkpoint with which it keeps something,
    or the first where it has only one."""
    real = getattr(generation_build, step)
    calls = {"checkpoints": 0}
    at = {"read_pages": 2, "make_passages": 3}.get(step, 1)

    def dying(made: build.Build) -> None:
        checkpoint = made.run.checkpoint

        def counted(**values: Any) -> Any:
            calls["checkpoints"] += 1
            if calls["checkpoints"] == at:
                raise KeyboardInterrupt  # not an Exception: nothing catches it, as nothing catches kill -9
            return checkpoint(**values)

        made.run.checkpoint = counted  # type: ignore[method-assign]
        real(made)

    monkeypatch.setattr(generation_build, step, dying)
    return generation_build.build_index


@pytest.mark.parametrize("step", STEPS)
def test_killed_worker_leaves_nothing_half_live_and_the_next_goes_on(monkeypatch, step):
    expected = rows(make_indexed_book(long_pdf()))
    book = make_digital_book(long_pdf())
    job = services.start_index(book=book, by=None)
    with monkeypatch.context() as patched:
        function = crash_once(patched, step)
        with pytest.raises(KeyboardInterrupt):
            perform(job.pk, function)
    assert Document.objects.get(book=book).live_generation is None
    assert queries.index_state(book).state == "indexing"
    left = Passage.objects.filter(generation__document__book=book)
    before = set(left.values_list("pk", flat=True))

    jobs.sweep(at=timezone.now() + timedelta(seconds=60))
    Job.objects.filter(pk=job.pk).update(not_before=None)
    perform(job.pk, generation_build.build_index)
    job.refresh_from_db()
    assert (job.state, job.attempt) == ("done", 2)
    assert rows(book) == expected
    if step == "make_passages":
        assert len(before) == 5
    assert before <= set(left.values_list("pk", flat=True)), "what was done before the crash was done again"


def test_worker_that_lost_its_lease_writes_nothing():
    book = make_digital_book()
    job = services.start_index(book=book, by=None)
    held = jobs.claim(job_id=job.pk)
    assert held is not None
    run = JobRun(held)
    Job.objects.filter(pk=job.pk).update(lease_id="00000000-0000-7000-8000-000000000000")
    with pytest.raises(LeaseLost):
        generation_build.build_index(run)
    assert not IndexGeneration.objects.exists()


def test_lease_lost_before_publishing_publishes_nothing(monkeypatch):
    book = make_digital_book()
    job = services.start_index(book=book, by=None)
    publish = generation_build.publish

    def robbed(made: build.Build) -> None:
        Job.objects.filter(pk=job.pk).update(lease_id="00000000-0000-7000-8000-000000000000")
        publish(made)

    monkeypatch.setattr(generation_build, "publish", robbed)
    perform(job.pk, generation_build.build_index)
    assert Document.objects.get(book=book).live_generation is None
    assert queries.index_state(book).state == "indexing"


def test_publishing_is_one_step(monkeypatch):
    """What a higher app cannot do takes the publication back with it."""
    book = make_digital_book()

    def refuse(**values: Any) -> None:
        raise RuntimeError("the receiver broke")

    index_ready.connect(refuse)
    try:
        job = index(book)
    finally:
        index_ready.disconnect(refuse)
    assert job.state == "queued"  # to be tried again
    document = Document.objects.get(book=book)
    assert document.live_generation is None
    assert document.generations.get().state == GenerationState.BUILDING


def test_new_file_replaces_the_index_in_one_step_and_the_old_one_goes():
    book = make_indexed_book()
    old = live_generation(book)
    give_file(book, long_pdf())
    seen: list[Any] = []

    def look(**values: Any) -> None:
        seen.append(Document.objects.get(book=book).live_generation_id)

    index_ready.connect(look)
    try:
        assert index(book).state == "done"
    finally:
        index_ready.disconnect(look)
    live = live_generation(book)
    assert seen == [live.pk]
    assert live.pk != old.pk
    assert not IndexGeneration.objects.filter(pk=old.pk).exists()
    assert live.page_count == 12


def test_failed_new_file_leaves_the_old_index_answering():
    book = make_indexed_book()
    give_file(book, encrypted())
    assert index(book).state == "failed"
    state = queries.index_state(book)
    assert (state.state, state.pages) == ("ready", 4)
    assert "password" in state.error


@pytest.mark.parametrize("step", ["read_pages", "make_passages", "publish"])
def test_file_replaced_while_it_is_read_is_read_instead(monkeypatch, step):
    book = make_digital_book()
    real = getattr(generation_build, step)
    replaced: list[bool] = []

    def replacing(made: build.Build) -> None:
        if not replaced:
            replaced.append(True)
            give_file(book, long_pdf())
        real(made)

    monkeypatch.setattr(generation_build, step, replacing)
    assert index(book).state == "done"
    assert queries.index_state(book).pages == 12
    assert IndexGeneration.objects.count() == 1


def test_file_that_comes_as_the_job_ends_gets_a_job_of_its_own():
    """The new file's request joined a job that had already published the old one."""
    book = make_digital_book()
    job = services.start_index(book=book, by=None)

    def finishes_too_early(run: JobRun) -> None:
        generation_build.build_index(run)
        give_file(book, long_pdf())
        assert services.start_index(book=book, by=None) == job

    perform(job.pk, finishes_too_early)
    waiting = Job.objects.get(kind="index", state="queued")
    assert waiting.pk != job.pk
    perform(waiting.pk, generation_build.build_index)
    assert queries.index_state(book).pages == 12


def test_file_already_indexed_is_not_indexed_again():
    book = make_indexed_book()
    live = Document.objects.get(book=book).live_generation_id
    assert index(book).state == "done"
    assert Document.objects.get(book=book).live_generation_id == live


def test_stopped_build_leaves_nothing(monkeypatch):
    book = make_digital_book()
    job = services.start_index(book=book, by=None)
    embed = generation_build.make_passages

    def stopped(made: build.Build) -> None:
        Job.objects.filter(pk=job.pk).update(cancel_requested=True)
        embed(made)

    monkeypatch.setattr(generation_build, "make_passages", stopped)
    perform(job.pk, generation_build.build_index)
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert not IndexGeneration.objects.exists()
    assert queries.index_state(book).state == "failed"


def test_two_requests_share_one_job():
    book = make_digital_book()
    assert services.start_index(book=book, by=None) == services.start_index(book=book, by=None)


def test_new_file_of_a_book_starts_its_job():
    book = make_digital_book()
    returned = book_file_added.send(sender=type(book), book_file=book.digital_file, by=None)
    job = next(made for _receiver, made in returned if made is not None)
    assert isinstance(job, Job)
    assert (job.kind, job.state, job.subject_id) == ("index", "queued", Document.objects.get(book=book).pk)


def test_only_one_generation_of_a_document_may_be_built():
    document = Document.objects.create(book=make_digital_book())
    values = {"document": document, "source_sha256": "a", "model": "m", "dimensions": 3, "chunker": "c"}
    IndexGeneration.objects.create(**values)
    with pytest.raises(IntegrityError, match="generation_one_building"), transaction.atomic():
        IndexGeneration.objects.create(**values)
    with pytest.raises(IntegrityError, match="generation_ready_at"), transaction.atomic():
        IndexGeneration.objects.create(**values | {"state": GenerationState.READY})
