"""The catalogue's page."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog import services
from catalog.models import Author, Authorship, Book, Category, Copy, Series, Subject
from catalog.pages.search_form import SORTS
from catalog.search.services import Results
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


def test_a_year_that_cannot_be_is_said(client):
    record("The Gene")
    assert "There is no year 0" in page(client, q="gene year:0")
    assert "There is no year 0" in client.get("/api/v1/books/", {"q": "gene year:0"}).json()["absence"]


def test_a_number_that_is_not_here_is_said(client):
    record("The Cell")
    answer = client.get(LIST, {"q": "\u200e978-0-306-40615-7 (pbk.)"})
    assert "No book here has the ISBN 978-0-306-40615-7." in answer.content.decode()
    assert "The Cell" not in answer.content.decode()
    found = client.get("/api/v1/books/", {"q": "9780306406158"}).json()
    assert found["results"] == []
    assert "no valid ISBN" in found["absence"]


def test_nothing_found_says_what_to_do(client):
    assert "The catalogue is still empty" in page(client)
    record("The Gene")
    text = page(client, q="zzzz", category="none")
    assert "Nothing here answers “zzzz”" in text
    assert links(text)["Search without filters"] == "?q=zzzz"
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


def links(text: str) -> dict[str, str]:
    """Address by words, of everything that may be pressed."""
    found = re.findall(r'<a [^>]*href="([^"]*)"[^>]*>(.*?)</a>', text, re.S)
    return {" ".join(re.sub(r"<[^>]+>", " ", words).split()): unescape(url) for url, words in found}


def test_a_wrong_filter_is_said_beside_it_and_the_rest_still_works(client):
    record("The Gene", year=2016)
    text = page(client, status=422, q="gene", year="last year", language="en")
    assert 'id="year-error"' in text
    assert 'value="last year"' in text, "it stays to be mended"
    assert "The Gene" in text
    assert links(text)["Year: last year – remove"] == "?q=gene&language=en"
    assert links(text)["Language: English – remove"] == "?q=gene&year=last+year"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("language", "english"),
        ("format", "vinyl"),
        ("available", "maybe"),
        ("sort", "colour"),
        ("category", "x" * 81),
        ("series", "x" * 201),
        ("exactly", "yes"),
        ("year", "19999"),
        ("year", "0"),
        ("year", "1990--"),
        ("branch", "a\0"),
    ],
)
def test_every_wrong_value_is_named_and_can_be_taken_away(client, name, value):
    record("The Gene")
    text = page(client, status=422, q="gene", **{name: value})
    assert "The Gene" in text
    assert 'class="error"' in text
    (away,) = [url for words, url in links(text).items() if words.endswith("– remove")]
    assert away == "?q=gene"
    assert client.get(LIST + away).status_code == 200


def test_a_facet_adds_its_value_to_the_whole_search_and_takes_it_away_again(client):
    many(25)
    shelf = Category.objects.get(name="Shelf 3")
    first = page(client, q="whales", sort="title", page="2")
    add = links(first)["Shelf 3 1"]
    assert add == f"?q=whales&sort=title&category={shelf.pk}", "the first page of the narrower list"

    narrow = client.get(LIST + add).text

    assert "1 book for “whales”" in narrow
    assert links(narrow)["Category: Shelf 3 – remove"] == "?q=whales&sort=title"
    assert links(narrow)["Shelf 3 – chosen, remove 1"] == "?q=whales&sort=title"
    assert 'name="category" value="' in narrow, "the box above asks within it"


def test_values_of_one_kind_add_up_and_kinds_narrow_each_other(client):
    many(12)
    two = Category.objects.filter(name__in=["Shelf 3", "Shelf 4"])
    text = page(client, category=[shelf.pk for shelf in two], format="digital")
    assert "Whales 003" in text
    assert "Whales 004" not in text
    assert links(text)["Clear all"] == "?"


def test_a_value_asked_for_by_name_goes_with_its_own_link(client):
    many(3)
    text = page(client, category="sea")
    assert links(text)["Category: sea – remove"] == "?"
    assert "Whales 001" in text


def test_series_and_subject_are_chips_by_their_names(client):
    book = record("The Gene", subjects=["Genetics"])
    series = Series.objects.create(name="Lives of Science", sort_name="lives of science")
    Book.objects.filter(pk=book.pk).update(series=series, series_position="1.50")
    text = page(client, series=series.pk, subject=Subject.objects.get().pk)
    assert {"Series: Lives of Science – remove", "Subject: Genetics – remove"} <= links(text).keys()
    assert "1.5</span>" in text
    Book.objects.filter(pk=book.pk).update(series_position_end="3")
    assert "1.5–3</span>" in page(client, series=series.pk)
    Book.objects.update(is_suppressed=True)
    hidden = page(client, series=series.pk, subject=Subject.objects.get().pk)
    assert "Lives of Science" not in hidden
    assert "Genetics" not in hidden


def test_no_name_that_only_hidden_books_have_is_told_by_its_id(client):
    hidden = record("Hidden", "Sue Pressed", categories=["Secrets"])
    record("The Gene", "Ann Lee", categories=["Biology"])
    asked = {"author": Author.objects.get(name="Sue Pressed").pk, "category": Category.objects.get(name="Secrets").pk}
    seen = page(client, **asked)
    assert "Author: Sue Pressed – remove" in links(seen)
    Book.objects.filter(pk=hidden.pk).update(is_suppressed=True)
    for text in (page(client, **asked), client.get("/api/v1/books/", asked).text):
        assert "Sue Pressed" not in text
        assert "Secrets" not in text
    other = page(client, author=Author.objects.get(name="Ann Lee").pk, language="fr")
    assert "Author: Ann Lee – remove" in links(other), "a name of visible books is told where none is left"


def test_people_are_named_with_their_roles_and_lead_to_their_books(client):
    book = record("The Gene", "Ann Lee")
    translator = Author.objects.create(name="Jun Ito", sort_name="ito, jun")
    Authorship.objects.create(book=book, author=translator, role="translator", position=1)
    text = page(client)
    assert "(translator)" in text
    assert links(text)["Jun Ito"] == f"/catalogue/?author={translator.pk}"


def test_a_title_in_another_script_runs_its_own_way(client):
    record("ألف ليلة وليلة", language="ar")
    record("Alf Laylah", language="ar")
    record("Die Verwandlung", language="de")
    text = page(client)
    assert 'lang="ar" dir="rtl">ألف ليلة وليلة' in text
    assert 'lang="ar-Latn" dir="ltr">Alf Laylah' in text
    assert 'lang="de">Die Verwandlung' in text


def test_every_order_can_be_chosen_and_is_kept(client):
    many(3)
    text = page(client, q="whales", sort="year")
    assert links(text)["Title"] == "?q=whales&sort=title"
    assert 'aria-current="true">Year, latest first' in text
    for order, _label in SORTS:
        assert "Whales 001" in page(client, q="whales", sort=order)


@pytest.mark.parametrize("target", ["found", "rows"])
def test_htmx_gets_a_part_of_the_same_address(client, target):
    many(45)
    response = client.get(LIST, {"q": "whales", "page": "2"}, headers={"HX-Request": "true", "HX-Target": target})
    assert_valid(response.content, fragment=True)
    assert "<html" not in response.text
    assert response.text.count('<li class="result"') == 20
    assert ('id="found"' in response.text) == (target == "found")
    assert "page=3" in links(response.text)["Show more"]
    assert 'data-more="row-41"' in response.text
    assert {"HX-Request", "HX-Target"} <= {name.strip() for name in response["Vary"].split(",")}


def test_more_ends_with_the_last_page(client):
    many(45)
    response = client.get(LIST, {"page": "3"}, headers={"HX-Request": "true", "HX-Target": "rows"})
    assert response.text.count('<li class="result"') == 5
    assert "Show more" not in response.text


def test_the_back_button_gets_the_whole_page(client):
    record("The Gene")
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in client.get(LIST, {"q": "gene"}, headers=headers).text


def test_a_corrected_search_says_so_and_offers_the_words_as_typed(client, monkeypatch):
    record("The Gene")

    def corrected(query, *, exactly=False, **kwargs):
        return Results(1, [Book.objects.get().pk], (), "" if exactly else "gene")

    monkeypatch.setattr("catalog.views.search", corrected)
    text = page(client, q="gnee", language="en")
    assert "Showing results for <b>gene</b>." in text
    assert "1 book for “gene”" in text
    instead = links(text)["Search instead for “gnee”"]
    assert instead == "?q=gnee&language=en&exactly=1"
    assert "Showing results for" not in client.get(LIST + instead).text


@pytest.mark.parametrize(("count", "is_said"), [(0, True), (9, True), (10, False)])
def test_that_meaning_rests_is_said_only_where_little_was_found(client, monkeypatch, count, is_said):
    monkeypatch.setattr("catalog.views.search", lambda *args, **kwargs: Results(count, [], (), by_meaning=False))
    assert ("Only the words themselves" in page(client, q="how do cells live")) is is_said
    assert "Only the words themselves" not in page(client)


def near_to(monkeypatch, *books):
    cosines = {book.pk: 0.9 - place / 10 for place, book in enumerate(books)}
    monkeypatch.setattr("catalog.search.near.nearest", lambda text, *, answers: cosines)


def test_what_is_only_near_in_meaning_is_no_match_and_says_so(client, monkeypatch):
    near_to(monkeypatch, record("A Wizard of Earthsea"), record("The Tombs of Atuan"))
    text = page(client, q="harry potter")
    assert "No book has the words “harry potter”" in text
    assert "books for" not in text
    assert text.index("Near in meaning") < text.index("A Wizard of Earthsea") < text.index("The Tombs of Atuan")


def test_what_is_only_near_in_meaning_stands_behind_the_last_row(client, monkeypatch):
    wizard = record("A Wizard of Earthsea")
    for number in range(21):
        record(f"Green dragons {number}")
    near_to(monkeypatch, wizard)
    assert "Near in meaning" not in page(client, q="green dragons")
    for headers in ({}, {"HX-Request": "true", "HX-Target": "rows"}):
        last = client.get(LIST, {"q": "green dragons", "page": 2}, headers=headers).content.decode()
        assert last.index("Green dragons") < last.index("Near in meaning") < last.index("A Wizard of Earthsea")
    assert "21 books for" in page(client, q="green dragons")


def test_the_shelves_of_an_empty_search_hold_books_that_the_reader_may_see(client):
    record("The Gene", categories=["Biology"])
    hidden = record("Hidden", categories=["Secrets"])
    Book.objects.filter(pk=hidden.pk).update(is_suppressed=True)
    text = page(client, q="zzzz")
    assert "Biology" in text
    assert "Secrets" not in text


@pytest.mark.parametrize(
    "asked",
    [
        {"q": "a\0b"},
        {"q": "'" * 10_000},
        {"page": "-1"},
        {"page": "x"},
        {"category": "\0"},
        {"page": "9" * 400},
        {"page": "²"},
        {"author": [str(n) for n in range(99)]},
        {"year": "٣"},
        {"series": "9" * 30},
    ],
)
def test_no_address_breaks_the_page(client, asked):
    assert client.get(LIST, asked).status_code in {200, 422}


def test_suppressed_books_are_not_listed(client):
    record("The Gene")
    Book.objects.update(is_suppressed=True)
    assert "The Gene" not in page(client)


def test_a_list_asks_the_database_as_often_however_long_it_is(client):
    def number() -> int:
        with CaptureQueriesContext(connection) as ran:
            page(client, q="whales")
        return len(ran)

    many(21)  # a page that is not full asks once more, for words that begin so
    few = number()
    many(20, start=21)
    assert Copy.objects.count() > 40
    assert number() == few


def test_covers_are_drawn_in_a_dozen_hues_and_always_the_same():
    assert {cover_hue(f"Title {n}") for n in range(300)} == {f"hue-{n}" for n in range(12)}
    assert cover_hue("Émile") == cover_hue("EMILE")
