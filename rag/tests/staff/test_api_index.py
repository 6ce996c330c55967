"""Reindexing and deleting over the API."""

from __future__ import annotations

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Role
from accounts.tests.factories import make_librarian, make_user
from catalog.tests.factories import make_book
from rag.models import Document, IndexGeneration, Passage
from rag.tests.factories import live_generation, make_digital_book, make_indexed_book, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]


def client(user=None) -> APIClient:
    made = APIClient()
    if user is not None:
        made.force_authenticate(user)
    return made


def reindex(book, user=None):
    return client(user).post(f"/api/v1/rag/books/{book.pk}/reindex/")


def delete(book, user=None):
    return client(user).delete(f"/api/v1/rag/books/{book.pk}/index/")


def state(book):
    return client(make_user()).get(f"/api/v1/rag/books/{book.pk}/index/").json()


def test_a_librarian_has_a_book_read_anew():
    book = make_indexed_book()
    old = live_generation(book)
    asked = reindex(book, make_librarian())
    assert asked.status_code == 202
    assert set(asked.json()) == {"job"}
    assert (state(book)["state"], state(book)["job"]) == ("ready", asked.json()["job"])
    assert reindex(book, make_librarian()).json() == asked.json(), "joined"
    work()
    assert (state(book)["state"], state(book)["job"]) == ("ready", None)
    assert live_generation(book) != old


def test_a_librarian_deletes_an_index_and_has_it_made_again():
    book = make_indexed_book()
    answer = delete(book, make_librarian())
    assert (answer.status_code, answer.content) == (204, b"")
    assert (state(book)["state"], state(book)["pages"], state(book)["error"]) == ("none", 0, "")
    assert not IndexGeneration.objects.exists()
    gone = delete(book, make_librarian())
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    assert reindex(book, make_librarian()).status_code == 202
    assert state(book)["state"] == "indexing"
    work()
    assert state(book)["state"] == "ready"


@pytest.mark.parametrize("call", [reindex, delete])
def test_only_staff_may(call):
    book = make_indexed_book()
    assert call(book).status_code == 401
    refused = call(book, make_user())
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert call(book, make_user(Role.ADMINISTRATOR)).status_code in {202, 204}


@pytest.mark.parametrize("call", [reindex, delete])
def test_book_that_is_not_there_is_not_found(call):
    missing = make_book()
    missing.delete()
    missing.pk = 999_999
    refused = call(missing, make_librarian())
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


def test_book_without_a_file_has_nothing_to_read():
    refused = reindex(make_book(), make_librarian())
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_index")
    assert not Document.objects.exists()


def test_index_tells_its_note_its_languages_and_whether_it_is_out_of_date(settings):
    book = make_indexed_book()
    IndexGeneration.objects.update(note="Page 3 could not be read.")
    first = Passage.objects.earliest("ordinal").pk
    Passage.objects.update(language="en")
    Passage.objects.filter(pk=first).update(language="fr")
    found = state(book)
    assert (found["note"], found["languages"], found["stale"]) == ("Page 3 could not be read.", ["en", "fr"], False)
    settings.EMBEDDING_MODEL = "tiny-8"
    assert (state(book)["stale"], state(book)["waiting"]) == (True, False)
    document = Document.objects.get(book=book)
    live = document.live_generation
    assert live is not None
    IndexGeneration.objects.create(
        document=document,
        source_sha256=live.source_sha256,
        model="tiny-8",
        dimensions=8,
        chunker=live.chunker,
        state="ready",
        ready_at=timezone.now(),
    )
    assert (state(book)["stale"], state(book)["waiting"]) == (True, True)


def test_failed_first_reading_is_told_and_can_be_asked_for_again():
    book = make_digital_book(b"%PDF-1.7\n")
    reindex(book, make_librarian())
    work()
    assert state(book)["state"] == "failed"
    assert state(book)["error"]
    assert reindex(book, make_librarian()).status_code == 202
