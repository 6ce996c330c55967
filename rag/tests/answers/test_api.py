from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from accounts.tests.factories import make_librarian, make_user
from catalog.tests.factories import make_book
from rag import services
from rag.models import Passage
from rag.tests.factories import index, make_digital_book, make_indexed_book

pytestmark = [pytest.mark.django_db, pytest.mark.model, pytest.mark.usefixtures("embedder")]
QUESTION = {"question": "Why does bread rise?"}


def client(user=None) -> APIClient:
    made = APIClient()
    if user is not None:
        made.force_authenticate(user)
    return made


def ask(book, body=QUESTION, user=None):
    return client(user or make_user()).post(f"/api/v1/rag/books/{book.pk}/query/", body)


def test_answer_has_the_promised_shape():
    book = make_indexed_book()
    body = ask(book, QUESTION | {"num_chunks": 3}).json()
    assert set(body) == {"answer", "supported", "writer", "conversation", "sources", "cached", "by_meaning", "passages"}
    assert (body["supported"], body["writer"], body["conversation"], body["cached"]) == (
        True,
        "extractive",
        None,
        False,
    )
    assert set(body["sources"][0]) == {
        "number",
        "book",
        "page",
        "last_page",
        "printed_page",
        "quote",
        "answering",
        "score",
        "url",
    }
    assert (body["sources"][0]["book"], body["sources"][0]["page"]) == (book.pk, 4)
    assert (body["sources"][0]["last_page"], body["sources"][0]["printed_page"]) == (4, "")
    assert ask(book, QUESTION | {"num_chunks": 3}).json() == body | {"cached": True}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "question"),
        ({"question": ""}, "question"),
        ({"question": "x" * 1001}, "question"),
        ({"question": "a\x00b"}, "question"),
        ({"question": 5}, "question"),
        ({"question": 1.5}, "question"),
        ({"question": True}, "question"),
        ({"question": None}, "question"),
        ({"question": ["why"]}, "question"),
        ({"question": {"text": "why"}}, "question"),
        ({"question": "   "}, "question"),
        (QUESTION | {"num_chunks": 0}, "num_chunks"),
        (QUESTION | {"num_chunks": 21}, "num_chunks"),
        (QUESTION | {"num_chunks": "many"}, "num_chunks"),
    ],
)
def test_bad_input_is_refused_by_its_field(body, field):
    refused = ask(make_book(), body)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
    assert field in refused.json()["fields"]


def test_nobody_asks_without_a_sign_in():
    book = make_book()
    assert client().post(f"/api/v1/rag/books/{book.pk}/query/", QUESTION).status_code == 401
    assert client().get(f"/api/v1/rag/books/{book.pk}/index/").status_code == 401


def test_book_that_is_not_there_or_hidden_is_not_found():
    hidden = make_book(is_suppressed=True)
    assert ask(hidden).status_code == 404
    assert client(make_user()).get("/api/v1/rag/books/999999/index/").status_code == 404
    assert client(make_librarian()).get(f"/api/v1/rag/books/{hidden.pk}/index/").json()["state"] == "none"


def test_confidential_book_is_refused():
    refused = ask(make_indexed_book(is_public=False))
    assert (refused.status_code, refused.json()["code"]) == (403, "book_confidential")


def test_book_that_is_not_ready_is_refused():
    refused = ask(make_digital_book())
    assert (refused.status_code, refused.json()["code"]) == (409, "index_not_ready")


def test_with_the_embedder_down_passages_come_by_their_words(settings, tmp_path):
    book = make_indexed_book()
    settings.EMBEDDER_SOCKET_FILE = tmp_path / "nobody.json"
    body = ask(book).json()
    assert (body["by_meaning"], body["supported"], body["sources"]) == (False, False, [])
    assert "Bread rises" in body["passages"][0]["text"]


def test_index_tells_its_state_on_the_way():
    book, reader = make_digital_book(), client(make_user())

    def state():
        return reader.get(f"/api/v1/rag/books/{book.pk}/index/").json()

    nothing = {
        "state": "none",
        "pages": 0,
        "passages": 0,
        "model": "",
        "error": "",
        "job": None,
        "note": "",
        "languages": [],
        "stale": False,
        "waiting": False,
    }
    assert state() == nothing
    job = services.start_index(book=book, by=None)
    assert state() == nothing | {"state": "indexing", "job": str(job.pk)}
    index(book)
    assert state() == nothing | {
        "languages": ["en"],
        "state": "ready",
        "pages": 4,
        "passages": Passage.objects.count(),
        "model": "all-MiniLM-L6-v2",
    }


def test_index_that_failed_tells_why():
    book = make_digital_book(b"no PDF at all, only words")
    job = index(book)
    found = client(make_user()).get(f"/api/v1/rag/books/{book.pk}/index/").json()
    assert (found["state"], found["error"]) == ("failed", job.error)
