"""Copies over the API: put on the shelf, described, moved by the allowed moves, taken away."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.tests.factories import make_librarian, make_user
from catalog.models import Book, Copy, ItemType
from catalog.tests.factories import make_book, make_branch, make_copy
from library.activity.models import Activity

pytestmark = pytest.mark.django_db


@pytest.fixture
def librarian():
    return make_librarian()


@pytest.fixture
def staff(librarian):
    client = APIClient()
    client.force_authenticate(librarian)
    return client


def of(copy: Copy) -> str:
    return f"/api/v1/copies/{copy.barcode}/"


def test_a_copy_comes_to_its_shelf(staff, librarian):
    book, branch = make_book(), make_branch(name="North")
    ItemType.objects.create(code="dvd", name="DVD")
    sent = {
        "barcode": " C-1 ",
        "branch": branch.pk,
        "shelf_mark": "B 1",
        "item_type": "dvd",
        "condition": "good",
        "price": "12.50",
        "for_loan": False,
    }
    created = staff.post(f"/api/v1/books/{book.pk}/copies/", sent, format="json")
    assert created.status_code == 201, created.json()
    both = {"branch_code": branch.code, "item_type_id": ItemType.objects.get().pk}
    assert created.json() == sent | both | {"barcode": "C-1", "branch_name": "North", "status": "available"}
    assert Activity.objects.get(verb="book.copy_added").actor == librarian
    book.refresh_from_db()
    assert (book.total_copies, book.available_copies) == (1, 0)
    twice = staff.post(f"/api/v1/books/{book.pk}/copies/", sent | {"barcode": "c-1"}, format="json")
    assert (twice.status_code, twice.json()["code"]) == (409, "barcode_taken")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"barcode": " "}, "barcode"),
        ({"barcode": "x" * 41}, "barcode"),
        ({"branch": 10**9}, "branch"),
        ({"branch": "north"}, "branch"),
        ({"status": "on_loan"}, "status"),
        ({"item_type": "scroll"}, "item_type"),
        ({"item_type": "a\0"}, "item_type"),
        ({"condition": "eaten"}, "condition"),
        ({"price": -1}, "price"),
        ({"price": "NaN"}, "price"),
        ({"for_loan": "perhaps"}, "for_loan"),
        ({"shelf_mark": "x" * 81}, "shelf_mark"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(staff, wrong, field):
    sent = {"barcode": "C-1", "branch": make_branch().pk} | wrong
    response = staff.post(f"/api/v1/books/{make_book().pk}/copies/", sent, format="json")
    assert response.status_code == 400, response.json()
    assert list(response.json()["fields"]) == [field]
    assert not Copy.objects.exists()


def test_what_is_sent_is_changed_and_nothing_else(staff):
    copy, there = make_copy(shelf_mark="A 1", condition="new"), make_branch()
    changed = staff.patch(of(copy).lower(), {"branch": there.pk, "status": "in_repair"}, format="json").json()
    assert (changed["branch"], changed["status"], changed["shelf_mark"]) == (there.pk, "in_repair", "A 1")
    renamed = staff.patch(of(copy), {"barcode": "NEW/1"}, format="json").json()
    assert renamed["barcode"] == "NEW/1"
    assert staff.patch("/api/v1/copies/NEW/1/", {"condition": "poor"}, format="json").json()["condition"] == "poor"


@pytest.mark.parametrize(
    ("now", "then", "code"),
    [
        ("withdrawn", "missing", "copy_move_impossible"),
        ("on_loan", "available", "copy_in_circulation"),
        ("requested", "lost", "copy_in_circulation"),
    ],
)
def test_a_status_that_cannot_follow_is_refused(staff, now, then, code):
    copy = make_copy(status=now)
    refused = staff.patch(of(copy), {"status": then}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, code)
    assert Copy.objects.get().status == now


def test_a_copy_is_deleted(staff):
    copy = make_copy()
    assert staff.delete(of(copy)).status_code == 204
    assert staff.delete(of(copy)).status_code == 404
    assert Book.objects.get().total_copies == 0


@pytest.mark.parametrize("barcode", ["%00", "x" * 41, "%20", "none"])
def test_a_barcode_that_is_none_is_404(staff, barcode):
    assert staff.patch(f"/api/v1/copies/{barcode}/", {"price": 1}, format="json").status_code == 404


def test_only_staff_write(staff):
    copy = make_copy()
    reader = APIClient()
    reader.force_authenticate(make_user())
    sent: dict[str, Any] = {"barcode": "C-2", "branch": copy.branch_id}
    for client, code in ((APIClient(), 401), (reader, 403)):
        assert client.patch(of(copy), {"price": 1}, format="json").status_code == code
        assert client.delete(of(copy)).status_code == code
        assert client.post(f"/api/v1/books/{copy.book_id}/copies/", sent, format="json").status_code == code


def test_item_types_are_listed_by_name(staff):
    ItemType.objects.create(code="map", name="Map")
    ItemType.objects.create(code="dvd", name="DVD")
    assert [row["code"] for row in APIClient().get("/api/v1/item-types/").json()["results"]] == ["dvd", "map"]


def test_a_form_without_any_field_changes_nothing_and_says_so(staff):
    book = make_book(title="Kept")
    empty = b"--x\r\n[]--x--\r\n"
    answer = staff.generic("PATCH", f"/api/v1/books/{book.pk}/", empty, content_type="multipart/form-data; boundary=x")
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")
    assert Book.objects.get().title == "Kept"
