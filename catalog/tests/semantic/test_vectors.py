"""Vectors of records: made by a worker from the text as it is, whatever happens meanwhile."""

from __future__ import annotations

import threading
from contextlib import nullcontext

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.tests.factories import make_librarian
from catalog.models import Book, BookGeneration, BookVector, Series
from catalog.semantic import generations, nearest, vectors
from catalog.services import delete_book, rename_author
from catalog.tests.factories import make_book, record
from library.ai import embeddings
from library.jobs import services as jobs
from library.jobs.errors import LeaseLost
from library.jobs.models import Job, JobState
from library.jobs.tasks import JobRun, perform

pytestmark = pytest.mark.django_db
SMALL = 8  # dimensions of the other model


class Recorder:
    """An embedder of ``size`` dimensions that tells texts apart by their letters, and may do something on the way."""

    def __init__(self, size: int = 384, on_call=lambda number: None) -> None:
        self.size, self.on_call = size, on_call
        self.calls: list[list[str]] = []

    def embed(self, texts, kind):
        self.calls.append(list(texts))
        self.on_call(len(self.calls))
        made = np.zeros((len(texts), self.size), dtype=np.float32)
        for row, text in zip(made, texts, strict=True):
            for letter in text:
                row[ord(letter) % self.size] += 1
        return made / np.linalg.norm(made, axis=1, keepdims=True)


@pytest.fixture
def model(monkeypatch, settings):
    """Two models that stand in for real ones at the edge; gives the recorders by name."""
    settings.EMBEDDING_MODELS = settings.EMBEDDING_MODELS | {
        "other": {
            "dimensions": SMALL,
            "window": 64,
            "threshold": 0.3,
            "record_threshold": 0.3,
            "url": "http://elsewhere",
        }
    }
    made = {"all-MiniLM-L6-v2": Recorder(), "other": Recorder(SMALL)}
    monkeypatch.setattr(vectors, "embedder_for", lambda run, name: nullcontext(made[name]))
    monkeypatch.setattr(embeddings, "for_questions", lambda name="", seconds=None: made[name])
    monkeypatch.setattr(vectors, "TOGETHER", 2)
    return made


def run_job() -> Job:
    """What the worker does with the job that waits."""
    job = Job.objects.open().get()
    perform(job.pk, vectors.build)
    job.refresh_from_db()
    return job


def build() -> BookGeneration:
    vectors.check()
    assert run_job().state == JobState.DONE
    found = generations.live()
    assert found is not None
    return found


def indexes() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE indexdef LIKE '%hnsw%' AND tablename = 'catalog_bookvector'"
        )
        return [name for (name,) in cursor.fetchall()]


def test_a_job_embeds_every_record_suppressed_ones_too(model):
    for number in range(5):
        make_book(is_suppressed=number == 1)
    generation = build()
    assert generation.vectors.count() == 5
    assert generations.share(generation) == generations.Share(5, 5)
    assert indexes() == [generations.INDEX.index_of(generation.pk)]
    vectors.check()
    assert not Job.objects.open().exists()


def test_an_empty_library_has_a_generation_at_once(model):
    build()
    assert nearest.nearest("anything") == []
    assert model["all-MiniLM-L6-v2"].calls == [["anything"]]


def test_a_changed_record_is_embedded_again_and_no_other(model):
    book, _other = record("Whales", "Ada Byron"), record("Sharks", "Grace Hopper")
    generation = build()
    before = BookVector.objects.get(book=book).text_version
    model["all-MiniLM-L6-v2"].calls.clear()
    rename_author(author=book.authors.get(), name="Ada Lovelace")
    vectors.freshen()
    assert model["all-MiniLM-L6-v2"].calls == [["Whales. Ada Lovelace"]]
    assert BookVector.objects.get(book=book).text_version > before
    assert generations.share(generation).percent == 100


