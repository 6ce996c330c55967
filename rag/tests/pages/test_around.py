"""What stands around a page: contents, citations, the book's direction, words found in it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_user
from rag import queries
from rag.models import Document, IndexGeneration, Section
from rag.reading import contents
from rag.reading.contents import contents_of
from rag.reading.direction import runs_leftwards
from rag.tests.texts import make_text
from tests.html import assert_valid

PAGES = ["one rain", "two", "three rain", "four"]
ARABIC = "كتاب جميل عن الماء والمطر في كل يوم من أيام السنة، وفيه حكايات كثيرة عن الأنهار."


@pytest.fixture
def client(tiny: Any) -> Client:
    client = Client()
    client.force_login(make_user())
    return client


def page(client: Client, document: Document, number: int = 1, /, **asked: str) -> Any:
    return client.get(reverse("rag:page", args=[document.book_id, number]), asked)


def give_sections(generation: IndexGeneration, levels: list[int], pages: list[int]) -> None:
    generation.passages.all().delete()
    generation.sections.all().delete()
    Section.objects.bulk_create(
        Section(generation=generation, ordinal=n, level=level, title=f"Part {n}", path=[], page=at, start=0)
        for n, (level, at) in enumerate(zip(levels, pages, strict=True))
    )


@pytest.mark.django_db
def test_contents_lead_to_their_pages_and_say_where_one_is(client):
    document = make_text(PAGES)
    give_sections(queries.live_generation(document), [2, 3, 2], [1, 2, 4])
    found = contents_of(queries.live_generation(document), 3)
    assert [(entry.level, entry.page, entry.is_here) for entry in found] == [(1, 1, False), (2, 2, True), (1, 4, False)]
    shown = page(client, document, 3, read="1")
    assert_valid(shown.content)
    assert f'{reverse("rag:page", args=[document.book_id, 4])}?read=1"' in shown.text
    assert shown.text.count('aria-current="location"') == 1


@pytest.mark.django_db
def test_contents_of_a_text_with_very_many_headings_are_its_wider_ones(client, monkeypatch):
    document = make_text(PAGES)
    generation = queries.live_generation(document)
    give_sections(generation, [1, 2, 2, 2, 1], [1, 1, 2, 3, 4])
    monkeypatch.setattr(contents, "MOST", 3)
    assert [entry.title for entry in contents_of(generation, 1)] == ["Part 0", "Part 4"]
    give_sections(generation, [1] * 5, [1] * 5)
    assert len(contents_of(generation, 1)) == 3


@pytest.mark.django_db
def test_text_without_headings_has_no_contents(client):
    document = make_text(PAGES)
    give_sections(queries.live_generation(document), [], [])
    shown = page(client, document)
    assert_valid(shown.content)
    assert "popover" not in shown.text


CITES = {"question": "why", "cites": "1:0-3,3:6-10~0-2,4:0-4"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("number", "mark", "said", "before", "behind"),
    [
        (1, {"mark": "0-3"}, "Citation 1 of 3", None, "mark=6-10&on=0-2"),
        (3, {"mark": "6-10", "on": "0-2"}, "Citation 2 of 3", "mark=0-3", "mark=0-4"),
        (4, {"mark": "0-4"}, "Citation 3 of 3", "mark=6-10", None),
        (2, {}, "3 citations", None, "mark=0-3"),
    ],
)
def test_citations_of_an_answer_follow_one_another(client, number, mark, said, before, behind):
    shown = page(client, make_text(PAGES), number, **CITES, **mark)
    assert_valid(shown.content)
    assert said in shown.text
    for name, part in (("citation_before", before), ("citation_behind", behind)):
        assert (part is None) == (not shown.context[name])
        assert part is None or part in shown.context[name]
    if behind:
        assert page_answers(client, shown.context["citation_behind"])


def page_answers(client: Client, address: str) -> bool:
    """Whether a citation's address shows it marked."""
    return 'id="mark"' in client.get(address).text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("detected", "language", "text", "leftwards"),
    [
        ("ar", "ar", ARABIC, True),
        ("", "fa", ARABIC, True),
        ("", "ar", "Kitab jamil ‘an al-ma’ " * 10, False),
        ("en", "ar", "A book about rain " * 10, False),
        ("ar", "en", ARABIC, True),
        ("en", "en", ARABIC, False),  # a page of quotations turns no book round
        ("he", "he", "", True),
        ("ja", "ja", "光合成です", False),
    ],
)
def test_pages_follow_one_another_as_the_book_is_written(client, detected, language, text, leftwards):
    document = make_text([text or "x"], language=language)
    generation = queries.live_generation(document)
    generation.language = detected
    assert runs_leftwards(document, generation, text) is leftwards


@pytest.mark.django_db
def test_page_of_a_book_that_runs_leftwards_says_so_to_the_keys_and_the_bar(client):
    document = make_text([ARABIC, ARABIC], language="ar")
    shown = page(client, document)
    assert_valid(shown.content)
    assert "data-leftwards" in shown.text
    assert 'dir="rtl"' in shown.text.partition("<progress")[2].partition(">")[0]
    assert "← next page" in shown.text
    assert "data-leftwards" not in page(client, make_text(PAGES)).text


def words_found(client: Client, document: Document, **asked: str) -> Any:
    return client.get(reverse("rag:find", args=[document.book_id]), asked)


@pytest.mark.django_db
def test_words_are_found_and_lead_to_their_page_with_themselves_marked(client):
    document = make_text(["so <b> the rain", "none", "RAIN"])
    shown = words_found(client, document, words="rain")
    assert_valid(shown.content)
    assert "so &lt;b&gt; the <mark>rain</mark>" in shown.text
    address = f"{reverse('rag:page', args=[document.book_id, 3])}?mark=0-4#mark"
    assert address in shown.text
    assert '<mark id="mark">RAIN</mark>' in client.get(address).text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 200),
        ({"words": ""}, 422),
        ({"words": "x" * 201}, 422),
        ({"words": "a\0b"}, 422),
        ({"words": "rain", "first": "x"}, 422),
    ],
)
def test_what_cannot_be_looked_for_is_told(client, asked, status):
    shown = words_found(client, make_text(PAGES), **asked)
    assert_valid(shown.content)
    assert shown.status_code == status
    assert ('id="find-error"' in shown.text) == (status == 422)


@pytest.mark.django_db
def test_words_that_are_not_there_lead_to_asking(client):
    document = make_text(PAGES)
    shown = words_found(client, document, words="snow")
    assert_valid(shown.content)
    assert reverse("pages:book-ask", args=[document.book_id]) in shown.text


@pytest.mark.django_db
def test_books_that_are_kept_from_readers_are_not_looked_through(client):
    document = make_text(PAGES)
    assert document.book is not None
    document.book.is_public = False
    document.book.save()
    assert words_found(client, document, words="rain").status_code == 403
    assert words_found(Client(), document, words="rain").status_code == 302
