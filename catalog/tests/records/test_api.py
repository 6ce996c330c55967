"""Books, copies and branches over HTTP."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.tests.factories import make_librarian, make_user
from catalog.models import Author, Book, CopyStatus
from catalog.signals import book_file_added
from catalog.tests.factories import PDF, make_book, make_branch, make_copy, pdf, record, stored
from library.jobs.models import Job

pytestmark = pytest.mark.django_db
BOOKS = "/api/v1/books/"
WHOLE = {
    "title": "The Gene",
    "authors": ["Siddhartha Mukherjee", "Ann Lee"],
    "isbn": "0-306-40615-2",
    "categories": ["Biology", "History"],
    "is_public": False,
    "year": 2016,
}


@pytest.fixture
def api() -> APIClient:
    return APIClient()


@pytest.fixture
def staff() -> APIClient:
    client = APIClient()
    client.force_authenticate(make_librarian())
    return client


@pytest.fixture
def reader() -> APIClient:
    client = APIClient()
    client.force_authenticate(make_user())
    return client


def test_anybody_searches_the_catalogue(api):
    record("The Gene", "Siddhartha Mukherjee", year=2016, categories=["Biology"], isbn="9780306406157")
    record("Germinal", "Émile Zola", language="fr")
    body = api.get(BOOKS, {"q": "mukherjee"}).json()
    assert body.keys() == {"count", "next", "previous", "results", "near", "facets", "showing", "by_meaning", "absence"}
    (row,) = body["results"]
    assert row == {
        "id": Book.objects.get(title="The Gene").pk,
        "title": "The Gene",
        "subtitle": "",
        "authors": ["Siddhartha Mukherjee"],
        "categories": ["Biology"],
        "isbn": "9780306406157",
        "publisher": "",
        "year": 2016,
        "language": "en",
        "is_public": True,
        "has_file": False,
        "total_copies": 0,
        "available_copies": 0,
        "cover": None,
        "cover_sizes": None,
        "drawn_cover": f"http://testserver/catalogue/books/{row['id']}/cover.svg",
    }
    assert api.get(BOOKS).json()["count"] == 2


def test_what_is_only_near_in_meaning_is_listed_apart(api, monkeypatch):
    wizard = record("A Wizard of Earthsea")
    monkeypatch.setattr("catalog.search.near.nearest", lambda text, *, answers: {wizard.pk: 0.9})
    body = api.get(BOOKS, {"q": "harry potter"}).json()
    assert (body["count"], body["results"]) == (0, [])
    assert [book["id"] for book in body["near"]] == [wizard.pk]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "cell"}, {"Cells"}),
        ({"q": "978-0-306-40615-7"}, {"Cells"}),
        ({"category": "biology"}, {"Cells"}),
        ({"author": "zola"}, {"Germinal"}),
        ({"language": "FR"}, {"Germinal"}),
        ({"year": "1999"}, {"Cells"}),
        ({"year": "2000-1990"}, {"Cells"}),
        ({"available": "true"}, {"Cells"}),
        ({"available": "false"}, {"Germinal"}),
        ({"branch": "main", "sort": "newest"}, {"Cells"}),
        ({"q": "nothing like it"}, set()),
        ({"q": "\0'\"&|!:*"}, set()),
    ],
)
def test_each_parameter_narrows(api, asked, found):
    cells = record("Cells", "Ann Lee", isbn="9780306406157", year=1999, categories=["Biology"])
    record("Germinal", "Émile Zola", language="fr")
    make_copy(book=cells, branch=make_branch(code="main"))
    assert {row["title"] for row in api.get(BOOKS, asked).json()["results"]} == found


@pytest.mark.parametrize("name", ["q", "category", "author", "year", "language", "available", "branch", "sort"])
def test_an_empty_filter_is_no_filter(api, name):
    make_copy(book=record("Cells"))
    record("Germinal", language="fr")
    answer = api.get(BOOKS, {name: ""})
    assert (answer.status_code, answer.json()["count"]) == (200, 2)


@pytest.mark.parametrize("value", ["null", "None", "maybe", "2", "yes", " ", "TRUE"])
def test_available_is_true_or_false_or_empty(api, value):
    answer = api.get(BOOKS, {"available": value})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert list(answer.json()["fields"]) == ["available"]


def test_sorting_and_pages_hold_together(api):
    for title in ("The B", "A C", "An A"):
        record(title)
    first = api.get(BOOKS, {"sort": "title", "page_size": 2}).json()
    assert [row["title"] for row in first["results"]] == ["An A", "The B"]
    second = api.get(first["next"]).json()
    assert [row["title"] for row in second["results"]] == ["A C"]
    assert second["next"] is None
    assert api.get(BOOKS, {"page": 9}).status_code == 404


def test_facets_say_what_may_be_sent_next(api):
    record("The Gene", "Ann Lee", year=1995, categories=["Biology"])
    record("The Cell", "Ann Lee", "Jun Ito", language="fr", categories=["Biology"])
    body = api.get(BOOKS, {"q": "the", "language": "fr"}).json()
    facets = {facet["name"]: facet for facet in body["facets"]}
    assert body["count"] == 1
    languages = {
        value["value"]: (value["label"], value["count"], value["chosen"]) for value in facets["language"]["values"]
    }
    assert languages == {"en": ("English", 1, False), "fr": ("French", 1, True)}
    for name, facet in facets.items():
        for value in facet["values"]:
            narrowed = api.get(BOOKS, {"q": "the", "language": "fr"} | {name: value["value"]}).json()
            assert name == "language" or narrowed["count"] == value["count"], (name, value)


def test_repeated_values_add_up_and_pages_keep_them_all(api):
    for title, language in (("A", "en"), ("B", "fr"), ("C", "de"), ("D", "fr")):
        record(title, language=language)
    first = api.get(BOOKS, {"language": ["fr", "de"], "sort": "title", "page_size": 2, "year": ""}).json()
    assert first["count"] == 3
    second = api.get(first["next"]).json()
    assert [row["title"] for row in first["results"] + second["results"]] == ["B", "C", "D"]
    assert second["previous"].count("language=") == 2


def test_a_page_far_beyond_the_last_is_not_found(api):
    record("The Gene")
    assert api.get(BOOKS, {"page": 10**30}).status_code == 404
    assert api.get(BOOKS, {"page": 1, "q": "zzzz"}).json()["results"] == []


@pytest.mark.parametrize(
    "asked",
    [
        {"year": "soon"},
        {"year": "1990-2000-"},
        {"sort": "colour"},
        {"language": "e1"},
        {"category": "\0"},
        {"format": "vinyl"},
        {"available": "maybe"},
        {"exactly": "yes"},
        {"series": "x" * 201},
        {"subject": "\0"},
        {"branch": [str(n) for n in range(21)]},
        {"author": "x" * 201},
        {"page_size": "101", "year": "soon"},
    ],
)
def test_a_parameter_that_makes_no_sense_is_named(api, asked):
    response = api.get(BOOKS, asked)
    assert response.status_code == 400
    assert response.json()["code"] == "invalid"
    assert response.json()["fields"].keys() == asked.keys()


def test_a_book_has_everything_that_clients_rely_on(api):
    book = record("The Gene", "Siddhartha Mukherjee", description="Long.", subjects=["Genetics"], file=pdf())
    branch = make_branch(name="Central")
    make_copy(book=book, branch=branch, barcode="C-1")
    make_copy(book=book, branch=branch, barcode="C-2", status=CopyStatus.ON_LOAN, not_for_loan=True)
    body = api.get(f"{BOOKS}{book.pk}/").json()
    assert (body["total_copies"], body["available_copies"], body["has_file"], body["cover"]) == (2, 1, True, None)
    assert (body["description"], body["subjects"]) == ("Long.", ["Genetics"])
    assert body["copies"] == [
        {
            "barcode": "C-1",
            "branch": branch.pk,
            "branch_code": branch.code,
            "branch_name": "Central",
            "shelf_mark": "",
            "status": "available",
            "for_loan": True,
            "item_type": None,
            "item_type_id": None,
            "condition": "",
            "price": None,
        },
        {
            "barcode": "C-2",
            "branch": branch.pk,
            "branch_code": branch.code,
            "branch_name": "Central",
            "shelf_mark": "",
            "status": "on_loan",
            "for_loan": False,
            "item_type": None,
            "item_type_id": None,
            "condition": "",
            "price": None,
        },
    ]
    copies = api.get(f"{BOOKS}{book.pk}/copies/").json()
    assert (copies["count"], copies["results"]) == (2, body["copies"])


def test_a_suppressed_book_is_404_for_readers_in_every_way(api, reader, staff):
    book = record("Hidden")
    Book.objects.update(is_suppressed=True)
    for client in (api, reader):
        assert client.get(f"{BOOKS}{book.pk}/").status_code == 404
        assert client.get(f"{BOOKS}{book.pk}/copies/").status_code == 404
        assert client.get(BOOKS).json()["count"] == 0
    assert staff.get(f"{BOOKS}{book.pk}/").status_code == 200


def test_branches_are_listed_with_their_ids(api):
    branch = make_branch(code="central", name="Central", address="1 High Street")
    assert api.get("/api/v1/branches/").json()["results"] == [
        {"id": branch.pk, "code": "central", "name": "Central", "address": "1 High Street"}
    ]


@pytest.mark.parametrize("form", ["json", "multipart"])
def test_a_librarian_adds_a_book(staff, form):
    response = staff.post(BOOKS, WHOLE, format=form)
    assert response.status_code == 201, response.json()
    body = response.json()
    assert body["job"] is None
    assert body["isbn"] == "9780306406157"
    assert body["authors"] == ["Siddhartha Mukherjee", "Ann Lee"]
    assert body["categories"] == ["Biology", "History"]
    assert (body["is_public"], body["has_file"]) == (False, False)


@pytest.mark.parametrize("form", ["json", "multipart"])
def test_a_book_is_public_unless_said_otherwise(staff, form):
    response = staff.post(BOOKS, {"title": "The Gene", "authors": ["Ann Lee"]}, format=form)
    assert response.json()["is_public"] is True


@pytest.mark.parametrize("field", ["pdf", "file"])
def test_a_book_comes_with_its_pdf_and_the_job_that_reads_it(staff, media, field):
    def hear(*, book_file, by, **kwargs):
        return Job.objects.create(kind="index", subject_label="x", subject_id=book_file.pk)

    book_file_added.connect(hear)  # the fixture of the folder takes it away again
    response = staff.post(BOOKS, WHOLE | {field: pdf()}, format="multipart")
    assert response.status_code == 201
    assert response.json()["has_file"] is True
    assert response.json()["job"] == str(Job.objects.get().pk)
    (path,) = stored(media)
    assert path.read_bytes() == PDF


def test_a_text_comes_as_file_but_not_as_pdf(staff, media):
    text = pdf(b"Call me Ishmael. " * 20, name="whale.txt")
    added = staff.post(BOOKS, WHOLE | {"file": text}, format="multipart")
    assert added.status_code == 201
    assert Book.objects.get(pk=added.json()["id"]).digital_file.media_type == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("field", "content", "sentence"),
    [("pdf", b"", "empty"), ("pdf", b"Call me Ishmael.", "not a PDF"), ("file", b"GIF89a", "not a PDF")],
)
def test_a_bad_file_is_400_at_once_and_nothing_is_stored(staff, media, field, content, sentence):
    response = staff.post(BOOKS, WHOLE | {field: pdf(content)}, format="multipart")
    assert response.status_code == 400
    assert sentence in response.json()["fields"][field][0]
    assert not Book.objects.exists()
    assert not Author.objects.exists()
    assert stored(media) == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"title": ["x"]}, "title"),
        ({"authors": "Ann Lee"}, "authors"),
        ({"authors": ["\0"]}, "authors.0"),
        ({"isbn": "9780306406158"}, "isbn"),
        ({"language": "english"}, "language"),
        ({"language": "1a"}, "language"),
        ({"year": "soon"}, "year"),
        ({"year": 99999999999999}, "year"),
        ({"page_count": -1}, "page_count"),
        ({"description": "x" * 20_001}, "description"),
        ({"categories": ["x" * 81]}, "categories.0"),
        ({"pdf": "a name"}, "pdf"),
        ({"is_public": "perhaps"}, "is_public"),
    ],
)
def test_a_wrong_field_is_named(staff, changed, field):
    response = staff.post(BOOKS, WHOLE | changed, format="json")
    assert response.status_code == 400, response.json()
    assert field in response.json()["fields"]
    assert not Book.objects.exists()


def test_broken_json_and_missing_fields_are_400(staff):
    assert staff.post(BOOKS, "{", content_type="application/json").status_code == 400
    assert staff.post(BOOKS, {}, format="json").json()["fields"].keys() == {"title", "authors"}
    both = staff.post(BOOKS, WHOLE | {"pdf": pdf(), "file": pdf()}, format="multipart")
    assert both.status_code == 400


def test_a_second_book_with_the_isbn_is_409(staff):
    staff.post(BOOKS, WHOLE, format="json")
    response = staff.post(BOOKS, WHOLE | {"isbn": "978-0-306-40615-7"}, format="json")
    assert (response.status_code, response.json()["code"]) == (409, "isbn_taken")
    assert "isbn" in response.json()["fields"]


def test_a_patch_changes_what_it_names(staff, media):
    book = record("The Gene", "Ann Lee", categories=["Biology"], year=2016)
    response = staff.patch(f"{BOOKS}{book.pk}/", {"title": "The Song", "is_suppressed": True}, format="json")
    assert (response.status_code, response.json()["title"]) == (200, "The Song")
    assert (response.json()["year"], response.json()["authors"]) == (2016, ["Ann Lee"])
    assert Book.objects.get().is_suppressed
    assert Book.objects.get().is_public
    staff.patch(f"{BOOKS}{book.pk}/", {"pdf": pdf()}, format="multipart")
    assert len(stored(media)) == 1
    assert Book.objects.get().is_public, "a form without the field leaves it alone"
    assert Book.objects.get().author_names == ["Ann Lee"]
    assert staff.patch(f"{BOOKS}{book.pk}/", {"year": 12_345}, format="json").status_code == 400


def test_a_book_with_copies_is_not_deleted_and_the_answer_says_why(staff):
    copy = make_copy()
    response = staff.delete(f"{BOOKS}{copy.book_id}/")
    assert (response.status_code, response.json()["code"]) == (409, "has_copy")
    assert "1 copy" in response.json()["detail"]
    copy.delete()
    assert staff.delete(f"{BOOKS}{copy.book_id}/").status_code == 204
    assert staff.delete(f"{BOOKS}{copy.book_id}/").status_code == 404


@pytest.mark.parametrize("method", ["post", "patch", "delete"])
def test_writing_needs_an_account_and_a_permission(api, reader, method):
    book = make_book()
    address = BOOKS if method == "post" else f"{BOOKS}{book.pk}/"
    stranger, patron = getattr(api, method)(address, WHOLE), getattr(reader, method)(address, WHOLE)
    assert (stranger.status_code, stranger.json()["code"]) == (401, "not_authenticated")
    assert (patron.status_code, patron.json()["code"]) == (403, "not_allowed")
    assert Book.objects.get().title == book.title


def test_a_list_asks_the_database_as_often_however_long_it_is(api):
    def many(start: int, end: int) -> None:
        branch = make_branch()
        for n in range(start, end):
            book = record(f"Whales {n}", f"Author {n}", categories=[f"Shelf {n}", "Sea"])
            make_copy(book=book, branch=branch)
            make_copy(book=home, branch=make_branch())

    def number(address: str) -> int:
        with CaptureQueriesContext(connection) as ran:
            assert api.get(address).status_code == 200
        return len(ran)

    home = record("Home")
    addresses = [f"{BOOKS}?q=whales", BOOKS, f"{BOOKS}{home.pk}/", f"{BOOKS}{home.pk}/copies/", "/api/v1/branches/"]
    many(0, 21)  # a page that is not full asks once more, for words that begin so
    few = [number(address) for address in addresses]
    many(21, 30)
    assert [number(address) for address in addresses] == few


RICH = {
    "title": "The Hobbit",
    "authors": ["J. R. R. Tolkien"],
    "series": "Middle-earth",
    "series_position": "0.50",
    "contributors": [{"name": "Ann Lee", "role": "translator"}],
    "reading_level": "children",
    "minimum_age": 8,
    "identifiers": [{"kind": "issn", "value": "ISSN 0317-8471"}, {"kind": "oclc", "value": "ocm0042"}],
}


def test_a_whole_record_comes_in_and_out_and_is_changed_in_parts(staff):
    created = staff.post(BOOKS, RICH, format="json")
    assert created.status_code == 201, created.json()
    kept = RICH | {"identifiers": [{"kind": "issn", "value": "03178471"}, {"kind": "oclc", "value": "42"}]}
    assert {name: created.json()[name] for name in RICH} == kept
    address = f"{BOOKS}{created.json()['id']}/"
    changed = staff.patch(
        address, {"contributors": [], "series_position": 2, "minimum_age": None}, format="json"
    ).json()
    assert (changed["contributors"], changed["series_position"], changed["minimum_age"]) == ([], "2.00", None)
    assert changed["authors"] == RICH["authors"]
    alone = staff.patch(address, {"series": None}, format="json").json()
    assert (alone["series"], alone["series_position"]) == (None, None)


@pytest.mark.parametrize(
    ("sent", "answered"),
    [("1-3", "1-3"), ("1–3", "1-3"), ("1.5 - 3.00", "1.5-3"), ("2", "2.00"), (1.5, "1.50"), (7, "7.00"), ("", None)],
)
def test_a_place_in_a_series_comes_back_as_one_text_that_can_be_sent_again(staff, sent, answered):
    created = staff.post(BOOKS, RICH | {"series_position": sent}, format="json").json()
    assert created["series_position"] == answered
    address = f"{BOOKS}{created['id']}/"
    again = staff.patch(address, {"series_position": answered}, format="json").json()
    assert again["series_position"] == staff.get(address).json()["series_position"] == answered


def test_people_and_numbers_come_in_a_multipart_body_too(staff):
    body = {
        "title": "A",
        "authors": ["B"],
        "contributors[0]name": "Ann Lee",
        "contributors[0]role": "editor",
        "identifiers[0]kind": "oclc",
        "identifiers[0]value": "42",
    }
    created = staff.post(BOOKS, body, format="multipart")
    assert created.status_code == 201, created.json()
    assert created.json()["contributors"] == [{"name": "Ann Lee", "role": "editor"}]
    assert created.json()["identifiers"] == [{"kind": "oclc", "value": "42"}]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"contributors": [{"name": "A", "role": "author"}]}, "contributors.0.role"),
        ({"contributors": [{"role": "editor"}]}, "contributors.0.name"),
        ({"contributors": "Ann"}, "contributors"),
        ({"identifiers": [{"kind": "issn", "value": "0317-8472"}]}, "identifiers"),
        ({"identifiers": [{"kind": "ean", "value": "1"}]}, "identifiers.0.kind"),
        ({"series": "", "series_position": 1}, "series_position"),
        ({"series_position": "NaN"}, "series_position"),
        ({"series_position": "3-1"}, "series_position"),
        ({"series_position": True}, "series_position"),
        ({"series_position": ["1", "3"]}, "series_position"),
        ({"series": None, "series_position": "1-3"}, "series_position"),
        ({"reading_level": "babies"}, "reading_level"),
        ({"minimum_age": 22}, "minimum_age"),
    ],
)
def test_what_is_wrong_in_a_record_is_named(staff, wrong, field):
    response = staff.post(BOOKS, RICH | wrong, format="json")
    assert response.status_code == 400, response.json()
    assert any(name.startswith(field) for name in response.json()["fields"]), response.json()
    assert not Book.objects.exists()


def test_what_a_copy_costs_is_for_staff(api, reader, staff):
    copy = make_copy(price="12.50", condition="good")
    for client, is_told in ((api, False), (reader, False), (staff, True)):
        for shown in (
            client.get(f"{BOOKS}{copy.book_id}/").json()["copies"][0],
            client.get(f"{BOOKS}{copy.book_id}/copies/").json()["results"][0],
        ):
            assert shown["condition"] == "good"
            assert shown.get("price") == ("12.50" if is_told else None)
            assert "price" in shown