def test_a_change_by_raw_sql_is_found_by_the_check(model):
    book = record("Whales")
    build()
    Book.objects.filter(pk=book.pk).update(title="Sharks", search_a="sharks")
    model["all-MiniLM-L6-v2"].calls.clear()
    vectors.check()
    assert model["all-MiniLM-L6-v2"].calls == [["Sharks"]]


def test_what_changes_while_the_job_runs_is_not_lost(model):
    """The record changes after its text was read, and another comes when the last batch is on its way."""
    books = [record(f"Whales {number}") for number in range(4)]

    def change(number: int) -> None:
        if number == 2:
            Book.objects.filter(pk=books[0].pk).update(title="Sharks", search_a="sharks")
            record("Late")

    model["all-MiniLM-L6-v2"].on_call = change
    generation = build()
    assert generations.share(generation) == generations.Share(5, 5)
    assert ["Sharks"] in model["all-MiniLM-L6-v2"].calls


def test_a_vector_of_a_text_that_changed_meanwhile_is_stale(model):
    book = record("Whales")
    model["all-MiniLM-L6-v2"].on_call = lambda n: n == 1 and Book.objects.filter(pk=book.pk).update(search_a="sharks")
    build()
    assert len(model["all-MiniLM-L6-v2"].calls) == 2


def test_an_older_text_never_replaces_a_newer_one(model):
    book = record("Whales")
    generation = build()
    kept = BookVector.objects.get(book=book)
    vectors.store(generation, [(book.pk, kept.text_version - 1)], np.eye(1, 384, dtype=np.float32))
    now = BookVector.objects.get(book=book)
    assert (now.text_version, list(now.embedding)) == (kept.text_version, list(kept.embedding))


def test_a_killed_worker_loses_no_batch_and_the_next_one_goes_on(model):
    for _ in range(6):
        make_book()

    def die(number: int) -> None:
        if number == 3:
            raise KeyboardInterrupt  # nothing catches it, as nothing catches a kill

    vectors.check()
    job = Job.objects.open().get()
    model["all-MiniLM-L6-v2"].on_call = die
    with pytest.raises(KeyboardInterrupt):
        perform(job.pk, vectors.build)
    job.refresh_from_db()
    assert (job.state, BookVector.objects.count()) == (JobState.RUNNING, 4)
    assert nearest.nearest("anything") is None
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now())
    assert jobs.sweep(at=timezone.now() + vectors.AFTER_FAILURE) == 1
    Job.objects.filter(pk=job.pk).update(not_before=None)
    recorder = Recorder()
    model["all-MiniLM-L6-v2"] = recorder
    assert run_job().state == JobState.DONE
    assert [len(call) for call in recorder.calls] == [2]
    assert BookVector.objects.count() == 6


def test_a_long_job_lets_others_go_first_and_goes_on_after_them(model, monkeypatch):
    for _ in range(6):
        make_book()
    monkeypatch.setattr(vectors, "LONGEST_TURN", 0)
    vectors.check()
    job = Job.objects.open().get()
    perform(job.pk, vectors.build)  # nobody waits
    assert BookVector.objects.count() == 6

    BookVector.objects.all().delete()
    waiting = jobs.enqueue(kind="index", subject=make_librarian())
    job = jobs.enqueue(kind=vectors.KIND, subject=BookGeneration.objects.get())
    for done in (2, 4, 6):
        perform(job.pk, vectors.build)
        job.refresh_from_db()
        assert (job.state, job.attempt, BookVector.objects.count()) == (JobState.QUEUED, 0, done)
    jobs.cancel(job=waiting, by=make_librarian())
    perform(job.pk, vectors.build)
    job.refresh_from_db()
    assert (job.state, job.percent) == (JobState.DONE, 100)


