"""``POST rag/search/``: what was found in the whole library, by book."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from accounts.models import Tier
from accounts.tests.factories import make_librarian, make_user
from catalog.tests.factories import make_copy
from rag.models import Page
from rag.tests.retrieval.world import digital, paper, settle
from rag.tests.tiny import TinyServer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]
URL = "/api/v1/rag/search/"
QUESTION = {"question": "Where does the mill stand?"}


def client(user=None) -> APIClient:
    made = APIClient()
    if user is not None:
        made.force_authenticate(user)
    return made


def test_books_come_with_availability_and_their_passages():
    mills = digital("Water", ["The mill stands beside the river."])
    on_paper = paper("A history of the mill")
    make_copy(book=on_paper)
    settle()
    Page.objects.update(label="iv")
    body = client(make_user()).post(URL, QUESTION).json()
    assert set(body) == {"by_meaning", "results"}
    by_id = {one["book"]["id"]: one for one in body["results"]}
    assert set(by_id) == {mills.pk, on_paper.pk}
    assert by_id[on_paper.pk]["passages"] == []
    assert by_id[on_paper.pk]["by_record"]
    assert (by_id[on_paper.pk]["book"]["total_copies"], by_id[on_paper.pk]["book"]["available_copies"]) == (1, 1)
    (passage,) = by_id[mills.pk]["passages"]
    assert (passage["page"], passage["text"]) == (1, "The mill stands beside the river.")
    assert (passage["last_page"], passage["printed_page"]) == (1, "iv")
    assert 0 < passage["score"] <= 1
    assert body["results"][0]["place"] == 1


def test_as_many_come_as_are_asked_for_and_of_chosen_books_alone():
    one = digital("One", [f"The mill {word}." for word in ("a", "b", "c")])
    digital("Other", ["The mill of others."])
    settle()
    reader = client(make_user())
    found = reader.post(URL, QUESTION | {"k": 2, "books": [one.pk]}).json()["results"]
    assert [each["book"]["id"] for each in found] == [one.pk]
    assert len(found[0]["passages"]) + found[0]["by_record"] == 2


def test_what_a_reader_may_not_read_is_not_there_and_staff_find_it():
    digital("Secret", ["The mill stands beside the river."], is_public=False)
    digital("Hidden", ["The mill stands beside the lake."], is_suppressed=True)
    settle()
    (secret,) = client(make_user()).post(URL, QUESTION).json()["results"]
    assert (secret["book"]["title"], secret["passages"]) == ("Secret", []), "its record is for everybody"
    found = client(make_librarian()).post(URL, QUESTION).json()["results"]
    assert {one["book"]["title"]: len(one["passages"]) for one in found} == {"Secret": 1, "Hidden": 1}


def test_nobody_searches_without_a_sign_in():
    assert client().post(URL, QUESTION).status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "question"),
        ({"question": "  "}, "question"),
        ({"question": "a\x00b"}, "question"),
        ({"question": "x" * 1001}, "question"),
        ({"question": 5}, "question"),
        (QUESTION | {"k": 0}, "k"),
        (QUESTION | {"k": 51}, "k"),
        (QUESTION | {"books": []}, "books"),
        (QUESTION | {"books": ["x"]}, "books.0"),
        (QUESTION | {"books": list(range(1, 52))}, "books"),
        (QUESTION | {"books": [2**63]}, "books.0"),
    ],
)
def test_bad_input_is_refused_by_its_field(body, field):
    refused = client(make_user()).post(URL, body)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
    assert field in refused.json()["fields"]


def test_it_counts_as_a_question():
    Tier.objects.update(questions_per_hour=1)
    reader = client(make_user())
    assert [reader.post(URL, QUESTION).status_code for _ in range(2)] == [200, 429]


def test_with_the_embedder_away_words_alone_find_and_it_is_said(tiny: TinyServer):
    digital("Water", ["The mill stands beside the river."])
    settle()
    tiny.is_broken = True
    answered = client(make_user()).post(URL, QUESTION)
    assert answered.status_code == 200
    body = answered.json()
    assert not body["by_meaning"]
    assert body["results"][0]["passages"][0]["score"] == 0
