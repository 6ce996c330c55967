"""Highlights and positions over the API: one's own, in books that one may read."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.factories import make_user
from rag.models import Document, Highlight, ReadingPosition
from rag.tests.texts import make_text

pytestmark = pytest.mark.django_db
PAGES = ["Rain fell all day. The mill stood still.", "The wind rose."]


@pytest.fixture
def user(tiny: Any) -> User:
    return make_user()


@pytest.fixture
def client(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def mark(client: APIClient, document: Document, **values: Any) -> Any:
    return client.post(f"/api/v1/rag/books/{document.book_id}/highlights/", values)


def position(document: Document) -> str:
    return f"/api/v1/rag/books/{document.book_id}/position/"


def test_words_are_marked_listed_noted_and_deleted(client):
    document, other = make_text(PAGES, title="A"), make_text(PAGES, title="B")
    made = mark(client, document, page=1, quote="the mill", note="Why?")
    assert made.status_code == 201
    assert (made.json()["quote"], made.json()["start"], made.json()["book"]) == ("The mill", 19, document.book_id)
    assert mark(client, other, page=2, start=4, end=8).json()["quote"] == "wind"
    assert [row["quote"] for row in client.get("/api/v1/rag/highlights/").json()["results"]] == ["The mill", "wind"]
    narrowed = client.get("/api/v1/rag/highlights/", {"book": other.book_id}).json()
    assert [row["quote"] for row in narrowed["results"]] == ["wind"]
    one = f"/api/v1/rag/highlights/{made.json()['id']}/"
    assert client.patch(one, {"note": ""}).json()["note"] == ""
    assert client.get(one).json()["is_lost"] is False
    assert client.delete(one).status_code == 204
    assert client.get(one).status_code == 404


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({}, 400),
        ({"page": 1}, 400),
        ({"page": 1, "quote": "snow"}, 400),
        ({"page": 1, "start": 3}, 400),
        ({"page": 1, "start": 30, "end": 10}, 400),
        ({"page": 1, "start": "x", "end": 10}, 400),
        ({"page": 9, "quote": "Rain"}, 404),
        ({"page": 0, "quote": "Rain"}, 400),
        ({"page": 1, "quote": "Rain", "note": "x" * 10_001}, 400),
        ({"page": 1, "quote": "a\0b"}, 400),
    ],
)
def test_what_cannot_be_marked_is_refused(client, values, status):
    assert mark(client, make_text(PAGES), **values).status_code == status
    assert Highlight.objects.count() == 0


def test_highlights_of_others_are_not_there(client):
    theirs = APIClient()
    theirs.force_authenticate(make_user())
    made = mark(theirs, make_text(PAGES), page=1, quote="Rain").json()
    for key in (made["id"], uuid4()):
        one = f"/api/v1/rag/highlights/{key}/"
        assert client.get(one).status_code == 404
        assert client.patch(one, {"note": "x"}).status_code == 404
        assert client.delete(one).status_code == 404
    assert client.get("/api/v1/rag/highlights/").json()["results"] == []
    assert Highlight.objects.get().note == ""


def test_note_that_is_none_changes_nothing(client):
    made = mark(client, make_text(PAGES), page=1, quote="Rain", note="kept").json()
    for sent in ({}, {"note": None}, {"note": "x" * 10_001}):
        assert client.patch(f"/api/v1/rag/highlights/{made['id']}/", sent).status_code == 400
    assert Highlight.objects.get().note == "kept"


def test_position_is_said_and_forgotten(client, user):
    document = make_text(PAGES)
    assert client.get(position(document)).json() == {"page": None}
    assert client.put(position(document), {"page": 2}).json() == {"page": 2}
    assert client.get(position(document)).json() == {"page": 2}
    assert client.put(position(document), {"page": 3}).status_code == 404
    assert client.put(position(document), {"page": "x"}).status_code == 400
    assert ReadingPosition.objects.get().page == 2
    assert client.delete(position(document)).status_code == 204
    assert client.get(position(document)).json() == {"page": None}


def test_books_that_are_kept_from_readers_answer_nothing(client):
    document = make_text(PAGES)
    mark(client, document, page=1, quote="Rain")
    assert document.book is not None
    document.book.is_public = False
    document.book.save()
    assert mark(client, document, page=1, quote="mill").status_code == 403
    assert client.get(position(document)).status_code == 403
    assert client.put(position(document), {"page": 1}).status_code == 403
    assert client.get("/api/v1/rag/highlights/").json()["results"] == []


def test_strangers_are_asked_who_they_are(tiny):
    document, stranger = make_text(PAGES), APIClient()
    assert mark(stranger, document, page=1, quote="Rain").status_code == 401
    assert stranger.get(position(document)).status_code == 401
    assert stranger.get("/api/v1/rag/highlights/").status_code == 401


def test_list_costs_as_much_for_many_as_for_one(client, django_assert_max_num_queries):
    document = make_text(PAGES)
    for quote in ("Rain", "fell", "mill"):
        mark(client, document, page=1, quote=quote)
    with django_assert_max_num_queries(3):
        assert len(client.get("/api/v1/rag/highlights/").json()["results"]) == 3
