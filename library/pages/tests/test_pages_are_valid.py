"""Each page of the journey, as visitor, reader and librarian: its status, and that it is valid HTML5."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from catalog.models import Copy
from catalog.tests.factories import make_copy
from circulation.models import Hold, HoldState, Loan
from library.pages.tests.factories import make_digital_book, make_whole_book
from tests.html import assert_valid

PAGES = [
    "/",
    "/catalogue/",
    "/catalogue/?q=provincial",
    "/catalogue/?q=silas&language=en&format=print&available=true&sort=year",
    "/catalogue/?q=zzzzzz&language=fr",
    "/books/{digital}/",
    "/books/{digital}/study/",
    "/books/{digital}/ask/",
    "/books/{paper}/",
    "/books/{paper}/study/",
    "/books/{paper}/ask/",
    "/api/docs/",
    "/api/reference/",
]
VISITORS = ["/accounts/sign-in/", "/accounts/register/"]
READERS = ["/loans/", "/accounts/card/"]
STAFF = ["/desk/", "/pick-list/", "/desk/register/", "/accounts/letters/"]


@pytest.fixture
def numbers(reader: User) -> dict[str, int]:
    """A library in which something is going on, for each list to show a row."""
    digital, paper = make_digital_book(title="Middlemarch"), make_whole_book(title="Silas Marner")
    copies: list[Copy] = [make_copy(book=digital, status="on_loan"), make_copy(book=paper), make_copy(book=paper)]
    now = timezone.now()
    Loan.objects.create(
        copy=copies[0],
        branch=copies[0].branch,
        patron=reader.patron,
        checked_out_at=now,
        due_at=now + timedelta(days=2),
    )
    Hold.objects.create(
        book=paper,
        patron=reader.patron,
        pickup_branch=copies[1].branch,
        copy=copies[1],
        state=HoldState.REQUESTED,
        placed_at=now,
    )
    Copy.objects.filter(pk=copies[1].pk).update(status="requested")
    return {"digital": digital.pk, "paper": paper.pk}


@pytest.mark.parametrize("path", PAGES + VISITORS)
def test_a_visitor_gets_a_valid_page(client, numbers, path):
    response = client.get(path.format(**numbers))

    assert response.status_code == 200
    assert_valid(response.content)


@pytest.mark.parametrize("path", PAGES + READERS)
def test_a_reader_gets_a_valid_page(reader_client, numbers, path):
    response = reader_client.get(path.format(**numbers))

    assert response.status_code == 200
    assert_valid(response.content)


@pytest.mark.parametrize("path", PAGES + READERS + STAFF)
def test_a_librarian_gets_a_valid_page(librarian_client, numbers, path):
    response = librarian_client.get(path.format(**numbers))

    assert response.status_code == 200
    assert_valid(response.content)


@pytest.mark.parametrize("path", READERS + STAFF)
def test_a_visitor_is_led_to_the_sign_in(client, numbers, path):
    response = client.get(path)

    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/sign-in/")


@pytest.mark.parametrize("path", [*STAFF, "/admin/"])
def test_a_reader_is_refused_what_is_for_staff(reader_client, numbers, path):
    response = reader_client.get(path, follow=True)

    assert response.status_code == 403
    assert "Traceback" not in response.text
    assert_valid(response.content)


@pytest.mark.parametrize("path", ["/books/{digital}/", "/books/{digital}/study/", "/books/{digital}/ask/"])
def test_htmx_gets_the_panel_alone(reader_client, numbers, path):
    response = reader_client.get(path.format(**numbers), headers={"HX-Request": "true"})

    assert response.status_code == 200
    assert "<main" not in response.text
    assert "HX-Request" in response["Vary"]
    assert_valid(response.content, fragment=True)


def test_the_check_itself_finds_what_is_wrong():
    page = '<!doctype html><html lang="en"><title>x</title><main><h1>x</h1>{}</main></html>'
    assert_valid(page.format('<label>Name <input name="a"></label>'))
    for wrong in [
        "<h1>two</h1>",
        '<input name="a">',
        '<p style="x">',
        "<script>1</script>",
        '<a href="/" onclick="x()">x</a>',
        '<img src="x">',
        '<p id="a"></p><p id="a"></p>',
        "<p><div></p>",
        '<a href="/"></a>',
        '<label for="no">x</label>',
    ]:
        with pytest.raises(AssertionError):
            assert_valid(page.format(wrong))
    with pytest.raises(AssertionError):
        assert_valid("<p>no doctype")
