"""What newcomers met in their first hour, and what stands there now."""

from __future__ import annotations

import re

import pytest

from accounts.tests.factories import make_librarian, make_patron
from catalog.models import Book, Copy, CopyStatus, ItemType, Subject
from catalog.pages import shelves
from catalog.search.services import search
from catalog.tests.factories import make_book, make_copy, record
from library.core.http.middleware import RefusalMiddleware
from library.pages.tests.factories import make_digital_book
from tests.html import assert_valid

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/accounts/sign-out/"),
        ("get", "/desk/override/"),
        ("get", "/desk/taken/"),
        ("post", "/loans/"),
        ("post", "/accounts/card/"),
        ("post", "/catalogue/"),
        ("put", "/accounts/sign-in/"),
        ("post", "/"),
    ],
)
def test_what_an_address_does_not_take_is_answered_with_a_page(client, method, path):
    client.force_login(make_librarian())
    response = getattr(client, method)(path)
    assert response.status_code == 405
    assert response["Allow"]
    assert_valid(response.content)
    assert b"does not take that" in response.content


def test_api_says_in_its_own_shape_what_it_does_not_take(rf):
    from django.http import HttpResponseNotAllowed

    middleware = RefusalMiddleware(lambda request: HttpResponseNotAllowed(["GET"]))
    response = middleware(rf.post("/api/v1/anything/"))
    assert (response.status_code, response["Allow"]) == (405, "GET")
    assert b'"method_not_allowed"' in response.content


def test_staff_see_on_the_shelves_which_books_readers_do_not(client):
    Book.objects.filter(pk=make_book(title="Kept back").pk).update(is_suppressed=True)
    client.force_login(make_librarian())
    assert "hidden from readers" in client.get("/").text
    client.force_login(make_patron().user)
    assert "Kept back" not in client.get("/").text


def test_front_page_has_no_two_landmarks_of_one_name_and_says_what_a_library_is_before_its_books(client):
    make_book()
    page = client.get("/").text
    assert page.count('role="search" aria-label="Catalogue"') == 1
    assert page.count('role="search" aria-label="Find a book"') == 1
    assert page.index('class="steps"') < page.index("Recently added")


def test_visitor_is_told_which_links_will_ask_them_to_sign_in(client):
    page = client.get(make_digital_book().get_absolute_url()).text
    assert "Sign in to read the PDF" in page
    client.force_login(make_patron().user)
    assert "Read the PDF" in client.get(make_digital_book().get_absolute_url()).text


def test_catalogue_has_a_way_past_its_filters(client):
    page = client.get("/catalogue/").text
    assert 'href="#found-title">Skip to what was found' in page
    assert 'id="found-title"' in page


def make_room(title: str = "Study Room 7") -> Copy:
    kind, _ = ItemType.objects.get_or_create(code="room", defaults={"name": "Room", "is_place": True})
    room = make_copy(book=record(title, "The library", subjects=["Study rooms"]))
    room.item_type = kind
    room.save()
    return room


def test_room_is_lent_and_stands_on_no_shelf_of_books(client):
    room = make_room()
    Book.objects.filter(pk=room.book_id).update(popularity=9)
    make_book(title="A book")
    page = client.get("/").text
    assert "A book" in page
    assert "Study Room 7" not in page
    assert "Study Room 7" in client.get(room.book.get_absolute_url()).text


def test_room_is_no_book_of_the_catalogue_and_is_found_by_its_name_and_subject(client):
    room, book = make_room().book, record("A book", "Ada Byron")
    user = make_patron().user
    everything = search("", user=user, facets=True)
    assert (everything.count, everything.ids) == (1, [book.pk])
    assert search("study room", user=user).ids == [room.pk]
    page = client.get("/catalogue/").text
    assert "1 book<" in page
    assert "Study Room 7" not in page
    subject = Subject.objects.get(name="Study rooms")
    assert "Study Room 7" in client.get(f"/catalogue/?subject={subject.pk}").text


def test_room_is_like_no_book_and_no_book_is_like_a_room():
    room, _other = make_room(), make_room("Study Room 8")
    book = record("How to use study rooms", "The library", subjects=["Study rooms"])
    user = make_patron().user
    assert shelves.similar(book, user, 6) == []
    assert shelves.similar(room.book, user, 6) == []
    alike = record("Rooms", "Ada Byron", subjects=["Study rooms"])
    assert [one.book for one in shelves.similar(alike, user, 6)] == [book]


@pytest.mark.parametrize("digital", [True, False])
def test_text_that_is_kept_for_staff_is_spoken_of_where_there_is_a_text(client, digital):
    book = make_digital_book() if digital else make_book()
    Book.objects.filter(pk=book.pk).update(is_public=False)
    assert ("digital text for staff only" in client.get(book.get_absolute_url()).text) is digital
    page = client.get(f"/books/{book.pk}/ask/")
    assert (page.status_code == 403) is digital
    assert ("Kept in the library" in page.text) is digital


@pytest.mark.parametrize("digital", [True, False])
@pytest.mark.parametrize("tab", ["study", "ask"])
@pytest.mark.parametrize(
    ("statuses", "sentence"),
    [
        ([], "has no printed copy of it"),
        ([CopyStatus.WITHDRAWN], "has no printed copy of it"),
        ([CopyStatus.IN_REPAIR], "No copy is free to borrow just now"),
        ([CopyStatus.ON_LOAN, CopyStatus.MISSING], "No copy is free to borrow just now"),
        ([CopyStatus.IN_REPAIR, CopyStatus.AVAILABLE], "A copy stands free and can be borrowed"),
        ([CopyStatus.AVAILABLE, CopyStatus.AVAILABLE], "2 copies stand free"),
    ],
)
def test_nobody_is_offered_a_copy_that_cannot_be_had(client, digital, tab, statuses, sentence):
    book = make_digital_book(is_public=False) if digital else make_book()
    for status in statuses:
        make_copy(book=book, status=status)
    page = client.get(f"/books/{book.pk}/{tab}/")
    assert_valid(page.content)
    assert sentence in page.text
    assert ("See the copies" in page.text) is ("no printed copy" not in sentence)


@pytest.mark.parametrize(
    ("asked", "order", "offers_best_match"),
    [
        ("", "Title", False),
        ("?sort=relevance", "Title", False),
        ("?sort=newest", "Newest here", False),
        ("?q=book", "Best match", True),
        ("?q=book&sort=title", "Title", True),
    ],
)
def test_list_says_by_what_it_is_ordered(client, asked, order, offers_best_match):
    record("A book", "Ada Byron")
    page = client.get(f"/catalogue/{asked}").text
    assert re.findall(r"Order:</span> ([^<]+)</summary>", page) == [order]
    assert len(re.findall(r'aria-current="true">' + order + "</a>", page)) == 1
    assert ("Best match" in page) is offers_best_match
    assert "Narrow" not in page
