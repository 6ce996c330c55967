"""Adding a book in the back office: what is pasted, chosen, typed or left out; a mistake elsewhere costs nothing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import make_librarian
from catalog.files import pending
from catalog.models import Author, Book, BookIdentifier, Category, Copy, Series, Subject
from catalog.services import barcodes
from catalog.tests.admin.test_admin import ADD, LIST, change, form, rows, saved
from catalog.tests.factories import make_branch, make_copy, pdf, record, stored

pytestmark = pytest.mark.django_db
ISBN = "9780306406157"


@pytest.fixture
def librarian():
    return make_librarian()


@pytest.fixture
def desk(client, librarian):
    client.force_login(librarian)
    return client


# -- numbers as they are pasted ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pasted",
    [
        ISBN,
        "978-0-306-40615-7",
        " 978 0 306 40615 7 ",
        "ISBN 978-0-306-40615-7",
        "ISBN-13: 978-0-306-40615-7",
        "0-306-40615-2",
        "978\u20110\u2011306\u201140615\u20117",
        "   9 7 8 - 0 - 3 0 6 - 4 0 6 1 5 - 7   ",
    ],
)
def test_an_isbn_goes_in_as_it_is_pasted(desk, pasted):
    saved(desk.post(ADD, form(isbn=pasted)))
    assert Book.objects.get().isbn == ISBN


@pytest.mark.parametrize(
    ("kind", "pasted", "kept"),
    [
        ("issn", "ISSN 0378-5955", "03785955"),
        ("isbn", "ISBN-13: 978-0-306-40615-7", ISBN),
        ("doi", "https://doi.org/" + "10.1000/182" + " " * 150, "10.1000/182"),
    ],
)
def test_other_numbers_go_in_as_they_are_pasted(desk, kind, pasted, kept):
    saved(desk.post(ADD, form(**rows("identifiers", 0, {"kind": kind, "value": pasted}))))
    assert BookIdentifier.objects.get().value == kept


def test_a_browser_cuts_nothing_off_what_is_pasted(desk):
    page = desk.get(ADD).text
    for name in ("isbn", "identifiers-0-value", "copies-0-barcode"):
        (control,) = re.findall(rf'<input[^>]* name="{name}"[^>]*>', page)
        assert int(re.findall(r'maxlength="(\d+)"', control)[0]) >= 100, control


# -- a mistake elsewhere -------------------------------------------------------------------------------------------


def token_in(page: str) -> str:
    (token,) = re.findall(r'name="file_kept" value="([^"]+)"', page)
    return str(token)


@pytest.mark.parametrize(
    "mistake",
    [{"isbn": "9780306406158"}, {"copies": rows("copies", 0, {"barcode": "C-1", "status": "available"})}],
    ids=["in the record", "in a copy"],
)
def test_a_mistake_elsewhere_costs_no_file(desk, media, django_capture_on_commit_callbacks, mistake):
    page = desk.post(ADD, form(file=pdf(name="notes.pdf"), **mistake))
    assert page.status_code == 200
    assert "“notes.pdf”" in page.text
    assert "is chosen and kept until" in page.text

    again = desk.post(ADD, form(file_kept=token_in(page.text), **mistake))  # wrong once more
    with django_capture_on_commit_callbacks(execute=True):
        saved(desk.post(ADD, form(file_kept=token_in(again.text))))
    assert Book.objects.get().digital_file.original_name == "notes.pdf"
    assert len(stored(media)) == 1


def test_a_file_that_waits_can_be_left_out_or_another_chosen(desk, media):
    token = token_in(desk.post(ADD, form(file=pdf(name="first.pdf"), isbn="1")).text)
    saved(desk.post(ADD, form(title="Without", file_kept=token, file_leave_out="1")))
    assert not Book.objects.get(title="Without").has_file
    saved(desk.post(ADD, form(title="Other", file_kept=token, file=pdf(name="second.pdf"))))
    assert Book.objects.get(title="Other").digital_file.original_name == "second.pdf"


def test_a_file_that_waits_is_its_owners_alone_and_no_other_file(desk, client, media):
    token = token_in(desk.post(ADD, form(file=pdf(), isbn="1")).text)
    client.force_login(make_librarian())
    for word in (token, token[:-1], "x"):
        page = client.post(ADD, form(file_kept=word))
        assert page.context["adminform"].form.errors["file"] == [
            "The file that you chose is no longer kept: please choose it again."
        ]
    assert not Book.objects.exists()


def test_what_nobody_came_back_for_is_swept_after_an_hour(desk, media, librarian):
    token = token_in(desk.post(ADD, form(file=pdf(), isbn="1")).text)
    assert pending.sweep(at=timezone.now() + timedelta(minutes=59)) == 0
    found = pending.find(token=token, by=librarian)
    assert found is not None
    found[1].close()
    assert pending.sweep(at=timezone.now() + timedelta(minutes=61)) == 1
    assert stored(media) == []
    assert pending.find(token=token, by=librarian) is None
    assert pending.sweep() == 0


def test_a_file_that_is_wrong_itself_is_not_kept(desk, media):
    page = desk.post(ADD, form(file=pdf(b"\x89PNG\r\n\x1a\n")))
    assert "file_kept" not in page.text
    assert not default_storage.exists(pending.FOLDER) or not default_storage.listdir(pending.FOLDER)[1]


# -- names chosen or added -----------------------------------------------------------------------------------------


def author(*names: str) -> dict:
    return rows("authorships", 0, *({"author": name, "role": "author", "position": "0"} for name in names))


def test_an_author_who_is_not_known_yet_is_added_from_the_box(desk):
    known = Author.objects.create(name="Ann Lee", sort_name="lee, ann")
    saved(desk.post(ADD, form(authors=author("+Jane Roe", str(known.pk), "+Émile Zola"))))
    assert Book.objects.get().author_names == ["Jane Roe", "Ann Lee", "Émile Zola"]
    assert Author.objects.get(name="Jane Roe").sort_name == "roe, jane"


def test_names_are_typed_where_no_script_runs(desk):
    page = desk.get(ADD).text
    for name in ("authorships-0-author__typed", "categories__typed", "subjects__typed", "series__typed"):
        assert re.search(rf'<noscript><(input|textarea)[^>]* name="{name}"', page), name

    record("Older", "Ann Lee", subjects=["Whales"])
    saved(
        desk.post(
            ADD,
            form(
                title="New",
                categories__typed="Science; Seas",
                subjects__typed="whales\nShips",
                series__typed="Lives",
                authors=rows(
                    "authorships", 0, {"author": "", "author__typed": "ann lee", "role": "author", "position": "0"}
                ),
            ),
        )
    )
    book = Book.objects.get(title="New")
    assert book.author_names == ["Ann Lee"]
    assert Author.objects.count() == 1
    assert {row.name for row in book.categories.all()} == {"Science", "Seas"}
    assert {row.name for row in book.subjects.all()} == {"Whales", "Ships"}
    assert book.series is not None
    assert book.series.name == "Lives"


def test_a_name_added_on_the_way_to_a_mistake_stays_chosen_and_is_not_in_the_catalogue(desk):
    sent = form(isbn="1", authors=author("+Jane Roe"), subjects=["+Ships"], series="+Lives", categories=["+Seas"])
    page = desk.post(ADD, sent)
    for name in ("Jane Roe", "Ships", "Lives", "Seas"):
        assert re.search(rf'<option value="\+{name}" selected[^>]*>{name}</option>', page.text), name
    assert [model.objects.count() for model in (Author, Subject, Series, Category, Book)] == [0] * 5


@pytest.mark.parametrize("field", ["categories", "subjects", "series"])
def test_who_may_not_add_a_name_may_only_choose(desk, librarian, field):
    for codename in ("add_category", "add_subject", "add_series"):
        role = librarian.groups.get()
        role.permissions.remove(*role.permissions.filter(codename=codename))
    assert f"{field}__typed" not in desk.get(ADD).text
    page = desk.post(ADD, form() | {field: ["+New"]})
    assert "but not add" in str(page.context["adminform"].form.errors[field])


@pytest.mark.parametrize("name", ["+", "+ ", "+" + "x" * 201, "+a\0b"])
def test_a_name_that_can_be_none_is_refused_beside_its_box(desk, name):
    page = desk.post(ADD, form(subjects=[name]))
    assert page.context["adminform"].form.errors["subjects"]


def test_what_every_book_needs_comes_first(desk):
    page = desk.get(ADD).text
    order = ("title", "authorships-0-author", "copies-0-barcode", "file", "series", "identifiers-0-kind")
    places = [page.index(f'name="{name}"') for name in order]
    assert places == sorted(places)


# -- barcodes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "next_one"),
    [
        ([], "C-00001"),
        (["C-20671"], "C-20672"),
        (["C-09"], "C-10"),
        (["C-99"], "C-100"),
        (["391200"], "391201"),
        (["C-1", "C-2", "D-77"], "C-3"),
        (["c-00007", "C-00008"], "C-00009"),
        (["without a number"], "C-00001"),
        (["C-10", "C-12"], "C-13"),
    ],
)
def test_numbers_go_on_as_the_newest_copies_have_them(there, next_one):
    book = record("Whales")
    for barcode in there:
        make_copy(book=book, barcode=barcode)
    assert barcodes.suggest() == next_one


def test_a_number_that_is_taken_is_passed_over():
    book = record("Whales")
    for number in range(201, 206):
        make_copy(book=book, barcode=f"c-{number}")
    for number in range(1, 201):
        make_copy(book=book, barcode=f"C-{number:03}")
    assert barcodes.take() == "C-206"


def test_copies_without_a_barcode_get_the_next_ones_and_the_librarian_is_told(desk):
    make_copy(barcode="C-041")
    branch = make_branch(name="Harbour")
    page = desk.get(ADD).text
    assert 'placeholder="C-042"' in page
    assert "the next free one: C-042." in page
    shelf = {"branch": branch.pk, "status": "available"}
    response = desk.post(
        ADD,
        form(copies=rows("copies", 0, shelf | {"barcode": ""}, shelf | {"barcode": "C-77"}, shelf | {"barcode": ""})),
        follow=True,
    )
    assert set(Copy.objects.filter(branch=branch).values_list("barcode", flat=True)) == {"C-042", "C-77", "C-043"}
    assert "The copy at Harbour has the barcode C-042." in response.text
    saved(desk.post(reverse("admin:catalog_copy_add"), shelf | {"book": Book.objects.latest("pk").pk, "barcode": ""}))
    assert Copy.objects.count() == 5


def test_a_copy_that_has_a_barcode_keeps_one(desk):
    copy = make_copy()
    sent = {"book": copy.book_id, "branch": copy.branch_id, "barcode": "", "status": "available"}
    page = desk.post(reverse("admin:catalog_copy_change", args=[copy.pk]), sent)
    assert page.context["adminform"].form.errors["barcode"]


# -- what it costs -------------------------------------------------------------------------------------------------


def asked(client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as ran:
        assert client.get(path).status_code == 200
    return len(ran)


def test_the_pages_of_books_ask_the_database_a_known_number_of_times(desk):
    book = record("Whales", "Ann Lee", "Émile Zola", subjects=["Seas"], categories=["Science"])
    make_copy(book=book)
    many = record("Sea", *(f"Author {number}" for number in range(9)), subjects=["Seas"], categories=["Science"])
    for _ in range(9):
        make_copy(book=many)

    assert asked(desk, ADD) <= 10
    assert asked(desk, change(book)) == asked(desk, change(many)) <= 21
    assert asked(desk, LIST) <= 11
