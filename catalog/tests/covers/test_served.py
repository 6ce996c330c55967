"""Who sees the picture of a cover, where, and for how long it is kept."""

from __future__ import annotations

import io

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from PIL import Image
from rest_framework.test import APIClient

from accounts.tests.factories import make_librarian, make_user
from catalog import services
from catalog.models import Book, Cover
from catalog.tests.covers.images import content, upload
from catalog.tests.covers.kept import FIRST_PAGE, LOOKED_UP, NAVY, RED, TEAL, UPLOADED, kept, shown
from catalog.tests.factories import make_book, make_branch, make_copy, record, stored
from library.jobs.models import Job
from tests.html import assert_valid

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(make_librarian())
    return client


@pytest.fixture
def pictured() -> Book:
    book = record("The Gene", "Ada Byron", isbn="9780306406157")
    kept(book, UPLOADED, TEAL)
    book.refresh_from_db()
    return book


def status(client, book: Book, size: str = "medium") -> int:
    book.refresh_from_db()
    return int(client.get(book.cover_address(size)).status_code)


# -- the picture ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "kind"), [("large", "webp"), ("medium", "webp"), ("small", "webp"), ("jpeg", "jpeg")])
def test_everybody_sees_it_in_every_size_and_keeps_it(client, pictured, size, kind, django_assert_num_queries):
    with django_assert_num_queries(1):
        response = client.get(pictured.cover_address(size), headers={"Cookie": "sessionid=somebody"})

    assert response["Content-Type"] == f"image/{kind}"
    assert Image.open(io.BytesIO(response.content)).format == kind.upper()
    assert {"public", "immutable", "max-age=31536000"} == set(response["Cache-Control"].split(", "))
    assert "Cookie" not in response.get("Vary", "")
    assert not response.cookies


@pytest.mark.parametrize("hidden", ["is_public", "is_suppressed"])
def test_what_is_hidden_or_confidential_only_staff_see_and_no_cache_shares_it(client, pictured, hidden):
    Book.objects.filter(pk=pictured.pk).update(**{hidden: hidden == "is_suppressed"})
    assert status(client, pictured) == 404
    client.force_login(make_user())
    assert status(client, pictured) == 404
    client.force_login(make_librarian())
    response = client.get(pictured.cover_address("large"))

    assert response.status_code == 200
    assert "private" in response["Cache-Control"]
    assert "public" not in response["Cache-Control"]


def test_what_is_not_shown_only_staff_see(client, pictured):
    kept(pictured, FIRST_PAGE, NAVY)
    address = reverse("catalog:cover", args=[pictured.pk, NAVY.key, "small"])
    assert client.get(address).status_code == 404
    client.force_login(make_librarian())
    assert client.get(address).status_code == 200


def test_what_is_not_there_is_404(client, pictured):
    other = make_book()
    for pk, key, size in (
        (pictured.pk, TEAL.key, "huge"),
        (pictured.pk, NAVY.key, "large"),
        (other.pk, TEAL.key, "large"),
        (999_999, TEAL.key, "large"),
    ):
        assert client.get(reverse("catalog:cover", args=[pk, key, size])).status_code == 404
    default_storage.delete(str(Cover.objects.get().small))
    assert status(client, pictured, "small") == 404
    assert client.post(pictured.cover_address("large")).status_code == 405


def test_a_drawn_cover_is_drawn_from_the_record(client):
    book = record("<b>تاريخ الأندلس</b>", "Ada & Byron", language="ar")
    address = reverse("catalog:drawn-cover", args=[book.pk])
    response = client.get(address)

    assert response["Content-Type"] == "image/svg+xml"
    assert b"<b>" not in response.content
    assert "تاريخ" in response.content.decode()
    assert client.get(address, headers={"If-None-Match": response["ETag"]}).status_code == 304
    Book.objects.update(is_suppressed=True)
    assert client.get(address).status_code == 404


