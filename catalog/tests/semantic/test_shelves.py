"""Shelves: what is new, what is borrowed, what is like a book, and the reason for each."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import make_librarian, make_user
from catalog.models import Book, BookFacts, Series
from catalog.pages import shelves
from catalog.semantic import generations, vectors
from catalog.semantic import similar as likeness
from catalog.templatetags.catalog import few
from catalog.tests.factories import make_book, make_copy, record
from tests.html import assert_valid

pytestmark = pytest.mark.django_db


def reasons(shelf) -> dict[str, str]:
    return {one.book.title: one.reason for one in shelf}


def similar(book: Book, n: int = 12) -> dict[str, str]:
    return reasons(shelves.similar(Book.objects.get(pk=book.pk), make_user(), n))


def place(**meanings: list[float]) -> None:
    """Vectors for books by their titles, as a job would have made them."""
    generation = generations.current()
    generations.go_live(generation)
    for title, meaning in meanings.items():
        facts = BookFacts.objects.get(book__title=title)
        vector = np.zeros((1, 384), dtype=np.float32)
        vector[0, : len(meaning)] = np.array(meaning) / np.linalg.norm(meaning)
        vectors.store(generation, [(facts.pk, facts.text_version)], vector)


def test_newest_says_when_and_hides_what_readers_may_not_see():
    now = timezone.now()
    for days, title in enumerate(["Today", "Yesterday", "Earlier"]):
        Book.objects.filter(pk=make_book(title=title).pk).update(created_at=now - timedelta(days=days))
    make_book(title="Hidden", is_suppressed=True)
    found = reasons(shelves.newest(make_user(), 10, at=now))
    assert list(found) == ["Today", "Yesterday", "Earlier"]
    assert list(found.values())[:2] == ["Added today", "Added yesterday"]
    assert found["Earlier"].startswith("Added on ")
    assert "Hidden" in reasons(shelves.newest(make_librarian(), 10))


def test_popular_says_how_often_and_leaves_out_what_was_not_borrowed_again():
    for times, title in enumerate(["Never", "Once", "Twice", "Thrice"]):
        Book.objects.filter(pk=make_book(title=title).pk).update(popularity=times)
    make_book(title="Hidden", is_suppressed=True, popularity=9)
    assert reasons(shelves.popular(make_user(), 10)) == {"Thrice": "Borrowed 3 times", "Twice": "Borrowed 2 times"}


def test_each_similar_book_says_why():
    saga = Series.objects.create(name="The saga")
    book = record("Cells", "Ada Byron", subjects=["Cytology", "Science"])
    record("Tissues", "Mina Roth", subjects=["Cytology"])
    record("Letters", "Ada Byron")
    second = record("Cells again", "Lee Hall")
    Book.objects.filter(pk__in=[book.pk, second.pk]).update(series=saga)
    record("Alike", "Jon Hale")
    record("Unlike", "Luc Petit")
    place(Cells=[1, 0], Alike=[1, 0.5], Unlike=[0, 1])
    assert similar(book) == {
        "Alike": "Reads alike",
        "Cells again": "In the same series, The saga",
        "Tissues": "Also about Cytology",
        "Letters": "Also by Ada Byron",
    }


def test_without_vectors_what_records_share_decides_and_alone_it_is_enough():
    book = record("Cells", "Ada Byron", subjects=["Cytology"])
    record("Tissues", "Mina Roth", subjects=["Cytology"])
    assert similar(book) == {"Tissues": "Also about Cytology"}
    assert similar(make_book(title="Alone")) == {}


def test_a_subject_does_not_make_alike_what_means_something_else():
    book = record("Cells", subjects=["Textbooks"])
    record("Algorithms", subjects=["Textbooks"])
    assert similar(book) == {"Algorithms": "Also about Textbooks"}
    cache.clear()
    place(Cells=[1, 0], Algorithms=[0.1, 1])
    assert similar(book) == {}


def test_a_rarer_subject_weighs_more():
    assert likeness.weight(2) > likeness.weight(10) > likeness.weight(999) > 0
    book = record("Cells", subjects=["Cytology", "Science"])
    record("Common", subjects=["Science"])
    for number in range(9):
        record(f"Science {number}", f"Author {number}", subjects=["Science"])
    record("Rare", subjects=["Cytology"])
    assert next(iter(similar(book))) == "Rare"


def test_a_subject_of_very_many_books_is_no_reason(monkeypatch):
    monkeypatch.setattr(likeness, "COMMON", 3)
    book = record("Cells", subjects=["Fiction"])
    for number in range(4):
        record(f"Novel {number}", f"Author {number}", subjects=["Fiction"])
    assert similar(book) == {}


def test_never_itself_nor_hidden_nor_another_edition_nor_too_many_by_one():
    book = record("Cells", "Ada Byron", subjects=["Cytology"])
    record("Cells", "Ada Byron", subjects=["Cytology"], isbn="9780306406157")
    hidden = record("Hidden", "Mina Roth", subjects=["Cytology"])
    Book.objects.filter(pk=hidden.pk).update(is_suppressed=True)
    for number in range(5):
        record(f"Letters {number}", "Ada Byron")
    place(Hidden=[1, 0])
    assert len(similar(book)) == likeness.MOST_BY_ONE
    assert all(reason == "Also by Ada Byron" for reason in similar(book).values())
    assert reasons(shelves.similar(book, make_librarian(), 9)) == similar(book)


def test_a_book_that_is_hidden_after_the_shelf_was_kept_is_not_shown():
    book = record("Cells", subjects=["Cytology"])
    other = record("Tissues", subjects=["Cytology"])
    assert "Tissues" in similar(book)
    Book.objects.filter(pk=other.pk).update(is_suppressed=True)
    assert similar(book) == {}


def test_a_library_without_redis_has_its_shelves(settings):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "unix:///nowhere/redis.sock?db=1"}}
    book = record("Cells", subjects=["Cytology"])
    record("Tissues", subjects=["Cytology"])
    assert "Tissues" in similar(book)


def like_many(number: int, start: int) -> None:
    for n in range(start, start + number):
        book = record(
            f"Like {n}",
            f"Author {n}",
            "Ada Byron" if n % 9 == 0 else "Nobody",
            subjects=["Cytology", f"S {n}"],
            categories=[f"C {n}"],
        )
        make_copy(book=book)
        Book.objects.filter(pk=book.pk).update(popularity=n + 2)


@pytest.mark.parametrize("path", ["newest/", "popular/", "{}/similar/"])
def test_as_many_queries_for_a_full_shelf_as_for_two(client, path):
    book = record("Cells", "Ada Byron", subjects=["Cytology"])
    address = "/api/v1/books/" + path.format(book.pk)
    counts = []
    for number, start in ((2, 0), (25, 2)):
        like_many(number, start)
        cache.clear()
        with CaptureQueriesContext(connection) as seen:
            answer = client.get(address, {"page_size": 100}).json()
        assert len(answer["results"]) >= min(number, 20)
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[0] <= 20


def test_the_api_gives_pages_of_books_with_reasons(client):
    book = record("Cells", "Ada Byron", subjects=["Cytology"])
    for title in ("Tissues", "Organs"):
        record(title, subjects=["Cytology"])
    address = reverse("api-book-similar", args=[book.pk])
    answer = client.get(address, {"page_size": 1}).json()
    assert (answer["count"], answer["previous"]) == (2, None)
    assert answer["results"][0]["reason"] == "Also about Cytology"
    assert answer["results"][0].keys() >= {"id", "title", "authors", "cover"}
    assert "page=2" in answer["next"]
    assert client.get(address, {"page": 9}).status_code == 404
    assert client.get(address, {"page_size": "x"}).status_code == 400
    assert client.get(reverse("api-books-popular")).json() == {
        "count": 0,
        "next": None,
        "previous": None,
        "results": [],
    }
    assert client.get(reverse("api-books-newest")).json()["results"][0]["reason"] == "Added today"


def test_what_is_like_a_hidden_book_is_for_staff(client):
    book = record("Cells", subjects=["Cytology"])
    record("Tissues", subjects=["Cytology"])
    Book.objects.filter(pk=book.pk).update(is_suppressed=True)
    address = reverse("api-book-similar", args=[book.pk])
    assert client.get(address).status_code == 404
    staff = Client()
    staff.force_login(make_librarian())
    assert staff.get(address).json()["count"] == 1


def test_the_pages_show_the_shelves_with_reasons(client):
    book = record("Cells", subjects=["Cytology"])
    other = record("Tissues <b>", subjects=["Cytology"])
    Book.objects.filter(pk=other.pk).update(popularity=3)
    page = client.get(book.get_absolute_url())
    assert_valid(page.content)
    assert "Similar books" in page.text
    assert "Also about Cytology" in page.text
    home = client.get("/")
    assert_valid(home.content)
    assert "Borrowed 3 times" in home.text
    assert "Added today" in home.text


def test_an_empty_library_has_no_empty_shelves(client):
    page = client.get("/")
    assert_valid(page.content)
    assert 'class="shelf"' not in page.text
    assert "Similar books" not in client.get(record("Alone").get_absolute_url()).text


def test_of_many_names_a_card_shows_two():
    assert few(["A"]) == "A"
    assert few(["A", "B", "C"]) == "A, B, C"
    assert few(["A", "B", "C", "D"]) == "A, B and 2 others"
