"""The back office's lists and forms: what a row says, what a filter and a search leave, what a form takes."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.tests.factories import make_librarian, make_user
from catalog import services
from catalog.models import Author, Category, Copy, Series, Subject
from catalog.tests.admin.test_admin import ADD, LIST, change, rows, saved
from catalog.tests.factories import make_book, make_branch, make_copy, pdf, record

pytestmark = pytest.mark.django_db
BULK = reverse("admin:catalog_book_bulk")
COPIES = reverse("admin:catalog_copy_changelist")
NEW_COPY = reverse("admin:catalog_copy_add")
MODELS = ("book", "copy", "author", "category", "subject", "series", "branch", "itemtype")


@pytest.fixture
def librarian():
    return make_librarian()


@pytest.fixture
def desk(client, librarian):
    client.force_login(librarian)
    return client


def cells(desk, title: str) -> str:
    """The row of a book in the list, as text."""
    text = str(desk.get(LIST).content.decode())
    (row,) = [part for part in text.split("<tr") if f">{title}<" in part]
    return row.partition("</tr>")[0]


def listed(desk, **query) -> list[str]:
    return sorted(book.title for book in desk.get(LIST, query).context["cl"].result_list)


# -- rows ----------------------------------------------------------------------------------------------------------


def test_a_row_names_three_authors_and_says_that_there_are_more(desk):
    record("Two", "Ann", "Bo")
    record("Four", "Ann", "Bo", "Cy", "Di", contributors=[{"name": "Ed", "role": "editor"}])
    assert "Ann, Bo<" in cells(desk, "Two")
    assert "Ann, Bo, Cy …" in cells(desk, "Four")
    assert "Ed" not in cells(desk, "Four")


def test_a_row_says_what_is_free_digital_and_hidden(desk, media):
    book = record("Both", file=pdf(), is_public=False)
    for status in ("available", "on_loan", "lost"):
        make_copy(book=book, status=status)
    record("Plain")
    record("Hidden", is_suppressed=True, is_public=False)
    both, plain, hidden = (cells(desk, title) for title in ("Both", "Plain", "Hidden"))
    assert all(words_ in both for words_ in ("1 of 2", "digital", "record only"))
    assert "0 of 0" in plain
    assert "digital" not in plain.replace("is_digital", "")
    assert "hidden" in hidden
    assert "record only" not in hidden


def test_a_form_says_which_file_there_is(desk, media):
    assert "none yet" in desk.get(ADD).content.decode()
    book = record("The Cell", file=pdf(name="cell.pdf"))
    assert "cell.pdf, 0.0 MB" in desk.get(change(book)).content.decode()


# -- what narrows --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["category", "branch", "series", "language"])
@pytest.mark.parametrize("value", ["x", "-1", "9" * 30, "٣", "a\0b", ""])
def test_a_filter_by_what_is_none_of_its_own_leaves_nothing_and_is_no_fault(desk, name, value):
    make_copy(book=record("Whales", categories=["Sea"], series="Saga"))
    assert listed(desk, **{name: value}) == []


def test_a_filter_by_a_wider_category_finds_the_books_of_the_narrower_ones(desk):
    record("Whales", categories=["Sea"])
    sea = Category.objects.get()
    services.save_category(category=sea, name="Sea", parent=Category.objects.create(name="Water"))
    assert listed(desk, category=Category.objects.get(name="Water").pk) == ["Whales"]


def test_languages_are_offered_by_their_names_in_order(desk):
    for code in ("fr", "en", "de"):
        make_book(language=code)
    (language,) = [one for one in desk.get(LIST).context["cl"].filter_specs if one.title == "language"]
    assert [name for _code, name in language.lookup_choices] == ["English", "French", "German"]


def test_the_series_that_is_chosen_is_offered_by_its_name(desk):
    record("One", series="Saga")
    record("Two", series="Cycle")
    saga = Series.objects.get(name="Saga")

    def offered(**query) -> list[str]:
        (one,) = [spec for spec in desk.get(LIST, query).context["cl"].filter_specs if spec.title == "series"]
        return [str(name) for _value, name in one.lookup_choices]

    assert offered() == ["In a series", "In none"]
    assert offered(series=saga.pk) == ["In a series", "In none", "Saga"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("whale", ["White Whales"]),
        ("WHA whi", ["White Whales"]),
        ("whale cell", []),
        ("C-7", ["White Whales"]),
        ("c\u20117 ", ["White Whales"]),
        ("0-306-40615-2", ["Cells"]),
        ("978-0-306-40615-7", ["Cells"]),
        ("OCLC 00042424242", ["Cells"]),
        ("…", []),
        ("", ["Cells", "White Whales"]),
        ("\0", ["Cells", "White Whales"]),
        ("' OR 1=1 --", []),
        ("whale:* & !cell", []),
        ("x" * 5000, []),
    ],
)
def test_the_list_is_searched_by_words_and_whole_numbers(desk, typed, found):
    make_copy(book=record("White Whales"), barcode="C-7")
    record("Cells", isbn="9780306406157", identifiers=[{"kind": "oclc", "value": "42424242"}])
    assert listed(desk, q=typed) == found


# -- copies --------------------------------------------------------------------------------------------------------


def copy_form(**values) -> dict[str, object]:
    return {"book": make_book().pk, "branch": make_branch(name="North").pk, "status": "available"} | values


def test_a_copy_without_a_barcode_gets_the_next_one_and_the_librarian_reads_which(desk):
    make_copy(barcode="B-009")
    text = desk.post(NEW_COPY, copy_form(), follow=True).content.decode()
    assert Copy.objects.filter(barcode="B-010").exists()
    assert "The copy at North has the barcode B-010." in text


@pytest.mark.parametrize(
    ("barcode", "sentence"),
    [
        ("c-1", "Another copy already has the barcode c-1."),
        ("L-77", "L-77 is the number of a reader’s card."),
        ("x" * 41, "40"),
        ("\u200e", "This may not be empty."),
    ],
)
def test_a_barcode_that_cannot_be_is_said_beside_its_box(desk, barcode, sentence):
    make_copy(barcode="C-1")
    make_user(card_number="L-77")
    response = desk.post(NEW_COPY, copy_form(barcode=barcode))
    assert sentence in str(response.context["adminform"].form.errors["barcode"])
    assert Copy.objects.count() == 1


def test_copies_are_listed_newest_first_and_found_by_barcode_title_and_shelf_mark(desk):
    for number, title in enumerate(["Ants", "Bees"]):
        make_copy(book=record(title), barcode=f"C-{number}", shelf_mark=f"S {number}9")
    assert [copy.barcode for copy in desk.get(COPIES).context["cl"].result_list] == ["C-1", "C-0"]
    for typed, found in (("c-1", ["C-1"]), ("ants", ["C-0"]), ("S 19", ["C-1"]), ("C-", [])):
        assert [copy.barcode for copy in desk.get(COPIES, {"q": typed}).context["cl"].result_list] == found, typed


def test_a_book_stays_that_of_its_copy(desk):
    copy, other = make_copy(), make_book()
    address = reverse("admin:catalog_copy_change", args=[copy.pk])
    sent = {"book": other.pk, "branch": copy.branch_id, "barcode": copy.barcode, "status": "lost"}
    saved(desk.post(address, sent))
    copy.refresh_from_db()
    assert (copy.book_id != other.pk, copy.status) == (True, "lost")


# -- people, shelves, series ---------------------------------------------------------------------------------------


def test_lists_count_each_book_once(desk):
    record("A", "Ann Lee", contributors=[{"name": "Ann Lee", "role": "editor"}], subjects=["Sea"], categories=["Art"])
    record("B", "Ann Lee", series="Saga", subjects=["Sea"])
    Author.objects.create(name="Nobody", sort_name="nobody")
    for model, name, number in ((Author, "Ann Lee", 2), (Subject, "Sea", 2), (Category, "Art", 1), (Series, "Saga", 1)):
        listed_ = desk.get(reverse(f"admin:catalog_{model._meta.model_name}_changelist")).context["cl"].result_list
        assert {str(one): one.number for one in listed_}[name] == number
    people = desk.get(reverse("admin:catalog_author_changelist")).context["cl"].result_list
    assert {str(one): one.number for one in people}["Nobody"] == 0


def test_a_new_author_needs_a_name_and_nothing_else(desk):
    saved(desk.post(reverse("admin:catalog_author_add"), {"name": "Lee, Ann"} | rows("aliases", 0)))
    ann = Author.objects.get()
    assert (ann.name, ann.sort_name, ann.kind) == ("Ann Lee", "lee, ann", "person")
    response = desk.post(reverse("admin:catalog_author_add"), {"name": " "} | rows("aliases", 0))
    assert response.status_code == 200
    assert "name" in response.context["adminform"].form.errors


def test_another_name_is_changed_and_taken_away(desk):
    book = record("A", "Ann Lee")
    ann = Author.objects.get()
    (alias,) = services.set_aliases(author=ann, names=["Bo Poe"])
    address = reverse("admin:catalog_author_change", args=[ann.pk])
    sent = {"name": "Ann Lee", "sort_name": ann.sort_name, "kind": "person"}
    known = {"id": alias.pk, "author": ann.pk}
    saved(desk.post(address, sent | rows("aliases", 1, known | {"name": "Cy Quetzal"})))
    book.refresh_from_db()
    assert ("quetzal" in book.search_b, "poe" in book.search_b) == (True, False)
    saved(desk.post(address, sent | rows("aliases", 1, known | {"name": "Cy Quetzal", "DELETE": "on"})))
    book.refresh_from_db()
    assert "quetzal" not in book.search_b
    assert not ann.aliases.exists()
