"""Questions are limited by the reader's tier; answers that are still known cost nothing."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Tier
from accounts.tests.factories import make_librarian, make_user
from rag.tests.factories import make_indexed_book

pytestmark = [pytest.mark.django_db, pytest.mark.model, pytest.mark.usefixtures("embedder")]


@pytest.fixture
def reader():
    Tier.objects.update(questions_per_hour=2)
    client = Client()
    client.force_login(make_user())
    return client


def by_api(client, book, question):
    return client.post(f"/api/v1/rag/books/{book.pk}/query/", {"question": question}, "application/json")


def by_web(client, book, question):
    return client.post(f"/books/{book.pk}/ask/", {"question": question})


@pytest.mark.parametrize("ask", [by_api, by_web])
def test_after_the_tiers_number_of_questions_the_next_waits(reader, ask):
    book = make_indexed_book()
    assert [ask(reader, book, f"What is bread, said in {number} words?").status_code for number in (1, 2)] == [200, 200]
    refused = ask(reader, book, "Why does bread rise?")
    assert refused.status_code == 429
    assert 3590 <= int(refused["Retry-After"]) <= 3600
    assert ask(reader, book, "What is bread, said in 1 words?").status_code == 200
    other = Client()
    other.force_login(make_librarian())
    assert ask(other, book, "Why does bread rise?").status_code == 200


def test_the_refusal_is_said_in_each_surfaces_words(reader):
    book = make_indexed_book()
    for number in (1, 2):
        by_web(reader, book, f"What is bread, said in {number} words?")
    assert by_api(reader, book, "Why does bread rise?").json()["code"] == "rate_limited"
    assert "Come back a little later" in by_web(reader, book, "Why does bread rise?").content.decode()


def test_a_question_that_is_none_or_has_no_answer_for_now_costs_nothing(reader):
    book = make_indexed_book()
    for _ in range(3):
        assert by_api(reader, book, "").status_code == 400
    assert by_api(reader, book, "Why does bread rise?").status_code == 200
