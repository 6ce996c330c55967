"""What files do to an index: pages lost, pages recognised, workers killed, other kinds than PDF."""

from __future__ import annotations

import difflib
import zlib
from datetime import timedelta
from typing import Any

import pymupdf
import pytest
from django.utils import timezone

from catalog.services import attach_file
from catalog.tests.factories import make_book, pdf
from library.jobs import services as jobs
from library.jobs.models import Job
from library.jobs.tasks import perform
from rag import errors, queries, services
from rag.indexes import generation_build
from rag.ingest import build, notes
from rag.ingest import pages as reading
from rag.ingest.cleaning import Survey
from rag.ingest.model import raw
from rag.ingest.sandbox import answers, pool, process
from rag.ingest.sandbox.process import Limits
from rag.models import Page, Passage
from rag.tests import pdfs
from rag.tests.factories import index, live_generation, make_digital_book
from rag.tests.reading.test_epub import epub

pytestmark = [pytest.mark.django_db, pytest.mark.model, pytest.mark.usefixtures("embedder")]
LIMITS = Limits(memory=300 * 1024**2, open_seconds=10, page_seconds=1)


@pytest.fixture
def acted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A book's file says what its pages do to the reading process."""
    monkeypatch.setattr(process, "TEXT", "rag.tests.hostile:Hostile")
    monkeypatch.setattr(process, "PICTURES", "rag.tests.hostile:Pictures")
    monkeypatch.setattr(process, "text_limits", lambda: LIMITS)
    monkeypatch.setattr(process, "picture_limits", lambda: LIMITS)
    monkeypatch.setattr(reading, "PAGES_AT_ONCE", 3)


def passages(book: Any) -> list[tuple[Any, ...]]:
    found = live_generation(book).passages.order_by("ordinal")
    return list(found.values_list("first_page", "last_page", "start", "end", "text"))


@pytest.mark.usefixtures("acted")
def test_a_page_that_crashes_or_hangs_is_told_and_the_others_answer():
    book = make_digital_book(b"fine crash fine fine hang fine")
    assert index(book).state == "done"
    state = queries.index_state(book)
    assert (state.state, state.pages) == ("ready", 6)
    assert "Pages 2, 5 could not be read." in state.note
    texts = dict(Page.objects.values_list("number", "text"))
    assert [bool(texts[number]) for number in range(1, 7)] == [True, False, True, True, False, True]


@pytest.mark.usefixtures("acted")
@pytest.mark.parametrize(
    ("acts", "word"),
    [
        ("fine " + "crash " * 20, "program fail"),
        ("raise " * 4, "None of its pages"),
        ("fine blunder fine", "mistake of its own at page 2"),
        ("open-swell fine", "memory"),
    ],
)
def test_a_file_that_does_nothing_else_ends_in_a_sentence(acts, word):
    job = index(make_digital_book(acts.encode()))
    assert job.state == "failed"
    assert word in job.error


@pytest.mark.usefixtures("acted")
def test_a_job_is_stopped_while_a_page_hangs(monkeypatch):
    monkeypatch.setattr(process, "PATIENCE", 100)
    job = services.start_index(book=make_digital_book(b"fine hang fine"), by=None)

    def stop(self: build.Build) -> None:
        Job.objects.filter(pk=job.pk).update(cancel_requested=True)
        look(self)

    look = build.Build.check_still_held
    monkeypatch.setattr(build.Build, "check_still_held", stop)
    perform(job.pk, generation_build.build_index)
    job.refresh_from_db()
    assert job.state == "cancelled"


@pytest.mark.usefixtures("acted")
def test_pictures_are_recognised_and_what_is_not_is_told():
    book = make_digital_book(b"fine picture picture-blank picture-raise fine picture")
    assert index(book).state == "done"
    sources = dict(Page.objects.values_list("number", "source"))
    assert sources == {1: "text", 2: "ocr", 3: "none", 4: "none", 5: "text", 6: "ocr"}
    assert not Page.objects.filter(notes__contains=[reading.NEEDS_OCR]).exists()
    note = queries.index_state(book).note
    assert "2 pages are pictures" in note
    assert "No text could be recognised in the picture on page 4." in note


@pytest.mark.usefixtures("acted")
def test_progress_speaks_of_the_pages_that_are_recognised(monkeypatch):
    said: list[str] = []
    progress = jobs.progress

    def listen(*, message: str, **rest: Any) -> None:
        progress(message=message, **rest)
        said.append(message)

    monkeypatch.setattr("library.jobs.services.progress", listen)
    index(make_digital_book(b"fine picture picture fine"))
    assert [message for message in said if message.startswith("Recog")][-2:] == [
        "Recognising page 1 of 2",
        "Recognising page 2 of 2",
    ]