def test_staff_stop_the_job_and_it_stays_stopped_until_somebody_goes_on(model):
    for _ in range(vectors.FEW + 1):
        make_book()
    vectors.check()
    job, librarian = Job.objects.open().get(), make_librarian()
    model["all-MiniLM-L6-v2"].on_call = lambda n: n == 2 and jobs.cancel(job=Job.objects.get(pk=job.pk), by=librarian)
    assert run_job().state == JobState.CANCELLED
    assert BookVector.objects.count() == 2
    vectors.check()
    vectors.freshen()
    assert not Job.objects.open().exists()
    assert vectors.continue_building(by=librarian) is not None
    assert run_job().state == JobState.DONE
    assert vectors.continue_building(by=librarian) is None


def test_a_failed_job_is_tried_again_after_a_pause(model):
    make_book()
    vectors.check()
    job = Job.objects.open().get()
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED, ended_at=timezone.now())
    vectors.check()
    assert not Job.objects.open().exists()
    Job.objects.filter(pk=job.pk).update(ended_at=timezone.now() - vectors.AFTER_FAILURE)
    vectors.check()
    assert Job.objects.open().exists()


def test_another_model_is_built_beside_the_one_that_answers_and_takes_its_place_in_one_step(model, settings):
    books = [record(title) for title in ("Whales", "Sharks", "Jazz")]
    old = build()
    seen = []

    def look(number: int) -> None:
        if model["other"].calls[-1] == ["whales"]:
            return
        found = nearest.nearest("whales", at_least=-1)
        seen.append((generations.live() == old, len(found or [])))

    settings.EMBEDDING_MODEL = "other"
    model["other"].on_call = look
    vectors.check()
    record("Late")
    vectors.freshen()
    assert old.vectors.count() == 4  # the one that answers is not forgotten while the next is built
    assert {generation.state for generation in BookGeneration.objects.all()} == {"live", "building"}
    assert run_job().state == JobState.DONE

    assert seen == [(True, 4), (True, 4)]
    new = generations.live()
    assert new is not None
    assert (new.model, new.dimensions, new.vectors.count()) == ("other", SMALL, 4)
    assert BookGeneration.objects.get() == new
    assert BookVector.objects.count() == 4
    assert indexes() == [generations.INDEX.index_of(new.pk)]
    found = nearest.nearest("whales", at_least=-1)
    assert found is not None
    assert (found[0][0], len(found)) == (books[0].pk, 4)


def test_settings_that_change_back_retire_what_was_begun(model, settings):
    record("Whales")
    old = build()
    settings.EMBEDDING_MODEL = "other"
    vectors.check()
    begun = BookGeneration.objects.get(state="building")
    settings.EMBEDDING_MODEL = "all-MiniLM-L6-v2"
    vectors.check()
    for job in Job.objects.open():
        perform(job.pk, vectors.build)
    assert list(BookGeneration.objects.all()) == [old]
    assert not BookVector.objects.filter(generation_id=begun.pk).exists()


def test_a_vector_of_other_dimensions_cannot_be_stored(model):
    book = record("Whales")
    generation = build()
    version = BookVector.objects.get(book=book).text_version
    with pytest.raises(Exception, match="expected 384 dimensions, not 8"), transaction.atomic():
        vectors.store(generation, [(book.pk, version + 1)], np.ones((1, SMALL), dtype=np.float32))


def test_the_database_allows_one_live_generation():
    values = {"model": "m", "dimensions": 3, "state": "live", "live_at": timezone.now()}
    BookGeneration.objects.create(**values)
    with pytest.raises(IntegrityError, match="one_per_state"), transaction.atomic():
        BookGeneration.objects.create(**values)
    with pytest.raises(IntegrityError, match="live_since"), transaction.atomic():
        BookGeneration.objects.create(model="m", dimensions=3, state="live")
    BookGeneration.objects.create(**values | {"state": "retired"})
    BookGeneration.objects.create(**values | {"state": "retired"})


