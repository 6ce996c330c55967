"""Each address of the catalogue for each role, and what it answers to methods that it does not take."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Role
from accounts.tests.factories import make_user
from catalog.models import Book, Copy
from catalog.tests.factories import make_branch, make_copy, record

pytestmark = pytest.mark.django_db
API = "/api/v1/"
ROLES = (None, Role.PATRON, Role.LIBRARIAN, Role.ADMINISTRATOR)
READ = (
    "books/",
    "books/suggest/?q=whales",
    "books/newest/",
    "books/popular/",
    "books/{book}/",
    "books/{book}/copies/",
    "books/{book}/similar/",
    "branches/",
    "item-types/",
)
WRITTEN: dict[str, tuple[str, str, Any, int]] = {
    "a new book": ("post", "books/", {"title": "New", "authors": ["Ann Lee"]}, 201),
    "a changed book": ("patch", "books/{book}/", {"title": "Changed"}, 200),
    "a deleted book": ("delete", "books/{other}/", None, 204),
    "a new copy": ("post", "books/{book}/copies/", {"barcode": "NEW-1", "branch": "{branch}"}, 201),
    "a changed copy": ("patch", "copies/{copy}/", {"shelf_mark": "B 2"}, 200),
    "a deleted copy": ("delete", "copies/{copy}/", None, 204),
}
NOT_TAKEN = (
    ("put", "books/{book}/"),
    ("delete", "books/"),
    ("patch", "books/"),
    ("put", "books/{book}/copies/"),
    ("delete", "books/{book}/copies/"),
    ("post", "books/{book}/similar/"),
    ("post", "books/newest/"),
    ("delete", "branches/"),
    ("post", "item-types/"),
)


def somebody(role: Role | None) -> APIClient:
    client = APIClient()
    if role:
        client.force_authenticate(make_user(role))
    return client


@pytest.fixture
def known() -> dict[str, str]:
    """What addresses and bodies name."""
    copy = make_copy(book=record("Whales"), barcode="OLD-1")
    other, branch = record("Nothing hangs on it"), make_branch(code="north")
    return {"book": str(copy.book_id), "other": str(other.pk), "copy": copy.barcode, "branch": branch.code}


def everything() -> list[object]:
    return [list(Book.objects.order_by("pk").values("pk", "title", "updated_at")), list(Copy.objects.values())]


@pytest.mark.parametrize("role", ROLES)
def test_everybody_reads_the_catalogue(known, role):
    client = somebody(role)
    for path in READ:
        response = client.get(API + path.format(**known))
        assert (path, response.status_code) == (path, 200)
        assert client.head(API + path.format(**known)).status_code == 200


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("deed", WRITTEN)
def test_staff_write_it_and_nobody_else(known, deed, role):
    method, path, body, done = WRITTEN[deed]
    sent = {name: value.format(**known) if isinstance(value, str) else value for name, value in (body or {}).items()}
    before = everything()
    response = getattr(somebody(role), method)(API + path.format(**known), sent or None, format="json")
    if role in {Role.LIBRARIAN, Role.ADMINISTRATOR}:
        assert response.status_code == done, response.content
        assert everything() != before
        return
    code, word = (403, "not_allowed") if role else (401, "not_authenticated")
    assert (response.status_code, response.json()["code"]) == (code, word)
    assert everything() == before


@pytest.mark.parametrize("role", [None, Role.ADMINISTRATOR])
@pytest.mark.parametrize(("method", "path"), NOT_TAKEN)
def test_a_method_that_an_address_does_not_take_is_refused_in_the_same_shape(known, method, path, role):
    response = getattr(somebody(role), method)(API + path.format(**known), {}, format="json")
    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"
    assert response.json()["detail"]


@pytest.mark.parametrize(
    "path",
    ["books/0/", "books/999999999/", "books/999999999/copies/", "books/999999999/similar/", "books/" + "9" * 18 + "/"],
)
def test_what_is_not_there_is_404_in_the_same_shape(path):
    response = somebody(Role.ADMINISTRATOR).get(API + path)
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("deed", [deed for deed in WRITTEN if "copy" not in deed and "new" not in deed])
def test_staff_write_nothing_that_is_not_there(deed):
    method, path, body, _done = WRITTEN[deed]
    response = getattr(somebody(Role.LIBRARIAN), method)(
        API + path.format(book=10**9, other=10**9), body, format="json"
    )
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