@pytest.mark.usefixtures("acted")
def test_a_long_book_lets_others_go_first_and_ends_with_the_same(monkeypatch):
    acts = b"fine picture picture picture fine"
    whole = make_digital_book(acts)
    assert index(whole).state == "done"
    monkeypatch.setattr(build, "LONGEST_TURN", 0)
    book = make_digital_book(acts)
    job = services.start_index(book=book, by=None)
    services.start_index(book=make_digital_book(b"fine fine"), by=None)
    perform(job.pk, generation_build.build_index)
    job.refresh_from_db()
    assert (job.state, job.attempt) == ("queued", 0)
    assert Page.objects.filter(generation__document__book=book, source="ocr").count() == 1
    for _turn in range(2):
        perform(job.pk, generation_build.build_index)
    job.refresh_from_db()
    assert (job.state, job.attempt) == ("done", 1)
    assert passages(book) == passages(whole)


@pytest.mark.usefixtures("acted")
def test_pictures_in_a_writing_that_the_recogniser_does_not_know_are_left_out_and_told():
    book = make_digital_book(b"fine picture-crash fine", language="ru")
    assert index(book).state == "done"
    assert "The picture on page 2 was left out" in queries.index_state(book).note
    page = Page.objects.get(number=2)
    assert (page.text, page.notes, page.source) == ("", ["unknown_writing"], "none"), "no recogniser was started"


@pytest.mark.usefixtures("acted")
def test_book_of_such_pictures_alone_says_what_language_is_not_known():
    job = index(make_digital_book(b"picture picture", language="ru"))
    assert job.state == "failed"
    assert "Russian" in job.error


class Killed(BaseException):
    """Nothing catches it, as nothing catches kill -9."""


@pytest.mark.usefixtures("acted")
@pytest.mark.parametrize("after", range(1, 13))
def test_killed_before_any_checkpoint_the_next_worker_ends_with_the_same(monkeypatch, after):
    """Every checkpoint of a small book in turn; pictures and lost pages among them."""
    acts = b"fine picture fine crash fine picture fine fine"
    whole = make_digital_book(acts)
    assert index(whole).state == "done"
    book = make_digital_book(acts)
    job = services.start_index(book=book, by=None)
    say, left = build.Build.checkpoint, [after]

    def dying(self: build.Build, done: float, message: str) -> Any:
        left[0] -= 1
        if left[0] == 0:
            raise Killed
        return say(self, done, message)

    with monkeypatch.context() as patched:
        patched.setattr(build.Build, "checkpoint", dying)
        with pytest.raises(Killed):
            perform(job.pk, generation_build.build_index)
    jobs.sweep(at=timezone.now() + timedelta(seconds=60))
    Job.objects.filter(pk=job.pk).update(not_before=None)
    perform(job.pk, generation_build.build_index)
    job.refresh_from_db()
    assert job.state == "done", job.error
    assert passages(book) == passages(whole)
    assert not live_generation(book).pages.exclude(layout=None).exists()


def test_an_epub_is_asked_by_section(client):
    book = make_book()
    job = attach_file(book=book, upload=pdf(epub(), name="whales.epub"), by=None)
    assert job is not None
    perform(job.pk, generation_build.build_index)
    job.refresh_from_db()
    assert job.state == "done", job.error
    generation = live_generation(book)
    assert [section.title for section in generation.sections.all()] == ["Second", "First of all", "Krill"]
    assert "Whales are mammals & breathe air." in (generation.pages.get(number=2).text or "")
    assert notes.note_of(generation) == ""


def test_an_epub_keeps_its_printed_pages_and_tells_what_it_lacks():
    one = (
        '<p>In 1859<a epub:type="noteref" href="#n">2</a> an inspec<span epub:type="pagebreak">106</span>tor came.</p>'
    )
    content = epub(OEBPS__text__one_dot_xhtml=one * 2, **{"OEBPS__text__two b_dot_xhtml": None})
    book = make_book()
    job = attach_file(book=book, upload=pdf(content, name="whales.epub"), by=None)
    assert job is not None
    perform(job.pk, generation_build.build_index)
    page = live_generation(book).pages.get()
    assert (page.text or "").startswith("In 1859 an inspector came.")
    assert (page.label, page.begins) == ("1", [[17, "106"], [45, "106"]])
    assert "OEBPS/text/two b.xhtml" in live_generation(book).note


def test_a_text_is_asked_by_stretches():
    text = "\n\n".join(
        f"Chapter {n}\n\nThe whale of chapter {n} swims far out at sea. " + f"It eats krill {n}. " * 60
        for n in (1, 2, 3)
    )
    book = make_book()
    job = attach_file(book=book, upload=pdf(text.encode("cp1252"), name="whale.txt"), by=None)
    assert job is not None
    perform(job.pk, generation_build.build_index)
    generation = live_generation(book)
    assert [(section.title, section.page) for section in generation.sections.all()] == [
        ("Chapter 1", 1),
        ("Chapter 2", 2),
        ("Chapter 3", 3),
    ]
    assert Passage.objects.filter(generation=generation, section__title="Chapter 2").exists()


