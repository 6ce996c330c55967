"""Which cover a book shows, and what becomes of its files."""

from __future__ import annotations

import errno
import threading
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection

from accounts.tests.factories import make_librarian
from catalog import services
from catalog.covers import keeping
from catalog.errors import NoSuchCover
from catalog.models import Cover, CoverState, WhyNone
from catalog.tests.covers.images import content, upload
from catalog.tests.covers.kept import FIRST_PAGE, LOOKED_UP, NAVY, RED, TEAL, UPLOADED, kept, shown
from catalog.tests.factories import pdf, record, stored
from library.activity.models import Activity
from library.core.errors import InvalidInput, StorageFull

pytestmark = pytest.mark.django_db


# -- which is shown ------------------------------------------------------------------------------------------------


def test_the_first_of_the_sources_that_has_one_is_shown(book):
    assert shown(book) == ""
    kept(book, FIRST_PAGE, TEAL)
    assert shown(book) == TEAL.key
    kept(book, LOOKED_UP, NAVY)
    assert shown(book) == NAVY.key
    services.upload_cover(book=book, upload=upload(content(colour="red")), by=None)
    assert shown(book) == RED.key
    services.remove_cover(book=book, by=None)
    assert shown(book) == NAVY.key


def test_one_that_staff_refuse_makes_way_for_the_next_until_they_allow_it(book):
    kept(book, LOOKED_UP, NAVY)
    kept(book, FIRST_PAGE, TEAL)
    services.refuse_cover(book=book, source=LOOKED_UP, by=None)
    assert shown(book) == TEAL.key
    services.refuse_cover(book=book, source=FIRST_PAGE, by=None)
    assert shown(book) == ""
    services.refuse_cover(book=book, source=LOOKED_UP, by=None, is_refused=False)
    assert shown(book) == NAVY.key


def test_the_picture_that_was_refused_stays_so_and_another_one_does_not(book):
    kept(book, LOOKED_UP, NAVY, made_of=book.isbn)
    services.refuse_cover(book=book, source=LOOKED_UP, by=None)
    kept(book, LOOKED_UP, NAVY, made_of=book.isbn)
    assert shown(book) == ""
    kept(book, LOOKED_UP, RED, made_of=book.isbn)
    assert shown(book) == RED.key


def test_what_is_not_there_cannot_be_refused_nor_removed(book):
    Cover.objects.create(book=book, source=LOOKED_UP)
    for refused in (LOOKED_UP, FIRST_PAGE):
        with pytest.raises(NoSuchCover):
            services.refuse_cover(book=book, source=refused, by=None)
    with pytest.raises(NoSuchCover):
        services.remove_cover(book=book, by=None)


# -- files ---------------------------------------------------------------------------------------------------------


