"""Words of two writings at once: a mark of one behind a letter of another is read like any, wherever it is met."""

from __future__ import annotations

import pytest
from django.test import Client

from catalog.tests.factories import record

pytestmark = pytest.mark.django_db
# Hebrew with a Thai mark, Arabic with a Khmer one, Cyrillic with a Burmese one, Han with a Lao one.
WORDS = ["א็בג", "مាكتاب", "жါук", "三ົ国"]


@pytest.mark.parametrize("word", WORDS)
def test_a_book_with_such_a_title_is_added_and_found(word):
    book = record(f"{word} stories", "Ann Lee")
    found = Client().get("/api/v1/books/", {"q": word})
    assert found.status_code == 200
    assert [one["id"] for one in found.json()["results"]] == [book.pk]


@pytest.mark.parametrize("word", [*WORDS, "א็", "x \u0e47", "\u0e47", '"א็ ב"'])
@pytest.mark.parametrize("address", ["/catalogue/", "/catalogue/suggest/", "/api/v1/books/", "/api/v1/books/suggest/"])
def test_whoever_types_such_a_word_gets_an_answer(word, address):
    assert Client().get(address, {"q": word}).status_code == 200