def words_in_order(truth: str, read: str) -> float:
    """Share of the words of ``truth`` that ``read`` has in the same order."""
    wanted, got = truth.split(), read.split()
    blocks = difflib.SequenceMatcher(None, wanted, got, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / len(wanted)


def scanned(document: Any, *, turn: int = 0) -> bytes:
    """The pages of ``document`` as pictures."""
    scan = pymupdf.open()
    for page in document:
        picture = page.get_pixmap(dpi=150)
        wide, high = page.rect.width, page.rect.height
        sheet = scan.new_page(width=high if turn in (90, 270) else wide, height=wide if turn in (90, 270) else high)
        sheet.insert_image(sheet.rect, stream=picture.tobytes("png"), rotate=turn)
    return pdfs.as_bytes(scan)


def in_columns(left: str, right: str) -> Any:
    document = pymupdf.open()
    page = document.new_page(width=400, height=260)
    for place, text in ((20, left), (210, right)):
        assert page.insert_textbox((place, 20, place + 170, 250), text, fontsize=10) >= 0
    return document


@pytest.mark.parametrize("turn", [0, 90, *(pytest.param(turn, marks=pytest.mark.slow) for turn in (180, 270))])
def test_a_scan_in_two_columns_is_read_in_order_however_it_lies(turn):
    left, right = " ".join(pdfs.PLANTS), " ".join(pdfs.WHALES)
    book = make_digital_book(scanned(in_columns(left, right), turn=turn))
    job = index(book)
    assert job.state == "done", job.error
    page = Page.objects.get()
    assert page.source == "ocr"
    text = " ".join((page.text or "").split())
    assert words_in_order(f"{left} {right}", text) >= 0.97, text


def test_a_writing_that_is_not_known_is_told_and_not_guessed_at():
    """The recogniser makes words out of any signs; here out of a page of ornaments."""
    document = pymupdf.open()
    for font in ("helv", "zadb"):
        box, text = (72, 72, 520, 700), " ".join(pdfs.WHALES)
        assert document.new_page().insert_textbox(box, text, fontsize=13, fontname=font) >= 0
    book = make_digital_book(scanned(document))
    assert index(book).state == "done"
    known, unknown = Page.objects.order_by("number")
    assert (known.source, unknown.source, unknown.text) == ("ocr", "none", "")
    assert "No text could be recognised in the picture on page 2." in queries.index_state(book).note


def bomb() -> bytes:
    return zlib.compress(b"[" + b" " * (raw.MOST_BYTES + 1) + b"2, 0]")


@pytest.mark.parametrize(
    "layout",
    [
        b"",
        b"junk",
        zlib.compress(b"[2, 7]"),
        zlib.compress(b"[2, []]"),
        zlib.compress(b"[1, {}]"),
        zlib.compress(b"[" * 100_000),
        bomb(),
    ],
)
def test_what_a_process_makes_up_costs_that_page(layout):
    """A file may have taken the reading process over: nothing that comes from there is believed."""
    pages = [answers.ReadPage(1, layout, words=3), answers.ReadPage(2, raw.packed(raw.RawPage(title="Whales")))]
    found = list(reading._seen(pages, Survey()))
    assert [page.notes for page in found] == [("unreadable", "broken"), ()]
    assert raw.unpacked(found[0].layout).lines == []


@pytest.mark.usefixtures("acted")
def test_a_file_that_is_slow_to_open_lets_others_go_first_and_then_has_its_whole_time(monkeypatch, settings):
    """The first look is cut short here, not the file made slow."""
    opened: list[int | None] = []
    usual = pool.ReaderPool.open

    def impatient(self: pool.ReaderPool, *, at_most: int | None = None) -> Any:
        opened.append(at_most)
        if at_most is not None:
            raise errors.FileTooSlow
        return usual(self, at_most=at_most)

    monkeypatch.setattr(pool.ReaderPool, "open", impatient)
    book = make_digital_book(b"fine fine")
    job = services.start_index(book=book, by=None)
    services.start_index(book=make_digital_book(b"fine"), by=None)
    perform(job.pk, generation_build.build_index)
    job.refresh_from_db()
    assert (job.state, job.attempt, opened) == ("queued", 0, [settings.READER_FIRST_SECONDS])
    perform(job.pk, generation_build.build_index)
    job.refresh_from_db()
    assert (job.state, opened[1:]) == ("done", [None])
