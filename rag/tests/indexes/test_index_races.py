"""Two at the same moment, with real threads and connections."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection

from accounts.models import Tier
from library.ai import embeddings
from library.jobs.models import Job
from library.jobs.tasks import perform
from rag import queries, services
from rag.indexes import indexing, rebuilding, spaces
from rag.indexes.generation_build import build_index
from rag.models import Document, IndexGeneration, Rebuild, VectorSpace
from rag.tests.factories import make_digital_book, make_indexed_book, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tiny")]


@pytest.fixture(autouse=True)
def _as_shipped():
    """What migrations put there; tests that commit end with an empty database."""
    Tier.objects.get_or_create(code="reader", defaults={"name": "Reader"})


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Each in a thread of its own; what they gave, or the fault that ended them."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait(30)
        try:
            return call()
        except Exception as fault:
            return fault
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def faults(given: list[Any]) -> list[Any]:
    return [one for one in given if isinstance(one, Exception)]


def test_those_who_see_a_change_at_once_begin_one_rebuilding(settings):
    make_indexed_book()
    settings.EMBEDDING_MODEL = "tiny-8"
    assert not faults(at_once(*[rebuilding.catch_up] * 4))
    assert Rebuild.objects.count() == 1
    assert VectorSpace.objects.count() == 2
    assert Job.objects.open().filter(kind="index").count() == 1


def test_those_who_need_a_space_at_once_make_one():
    made = at_once(*[lambda: spaces.space_of(embeddings.spec())] * 4)
    assert not faults(made)
    assert len({space.pk for space in made}) == VectorSpace.objects.count() == 1


def test_those_who_ask_for_a_book_at_once_get_one_job():
    book = make_indexed_book()
    asked = at_once(*[lambda: services.reindex(book=book, by=None)] * 4)
    assert not faults(asked)
    assert len({job.pk for job in asked}) == 1
    work()
    assert IndexGeneration.objects.count() == 1


def test_index_deleted_as_it_is_published_is_deleted(monkeypatch):
    book = make_digital_book()
    job = services.start_index(book=book, by=None)
    publishing, tell = Event(), indexing.tell

    def slow(*values: Any) -> None:
        publishing.set()  # the job and the document are locked now
        Event().wait(0.5)
        tell(*values)

    monkeypatch.setattr(indexing, "tell", slow)

    def delete() -> None:
        assert publishing.wait(60)
        services.delete_index(book=book, by=None)

    assert not faults(at_once(lambda: perform(job.pk, build_index), delete))
    job.refresh_from_db()
    assert job.state in {"done", "cancelled"}
    assert queries.index_state(book).state == "none"
    assert not IndexGeneration.objects.exists()


def test_all_go_over_while_one_is_deleted_and_one_is_asked_for(settings):
    books = [make_indexed_book() for _ in range(4)]
    settings.EMBEDDING_MODEL = "tiny-8"
    rebuilding.catch_up()
    for _ in range(3):
        job = Job.objects.get(kind="index", state="queued")
        perform(job.pk, build_index)
    last = Job.objects.get(kind="index", state="queued")
    assert not faults(
        at_once(
            lambda: perform(last.pk, build_index),
            lambda: services.delete_index(book=books[0], by=None),
            lambda: services.reindex(book=books[1], by=None),
            rebuilding.check,
        )
    )
    work()
    rebuilding.check()
    work()
    live = Document.objects.exclude(live_generation=None)
    assert set(live.values_list("live_generation__model", flat=True)) == {"tiny-8"}
    assert live.count() == 3
    assert queries.index_state(books[0]).state == "none"
