"""The page that searches inside all books."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Tier
from accounts.tests.factories import make_user
from catalog.tests.factories import make_copy
from rag.models import Page
from rag.tests.retrieval.world import digital, paper, settle
from rag.tests.tiny import TinyServer
from tests.html import assert_valid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]
URL = "/search-inside/"
MILL = "The mill <stands> beside the river."


@pytest.fixture
def reader() -> Client:
    client = Client()
    client.force_login(make_user())
    return client


def ask(client: Client, question: str = "Where does the mill stand?", **headers: Any) -> Any:
    return client.get(URL, {"question": question}, headers=headers)


def test_books_are_shown_with_their_passages_and_copies(reader):
    mills = digital("Water", [MILL])
    on_paper = paper("A history of the mill")
    make_copy(book=on_paper)
    settle()
    Page.objects.update(label="iv")
    shown = ask(reader)
    assert_valid(shown.content)
    assert ">p. iv, page 1 of the file</a>" in shown.text
    assert "The mill &lt;stands&gt; beside the river." in shown.text
    assert f"/books/{mills.pk}/pages/1/" in shown.text
    assert "A history of the mill" in shown.text
    assert "Found by its record." in shown.text
    assert "1 of 1 available in" in shown.text
    assert "Found in 2 books" in shown.text


def test_without_a_question_it_asks_for_one_and_nothing_is_searched(reader):
    shown = reader.get(URL)
    assert_valid(shown.content)
    assert shown.context["found"] is None


@pytest.mark.parametrize("question", ["", "   ", "x" * 1001, "a\0b"])
def test_bad_questions_are_told_beside_the_box(reader, question):
    shown = ask(reader, question)
    assert shown.status_code == 422
    assert_valid(shown.content)
    assert 'role="alert"' in shown.text


def test_nothing_found_is_said(reader):
    shown = ask(reader)
    assert_valid(shown.content)
    assert "Nothing was found" in shown.text


def test_with_the_embedder_away_it_says_so(reader, tiny: TinyServer):
    digital("Water", [MILL])
    settle()
    tiny.is_broken = True
    shown = ask(reader)
    assert_valid(shown.content)
    assert "Found by words alone, no sentences chosen" in shown.text


def test_a_link_from_elsewhere_spends_no_question_and_the_limit_holds(reader):
    Tier.objects.update(questions_per_hour=1)
    assert ask(reader, **{"Sec-Fetch-Site": "cross-site"}).context["found"] is None
    assert ask(reader).status_code == 200
    assert ask(reader).status_code == 429


def test_it_is_for_who_is_signed_in_and_the_catalogue_leads_there(reader):
    assert ask(Client()).status_code == 302
    shown = reader.get("/catalogue/", {"q": "mill & wheel"})
    assert_valid(shown.content)
    assert f"{URL}?question=mill%20%26%20wheel" in shown.text
    assert URL not in Client().get("/catalogue/", {"q": "mill"}).text
