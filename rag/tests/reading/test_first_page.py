"""The first page of a book's file becomes its cover, drawn in a process of its own."""

from __future__ import annotations

import pytest

from catalog import services
from catalog.covers import first_pages, making
from catalog.models import Book, BookFile, Cover, CoverSource, WhyNone
from catalog.tests.covers.images import upload
from catalog.tests.factories import make_book
from catalog.values.file_kinds import EPUB, PDF, TEXT
from library.jobs.models import Job, JobState
from library.jobs.tasks import perform
from rag.reading import first_page
from rag.tests import pdfs
from rag.tests.factories import give_file
from rag.tests.reading.test_epub import PACKAGE, epub
from rag.tests.reading.test_epub_cover import ITEM, jpeg

pytestmark = pytest.mark.django_db
NAMED = PACKAGE.replace(ITEM, ITEM.replace("/>", ' properties="cover-image"/>'))


def drawn(content: bytes, media_type: str) -> bytes | None:
    book_file = give_file(make_book(), content)
    book_file.media_type = media_type
    return first_page.drawn(book_file, lambda: None)


def test_a_file_that_is_added_becomes_the_cover_of_its_book():
    book = make_book()
    services.attach_file(book=book, upload=upload(pdfs.as_bytes(pdfs.book()), "book.pdf"), by=None)
    job = Job.objects.get(kind=making.KIND)
    perform(job.pk, making.make)

    job.refresh_from_db()
    cover = Cover.objects.get(book=book)
    assert (job.state, cover.state, cover.source) == (JobState.DONE, "ready", "first_page")
    assert Book.objects.get(pk=book.pk).cover_key == cover.key
    assert cover.made_of == BookFile.objects.get(book=book).sha256


def test_the_cover_of_an_epub_is_the_picture_that_it_names():
    found = drawn(epub(OEBPS__book_dot_opf=NAMED, OEBPS__whale_dot_jpg=jpeg()), EPUB)

    assert found is not None
    assert found[8:12] == b"WEBP"


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (epub(), EPUB),
        (b"PK\x03\x04 and no more", EPUB),
        (b"A plain text without pages.", f"{TEXT}; charset=utf-8"),
        (b"%PDF-1.7 and no more", PDF),
    ],
    ids=["an EPUB without", "a broken EPUB", "a text", "a broken PDF"],  # the first holds the time of day
)
def test_where_there_is_none_it_is_told_and_nothing_breaks(content, media_type):
    assert drawn(content, media_type) is None


def test_a_file_that_cannot_be_read_ends_its_job_with_the_reason():
    book = make_book()
    give_file(book, b"%PDF-1.7 and no more")
    job = making.want(book=book, source=CoverSource.FIRST_PAGE)
    perform(job.pk, making.make)

    job.refresh_from_db()
    assert (job.state, Cover.objects.get(book=book).why_none) == (JobState.DONE, WhyNone.UNREADABLE)


def test_the_catalogue_knows_who_draws():
    assert first_pages._draws == ["rag.reading.first_page.drawn"]
