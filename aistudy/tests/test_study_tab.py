"""The tab in which a book is studied: what is there, what is on the way, and nothing of others."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accounts.tests.factories import make_librarian, make_user
from aistudy.models import Artifact
from catalog.models import Book
from library.jobs.models import Job
from rag.models import Document
from rag.tests.factories import make_digital_book
from tests.html import assert_valid

pytestmark = pytest.mark.django_db
WORDS = "A path through the book in 3 words"


@pytest.fixture
def book() -> Book:
    return make_digital_book(b"x")


@pytest.fixture
def document(book: Book) -> Document:
    return Document.objects.create(book=book)


def make_artifact(document: Document, **values: Any) -> Artifact:
    sentence = {"text": "Whales <sing>.", "page": 2, "start": 5, "end": 19}
    ready = {"state": "ready", "writer": "extractive", "content": {"sentences": [sentence], "words": 3}}
    return Artifact.objects.create(document=document, kind="summary", language="en", **(ready | values))


def tab(client: Any, book: Book, **headers: str) -> str:
    answer = client.get(f"/books/{book.pk}/study/", headers=headers)
    assert answer.status_code == 200
    assert_valid(answer.content, fragment=bool(headers))
    text: str = answer.text
    return text


def test_a_book_that_was_never_read_says_that_there_is_nothing_yet(client, book):
    assert "Nothing to study yet" in tab(client, book)
    assert not Document.objects.exists()


def test_what_is_ready_leads_to_its_pages_and_shows_no_markup_of_the_book(client, book, document):
    make_artifact(document)
    text = tab(client, book)
    assert "<h2>Summary</h2>" in text
    assert f"/books/{book.pk}/pages/2/?mark=5-19#mark" in text
    assert "Whales &lt;sing&gt;." in text
    assert WORDS in text
    assert "without a model" in text


def test_what_another_program_wrote_says_so(client, book, document):
    make_artifact(document, writer="gpt-9")
    assert "Written by gpt-9" in " ".join(tab(client, book).split())


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("failed", "It is all tables."),
        ("cancelled", "Writing it was stopped."),
        ("queued", "will appear here by itself"),
    ],
)
def test_what_is_not_ready_says_why(client, book, document, state, words):
    make_artifact(document, state=state, error="It is all tables." if state == "failed" else "", content=None)
    text = tab(client, book)
    assert words in text
    assert WORDS not in text


def test_jobs_under_way_are_shown_and_ended_ones_are_not(client, book, document):
    artifact = make_artifact(document, state="queued", content=None)
    subject = {"kind": "summary", "subject_label": "aistudy.artifact", "subject_id": artifact.pk}
    ended = Job.objects.create(**subject, state="done", ended_at=timezone.now())
    under_way = Job.objects.create(**subject)
    text = tab(client, book)
    assert f"job-{under_way.pk}" in text
    assert f"job-{ended.pk}" not in text


def test_a_readers_own_is_theirs_alone(client, book, document):
    me = make_user()
    make_artifact(document, owner=me)
    client.force_login(make_user())
    assert WORDS not in tab(client, book)
    client.force_login(make_librarian())
    assert WORDS not in tab(client, book)
    client.force_login(me)
    assert WORDS in tab(client, book)


def test_the_panel_comes_alone_for_htmx(client, book, document):
    make_artifact(document)
    part = tab(client, book, **{"HX-Request": "true"})
    assert WORDS in part
    assert "<main" not in part
