"""The catalogue in the admin."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.tests.factories import make_librarian, make_user
from catalog.models import Author, Authorship, Book, Branch, Category, Copy, CopyStatus, Subject
from catalog.search.services import search
from catalog.tests.factories import make_branch, make_copy, pdf, record, stored

pytestmark = pytest.mark.django_db
ADD = reverse("admin:catalog_book_add")
LIST = reverse("admin:catalog_book_changelist")


@pytest.fixture
def desk(client):
    client.force_login(make_librarian())
    return client


def rows(prefix: str, initial: int, *rows_: dict) -> dict:
    sent = {f"{prefix}-TOTAL_FORMS": len(rows_), f"{prefix}-INITIAL_FORMS": initial}
    for number, row in enumerate(rows_):
        sent |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return sent


def form(copies: dict | None = None, authors: dict | None = None, **values) -> dict:
    return (
        {"title": "The Gene", "language": "en", "is_public": "on"}
        | (authors or rows("authorships", 0))
        | (copies or rows("copies", 0))
        | rows("identifiers", 0)
        | values
    )


NAMES = rows("aliases", 0)


def change(book: Book) -> str:
    return reverse("admin:catalog_book_change", args=[book.pk])


def saved(response) -> None:
    errors = "" if response.status_code == 302 else response.context["adminform"].form.errors
    assert response.status_code == 302, errors


def test_a_book_comes_in_with_authors_copies_and_its_pdf(desk, media):
    author = Author.objects.create(name="Siddhartha Mukherjee", sort_name="mukherjee, siddhartha")
    branch = make_branch(name="Central")
    response = desk.post(
        ADD,
        form(
            isbn="\u200eISBN 978-0-306-40615-7 (pbk.)",
            year="2016",
            file=pdf(),
            authors=rows("authorships", 0, {"author": author.pk, "role": "author", "position": 0}),
            copies=rows(
                "copies",
                0,
                {"barcode": "C-1", "branch": branch.pk, "status": "available"},
                {"barcode": "C-2", "branch": branch.pk, "status": "in_repair"},
            ),
        ),
        follow=True,
    )

    book = Book.objects.get()
    assert (book.isbn, book.total_copies, book.available_copies) == ("9780306406157", 2, 1)
    assert book.author_names == ["Siddhartha Mukherjee"]
    assert search("mukherjee", user=make_user()).ids == [book.pk]
    assert len(stored(media)) == 1
    text = response.content.decode()
    assert f'<a href="{book.get_absolute_url()}">' in text
    assert "will be read in the background" in text


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"file": lambda: pdf(b"")}, "file", "empty"),
        ({"file": lambda: pdf(b"\x89PNG\r\n\x1a\n")}, "file", "not a PDF"),
        ({"isbn": lambda: "9780306406158"}, "isbn", "check digit"),
        ({"isbn": lambda: "0-8044-2957-X"}, "isbn", "already exists"),
        ({"language": lambda: "xx"}, "language", "No language has this code"),
        ({"year": lambda: "9999"}, "year", "between"),
        ({"description": lambda: "x" * 20_001}, "description", "20000"),
        ({"title": lambda: "a\0b"}, "title", "Null"),
    ],
)
def test_an_error_stands_beside_its_field_and_nothing_is_stored(desk, media, wrong, field, sentence):
    record("Taken", isbn="9780804429573")
    response = desk.post(ADD, form(**{name: make() for name, make in wrong.items()}))
    assert response.status_code == 200
    assert sentence in str(response.context["adminform"].form.errors[field])
    assert Book.objects.count() == 1
    assert stored(media) == []


def test_a_new_pdf_takes_the_old_ones_place(desk, media, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        book = record("The Gene", file=pdf(name="first.pdf"))
    assert "first.pdf" in desk.get(change(book)).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        saved(desk.post(change(book), form(file=pdf(name="second.pdf"))))
    assert Book.objects.get().digital_file.original_name == "second.pdf"
    assert len(stored(media)) == 1


def test_saving_refreshes_what_a_search_reads(desk):
    book = record("The Gene", "Ann Lee")
    row = Authorship.objects.get()
    zola = Author.objects.create(name="Émile Zola", sort_name="zola, emile")
    saved(
        desk.post(
            change(book),
            form(
                title="The Dream",
                language="fr",
                authors=rows(
                    "authorships",
                    1,
                    {"id": row.pk, "book": book.pk, "author": zola.pk, "role": "author", "position": 0},
                ),
            ),
        )
    )
    for query, found in (("dream", 1), ("zola", 1), ("gene", 0), ("lee", 0)):
        assert search(query, user=make_user()).count == found, query


def test_saving_a_form_that_was_open_for_long_undoes_nothing_of_circulations(desk):
    """The form still shows the copy as available; meanwhile it was lent and the book grew popular."""
    copy = make_copy()
    shown = {
        "id": copy.pk,
        "book": copy.book_id,
        "barcode": copy.barcode,
        "branch": copy.branch_id,
        "status": "available",
    }
    Copy.objects.update(status=CopyStatus.ON_LOAN)
    Book.objects.update(popularity=5)
    saved(desk.post(change(copy.book), form(title="Renamed", copies=rows("copies", 1, shown | {"shelf_mark": "B 1"}))))
    book, copy = Book.objects.get(), Copy.objects.get()
    assert (book.title, book.popularity, book.available_copies) == ("Renamed", 5, 0)
    assert (copy.status, copy.shelf_mark) == (CopyStatus.ON_LOAN, "B 1")


def test_the_status_of_a_lent_copy_is_not_offered_for_change(desk):
    lent, free = make_copy(status=CopyStatus.ON_LOAN), make_copy()
    fields = {
        copy: desk.get(reverse("admin:catalog_copy_change", args=[copy.pk])).context["adminform"].form.fields["status"]
        for copy in (lent, free)
    }
    assert fields[lent].disabled
    assert not fields[free].disabled
    assert "on_loan" not in dict(fields[free].choices)


def test_a_copy_can_be_added_changed_and_deleted_by_itself(desk):
    book, branch = record("The Gene"), make_branch()
    sent = {"book": book.pk, "branch": branch.pk, "barcode": "C-1", "status": "available"}
    saved(desk.post(reverse("admin:catalog_copy_add"), sent))
    copy = Copy.objects.get()
    twice = desk.post(reverse("admin:catalog_copy_add"), sent | {"barcode": "c-1"})
    assert "already has the barcode" in twice.content.decode()
    saved(desk.post(reverse("admin:catalog_copy_change", args=[copy.pk]), sent | {"status": "lost"}))
    assert Book.objects.get().total_copies == 0
    saved(desk.post(reverse("admin:catalog_copy_delete", args=[copy.pk]), {"post": "yes"}))
    assert not Copy.objects.exists()


def test_a_book_is_deleted_with_its_file(desk, media, django_capture_on_commit_callbacks):
    first, second = record("One", file=pdf()), record("Two", file=pdf())
    with django_capture_on_commit_callbacks(execute=True):
        saved(desk.post(reverse("admin:catalog_book_delete", args=[first.pk]), {"post": "yes"}))
        desk.post(LIST, {"action": "delete_selected", "_selected_action": [second.pk], "post": "yes"})
    assert not Book.objects.exists()
    assert stored(media) == []


@pytest.mark.parametrize("model", ["author", "category", "subject"])
def test_a_new_name_is_found_at_once(desk, model):
    record("Untitled", "Samuel Clemens", categories=["Yarns"], subjects=["Rivers"])
    models: dict[str, Any] = {"author": Author, "category": Category, "subject": Subject}
    row = models[model].objects.get()
    saved(desk.post(reverse(f"admin:catalog_{model}_change", args=[row.pk]), NAMES | {"name": "Mark Twain"}))
    assert search("twain", user=make_user()).count == 1


def test_an_author_is_filed_by_family_name_unless_the_librarian_says_otherwise(desk):
    saved(desk.post(reverse("admin:catalog_author_add"), NAMES | {"name": "Yao Ming"}))
    assert Author.objects.get().sort_name == "ming, yao"
    saved(
        desk.post(
            reverse("admin:catalog_author_change", args=[Author.objects.get().pk]),
            NAMES | {"name": "Yao Ming", "sort_name": "Yao, Ming"},
        )
    )
    assert Author.objects.get().sort_name == "yao, ming"


def test_a_branch_can_be_added(desk):
    saved(desk.post(reverse("admin:catalog_branch_add"), {"name": "North", "code": "north"}))
    assert Branch.objects.get().name == "North"


def test_a_book_is_found_by_title_author_isbn_and_barcode(desk):
    book = record("The Gene", "Ann Lee", isbn="9780306406157")
    make_copy(book=book, barcode="C-77")
    record("Other", "Somebody")
    for query in ("gene", "lee", "9780306406157", "C-77"):
        assert [row.pk for row in desk.get(LIST, {"q": query}).context["cl"].result_list] == [book.pk]
    assert desk.get(LIST, {"is_public__exact": "0"}).context["cl"].result_count == 0


def test_readers_do_not_get_in(client):
    client.force_login(make_user())
    assert client.get(LIST, follow=True).status_code == 403


@pytest.mark.parametrize("model", ["book", "copy", "author", "category", "subject", "branch"])
def test_a_full_list_asks_the_database_as_often_as_one_of_two_rows(desk, model):
    def many(start: int, end: int) -> None:
        for n in range(start, end):
            book = record(f"Whales {n}", f"Author {n}", categories=[f"Shelf {n}"], subjects=[f"Subject {n}"])
            make_copy(book=book)

    def number() -> int:
        with CaptureQueriesContext(connection) as ran:
            assert desk.get(reverse(f"admin:catalog_{model}_changelist")).status_code == 200
        return len(ran)

    many(0, 2)
    few = number()
    many(2, 15)
    assert number() == few


def test_the_form_of_a_book_reads_the_branches_once_for_all_copies(desk):
    book = record("Whales")

    def number() -> int:
        with CaptureQueriesContext(connection) as ran:
            assert desk.get(change(book)).status_code == 200
        return len(ran)

    make_copy(book=book)
    few = number()
    for _ in range(10):
        make_copy(book=book)
    assert number() == few
