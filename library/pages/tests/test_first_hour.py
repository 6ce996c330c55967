"""What newcomers met in their first hour, and what stands there now."""

from __future__ import annotations

import pytest

from accounts.tests.factories import make_librarian, make_patron
from catalog.models import Book, ItemType
from catalog.tests.factories import make_book, make_copy
from library.core.middleware import RefusalMiddleware
from library.pages.tests.factories import make_digital_book
from tests.html import assert_valid

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/accounts/sign-out/"), ("get", "/desk/override/"), ("get", "/desk/taken/"), ("post", "/loans/"),
        ("post", "/accounts/card/"), ("post", "/catalogue/"), ("put", "/accounts/sign-in/"), ("post", "/"),
    ],
)  # fmt: skip
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


def test_room_is_lent_and_stands_on_no_shelf_of_books(client):
    room = make_copy(book=make_book(title="Study Room 7"))
    room.item_type = ItemType.objects.create(code="room", name="Room", is_place=True)
    room.save()
    Book.objects.filter(pk=room.book_id).update(popularity=9)
    make_book(title="A book")
    page = client.get("/").text
    assert "A book" in page
    assert "Study Room 7" not in page
    assert "Study Room 7" in client.get(room.book.get_absolute_url()).text
