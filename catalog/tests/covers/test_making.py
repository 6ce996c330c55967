"""Covers that a worker makes, and those that are asked for by and by."""

from __future__ import annotations

import errno
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from catalog import services
from catalog.covers import first_pages, keeping, making, missing, sources
from catalog.covers.pictures import CoverPictures
from catalog.models import Book, Cover, WhyNone
from catalog.services.covers import first_page_of_new_file
from catalog.tests.covers.images import content
from catalog.tests.covers.kept import FIRST_PAGE, LOOKED_UP, NAVY, RED, TEAL, UPLOADED, kept, pictures, shown
from catalog.tests.factories import make_book, pdf, record, stored
from library.core.errors import InvalidInput, StorageFull
from library.jobs import services as jobs
from library.jobs.models import Job, JobState
from library.jobs.tasks import perform

pytestmark = pytest.mark.django_db


# -- made by a worker ----------------------------------------------------------------------------------------------


def done(job: Job) -> Job:
    perform(job.pk, making.make)
    job.refresh_from_db()
    return job


@pytest.fixture
def with_file(first_page) -> Book:
    return record("The Gene", "Ada Byron", file=pdf())


def test_a_worker_makes_the_first_page_once(with_file, media):
    job = making.want(book=with_file, source=FIRST_PAGE)
    assert making.want(book=with_file, source=FIRST_PAGE) == job, "one job for one cover"

    assert done(job).state == JobState.DONE
    cover = Cover.objects.get(book=with_file)
    assert (cover.state, cover.made_of, shown(with_file)) == ("ready", with_file.digital_file.sha256, cover.key)
    files = stored(media)
    assert done(making.want(book=with_file, source=FIRST_PAGE)).state == JobState.DONE
    assert stored(media) == files


def test_a_worker_that_is_killed_half_way_leaves_no_half_file(with_file, media, monkeypatch):
    class Killed(BaseException):
        pass

    saved = default_storage.save

    def cut_off(name: str, file: Any) -> str:
        place = Path(str(saved(name, file)))
        if "medium" in name:
            (media / place).write_bytes(b"RIFF")
            raise Killed
        return str(place)

    monkeypatch.setattr(keeping, "on_rollback", lambda undo: None)  # nobody is left to tidy up
    monkeypatch.setattr(default_storage, "save", cut_off)
    job = making.want(book=with_file, source=FIRST_PAGE)
    with pytest.raises(Killed):
        perform(job.pk, making.make)
    assert shown(with_file) == ""

    monkeypatch.setattr(default_storage, "save", saved)
    Job.objects.filter(pk=job.pk).update(lease_until="2020-01-01T00:00Z")
    jobs.sweep()
    Job.objects.filter(pk=job.pk).update(not_before=None)
    assert done(job).state == JobState.DONE
    cover = Cover.objects.get(book=with_file)
    assert sorted(path for path in stored(media) if "covers" in path.parts) == sorted(
        media / name for name in keeping.names(cover)
    )
    assert all(path.stat().st_size > 50 for path in stored(media))


def test_a_full_disk_ends_the_job_with_a_sentence(with_file, monkeypatch):
    def full(name: str, file: Any) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(default_storage, "save", full)
    job = done(making.want(book=with_file, source=FIRST_PAGE))

    assert (job.state, job.error) == (JobState.FAILED, str(StorageFull.message))


@pytest.mark.parametrize("drawn", [None, b"", b"rubbish", content(colour="white", size=(100, 150))])
def test_a_page_that_cannot_be_drawn_or_is_blank_is_no_cover(with_file, first_page, drawn):
    first_page[0] = drawn
    done(making.want(book=with_file, source=FIRST_PAGE))

    assert Cover.objects.get(book=with_file).why_none == WhyNone.UNREADABLE
    assert shown(with_file) == ""


def test_a_file_that_is_replaced_takes_its_first_page_along(with_file, first_page):
    done(making.want(book=with_file, source=FIRST_PAGE))
    assert shown(with_file)
    services.attach_file(book=with_file, upload=pdf(b"%PDF-1.7 another"), by=None)
    first_page_of_new_file(book_file=with_file.digital_file)  # as the signal does
    assert shown(with_file) == ""
    first_page[0] = content(colour="orange")
    done(Job.objects.filter(kind=making.KIND, state=JobState.QUEUED).get())

    assert shown(with_file) == pictures("orange").key


def test_a_file_that_is_replaced_while_its_page_is_drawn_is_drawn_anew(with_file, monkeypatch):
    turns = []

    def draws(book_file, watch):
        turns.append(book_file.sha256)
        if len(turns) == 1:
            services.attach_file(book=with_file, upload=pdf(b"%PDF-1.7 another"), by=None)
        return content(colour="navy" if len(turns) == 1 else "red")

    monkeypatch.setattr(first_pages, "drawn", draws)
    done(making.want(book=with_file, source=FIRST_PAGE))

    assert len(set(turns)) == 2
    assert shown(with_file) == RED.key


