"""Writing study content of any kind: held by a lease, from one reading of the document, or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from accounts.models import Role
from accounts.tests.factories import make_user
from aistudy import kinds, services, writing
from aistudy.kinds import IndexReplaced, StudyMaterial
from aistudy.models import Artifact
from library.jobs import services as jobs
from library.jobs.models import Job
from library.jobs.tasks import JobRun, perform
from rag import services as rag
from rag.models import Document, Passage
from rag.tests import pdfs
from rag.tests.conftest import tiny, tiny_server  # noqa: F401  (fixtures)
from rag.tests.factories import give_file, index, make_indexed_book

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]
EMPTY: dict[str, Any] = {"sentences": [], "words": 0}


@pytest.fixture
def book():
    return make_indexed_book()


def writes(monkeypatch: pytest.MonkeyPatch, write: Any) -> None:
    """Let summaries be written by ``write``."""
    monkeypatch.setattr("aistudy.summary_writer.write_summary", write)


def job() -> Job:
    return Job.objects.get(kind="summary", state="queued")


def perform_one() -> Job:
    one = job()
    perform(one.pk, writing.write)
    one.refresh_from_db()
    return one


def artifact() -> Artifact:
    return Artifact.objects.get()


def test_the_summary_is_what_its_own_writer_makes(book):
    assert kinds.get("summary").write == "aistudy.summary_writer.write_summary"
    done = perform_one()
    assert done.state == "done"
    content = artifact().content
    assert content is not None
    assert content["words"] == sum(len(sentence["text"].split()) for sentence in content["sentences"])
    assert [sentence["page"] for sentence in content["sentences"]] == sorted(
        sentence["page"] for sentence in content["sentences"]
    )


def test_what_is_written_is_of_the_reading_that_it_quotes(book, monkeypatch):
    seen: list[StudyMaterial] = []

    def see(run: JobRun, material: StudyMaterial) -> dict[str, Any]:
        seen.append(material)
        return EMPTY

    writes(monkeypatch, see)
    assert perform_one().state == "done"
    live = Document.objects.get(book=book).live_generation
    assert (seen[0].document.book, seen[0].generation, seen[0].language) == (book, live, book.language)
    assert (artifact().generation, artifact().writer, artifact().content) == (live, "extractive", EMPTY)


def test_a_document_that_is_read_anew_again_and_again_is_given_up_with_a_sentence(book, monkeypatch):
    tries: list[bool] = []

    def never_settles(run: JobRun, material: StudyMaterial) -> dict[str, Any]:
        tries.append(True)
        raise IndexReplaced

    writes(monkeypatch, never_settles)
    assert perform_one().state == "failed"
    assert len(tries) == writing.ATTEMPTS
    assert "again and again" in artifact().error
    assert artifact().content is None


def test_content_of_a_former_reading_is_not_stored(book, monkeypatch):
    pages: list[int] = []

    def overtaken(run: JobRun, material: StudyMaterial) -> dict[str, Any]:
        pages.append(material.generation.page_count)
        if len(pages) == 1:
            give_file(book, pdfs.as_bytes(pdfs.book(pdfs.CHAPTERS[:2])))
            index(book)
        return {"sentences": [], "words": material.generation.page_count}

    writes(monkeypatch, overtaken)
    perform(job().pk, writing.write)
    assert len(pages) == 2
    assert pages[0] > pages[1]
    assert artifact().content == {"sentences": [], "words": pages[1]}


def test_an_index_whose_passages_are_gone_is_looked_for_anew(book):
    Passage.objects.all().delete()
    failed = perform_one()
    assert (failed.state, artifact().state) == ("failed", "failed")
    assert "again and again" in failed.error


def test_an_index_that_was_deleted_leaves_nothing_to_study(book):
    one = job()
    Document.objects.update(live_generation=None)
    perform(one.pk, writing.write)
    one.refresh_from_db()
    assert one.state == "failed"
    assert "no index to study" in one.error


def test_deleting_the_index_ends_its_job_in_words(book):
    one = job()
    rag.delete_index(book=book, by=None)
    assert not Artifact.objects.exists()
    perform(one.pk, writing.write)
    one.refresh_from_db()
    assert (one.state, "no index to study" in one.error) == ("failed", True)


def test_what_is_stopped_while_it_is_written_is_not_stored(book, monkeypatch):
    one = job()

    def stopped(run: JobRun, material: StudyMaterial) -> dict[str, Any]:
        jobs.cancel(job=one, by=make_user(Role.ADMINISTRATOR))
        return EMPTY

    writes(monkeypatch, stopped)
    perform(one.pk, writing.write)
    one.refresh_from_db()
    assert (one.state, artifact().state, artifact().content) == ("cancelled", "cancelled", None)


def test_a_writers_own_steps_are_told_between_opening_and_storing(book, monkeypatch):
    told: list[tuple[int, int]] = []
    progress = jobs.progress

    def listen(*, held: Job, done: int, total: int, message: str = "") -> None:
        told.append((done, total))
        progress(held=held, done=done, total=total, message=message)

    monkeypatch.setattr("library.jobs.tasks.services.progress", listen)
    assert perform_one().state == "done"
    assert told == [(0, 4), (1, 4), (2, 4), (4, 4)]


def test_asking_again_hides_what_points_into_the_former_reading(book):
    perform_one()
    document = Document.objects.get(book=book)
    services.start(kinds.get("summary"), document=document, by=None)
    assert (artifact().state, artifact().content, artifact().error) == ("queued", None, "")


def test_a_kind_without_its_writer_is_a_fault_of_ours_and_said_so(book, monkeypatch):
    monkeypatch.setattr(kinds, "_kinds", {"summary": replace(kinds.get("summary"), write="aistudy.nowhere.write")})
    one = perform_one()
    assert one.state == "queued"  # tried again with a pause, as anything unforeseen
    assert artifact().content is None
