"""A record's language: any code in, one kept, the same at every door."""

import pytest
from django.db import connection
from django.urls import reverse

from accounts.tests.factories import make_librarian
from catalog import services
from catalog.models import Book
from catalog.search.services import Filters, search
from catalog.tests.factories import record
from library.core.errors import InvalidInput

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("given", "kept"), [("ger", "de"), ("iw", "he"), ("nb", "no"), ("grc", "grc"), ("zxx", "zxx")])
def test_the_service_keeps_one_code(given, kept):
    book = record("Odyssey", language=given)
    assert book.language == kept
    services.update_book(book=book, changes={"language": given}, by=None)
    book.refresh_from_db()
    assert (book.language, book.facts.language) == (kept, kept)


def test_an_unknown_code_is_refused_with_a_sentence():
    with pytest.raises(InvalidInput) as refusal:
        record("Odyssey", language="xx")
    assert "No language has this code" in refusal.value.fields["language"][0]


def test_the_api_takes_any_code_of_a_language_and_answers_with_one(client):
    client.force_login(make_librarian())
    answer = client.post(
        "/api/v1/books/", {"title": "Odyssey", "authors": [], "language": "ger"}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["language"]) == (201, "de")
    refused = client.patch(f"/api/v1/books/{answer.json()['id']}/", {"language": "xx"}, content_type="application/json")
    assert refused.status_code == 400
    assert client.get("/api/v1/books/", {"language": "deu"}).json()["count"] == 1
    assert client.get("/api/v1/books/", {"language": "xx"}).status_code == 400


def test_bokmal_and_nynorsk_are_one_facet_with_a_name(client):
    for language in ("nb", "nn", "no"):
        record(f"Bok {language}", language=language)
    record("Ἰλιάς", language="grc")
    text = client.get(reverse("catalog:list")).content.decode()
    assert "Norwegian" in text
    assert "Ancient Greek" in text
    for filters in (Filters(language=("nb",)), Filters(language=("no",))):
        assert search("", user=make_librarian(), filters=filters).count == 3
    assert search("language:grc", user=make_librarian()).count == 1
    assert search("language:norwegian bok", user=make_librarian()).count == 3


def test_the_triggers_that_a_wider_column_laid_aside_are_back():
    book = record("Odyssey", language="grc")
    Book.objects.filter(pk=book.pk).update(language="el")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'catalog_book'::regclass AND NOT tgisinternal")
        [number] = cursor.fetchone()
    book.facts.refresh_from_db()
    assert book.facts.language == "el"
    assert number >= 5
