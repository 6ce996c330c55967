"""Changing and deleting records, many at once too: boundaries, refusals, and what others see of it."""

from __future__ import annotations

import pytest

from accounts.tests.factories import make_librarian, make_user
from catalog import access, queries, services
from catalog.errors import BookConfidential, BookInUse, BookMerged, IsbnTaken, TooManyAtOnce
from catalog.locks import lock_book
from catalog.models import Book, Category, Subject
from catalog.search.services import search
from catalog.services import bulk
from catalog.services.history import difference, snapshot
from catalog.tests.covers.images import upload
from catalog.tests.factories import make_book, make_branch, make_copy, pdf, record, stored
from library.activity.models import Activity
from library.core.errors import InvalidInput, NotFound
from library.core.privacy import registry

pytestmark = pytest.mark.django_db
ISBN, OTHER = "9780306406157", "9780804429573"


def change_books(*books, changes=None, **lists) -> int:
    return services.change_books(pks=[book.pk for book in books], changes=changes or {}, by=None, **lists)


def headings(*names):
    return [Subject.objects.get_or_create(name=name)[0] for name in names]


# -- many at once --------------------------------------------------------------------------------------------------


def test_the_same_change_is_made_to_all_that_are_still_there():
    books = [record(f"Book {n}") for n in range(3)]
    books[1].delete()
    gone = Book(pk=10**9)
    assert change_books(books[0], gone, books[2], changes={"publisher": " New  House "}) == 2
    assert set(Book.objects.values_list("publisher", flat=True)) == {"New House"}


def test_no_record_at_all_is_no_change():
    assert change_books(changes={"publisher": "New House"}) == 0


def test_a_thousand_at_once_and_not_one_more(monkeypatch):
    monkeypatch.setattr(bulk, "AT_MOST", 3)
    books = [record(f"Book {n}") for n in range(4)]
    assert change_books(*books[:3], changes={"publisher": "House"}) == 3
    with pytest.raises(TooManyAtOnce, match="At most 3 records"):
        change_books(*books, changes={"publisher": "Home"})
    assert not Book.objects.filter(publisher="Home").exists()


def test_batches_hang_together(monkeypatch):
    monkeypatch.setattr(bulk, "TOGETHER", 2)
    books = [record(f"Book {n}") for n in range(5)]
    assert change_books(*reversed(books), changes={"language": "fr"}) == 5
    assert Activity.objects.filter(verb="book.changed").count() == 5


def test_what_is_both_added_and_removed_is_removed():
    book = record("A", subjects=["Genes"])
    (both, new) = headings("Genes", "Cells")
    change_books(book, add_subjects=[both, new], remove_subjects=[both])
    assert [subject.name for subject in book.subjects.all()] == ["Cells"]


def test_what_a_record_has_already_is_not_added_twice_and_makes_no_entry():
    book = record("A", subjects=["Genes"])
    before = Activity.objects.count()
    assert change_books(book, add_subjects=headings("Genes")) == 1
    assert book.subjects.count() == 1
    assert Activity.objects.count() == before


def test_categories_come_and_go_and_books_are_found_by_them():
    book, reader = record("A", categories=["Cells"]), make_user()
    cells, walls = Category.objects.get(), Category.objects.create(name="Quetzals")
    change_books(book, add_categories=[walls], remove_categories=[cells])
    book.facts.refresh_from_db()
    assert book.facts.category_ids == [walls.pk]
    assert search("quetzals", user=reader).ids == [book.pk]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"language": "xx"}, "language"),
        ({"publisher": "x" * 201}, "publisher"),
        ({"reading_level": "dogs"}, "reading_level"),
    ],
)
def test_a_wrong_change_is_made_to_none(changes, field):
    book = record("A")
    with pytest.raises(InvalidInput) as refusal:
        change_books(book, changes=changes)
    assert refusal.value.fields.keys() == {field}