def test_vectors_go_with_their_book_and_none_is_made_for_one_that_went(model):
    book, other = record("Whales"), record("Sharks")
    generation = build()
    delete_book(book=book)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalog_authorship")
        cursor.execute("DELETE FROM catalog_book WHERE id = %s", [other.pk])
    assert not BookVector.objects.exists()
    vectors.store(generation, [(book.pk, 10**6)], np.eye(1, 384, dtype=np.float32))
    assert not BookVector.objects.exists()


def test_the_text_is_the_record_in_words():
    book = record(
        "Cells",
        "Ada Byron",
        "Grace Hopper",
        subtitle="A primer",
        subjects=["Cytology"],
        categories=["Biology", "Cytology"],
        description="How  they\nlive.",
    )
    Book.objects.filter(pk=book.pk).update(series=Series.objects.create(name="Small primers"))
    assert vectors.texts_of([book.pk]) == {
        book.pk: "Cells: A primer. Ada Byron, Grace Hopper. Small primers. How they live. Cytology; Biology"
    }


def test_as_many_queries_for_thirty_texts_as_for_two():
    ids = [record(f"Whales {n}", f"A{n}", "B", subjects=[f"S{n}"], categories=[f"C{n}"]).pk for n in range(30)]
    with CaptureQueriesContext(connection) as few:
        vectors.texts_of(ids[:2])
    with CaptureQueriesContext(connection) as many:
        vectors.texts_of(ids)
    assert len(many) == len(few)


def test_a_save_sends_one_wake_up_after_its_commit(model, monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    monkeypatch.setattr("celery.current_app.send_task", lambda name, **options: sent.append(name))
    monkeypatch.setattr(vectors, "_woken_at", -10.0)
    with django_capture_on_commit_callbacks(execute=True):
        record("Whales")
        record("Sharks")
        assert sent == []
    assert sent == ["freshen_book_vectors"]
    assert model["all-MiniLM-L6-v2"].calls == []


def test_a_lost_broker_fails_no_save(monkeypatch, django_capture_on_commit_callbacks, settings):
    def refuse(*args, **options):
        raise ConnectionError("no broker")

    monkeypatch.setattr("celery.current_app.send_task", refuse)
    monkeypatch.setattr(vectors, "_woken_at", -10.0)
    with django_capture_on_commit_callbacks(execute=True):
        record("Whales")
    assert Book.objects.get().title == "Whales"


def test_where_the_embedder_is_away_a_job_embeds(model, monkeypatch):
    build()
    record("Whales")
    monkeypatch.undo()  # the real ones: nothing listens on the socket
    vectors.freshen()
    assert Job.objects.open().get().kind == vectors.KIND


def test_a_lost_lease_writes_nothing(model):
    make_book()
    vectors.check()
    job = jobs.claim(job_id=Job.objects.open().get().pk)
    assert job is not None
    model["all-MiniLM-L6-v2"].on_call = lambda n: Job.objects.filter(pk=job.pk).update(lease_id="0" * 32)
    with pytest.raises(LeaseLost):
        vectors.build(JobRun(job))
    assert not BookVector.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_book_that_is_deleted_while_its_vector_is_written_leaves_none():
    """The deletion waits for the writer, and takes along what it wrote."""
    book = record("Whales")
    generation = generations.current()
    written, go_on, faults = threading.Event(), threading.Event(), []

    def delete() -> None:
        try:
            delete_book(book=book)
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    def write() -> None:
        with transaction.atomic():
            vectors.store(generation, [(book.pk, 10**6)], np.eye(1, 384, dtype=np.float32))
            written.set()
            go_on.wait(10)
        connection.close()

    writing, deleting = threading.Thread(target=write), threading.Thread(target=delete)
    writing.start()
    assert written.wait(10)
    deleting.start()
    deleting.join(0.5)
    assert deleting.is_alive(), "the deletion did not wait"
    go_on.set()
    writing.join(10)
    deleting.join(10)
    assert faults == []
    assert not Book.objects.exists()
    assert not BookVector.objects.exists()
