"""The page that tells staff why a passage came back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_librarian, make_user
from rag.models import Document, Page
from rag.tests.texts import make_text
from rag.tests.tiny import TinyServer
from tests.html import assert_valid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]
MILL = "The mill <stands> beside the river."
RAIN = "Rain fell on the hills all night."


@pytest.fixture
def document() -> Document:
    return make_text([RAIN, MILL])


def why(document: Document, question: str | None = None, user: Any = None) -> Any:
    client = Client()
    client.force_login(user or make_librarian())
    data = {} if question is None else {"question": question}
    return client.get(reverse("admin:rag_document_why", args=[document.pk]), data)


def test_each_passage_tells_its_places_scores_and_words(document):
    Page.objects.filter(number=2).update(label="xii")
    shown = why(document, "Which mills stand by the river?")
    assert_valid(shown.content)
    found = shown.context["found"]
    assert {one.hit.passage.text for one in found.hits} == {MILL, RAIN}
    (first,) = [one for one in found.hits if one.hit.passage.text == MILL]
    assert {word.lexeme for word in first.words} == {"mill", "stand", "river"}
    assert all(word.passages == 1 and word.idf > 0 for word in first.words)
    assert "&lt;stands&gt;" in shown.text
    assert f"{first.hit.standing.bm25:.2f} (1.)" in shown.text
    assert f"{first.hit.score:.3f} (" in shown.text
    assert f'{reverse("rag:page", args=[document.book_id, 2])}">p. xii, page 2 of the file</a>' in shown.text


def test_without_a_question_it_asks_for_one(document):
    shown = why(document)
    assert_valid(shown.content)
    assert 'name="question"' in shown.text
    assert shown.context["found"] is None


@pytest.mark.parametrize("question", ["the of", "zebra", "x" * 5_000, "a\0b", "<script>", "' | & !"])
def test_any_question_is_fine(document, question):
    shown = why(document, question)
    assert shown.status_code == 200
    assert_valid(shown.content)
    assert "<script>alert" not in shown.text


def test_with_the_embedder_away_it_says_so(document, tiny: TinyServer):
    tiny.is_broken = True
    shown = why(document, "mill")
    assert "words alone were searched" in shown.text
    assert [one.hit.passage.text for one in shown.context["found"].hits] == [MILL]


def test_a_text_that_answers_nothing_says_why(document):
    Document.objects.update(live_generation=None)
    shown = why(document, "mill")
    assert shown.status_code == 200
    assert 'class="errornote"' in shown.text


def test_readers_do_not_see_it(document):
    assert why(document, "mill", make_user()).status_code == 302
