"""The page of a book's stored text: what is marked, where it leads, what it costs."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.tests.factories import make_user
from rag.models import Document, Page
from rag.reading.segments import pieces
from rag.reading.visits import span_of
from rag.tests.texts import make_text
from rag.text.sentences import TextSpan
from tests.html import assert_valid

FIRST = "Rain fell all day.\n\nThe mill & its <wheel> stood still."
SHALOM = "שלום לכולם, ירד גשם כל היום."


def marked(text: str, wish: str) -> tuple[str, str, str]:
    """``text`` in three parts, the second what is marked."""
    span = span_of(wish, len(text))
    found = pieces(text, TextSpan(*span) if span else None, [])
    place = next((place for place, piece in enumerate(found) if piece.is_first), len(found))
    parts = (found[:place], found[place : place + 1], found[place + 1 :])
    before, middle, behind = ("".join(piece.text for piece in part) for part in parts)
    return before, middle, behind


@pytest.fixture
def reader(tiny: Any) -> Client:
    client = Client()
    client.force_login(make_user())
    return client


def page(client: Client, document: Document, number: int = 1, **asked: str) -> Any:
    return client.get(reverse("rag:page", args=[document.book_id, number]), asked)


@pytest.mark.django_db
def test_stretch_is_marked_and_what_stands_around_it_is_not(reader):
    shown = page(reader, make_text([FIRST]), mark="20-28")
    assert_valid(shown.content)
    assert '<mark id="mark">The mill</mark> &amp; its &lt;wheel&gt; stood' in shown.text


@pytest.mark.django_db
def test_sign_that_html_means_otherwise_is_shown_as_it_stands_inside_the_mark_too(reader):
    start = FIRST.index("<wheel>")
    shown = page(reader, make_text([FIRST]), mark=f"{start}-{start + 7}")
    assert '<mark id="mark">&lt;wheel&gt;</mark>' in shown.text


@pytest.mark.django_db
def test_text_from_right_to_left_is_marked_by_its_signs(reader):
    shown = page(reader, make_text([SHALOM]), mark="0-4")
    assert f'<mark id="mark">{SHALOM[:4]}</mark>' in shown.text


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        ("0-3", ("", "abc", "def")),
        ("3-6", ("abc", "def", "")),
        ("0-6", ("", "abcdef", "")),
        ("5-6", ("abcde", "f", "")),
        ("0-7", None),
        ("6-6", None),
        ("3-2", None),
        ("", None),
        ("-1-3", None),
        ("0-", None),
        ("0 - 3", None),
        ("0-3-4", None),
        ("0-3x", None),
        ("0000000001-3", None),
        ("٠-٣", ("", "abc", "def")),
    ],
)
def test_wish_that_makes_sense_on_this_page_is_marked(wish, found):
    assert marked("abcdef", wish) == (found or ("abcdef", "", ""))


@given(st.text(max_size=20), st.text(alphabet="0123456789-", max_size=8))
def test_whatever_is_wished_no_sign_is_lost(text, wish):
    assert "".join(marked(text, wish)) == text


@pytest.mark.django_db
def test_page_leads_to_its_neighbours_and_no_further(reader):
    document = make_text(["one", "two", "three"])
    numbers = [
        (shown.context["previous"], shown.context["next"]) for shown in (page(reader, document, n) for n in (1, 2, 3))
    ]
    assert numbers == [(None, 2), (1, 3), (2, None)]
    only = page(reader, make_text(["one"]))
    assert (only.context["previous"], only.context["next"]) == (None, None)


@pytest.mark.django_db
def test_page_without_a_word_is_shown_empty(reader):
    document = make_text(["one", ""])
    Page.objects.filter(number=2).update(text=None)
    shown = page(reader, document, 2, mark="0-3")
    assert shown.status_code == 200
    assert "<mark" not in shown.text
    assert_valid(shown.content)


@pytest.mark.django_db
@pytest.mark.parametrize("question", ['Why "so" & <how>?', "x" * 5_000, "למה?"])
def test_question_is_taken_along_and_back(reader, question):
    shown = page(reader, make_text(["one", "two"]), question=question)
    assert_valid(shown.content)
    assert "<how>" not in shown.text
    assert shown.context["asked"].startswith("question=")
    assert len(shown.context["asked"]) < 6_100


@pytest.mark.django_db
def test_question_that_holds_what_no_database_takes_is_taken_along_without_it(reader):
    shown = page(reader, make_text(["one"]), question="a\x00b")
    assert shown.context["asked"] == "question=ab"


@pytest.mark.django_db
def test_page_costs_as_many_queries_in_a_long_book_as_in_a_short_one(reader):
    short, long = make_text(["one", "two"]), make_text([f"page {n}" for n in range(30)])
    page(reader, short)
    with CaptureQueriesContext(connection) as few:
        page(reader, short, 2)
    with CaptureQueriesContext(connection) as many:
        page(reader, long, 17)
    assert len(many) == len(few)


@pytest.mark.django_db
def test_book_whose_index_is_by_a_model_that_is_gone_says_so(reader, settings):
    document = make_text(["one"])
    settings.EMBEDDING_MODELS = {name: of for name, of in settings.EMBEDDING_MODELS.items() if name != "tiny-6"}
    settings.EMBEDDING_MODEL = "tiny-8"
    shown = page(reader, document)
    assert shown.status_code == 409
    assert "being indexed anew" in shown.text