def test_only_what_can_be_the_same_in_many_records_is_changed():
    book = record("A", isbn=ISBN)
    change_books(book, changes={"title": "Z", "isbn": OTHER, "is_public": False, "reading_level": ""})
    book.refresh_from_db()
    assert (book.title, book.isbn, book.is_public) == ("A", ISBN, False)


def test_a_record_that_is_hidden_with_many_is_found_by_readers_no_more():
    books, reader = [record(f"Whales {n}") for n in range(2)], make_user()
    change_books(*books, changes={"is_suppressed": True})
    assert search("whales", user=reader).count == 0
    change_books(*books, changes={"is_suppressed": False})
    assert search("whales", user=reader).count == 2


# -- one record ----------------------------------------------------------------------------------------------------


def test_an_isbn_may_be_exchanged_but_not_taken():
    first, second = record("A", isbn=ISBN), record("B")
    with pytest.raises(IsbnTaken, match="Another book already has the ISBN 9780306406157: A") as refusal:
        services.update_book(book=second, changes={"isbn": "0-306-40615-2"}, by=None)
    assert refusal.value.fields == {"isbn": [refusal.value.detail]}
    services.update_book(book=first, changes={"isbn": OTHER}, by=None)
    services.update_book(book=second, changes={"isbn": ISBN}, by=None)
    assert dict(Book.objects.values_list("title", "isbn")) == {"A": OTHER, "B": ISBN}


def test_the_main_isbn_is_no_further_number():
    book = record("A", identifiers=[{"kind": "isbn", "value": ISBN}, {"kind": "oclc", "value": "1"}])
    services.update_book(book=book, changes={"isbn": ISBN}, by=None)
    assert [row.kind for row in book.identifiers.all()] == ["oclc"]


@pytest.mark.parametrize("nothing", ["", None, " "])
def test_an_isbn_may_be_taken_away(nothing):
    book = record("A", isbn=ISBN)
    services.update_book(book=book, changes={"isbn": nothing}, by=None)
    book.refresh_from_db()
    assert book.isbn is None


def test_a_file_that_cannot_be_read_changes_nothing_else(media):
    book = record("A", file=pdf())
    with pytest.raises(InvalidInput):
        services.update_book(book=book, changes={"title": "B"}, by=None, file=pdf(b"no book \0\0\0\0"))
    assert Book.objects.get().title == "A"
    assert len(stored(media)) == 1


def test_a_record_that_is_gone_cannot_be_changed_deleted_or_get_copies():
    book, staff = record("A"), make_librarian()
    gone = Book.objects.get(pk=book.pk)
    services.delete_book(book=book, by=staff)
    for deed in (
        lambda: services.update_book(book=gone, changes={"title": "B"}, by=staff),
        lambda: services.delete_book(book=gone, by=staff),
        lambda: services.add_copy(book=gone, branch=make_branch(), barcode="C-1", by=staff),
        lambda: services.attach_file(book=gone, upload=pdf(), by=staff),
        lambda: lock_book(gone.pk),
    ):
        with pytest.raises(NotFound):
            deed()


def test_a_record_that_was_merged_says_into_which():
    keep, other = record("A"), record("B")
    services.merge_books(keep=keep, merged=other, by=None)
    for deed in (
        lambda: services.update_book(book=other, changes={"title": "C"}, by=None),
        lambda: services.delete_book(book=other),
        lambda: services.attach_file(book=other, upload=pdf(), by=None),
    ):
        with pytest.raises(BookMerged, match="merged into another: A"):
            deed()


def test_what_still_hangs_on_a_record_is_counted():
    book = make_copy().book
    make_copy(book=book)
    with pytest.raises(BookInUse, match="it still has 2 copies") as refusal:
        services.delete_book(book=book)
    assert refusal.value.as_dict()["reasons"] == [{"code": "has_copy", "level": "impossible", "detail": "2 copies"}]