def test_a_book_that_goes_while_its_cover_is_made_is_no_fault(with_file, monkeypatch):
    job = making.want(book=with_file, source=FIRST_PAGE)

    def draws(book_file, watch):
        services.delete_book(book=Book.objects.get(pk=with_file.pk))
        return content()

    monkeypatch.setattr(first_pages, "drawn", draws)

    assert done(job).state == JobState.DONE
    assert not Cover.objects.exists()


# -- looked up -----------------------------------------------------------------------------------------------------


def found(monkeypatch, *answers: CoverPictures | WhyNone) -> list[object]:
    """Let the sources answer so, one after the other; gives what was asked."""
    asked: list[object] = []
    waiting = list(answers)

    def look_up(numbers: list[str], **_more: Any) -> CoverPictures | WhyNone:
        asked.append(numbers)
        return waiting.pop(0)

    monkeypatch.setattr(sources, "look_up", look_up)
    return asked


def test_a_cover_is_looked_up_by_all_numbers(book, monkeypatch):
    services.update_book(book=book, changes={"identifiers": [{"kind": "isbn", "value": "9780140328721"}]}, by=None)
    asked = found(monkeypatch, NAVY)
    done(services.make_cover(book=book, source=LOOKED_UP, by=None))

    assert asked == [["9780306406157", "9780140328721"]]
    assert shown(book) == NAVY.key


def test_a_source_that_is_away_takes_nothing_and_one_that_knows_nothing_does(book, monkeypatch):
    found(monkeypatch, NAVY, WhyNone.AWAY, WhyNone.UNKNOWN)
    for key in (NAVY.key, NAVY.key, ""):
        done(services.make_cover(book=book, source=LOOKED_UP, by=None))
        assert shown(book) == key
    assert Cover.objects.get(book=book).why_none == WhyNone.UNKNOWN


def test_another_isbn_means_another_cover(book):
    kept(book, LOOKED_UP, NAVY, made_of="9780306406157")
    services.update_book(book=book, changes={"title": "Another title"}, by=None)
    assert shown(book) == NAVY.key
    services.update_book(book=book, changes={"isbn": "9780140328721"}, by=None)

    assert shown(book) == ""
    assert not Cover.objects.filter(book=book).exists()


def test_what_cannot_be_made_is_refused(book):
    for source in (UPLOADED, FIRST_PAGE):
        with pytest.raises(InvalidInput):
            services.make_cover(book=book, source=source, by=None)
    with pytest.raises(InvalidInput):
        services.make_cover(book=make_book(), source=LOOKED_UP, by=None)


# -- by itself -----------------------------------------------------------------------------------------------------


def test_missing_ones_are_asked_for_by_and_by(book, with_file, settings, monkeypatch):
    settings.COVER_SOURCES = ()
    assert missing.check() == 1, "the first page; nobody is asked outside"
    assert missing.check() == 0
    settings.COVER_SOURCES = ("https://covers.example/{isbn}",)
    assert missing.check() == 1
    assert set(Cover.objects.values_list("book", "source")) == {(with_file.pk, FIRST_PAGE), (book.pk, LOOKED_UP)}
    assert missing.check() == 0


@pytest.mark.parametrize(
    ("why", "hours", "again"),
    [
        (WhyNone.AWAY, 0.5, False),
        (WhyNone.AWAY, 2, True),
        (WhyNone.BUSY, 2, True),
        (WhyNone.UNKNOWN, 24 * 29, False),
        (WhyNone.UNKNOWN, 24 * 31, True),
        (WhyNone.UNUSABLE, 24 * 31, True),
    ],
)
def test_a_source_is_asked_again_after_a_while(book, settings, why, hours, again):
    settings.COVER_SOURCES = ("https://covers.example/{isbn}",)
    tried = timezone.now() - timedelta(hours=hours)
    Cover.objects.create(book=book, source=LOOKED_UP, state="none", why_none=why, tried_at=tried)

    assert missing.to_look_up(at=timezone.now()).exists() == again


def test_what_staff_gave_is_not_looked_up(book, settings):
    settings.COVER_SOURCES = ("https://covers.example/{isbn}",)
    kept(book, FIRST_PAGE, TEAL)
    assert missing.to_look_up(at=timezone.now()).exists(), "a first page is only the third best"
    kept(book, UPLOADED, RED)
    assert not missing.to_look_up(at=timezone.now()).exists()


def test_one_that_was_forgotten_is_asked_for_again(with_file):
    job = making.want(book=with_file, source=FIRST_PAGE)
    Cover.objects.update(tried_at="2020-01-01T00:00Z")
    assert missing.check() == 1
    assert Job.objects.get().pk == job.pk, "its job waits: it is joined"
    Cover.objects.update(tried_at="2020-01-01T00:00Z")
    Job.objects.filter(pk=job.pk).update(state="failed", ended_at="2020-01-01T00:00Z")

    assert missing.check() == 1
    assert Job.objects.filter(kind=making.KIND, state=JobState.QUEUED).count() == 1
