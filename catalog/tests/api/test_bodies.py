"""What the API takes and answers: each way to name a branch, each refusal in full, and fields that are not sent."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.tests.factories import make_librarian, make_user
from catalog.models import Book, Copy, ItemType
from catalog.tests.factories import PDF, make_book, make_branch, make_copy, pdf, record, stored

pytestmark = pytest.mark.django_db
BOOKS = "/api/v1/books/"
ISBN = "9780306406157"


@pytest.fixture
def staff() -> APIClient:
    client = APIClient()
    client.force_authenticate(make_librarian())
    return client


def of(row: Book | Copy) -> str:
    return f"/api/v1/copies/{row.barcode}/" if isinstance(row, Copy) else f"{BOOKS}{row.pk}/"


def add(staff, book, **body):
    return staff.post(f"{of(book)}copies/", {"barcode": "C-1"} | body, format="json")


# -- branches and item types ---------------------------------------------------------------------------------------


def test_a_branch_is_named_by_its_id_or_its_code(staff):
    book, north = make_book(), make_branch(code="north")
    for number, named in enumerate([north.pk, str(north.pk), "north", " north "]):
        response = add(staff, book, barcode=f"C-{number}", branch=named)
        assert (response.status_code, response.json()["branch_code"]) == (201, "north"), named


def test_a_text_of_figures_is_a_code_before_it_is_an_id(staff):
    first = make_branch(code="north")
    second = make_branch(code=str(first.pk))
    book = make_book()
    assert add(staff, book, barcode="C-1", branch=str(first.pk)).json()["branch"] == second.pk
    assert add(staff, book, barcode="C-2", branch=first.pk).json()["branch"] == first.pk
    assert add(staff, book, barcode="C-3", branch=str(second.pk)).json()["branch"] == second.pk


@pytest.mark.parametrize("named", [0, -1, 10**12, "9" * 30, "nowhere", "", None, [], {}, True, 1.5, "a\0b"])
def test_a_branch_that_is_none_is_said_on_its_field(staff, named):
    response = add(staff, make_book(), branch=named)
    assert response.status_code == 400
    assert list(response.json()["fields"]) == ["branch"]
    assert not Copy.objects.exists()


def test_the_sentence_of_a_branch_that_is_not_there(staff):
    body = add(staff, make_book(), branch="nowhere").json()
    assert body == {
        "code": "invalid",
        "detail": "There is none with this id or code.",
        "fields": {"branch": ["There is none with this id or code."]},
    }


@pytest.mark.parametrize("nothing", ["", None])
def test_an_item_type_may_be_taken_away(staff, nothing):
    dvd = ItemType.objects.create(code="dvd", name="DVD")
    copy = make_copy(item_type=dvd)
    body = staff.patch(of(copy), {"item_type": nothing}, format="json").json()
    assert (body["item_type"], body["item_type_id"]) == (None, None)
    copy.refresh_from_db()
    assert copy.item_type is None


# -- copies --------------------------------------------------------------------------------------------------------


def test_what_is_not_sent_of_a_copy_stays(staff):
    copy = make_copy(shelf_mark="A 1", condition="worn", price="9.90", not_for_loan=True, status="damaged")
    before = Copy.objects.values().get()
    assert staff.patch(of(copy), {}, format="json").status_code == 200
    assert Copy.objects.values().get() == before
    body = staff.patch(of(copy), {"price": None, "condition": "", "for_loan": True}, format="json").json()
    assert (body["price"], body["condition"], body["for_loan"], body["shelf_mark"]) == (None, "", True, "A 1")


@pytest.mark.parametrize(
    ("then", "status", "code", "sentence"),
    [
        ("missing", "withdrawn", "copy_move_impossible", "Copy C-1 is withdrawn; from there it cannot become missing."),
        (
            "available",
            "on_loan",
            "copy_in_circulation",
            "Copy C-1 is on loan. Settle that at the desk before its status is changed here.",
        ),
    ],
)
def test_a_status_that_cannot_follow_is_told_in_full(staff, then, status, code, sentence):
    copy = make_copy(barcode="C-1", status=status)
    response = staff.patch(of(copy), {"status": then, "shelf_mark": "Z"}, format="json")
    assert response.status_code == 409
    assert (response.json()["code"], response.json()["detail"]) == (code, sentence)
    copy.refresh_from_db()
    assert (copy.status, copy.shelf_mark) == (status, "")


def test_a_barcode_that_another_copy_or_a_card_has_is_told(staff):
    card = make_user(card_number="L-77").patron.card_number
    copy = make_copy(barcode="C-1")
    make_copy(barcode="C-2")
    taken = staff.patch(of(copy), {"barcode": "c-2"}, format="json")
    assert (taken.status_code, taken.json()["code"]) == (409, "barcode_taken")
    assert taken.json()["fields"] == {"barcode": ["Another copy already has the barcode c-2."]}
    is_card = staff.patch(of(copy), {"barcode": card}, format="json")
    assert (is_card.status_code, is_card.json()["code"]) == (409, "barcode_is_card")
    assert "reader’s card" in is_card.json()["detail"]
    assert Copy.objects.filter(barcode="C-1").exists()


@pytest.mark.parametrize("typed", ["c-1", "C%E2%80%911", "%20C-1%20", "C-1%E2%80%8E"])
def test_a_copy_is_found_however_its_barcode_is_written(staff, typed):
    make_copy(barcode="C-1")
    assert staff.patch(f"/api/v1/copies/{typed}/", {"shelf_mark": "B"}, format="json").json()["barcode"] == "C-1"


def test_copies_are_listed_by_branch_and_barcode_in_pages():
    book = make_book()
    north, central = make_branch(name="North"), make_branch(name="Central")
    for branch, barcode in ((north, "C-1"), (central, "C-9"), (central, "C-2")):
        make_copy(book=book, branch=branch, barcode=barcode, price=5)
    client = APIClient()
    first = client.get(f"{of(book)}copies/?page_size=2").json()
    assert [row["barcode"] for row in first["results"]] == ["C-2", "C-9"]
    assert [row["barcode"] for row in client.get(first["next"]).json()["results"]] == ["C-1"]
    assert {row["price"] for row in first["results"]} == {None}
    assert client.get(f"{of(book)}copies/?page=3").status_code == 404
    assert client.get(f"{of(book)}copies/?page_size=0").status_code == 400


def test_a_record_with_many_copies_asks_as_often_as_one_with_few():
    book, client = record("Whales", "Ann Lee"), APIClient()

    def number() -> int:
        with CaptureQueriesContext(connection) as ran:
            assert client.get(of(book)).status_code == 200
        return len(ran)

    make_copy(book=book)
    number()
    few = number()
    for _copy in range(9):
        make_copy(book=book, item_type=ItemType.objects.get_or_create(code="dvd", name="DVD")[0])
    assert number() == few


# -- records -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["json", "multipart"])
def test_what_is_not_sent_of_a_book_stays(staff, form):
    book = record("Whales", "Ann Lee", year=1990, is_public=False, is_suppressed=True, subjects=["Sea"], series="S")
    body = staff.patch(of(book), {"subtitle": "A life"}, format=form).json()
    assert body["subtitle"] == "A life"
    assert (body["year"], body["is_public"], body["is_suppressed"]) == (1990, False, True)
    assert (body["authors"], body["subjects"], body["series"]) == (["Ann Lee"], ["Sea"], "S")


def test_what_is_sent_as_nothing_is_taken_away(staff):
    book = record("Whales", "Ann Lee", year=1990, isbn=ISBN, subjects=["Sea"], series="S", series_position=2)
    nothing: dict[str, Any] = {
        "year": None,
        "isbn": None,
        "subjects": [],
        "authors": [],
        "series": None,
        "reading_level": "",
    }
    body = staff.patch(of(book), nothing, format="json").json()
    assert (body["year"], body["isbn"], body["subjects"], body["authors"]) == (None, None, [], [])
    assert (body["series"], body["series_position"], body["reading_level"]) == (None, None, "")


def test_a_record_that_still_has_something_says_all_of_it(staff):
    book = make_copy().book
    assert staff.delete(of(book)).json() == {
        "code": "has_copy",
        "detail": "This book cannot be deleted: it still has 1 copy.",
        "reasons": [{"code": "has_copy", "level": "impossible", "detail": "1 copy"}],
    }


def test_an_isbn_that_another_record_has_names_it(staff):
    record("The Gene", isbn=ISBN)
    response = staff.patch(of(record("Other")), {"isbn": ISBN}, format="json")
    sentence = f"Another book already has the ISBN {ISBN}: The Gene. Add a copy to that book instead."
    assert response.status_code == 409
    assert response.json() == {"code": "isbn_taken", "detail": sentence, "fields": {"isbn": [sentence]}}


def test_every_wrong_field_is_told_at_once(staff):
    wrong = {"title": "", "authors": "Ann", "year": "soon", "page_count": "many", "contributors": [{"name": "A"}]}
    response = staff.post(BOOKS, wrong, format="json")
    assert response.status_code == 400
    named = {name.partition(".")[0].partition("[")[0] for name in response.json()["fields"]}
    assert named == {"title", "authors", "year", "page_count", "contributors"}
    assert not Book.objects.exists()


def test_what_only_the_service_knows_to_be_wrong_is_told_in_the_same_shape(staff):
    body = {"title": "A", "authors": ["B"], "year": 0, "series_position": "1", "page_count": 0}
    response = staff.post(BOOKS, body, format="json")
    assert response.status_code == 400
    assert set(response.json()["fields"]) == {"year", "page_count"}
    alone = staff.post(BOOKS, {"title": "A", "authors": ["B"], "series_position": "1"}, format="json")
    assert alone.json()["fields"] == {"series_position": ["A place in a series needs the series."]}


@pytest.mark.parametrize("body", ["[]", '"text"', "7", "null", "{", ""])
def test_a_body_that_is_no_record_is_refused(staff, body):
    response = staff.generic("POST", BOOKS, body, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["detail"]


def test_a_file_is_sent_once(staff, media):
    sent = {"title": "A", "authors": ["B"], "pdf": pdf(), "file": pdf()}
    response = staff.post(BOOKS, sent, format="multipart")
    assert response.json()["fields"] == {"file": ["Send the file once: as pdf or as file."]}
    assert stored(media) == []


def test_a_new_file_takes_the_place_of_the_old_one_and_nothing_else(staff, media):
    book = record("Whales", "Ann Lee", file=pdf(), year=1990)
    body = staff.patch(of(book), {"file": pdf(PDF + b"new")}, format="multipart").json()
    assert (body["has_file"], body["year"], body["authors"]) == (True, 1990, ["Ann Lee"])
    book = Book.objects.get()
    with book.digital_file.file.open() as file:
        assert file.read() == PDF + b"new"


def test_a_file_that_is_none_changes_nothing(staff, media):
    book = record("Whales", file=pdf())
    response = staff.patch(of(book), {"title": "B", "pdf": pdf(b"Call me Ishmael." * 9)}, format="multipart")
    assert list(response.json()["fields"]) == ["pdf"]
    assert Book.objects.get().title == "Whales"


# -- lists ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "newest/", "popular/"])
@pytest.mark.parametrize(
    "asked", ["page=0", "page=x", "page=1&page=2", "page_size=101", "page_size=0", "page=-1", "page="]
)
def test_a_page_that_is_no_number_is_named(path, asked):
    response = APIClient().get(f"{BOOKS}{path}?{asked}")
    assert response.status_code == 400
    assert list(response.json()["fields"]) == [asked.partition("=")[0]]


def test_a_shelf_has_at_most_fifty_books_in_pages():
    for number in range(52):
        make_book(title=f"Book {number}")
    first = APIClient().get(f"{BOOKS}newest/?page_size=30").json()
    assert (first["count"], len(first["results"])) == (50, 30)
    assert first["results"][0]["reason"] == "Added today"
    second = APIClient().get(first["next"]).json()
    assert (len(second["results"]), second["next"]) == (20, None)


def test_branches_and_types_are_listed_by_name_whatever_their_order():
    for name in ("Zeta", "Alpha", "Mu"):
        make_branch(name=name)
        ItemType.objects.create(code=name.lower(), name=name)
    client = APIClient()
    for path in ("branches", "item-types"):
        assert [row["name"] for row in client.get(f"/api/v1/{path}/").json()["results"]] == ["Alpha", "Mu", "Zeta"]


@pytest.mark.parametrize("typed", ["", "w", " ", "!!", "\0"])
def test_too_few_letters_suggest_nothing(typed):
    record("Whales")
    assert APIClient().get(f"{BOOKS}suggest/", {"q": typed}).json() == {"results": []}