# -- pages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["book", "list", "home"])
def test_pages_show_it_over_the_drawn_one(client, pictured, page):
    addresses = {"book": pictured.get_absolute_url(), "list": reverse("catalog:list"), "home": reverse("pages:home")}
    body = client.get(addresses[page]).content.decode()

    assert_valid(body)
    assert f'src="{pictured.cover_address("medium")}" alt=""' in body
    assert f"{pictured.cover_address('small')} 160w" in body


def test_pages_show_a_confidential_one_to_staff_alone(client, pictured):
    Book.objects.update(is_public=False)
    assert "<img" not in client.get(pictured.get_absolute_url()).content.decode().split("<main")[1]
    client.force_login(make_librarian())
    assert pictured.cover_address("medium") in client.get(pictured.get_absolute_url()).content.decode()


def test_a_list_of_covers_costs_no_query_more(client, django_assert_max_num_queries):
    books = [record(f"The Gene {number}", "Ada Byron") for number in range(6)]
    client.get(reverse("catalog:list"))

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as without:
        client.get(reverse("catalog:list"))
    for book in books:
        kept(book, UPLOADED, TEAL)
    with django_assert_max_num_queries(len(without)):
        body = client.get(reverse("catalog:list")).content.decode()
    assert body.count("160w") == 6


# -- the admin -----------------------------------------------------------------------------------------------------


def address(book: Book) -> str:
    return reverse("admin:catalog_book_cover", args=[book.pk])


def test_staff_see_all_covers_of_a_book_and_what_became_of_them(staff, pictured):
    kept(pictured, FIRST_PAGE, NAVY)
    Cover.objects.create(book=pictured, source=LOOKED_UP, state="none", why_none="unknown")
    body = staff.get(address(pictured)).content.decode()

    assert_valid(body)
    assert "No source knows this book." in body
    assert body.count("<img") == 2
    assert address(pictured) in staff.get(reverse("admin:catalog_book_change", args=[pictured.pk])).content.decode()


def test_staff_upload_refuse_allow_and_remove(staff, pictured):
    page = address(pictured)
    assert staff.post(page, {"do": "upload", "picture": upload(content(colour="red"))}).status_code == 302
    assert shown(pictured) == RED.key
    kept(pictured, LOOKED_UP, NAVY)
    assert staff.post(page, {"do": "remove"}).status_code == 302
    assert shown(pictured) == NAVY.key
    staff.post(page, {"do": "refuse", "source": "looked_up"})
    assert shown(pictured) == ""
    staff.post(page, {"do": "allow", "source": "looked_up"})
    assert shown(pictured) == NAVY.key


@pytest.mark.parametrize(
    "sent",
    [
        {"do": "upload"},
        {"do": "upload", "picture": "no file"},
        {"do": "refuse", "source": "first_page"},
        {"do": "make", "source": "first_page"},
        {"do": "make", "source": "stolen"},
        {},
    ],
)
def test_what_cannot_be_done_is_told_and_changes_nothing(staff, pictured, sent):
    response = staff.post(address(pictured), sent)

    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert_valid(response.content.decode())
    assert shown(pictured) == TEAL.key


def test_a_disguise_is_told(staff, pictured, media):
    before = stored(media)
    response = staff.post(address(pictured), {"do": "upload", "picture": upload(b"%PDF-1.7", "cover.png")})

    assert response.status_code == 422
    assert "whatever its name says" in response.content.decode()
    assert (stored(media), shown(pictured)) == (before, TEAL.key)


def test_a_wish_to_look_it_up_becomes_a_job(staff, pictured, settings):
    assert "LYCEUM_COVER_SOURCES" in staff.get(address(pictured)).content.decode()
    settings.COVER_SOURCES = ("https://covers.example/{isbn}",)
    assert "Look it up now" in staff.get(address(pictured)).content.decode()
    staff.post(address(pictured), {"do": "make", "source": "looked_up"})

    assert Job.objects.get().kind == "book_cover"
    assert "A worker is making it." in staff.get(address(pictured)).content.decode()


