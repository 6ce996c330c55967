"""Every address of rag, and what each role gets there."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import Role
from accounts.tests.factories import make_librarian, make_user
from catalog.models import Book
from library.jobs.models import Job
from rag.models import Document, IndexGeneration
from rag.tests.texts import make_text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]
PEOPLE = ("anonymous", "reader", "librarian", "administrator")
TEXT = ["Rain fell all day long on the old mill."]


def person(role: str) -> Any:
    made = {"reader": make_user, "librarian": make_librarian, "administrator": lambda: make_user(Role.ADMINISTRATOR)}
    return made[role]() if role in made else None


def browser(role: str) -> Client:
    client = Client()
    if user := person(role):
        client.force_login(user)
    return client


def program(role: str) -> APIClient:
    client = APIClient()
    if user := person(role):
        client.force_authenticate(user)
    return client


def book_of(document: Document) -> Book:
    assert document.book is not None
    return document.book


PAGES: dict[str, tuple[str, str, tuple[int, int, int, int]]] = {
    "page": ("get", "/books/{book}/pages/1/", (302, 200, 200, 200)),
    "page by post": ("post", "/books/{book}/pages/1/", (302, 405, 405, 405)),
    "ask": ("get", "/books/{book}/ask/", (200, 200, 200, 200)),
    "reindex": ("post", "/books/{book}/index/reindex/", (302, 403, 302, 302)),
    "reindex by get": ("get", "/books/{book}/index/reindex/", (302, 403, 405, 405)),
    "delete, asked": ("get", "/books/{book}/index/delete/", (302, 403, 200, 200)),
    "delete, done": ("post", "/books/{book}/index/delete/", (302, 403, 302, 302)),
    "delete by put": ("put", "/books/{book}/index/delete/", (302, 403, 405, 405)),
    "documents": ("get", "/admin/rag/document/", (302, 302, 200, 200)),
    "a document": ("get", "/admin/rag/document/{document}/change/", (302, 302, 200, 200)),
    "its reindex": ("get", "/admin/rag/document/{document}/reindex/", (302, 302, 200, 200)),
    "its deleting": ("get", "/admin/rag/document/{document}/delete-index/", (302, 302, 200, 200)),
    "adding a document": ("get", "/admin/rag/document/add/", (302, 302, 403, 403)),
    "deleting a document": ("get", "/admin/rag/document/{document}/delete/", (302, 302, 403, 403)),
    "generations": ("get", "/admin/rag/indexgeneration/", (302, 302, 200, 200)),
    "a generation": ("get", "/admin/rag/indexgeneration/{generation}/change/", (302, 302, 200, 200)),
    "rebuildings": ("get", "/admin/rag/rebuild/", (302, 302, 200, 200)),
    "stopping": ("post", "/admin/rag/rebuild/stop/", (302, 302, 302, 302)),
    "stopping by get": ("get", "/admin/rag/rebuild/stop/", (302, 302, 405, 405)),
    "going on": ("post", "/admin/rag/rebuild/resume/", (302, 302, 302, 302)),
}


def filled(address: str, document: Document) -> str:
    return address.format(book=document.book_id, document=document.pk, generation=document.live_generation_id)


@pytest.mark.parametrize("role", PEOPLE)
@pytest.mark.parametrize("name", PAGES)
def test_page_answers_each_role_as_it_may(name, role):
    method, address, answers = PAGES[name]
    document = make_text(TEXT)
    got = getattr(browser(role), method)(filled(address, document))
    expected = answers[PEOPLE.index(role)]
    assert got.status_code == expected or (expected == 302 and got.status_code == 403 and role == "reader")
    if got.status_code == 302 and role in ("anonymous", "reader"):
        assert "next=" in got["Location"], "led to the sign-in"


CALLS: dict[str, tuple[str, str, tuple[int, int, int, int]]] = {
    "index": ("get", "/api/v1/rag/books/{book}/index/", (401, 200, 200, 200)),
    "delete": ("delete", "/api/v1/rag/books/{book}/index/", (401, 403, 204, 204)),
    "query": ("post", "/api/v1/rag/books/{book}/query/", (401, 200, 200, 200)),
    "reindex": ("post", "/api/v1/rag/books/{book}/reindex/", (401, 403, 409, 409)),
    "query by get": ("get", "/api/v1/rag/books/{book}/query/", (401, 405, 405, 405)),
    "index by put": ("put", "/api/v1/rag/books/{book}/index/", (401, 405, 405, 405)),
}


@pytest.mark.parametrize("role", PEOPLE)
@pytest.mark.parametrize("name", CALLS)
def test_api_answers_each_role_as_it_may(name, role):
    method, address, answers = CALLS[name]
    document = make_text(TEXT)
    got = getattr(program(role), method)(filled(address, document), {"question": "What fell?"}, format="json")
    assert got.status_code == answers[PEOPLE.index(role)]
    if got.status_code >= 400:
        assert {"code", "detail"} <= set(got.json())
        assert got.json()["detail"]


@pytest.mark.parametrize("role", ["anonymous", "reader"])
def test_whoever_may_not_changes_nothing(role):
    document = make_text(TEXT)
    client, api = browser(role), program(role)
    for address in (
        reverse("rag:reindex", args=[document.book_id]),
        reverse("rag:delete-index", args=[document.book_id]),
        reverse("admin:rag_document_reindex", args=[document.pk]),
        reverse("admin:rag_document_delete_index", args=[document.pk]),
        reverse("admin:rag_rebuild_resume"),
    ):
        client.post(address, {"sure": "yes"})
    api.delete(f"/api/v1/rag/books/{document.book_id}/index/")
    api.post(f"/api/v1/rag/books/{document.book_id}/reindex/")
    assert list(IndexGeneration.objects.all()) == [document.live_generation]
    assert not Job.objects.filter(kind="index").exists()


HIDDEN = ({"is_suppressed": True}, {"is_suppressed": True, "is_public": False})


@pytest.mark.parametrize("values", HIDDEN)
def test_hidden_book_is_not_there_for_readers_and_is_for_staff(values):
    book = book_of(make_text(TEXT, **values))
    for address in (f"/books/{book.pk}/pages/1/", f"/books/{book.pk}/ask/"):
        assert browser("reader").get(address).status_code == 404
        assert browser("librarian").get(address).status_code == 200
    for address in (f"/api/v1/rag/books/{book.pk}/index/", f"/api/v1/rag/books/{book.pk}/query/"):
        refused = program("reader").post(address, {"question": "?"}, format="json")
        assert refused.status_code in {404, 405}
    assert program("reader").get(f"/api/v1/rag/books/{book.pk}/index/").json()["code"] == "not_found"


def test_confidential_book_is_refused_by_name_and_its_text_is_not_shown():
    book = book_of(make_text(TEXT, is_public=False))
    shown = browser("reader").get(f"/books/{book.pk}/pages/1/")
    assert shown.status_code == 403
    assert "Rain fell" not in shown.text
    refused = program("reader").post(f"/api/v1/rag/books/{book.pk}/query/", {"question": "What fell?"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (403, "book_confidential")
    assert "Rain fell" in browser("librarian").get(f"/books/{book.pk}/pages/1/").text


@pytest.mark.parametrize("number", [0, 2, 2**31, 10**12])
def test_page_that_a_book_lacks_is_not_found(number):
    book = book_of(make_text(TEXT))
    assert browser("reader").get(f"/books/{book.pk}/pages/{number}/").status_code == 404


@pytest.mark.parametrize("book", [0, 999_999, 2**31, 2**63])
def test_book_that_is_not_there_is_not_found_anywhere(book):
    assert browser("reader").get(f"/books/{book}/pages/1/").status_code == 404
    assert browser("librarian").post(f"/books/{book}/index/reindex/").status_code == 404
    assert browser("librarian").post(f"/books/{book}/index/delete/").status_code == 404
    assert program("librarian").get(f"/api/v1/rag/books/{book}/index/").status_code == 404
    assert program("librarian").delete(f"/api/v1/rag/books/{book}/index/").status_code == 404
    asked = program("reader").post(f"/api/v1/rag/books/{book}/query/", {"question": "What?"}, format="json")
    assert asked.status_code == 404
