"""The index of one book: read anew, deleted, and asked for again while a job ends."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.tests.factories import make_librarian
from catalog.signals import book_file_added
from catalog.tests.factories import make_book
from library.activity.models import Activity
from library.jobs import services as jobs
from library.jobs.models import Job
from library.jobs.tasks import JobRun, perform
from rag import errors, queries, services
from rag.indexes import generation_build
from rag.ingest import build
from rag.models import Document, GenerationState, IndexGeneration, Page, Passage
from rag.tests import pdfs
from rag.tests.factories import give_file, live_generation, make_digital_book, make_indexed_book, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]


def live(book: Any) -> IndexGeneration | None:
    return Document.objects.get(book=book).live_generation


def texts(book: Any) -> list[str]:
    return list(live_generation(book).passages.order_by("ordinal").values_list("text", flat=True))


def test_book_is_read_anew_though_nothing_changed_and_answers_meanwhile():
    book, librarian = make_indexed_book(), make_librarian()
    old, said = live(book), texts(book)
    job = services.reindex(book=book, by=librarian)
    assert (job.state, job.requested_by) == ("queued", librarian)
    assert live(book) == old
    state = queries.index_state(book)
    assert (state.state, state.job, state.stale) == ("ready", job, False)
    assert [done.state for done in work()] == ["done"]
    assert live(book) not in {None, old}
    assert texts(book) == said
    assert IndexGeneration.objects.count() == 1
    assert Activity.objects.get(verb="book.reindex_asked").actor == librarian


def test_reading_anew_joins_what_is_under_way():
    book = make_indexed_book()
    job = services.reindex(book=book, by=None)
    assert services.reindex(book=book, by=None) == job
    assert services.start_index(book=book, by=None) == job
    assert [done.pk for done in work()] == [job.pk]


def test_book_without_a_file_cannot_be_read():
    with pytest.raises(errors.NothingToIndex):
        services.reindex(book=make_book(), by=None)
    assert not Document.objects.exists()


def test_new_reading_that_fails_leaves_the_old_index_answering(monkeypatch):
    book = make_indexed_book()
    old = live(book)

    def refuse(made: build.Build) -> None:
        raise errors.FileMissing

    monkeypatch.setattr(generation_build, "make_passages", refuse)
    services.reindex(book=book, by=None)
    assert [done.state for done in work()] == ["failed"]
    assert live(book) == old
    assert IndexGeneration.objects.count() == 1
    assert "no digital file" in queries.index_state(book).error


def test_what_was_asked_for_as_a_job_ends_gets_a_job_of_its_own():
    book = make_indexed_book()
    old = live(book)
    job = services.start_index(book=book, by=None)

    def ends_too_early(run: JobRun) -> None:
        generation_build.build_index(run)  # finds nothing to do
        assert services.reindex(book=book, by=None) == job

    perform(job.pk, ends_too_early)
    following = Job.objects.get(state="queued", kind="index")
    assert following.pk != job.pk
    work()
    assert live(book) not in {None, old}


def test_deleted_index_is_gone_and_stays_so():
    book, librarian = make_indexed_book(), make_librarian()
    services.delete_index(book=book, by=librarian)
    assert not IndexGeneration.objects.exists()
    assert not Passage.objects.exists()
    assert not Page.objects.exists()
    state = queries.index_state(book)
    assert (state.state, state.error, state.deleted, state.job) == ("none", "", True, None)
    with pytest.raises(errors.IndexNotReady, match="deleted"):
        live_generation(book)
    assert Activity.objects.get(verb="book.index_deleted").actor == librarian
    with pytest.raises(errors.NoIndex):
        services.delete_index(book=book, by=librarian)


def test_book_that_never_had_an_index_has_none_to_delete():
    with pytest.raises(errors.NoIndex):
        services.delete_index(book=make_digital_book(), by=None)


@pytest.mark.parametrize("again", [services.reindex, services.start_index])
def test_deleted_index_comes_back_when_it_is_asked_for(again):
    book = make_indexed_book()
    said = texts(book)
    services.delete_index(book=book, by=None)
    again(book=book, by=None)
    assert queries.index_state(book).state == "indexing"
    work()
    assert texts(book) == said


def test_new_file_of_a_book_whose_index_was_deleted_is_read():
    book = make_indexed_book()
    services.delete_index(book=book, by=None)
    book_file_added.send(sender=type(book), book_file=give_file(book, pdfs.as_bytes(pdfs.book(repeat=2))), by=None)
    work()
    assert queries.index_state(book).pages == 8


def test_index_of_a_file_that_could_not_be_read_is_deleted_too():
    book = make_digital_book(b"%PDF-1.7\n")
    services.start_index(book=book, by=None)
    work()
    assert queries.index_state(book).state == "failed"
    services.delete_index(book=book, by=None)
    assert queries.index_state(book).state == "none"


def test_deleting_stops_a_waiting_job():
    book = make_digital_book()
    job = services.start_index(book=book, by=None)
    services.delete_index(book=book, by=None)
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert queries.index_state(book).state == "none"
    assert work() == []


def deleting(monkeypatch: pytest.MonkeyPatch, book: Any, step: str, then: Any = lambda: None) -> None:
    """Let the index be deleted, and ``then`` something else happen, in the middle of a build."""
    real = getattr(generation_build, step)
    done: list[bool] = []

    def interrupted(made: build.Build) -> None:
        if not done:
            done.append(True)
            services.delete_index(book=book, by=None)
            then()
        real(made)

    monkeypatch.setattr(generation_build, step, interrupted)


@pytest.mark.parametrize("step", ["make_passages", "publish"])
def test_deleting_stops_a_running_job(monkeypatch, step):
    book = make_digital_book()
    services.start_index(book=book, by=None)
    deleting(monkeypatch, book, step)
    assert [done.state for done in work()] == ["cancelled"]
    assert not IndexGeneration.objects.exists()
    assert queries.index_state(book).state == "none"


@pytest.mark.parametrize("step", ["make_passages", "publish"])
def test_asked_for_again_while_the_deleted_one_still_ends(monkeypatch, step):
    book = make_digital_book()
    services.start_index(book=book, by=None)
    deleting(monkeypatch, book, step, then=lambda: services.reindex(book=book, by=None))
    assert [done.state for done in work()] == ["cancelled", "done"]
    assert queries.index_state(book).state == "ready"
    assert not Document.objects.get(book=book).index_again


def test_stopped_reading_leaves_the_old_index_and_stays_stopped():
    book, librarian = make_indexed_book(), make_librarian()
    old = live(book)
    jobs.cancel(job=services.reindex(book=book, by=librarian), by=librarian)
    assert work() == []
    assert live(book) == old
    assert not IndexGeneration.objects.filter(state=GenerationState.BUILDING).exists()
    assert queries.index_state(book).state == "ready"
