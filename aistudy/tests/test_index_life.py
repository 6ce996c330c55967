"""What becomes of study content when the index that it was made from is made anew or deleted."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accounts.tests.factories import make_user
from aistudy.models import Artifact
from library.jobs.models import Job
from rag import services
from rag.tests import pdfs
from rag.tests.conftest import tiny, tiny_server  # noqa: F401  (fixtures)
from rag.tests.factories import give_file, live_generation, make_indexed_book, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]
CONTENT: dict[str, Any] = {"sentences": [], "words": 0}


def summarised() -> tuple[Any, Artifact]:
    """A book with a summary that is written."""
    book = make_indexed_book()
    Artifact.objects.update(state="ready", content=CONTENT, generation=live_generation(book))
    Job.objects.filter(kind="summary").update(state="done", ended_at=timezone.now())
    return book, Artifact.objects.get(document__book=book)


def test_summary_stands_where_every_page_says_what_it_did():
    book, summary = summarised()
    services.reindex(book=book, by=None)
    work()
    summary.refresh_from_db()
    assert (summary.state, summary.generation) == ("ready", live_generation(book))
    assert not Job.objects.open().exists()


def test_summary_is_written_anew_from_another_file():
    book, summary = summarised()
    give_file(book, pdfs.as_bytes(pdfs.book(repeat=2)))
    services.reindex(book=book, by=None)
    work()
    summary.refresh_from_db()
    assert (summary.state, summary.content) == ("queued", None)
    assert Job.objects.open().get().kind == "summary"


def test_summary_that_is_not_written_yet_is_asked_for_again():
    book, _summary = summarised()
    Artifact.objects.update(state="failed", content=None)
    services.reindex(book=book, by=None)
    work()
    assert Job.objects.open().get().kind == "summary"


def test_deleting_an_index_takes_what_the_library_made_from_it_and_keeps_what_is_a_readers_own():
    book, summary = summarised()
    own = Artifact.objects.create(
        document=summary.document,
        kind="summary",
        language="en",
        owner=make_user(),
        state="ready",
        content=CONTENT,
        generation=summary.generation,
    )
    services.delete_index(book=book, by=None)
    assert [artifact.pk for artifact in Artifact.objects.all()] == [own.pk]
    own.refresh_from_db()
    assert (own.state, own.generation) == ("stale", None)