def test_readers_do_nothing_of_it(client, pictured):
    client.force_login(make_user())
    assert client.get(address(pictured)).status_code == 302
    assert client.post(address(pictured), {"do": "remove"}).status_code == 302
    assert shown(pictured) == TEAL.key
    client.force_login(make_librarian())
    assert client.get(address(Book(pk=999_999))).status_code == 404


# -- the API -------------------------------------------------------------------------------------------------------


@pytest.fixture
def api() -> APIClient:
    made = APIClient()
    made.force_authenticate(make_librarian())
    return made


def test_the_api_tells_addresses_by_size_to_whoever_may_see_it(pictured, api):
    anybody = APIClient()
    base = f"/api/v1/books/{pictured.pk}/"
    told = anybody.get(base).json()

    assert told["cover"] == f"http://testserver{pictured.cover_address('large')}"
    assert told["cover_sizes"].keys() == {"large", "medium", "small", "jpeg"}
    assert told["drawn_cover"] == f"http://testserver/catalogue/books/{pictured.pk}/cover.svg"
    (row,) = anybody.get("/api/v1/books/", {"q": "gene"}).json()["results"]
    assert row["cover_sizes"] == told["cover_sizes"]
    (newest,) = anybody.get("/api/v1/books/newest/").json()["results"]
    assert newest["cover"] == told["cover"]
    Book.objects.update(is_public=False)
    hidden = anybody.get(base).json()
    assert (hidden["cover"], hidden["cover_sizes"]) == (None, None)
    assert api.get(base).json()["cover"] == told["cover"]


def test_the_api_uploads_refuses_and_removes(pictured, api):
    base = f"/api/v1/books/{pictured.pk}/cover/"
    red = {"picture": upload(content(colour="red"))}
    (uploaded,) = api.put(base, red, format="multipart").json()["covers"]
    assert (uploaded["source"], uploaded["state"], uploaded["is_shown"]) == ("uploaded", "ready", True)
    assert (uploaded["width"], uploaded["height"]) == (120, 180)
    assert shown(pictured) == RED.key
    refused = api.patch(base, {"source": "uploaded", "is_refused": True}).json()["covers"]
    assert [(one["is_refused"], one["is_shown"]) for one in refused] == [(True, False)]
    assert api.delete(base).status_code == 204
    assert api.delete(base).json()["code"] == "no_such_cover"
    assert api.get(base).json() == {"covers": []}


def test_the_api_has_covers_made(pictured, api):
    base = f"/api/v1/books/{pictured.pk}/cover/"
    made = api.post(base, {"source": "looked_up"})

    assert made.status_code == 202
    assert made.json() == {"job": str(Job.objects.get().pk)}
    assert api.post(base, {"source": "first_page"}).status_code == 400
    assert api.post(base, {"source": "uploaded"}).status_code == 400
    assert api.put(base, {"picture": upload(b"rubbish")}, format="multipart").json()["fields"]["picture"]
    assert api.put(base, {"picture": upload(b"")}, format="multipart").status_code == 400


def test_the_api_lets_nobody_else(pictured):
    reader = APIClient()
    reader.force_authenticate(make_user())
    base = f"/api/v1/books/{pictured.pk}/cover/"
    for client, code in ((reader, 403), (APIClient(), 401)):
        for method in ("get", "put", "patch", "post", "delete"):
            assert getattr(client, method)(base).status_code == code
    assert shown(pictured) == TEAL.key


def test_copies_are_where_they_were(pictured, api):
    make_copy(book=pictured, branch=make_branch())
    services.upload_cover(book=pictured, upload=upload(), by=None)

    assert api.get(f"/api/v1/books/{pictured.pk}/").json()["total_copies"] == 1
