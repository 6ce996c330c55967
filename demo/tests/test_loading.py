"""Loading a collection: each part of a record comes in, and one fault leaves an empty library."""

from __future__ import annotations

from datetime import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Role, User
from accounts.tests.factories import make_user
from catalog.models import Author, Book, BookFile, Branch, Category, Copy, CopyStatus, Series, Subject
from catalog.search.services import search
from circulation.models import Loan, LoanRule
from demo import load
from library.core.errors import InvalidInput

pytestmark = pytest.mark.django_db
WEDNESDAY = datetime(2026, 10, 14, 9, 30, tzinfo=timezone.get_default_timezone())


@pytest.fixture
def loaded(collection):
    collection.write()
    assert load.load(at=WEDNESDAY) == 4
    return collection


def test_a_reader_a_librarian_and_an_administrator_can_sign_in(loaded, client):
    roles = dict(User.objects.values_list("username", "role"))
    assert {name: roles[name] for name in ("reader", "librarian", "admin")} == {
        "reader": Role.PATRON,
        "librarian": Role.LIBRARIAN,
        "admin": Role.ADMINISTRATOR,
    }
    for user in User.objects.all():
        assert user.check_password(load.PASSWORD), user.username


@pytest.mark.parametrize(("size", "digital"), [("whole", 4), ("small", 1)])
def test_a_small_demonstration_has_all_records_and_one_digital_book(size, digital, settings):
    settings.DEMONSTRATION, settings.EMBEDDED = size, True
    call_command("load_demo", stdout=StringIO())
    assert BookFile.objects.count() == digital
    assert BookFile.objects.filter(original_name="a-primer-on-the-cell.pdf").exists()
    assert Book.objects.count() == Book.objects.exclude(title="").count() > 300


def test_books_are_found_by_words_and_people_at_once(loaded):
    reader = User.objects.get(username="reader")
    tom = Book.objects.get(title="Tom Sawyer")
    assert search("sawyer", user=reader).ids == [tom.pk]
    assert set(search("twain", user=reader).ids) == set(
        Book.objects.filter(series__name="Tom").values_list("pk", flat=True)
    )
    assert search("rivers", user=reader).ids == [tom.pk]


def test_another_name_on_a_title_page_is_the_same_person(loaded):
    (twain,) = Author.objects.filter(birth_year=1835)
    assert {book.title for book in twain.books.all()} == {"Tom Sawyer", "Huck Finn"}
    assert not Author.objects.filter(name__contains="Clemens").exists()


def test_people_stand_in_their_order_with_their_roles(loaded):
    rows = Book.objects.get(title="Tom Sawyer").authorships.order_by("position").values_list("author__name", "role")
    assert list(rows) == [("Mark Twain", "author"), ("Ed Wood", "illustrator")]


def test_books_of_a_series_share_it(loaded):
    (tom,) = Series.objects.all()
    assert list(tom.books.order_by("series_position").values_list("title", flat=True)) == ["Tom Sawyer", "Huck Finn"]


def test_a_category_lies_within_its_wider_one(loaded):
    assert Category.objects.get(name="Biology").parent == Category.objects.get(name="Science")
    assert Subject.objects.filter(name="cells").count() == 1


def test_what_readers_do_not_see_or_read_is_so_from_the_start(loaded):
    assert not Book.objects.get(title="Huck Finn").is_public
    assert list(Book.objects.filter(is_suppressed=True).values_list("title", flat=True)) == ["Kept Back"]


def test_copies_stand_where_the_file_says_and_are_counted(loaded):
    tom, cell = Book.objects.get(title="Tom Sawyer"), Book.objects.get(title="The Cell")
    told = {copy.barcode: (copy.branch.code, copy.status) for copy in tom.copies.all()}
    assert told == {"C-5": ("central", "available"), "C-6": ("north", "in_repair"), "D-1": ("central", "available")}
    assert str(Copy.objects.get(barcode="D-1").item_type) == "DVD"
    assert Copy.objects.get(barcode="C-1").item_type is None
    assert Copy.objects.get(barcode="C-4").not_for_loan
    assert (tom.total_copies, tom.available_copies) == (3, 2)
    assert (cell.total_copies, cell.available_copies) == (4, 3)


def test_a_digital_book_is_stored_as_it_is(loaded, settings):
    kept = Book.objects.get(title="The Cell").digital_file
    assert kept.file.read() == (loaded.folder / "files" / kept.original_name).read_bytes()
    kept.file.close()
    assert kept.added_by == User.objects.get(username="librarian")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("isbn", "9780306406158"), ("title", ""), ("year", 0), ("language", "xx"), ("page_count", -1)],
)
def test_a_record_that_cannot_be_right_leaves_an_empty_library(collection, field, wrong):
    collection.records["books"][1][field] = wrong
    collection.write()
    with pytest.raises(InvalidInput) as refusal:
        load.load(at=WEDNESDAY)
    assert refusal.value.fields.keys() == {field}
    assert not load.is_loaded()
    assert not Branch.objects.exists()


def test_a_copy_that_cannot_be_right_leaves_an_empty_library(collection):
    collection.records["books"][0]["copies"][0]["barcode"] = " "
    collection.write()
    with pytest.raises(InvalidInput):
        load.load(at=WEDNESDAY)
    assert not load.is_loaded()


@pytest.mark.django_db(transaction=True)
def test_a_fault_at_the_very_end_takes_the_stored_files_along(collection, settings):
    rules = LoanRule.objects.count()
    collection.lending["readers"].append({"username": "xaver", "name": "Xaver Ott", "card": "L-99", "tier": "nobody"})
    collection.write()
    with pytest.raises(KeyError):
        load.load(at=WEDNESDAY)
    assert not load.is_loaded()
    assert not Book.objects.exists()
    assert (LoanRule.objects.count(), Loan.objects.count()) == (rules, 0)
    assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == []


def test_a_missing_digital_book_leaves_an_empty_library(collection):
    collection.records["books"][0]["file"] = "gone.pdf"
    collection.write()
    with pytest.raises(FileNotFoundError):
        load.load(at=WEDNESDAY)
    assert not load.is_loaded()


def test_a_library_with_anybody_in_it_counts_as_loaded():
    assert not load.is_loaded()
    make_user()
    assert load.is_loaded()


def test_the_command_loads_once_and_says_how_many(collection, settings, capsys):
    settings.EMBEDDED = True
    collection.write()
    call_command("load_demo")
    said = capsys.readouterr().out
    assert "4 books are in the catalogue" in said
    assert Copy.objects.filter(status=CopyStatus.AVAILABLE).exists()

    call_command("load_demo")
    assert capsys.readouterr().out == ""
    assert Book.objects.count() == 4


def test_the_command_loads_nothing_into_a_real_library(collection, settings):
    settings.EMBEDDED = False
    collection.write()
    with pytest.raises(CommandError, match="only in embedded mode"):
        call_command("load_demo")
    assert not load.is_loaded()
