"""The catalogue's page."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog import services
from catalog.models import Book, Copy
from catalog.templatetags.catalog import cover_hue
from catalog.tests.factories import make_branch, make_copy, pdf, record
from tests.html import assert_valid

pytestmark = pytest.mark.django_db
LIST = reverse("catalog:list")


def page(client, status: int = 200, **asked) -> str:
    response = client.get(LIST, asked)
    assert response.status_code == status
    assert_valid(response.content)
    return str(response.content.decode())


def many(number: int, start: int = 0) -> None:
    north, south = make_branch(), make_branch()
    for n in range(start, start + number):
        book = record(
            f"Whales {n:03d}", f"Author {n}", "Common Author", categories=["Sea", f"Shelf {n}"], year=1900 + n
        )
        if n % 2:
            services.attach_file(book=book, upload=pdf(), by=None)
        make_copy(book=book, branch=north)
        make_copy(book=book, branch=south, status="on_loan")


def test_a_row_says_what_a_reader_wants_to_know(client):
    central = make_branch(name="Central Library")
    book = record("The Gene", "Siddhartha Mukherjee", subtitle="An intimate history", year=2016, categories=["Biology"])
    make_copy(book=book, branch=central)
    make_copy(book=book, branch=central)
    make_copy(book=book, branch=central, status="on_loan")
    make_copy(book=book, branch=central, status="lost")
    make_copy(book=book, branch=make_branch(name="North"), not_for_loan=True)

    text = page(client, q="gene")
    assert reverse("pages:book", args=[book.pk]) in text
    for words in ("The Gene", "An intimate history", "Siddhartha Mukherjee", "2016", "Biology", "1 book for “gene”"):
        assert words in text
    assert "2 of 3 available in Central Library" in text
    assert "None of 1 available in North" in text
    assert cover_hue("The Gene") in text


def test_what_was_typed_is_shown_and_never_run(client):
    text = page(client, q='"><script>alert(1)</script>')
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_nothing_found_says_what_to_do(client):
    assert "The catalogue is still empty" in page(client)
    record("The Gene")
    text = page(client, q="zzzz", category="none")
    assert "Nothing here answers “zzzz”" in text
    assert "Search without filters" in text
    assert "No book is left after these filters" in page(client, year="1492")


def test_the_next_page_keeps_the_whole_search(client):
    many(25)
    first = page(client, q="whales", category="Sea", sort="title")
    (link,) = re.findall(r'rel="next" href="([^"]+)"', first)
    follow = unescape(link)
    second = client.get(LIST + follow).content.decode()
    assert "Whales 019" in first
    assert "Whales 020" not in first
    assert "Whales 020" in second
    assert all(word in follow for word in ("q=whales", "category=Sea", "sort=title", "page=2"))
    last = page(client, q="whales", page="99")
    assert "Whales 024" in page(client, q="whales", sort="title", page="99")
    assert 'rel="next"' not in last


def test_a_wrong_filter_is_said_beside_it_and_the_rest_still_works(client):
    record("The Gene", year=2016)
    text = page(client, status=422, q="gene", year="last year")
    assert 'id="year-error"' in text
    assert "The Gene" in text


@pytest.mark.parametrize(
    "asked", [{"q": "a\0b"}, {"q": "'" * 10_000}, {"page": "-1"}, {"page": "x"}, {"category": "\0"}]
)
def test_no_address_breaks_the_page(client, asked):
    assert client.get(LIST, asked).status_code in {200, 422}


def test_suppressed_books_are_not_listed(client):
    record("The Gene")
    Book.objects.update(is_suppressed=True)
    assert "The Gene" not in page(client)


def test_a_full_page_asks_the_database_as_often_as_one_of_two_rows(client):
    def number() -> int:
        with CaptureQueriesContext(connection) as ran:
            page(client, q="whales")
        return len(ran)

    many(6)
    few = number()
    many(20, start=6)
    assert Copy.objects.count() > 40
    assert number() == few


def test_covers_are_drawn_in_a_dozen_hues_and_always_the_same():
    assert {cover_hue(f"Title {n}") for n in range(300)} == {f"hue-{n}" for n in range(12)}
    assert cover_hue("Émile") == cover_hue("EMILE")