def test_a_record_that_stays_keeps_its_file(media, django_capture_on_commit_callbacks):
    book = record("A", file=pdf())
    make_copy(book=book)
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(BookInUse):
        services.delete_book(book=book)
    assert len(stored(media)) == 1
    assert not Activity.objects.filter(verb="book.deleted").exists()


# -- what is told of a record --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1}, {"a": 2}, {"a.old": 1, "a.new": 2}),
        ({"a": None}, {"a": ""}, {}),
        ({"a": ""}, {"a": None}, {}),
        ({"a": False}, {"a": True}, {"a.old": False, "a.new": True}),
        ({"a": 0}, {"a": False}, {}),
        ({"a": None}, {"a": 0}, {}),
        ({}, {"a": 1}, {"a.old": None, "a.new": 1}),
        ({"a": 1}, {}, {"a.old": 1, "a.new": None}),
    ],
)
def test_only_what_is_different_is_written_down(old, new, told):
    assert difference(old, new) == told


def test_a_record_that_does_not_exist_has_nothing_to_tell():
    assert snapshot(10**9) == {}
    assert snapshot(make_book(title="A").pk)["title"] == "A"


# -- who sees what -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("is_public", "is_staff", "may"), [(True, False, True), (False, False, False), (False, True, True)]
)
def test_what_is_not_public_is_read_by_staff_alone(is_public, is_staff, may):
    user = make_librarian() if is_staff else make_user()
    book = make_book(is_public=is_public)
    assert access.may_read(user, book) is may
    if may:
        access.check_may_read(user, book)
    else:
        with pytest.raises(BookConfidential, match="for staff only") as refusal:
            access.check_may_read(user, book)
        assert refusal.value.status == 403


def test_the_widest_shelves_are_those_with_a_book_that_one_may_see():
    science = Category.objects.create(name="Science")
    Category.objects.create(name="Cells", parent=science)
    record("A", categories=["Cells"])
    record("B", categories=["Secrets"], is_suppressed=True)
    Category.objects.create(name="Empty")
    assert [one.name for one in queries.top_categories(make_user())] == ["Science"]
    assert [one.name for one in queries.top_categories(make_librarian())] == ["Science", "Secrets"]
    assert queries.top_categories(make_librarian(), limit=1) == [science]


def test_a_record_is_read_in_a_known_number_of_queries_with_all_that_its_page_shows(django_assert_num_queries):
    book = record(
        "A",
        "Ann",
        "Bo",
        subjects=["X", "Y"],
        categories=["C"],
        series="S",
        contributors=[{"name": "E", "role": "editor"}],
    )
    reader = make_user()
    with django_assert_num_queries(6):
        found = queries.get_book(book.pk, reader)
        assert found.author_names == ["Ann", "Bo"]
        assert [found.has_file, str(found.series)] == [False, "S"]
        assert [len(list(rows.all())) for rows in (found.subjects, found.categories, found.identifiers)] == [2, 1, 0]


@pytest.mark.parametrize("pk", [0, -1, 2**62])
def test_a_number_that_no_record_has_is_not_found(pk):
    with pytest.raises(NotFound):
        queries.get_book(pk, make_librarian())


def test_files_and_covers_stay_and_forget_who_added_them(media):
    by = make_librarian()
    book = services.create_book(title="A", authors=[], by=by, file=pdf(name="a.pdf")).book
    cover = services.upload_cover(book=book, upload=upload(), by=by)
    person = registry.Person(by.pk)
    (held,) = [one for one in registry.holders() if one.app == "catalog"]
    assert held.exports is not None
    assert held.erases is not None
    (told,) = held.exports(person)["files"]
    assert (told["book__title"], told["original_name"]) == ("A", "a.pdf")
    (pictured,) = held.exports(person)["covers"]
    assert pictured.keys() == {"book__title", "added_at"}
    held.erases(person)
    book.digital_file.refresh_from_db()
    assert book.digital_file.added_by is None
    cover.refresh_from_db()
    assert (cover.added_by, bool(cover.key)) == (None, True)
    assert held.exports(person) == {"files": [], "covers": []}