def test_an_upload_is_stored_in_every_size_and_replaced_whole(book, media, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        cover = services.upload_cover(book=book, upload=upload(), by=make_librarian())
    assert sorted(stored(media)) == sorted(media / name for name in keeping.names(cover))
    assert len(keeping.names(cover)) == 4
    with django_capture_on_commit_callbacks(execute=True):
        services.upload_cover(book=book, upload=upload(content(colour="red")), by=None)
    assert len(stored(media)) == 4, "the old ones are gone"
    with django_capture_on_commit_callbacks(execute=True):
        services.remove_cover(book=book, by=None)
    assert stored(media) == []


def test_what_is_no_picture_changes_nothing(book, media):
    services.upload_cover(book=book, upload=upload(), by=None)
    before, key = stored(media), shown(book)
    for bad in (b"", b"%PDF-1.7", content(size=(1, 1)), content()[:100]):
        with pytest.raises(InvalidInput) as refusal:
            services.upload_cover(book=book, upload=upload(bad), by=None)
        assert refusal.value.fields["picture"]
    assert (stored(media), shown(book)) == (before, key)


def test_a_full_disk_leaves_no_file_and_the_old_cover(book, media, monkeypatch):
    services.upload_cover(book=book, upload=upload(), by=None)
    before, key, saved = stored(media), shown(book), default_storage.save

    def full(name: str, file: Any) -> str:
        if name.endswith("-small.webp"):
            (media / name).write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        return str(saved(name, file))

    monkeypatch.setattr(default_storage, "save", full)
    with pytest.raises(StorageFull):
        services.upload_cover(book=book, upload=upload(content(colour="red")), by=None)

    assert (stored(media), shown(book)) == (before, key)


def test_a_book_that_is_deleted_takes_its_pictures_along(media, django_capture_on_commit_callbacks):
    book = record("The Gene", "Ada Byron")
    services.upload_cover(book=book, upload=upload(), by=None)
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_book(book=book)

    assert stored(media) == []


def test_two_records_that_become_one_keep_a_cover_of_each_source(media, django_capture_on_commit_callbacks):
    keep, merged = record("The Gene", "Ada Byron"), record("The Gene.", "Ada Byron")
    kept(keep, LOOKED_UP, NAVY)
    kept(merged, LOOKED_UP, TEAL)
    kept(merged, UPLOADED, RED)
    kept(merged, FIRST_PAGE, TEAL)
    with django_capture_on_commit_callbacks(execute=True):
        services.merge_books(keep=keep, merged=merged, by=None)

    left = {cover.source: cover.key for cover in Cover.objects.filter(book=keep)}
    assert left == {LOOKED_UP: NAVY.key, UPLOADED: RED.key}, "without its file there is no first page"
    assert shown(keep) == RED.key
    assert len(stored(media)) == 8


def test_the_first_page_goes_with_the_file_in_a_merge(first_page):
    keep, merged = record("The Gene", "Ada Byron"), record("The Gene.", "Ada Byron", file=pdf())
    kept(keep, FIRST_PAGE, NAVY)
    kept(merged, FIRST_PAGE, TEAL, made_of=merged.digital_file.sha256)
    services.merge_books(keep=keep, merged=merged, by=None)

    assert shown(keep) == TEAL.key


# -- who did it, and what cannot be --------------------------------------------------------------------------------


def test_what_staff_do_is_written_down(book):
    librarian = make_librarian()
    services.upload_cover(book=book, upload=upload(), by=librarian)
    services.refuse_cover(book=book, source=UPLOADED, by=librarian)
    services.refuse_cover(book=book, source=UPLOADED, by=librarian)
    services.refuse_cover(book=book, source=UPLOADED, by=librarian, is_refused=False)
    services.remove_cover(book=book, by=librarian)

    verbs = ["book.cover_uploaded", "book.cover_refused", "book.cover_allowed", "book.cover_removed"]
    deeds = Activity.objects.filter(verb__contains="cover", actor=librarian).order_by("at", "id")
    assert list(deeds.values_list("verb", flat=True)) == verbs


@pytest.mark.parametrize(
    "values",
    [
        {"state": CoverState.READY},
        {
            "state": CoverState.READY,
            "key": "a" * 32,
            "width": 1,
            "height": 1,
            "large": "x",
            "medium": "x",
            "small": "",
        },
        {"state": CoverState.NONE},
        {"state": CoverState.NONE, "why_none": WhyNone.AWAY, "key": "a" * 32},
        {"state": CoverState.WANTED, "why_none": WhyNone.AWAY},
        {"source": "stolen"},
    ],
)
def test_the_database_refuses_half_a_cover(book, values):
    with pytest.raises(IntegrityError):
        Cover.objects.create(**{"book": book, "source": LOOKED_UP} | values)


def test_a_book_has_one_cover_of_each_source(book):
    Cover.objects.create(book=book, source=LOOKED_UP)
    with pytest.raises(IntegrityError):
        Cover.objects.create(book=book, source=LOOKED_UP)


@pytest.mark.django_db(transaction=True)
def test_two_uploads_at_once_leave_one_whole_cover(book, media):
    bodies = [content(colour="red"), content(colour="navy")]
    begin = threading.Barrier(2)

    def send(body: bytes) -> None:
        begin.wait(30)
        try:
            services.upload_cover(book=book, upload=upload(body), by=None)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=[body]) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    cover = Cover.objects.get(book=book)
    assert shown(book) == cover.key in {RED.key, NAVY.key}
    assert sorted(stored(media)) == sorted(media / name for name in keeping.names(cover))
