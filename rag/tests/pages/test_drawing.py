"""Pages are drawn by a worker for whoever waits: once, ahead, and whatever the file does."""

from __future__ import annotations

import errno
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache

from rag import queries, tasks
from rag.ingest.sandbox import process
from rag.ingest.sandbox.process import FileReader, Limits
from rag.models import Document
from rag.reading import drawing, images
from rag.tests import pdfs
from rag.tests.factories import give_file
from rag.tests.pages.world import keep_picture, make_document, sha_of

LIMITS = Limits(memory=300 * 1024**2, open_seconds=10, page_seconds=1)


def states(document: Document) -> list[str]:
    generation = queries.live_generation(queries.read_again(document))
    book_file = queries.file_of(document)
    return [drawing.picture_state(generation, book_file, number) for number in range(1, generation.page_count + 1)]


def ask(document: Document, number: int) -> bool:
    return drawing.ask_for(document, queries.live_generation(queries.read_again(document)), number)


@pytest.mark.django_db
def test_page_is_drawn_with_the_next_ones_ahead(tiny, settings):
    settings.DRAWN_AHEAD = 1
    document = make_document()
    keep_picture(sha_of(document), 2)
    assert drawing.draw(document.pk, 2) == 2, "what is there is not drawn again"
    assert states(document) == ["missing", "ready", "ready", "missing"]
    file = images.opened(sha_of(document), 3, 800)
    assert file is not None
    with file:
        assert file.read(12)[8:] == b"WEBP"


@pytest.mark.django_db
def test_task_is_the_one_that_is_asked_for(tiny, woken):
    document = make_document(texts=["one"])
    assert ask(document, 1)
    ((name, (document_id, number)),) = woken
    assert tasks.draw_pages.name == name  # type: ignore[attr-defined]  # Celery's
    tasks.draw_pages(document_id, number)
    assert "missing" not in states(document)


@pytest.mark.django_db
def test_crowd_that_waits_for_one_page_wakes_one_worker(tiny, woken):
    document = make_document()
    assert [ask(document, 1) for _reader in range(3)] == [True, False, False]
    assert len(woken) == 1


@pytest.mark.django_db
def test_nobody_is_woken_for_what_is_there_or_broken(tiny, woken, settings):
    document = make_document(texts=["one", "two"])
    sha256 = queries.file_of(document).sha256  # type: ignore[union-attr]
    for width in images.WIDTHS:
        images.keep(sha256, 1, width, b"x")
    images.mark_broken(sha256, 2)
    assert not ask(document, 1)
    assert woken == []


@pytest.mark.django_db
@pytest.mark.parametrize("content", [b"%PDF-1.7 no more", b"no PDF at all"])
def test_file_that_cannot_be_opened_is_tried_once(tiny, content, woken):
    document = make_document(content)
    assert drawing.draw(document.pk, 1) == 0
    assert set(states(document)) == {"broken"}
    assert not ask(document, 1)


@pytest.mark.django_db
def test_file_that_is_lost_may_come_back(tiny):
    document = make_document()
    book_file = queries.file_of(document)
    assert book_file is not None
    book_file.file.storage.delete(str(book_file.file.name))
    assert drawing.draw(document.pk, 1) == 0
    assert set(states(document)) == {"missing"}


@pytest.mark.django_db
def test_other_file_than_the_text_was_read_from_has_no_pictures(tiny):
    document = make_document()
    give_file(document.book, pdfs.as_bytes(pdfs.book(header="A New Edition")))  # type: ignore[arg-type]
    assert set(states(document)) == {"none"}
    assert drawing.draw(document.pk, 1) == 0


@pytest.mark.django_db
def test_document_that_went_meanwhile_is_no_fault(tiny):
    assert drawing.draw(uuid4(), 1) == 0


@pytest.mark.django_db
def test_worker_that_draws_enough_already_lets_others_ask_again(tiny, woken):
    document = make_document()
    assert ask(document, 1)
    with drawing.AT_ONCE, drawing.AT_ONCE:
        assert drawing.draw(document.pk, 1) == 0
    assert set(states(document)) == {"missing"}
    assert ask(document, 1), "the next look wakes a worker again"


@pytest.mark.django_db
def test_full_disk_is_told_and_breaks_nothing(tiny, monkeypatch, caplog, settings):
    settings.DRAWN_AHEAD = 0

    def full(*_given: Any) -> None:
        raise OSError(errno.ENOSPC, "full")

    document = make_document()
    monkeypatch.setattr(images, "keep", full)
    assert drawing.draw(document.pk, 1) == 0
    assert "disk is full" in caplog.text
    assert states(document)[0] == "missing"


@pytest.mark.django_db
def test_without_redis_nobody_is_woken_and_nothing_breaks(tiny, monkeypatch, woken):
    monkeypatch.setattr(cache, "add", lambda *_given, **_more: False)  # as the forgiving cache answers
    assert not ask(make_document(), 1)


@pytest.mark.parametrize("what", ["crash", "spin", "raise", "nonsense"])
def test_page_that_does_harm_has_no_picture_and_the_next_one_has(tmp_path, what):
    path = tmp_path / "acts"
    path.write_text(f"{what} fine")
    with path.open("rb") as file:
        reader = FileReader(file, "", "rag.tests.hostile:Drawn", LIMITS)
        try:
            assert reader.draw(1, 800) == b""
            assert reader.draw(2, 800) == b"RIFF    WEBP"
        finally:
            reader.close()


def test_drawings_are_opened_by_what_the_file_is():
    assert process.DRAWINGS.startswith("rag.ingest.formats.choice:")
