"""A record comes in whole or not at all."""

import threading
from typing import Any

import pytest
from django.db import connection

from accounts.tests.factories import make_librarian, make_user
from catalog import services
from catalog.errors import BookInUse, IsbnTaken
from catalog.models import Author, Authorship, Book, Category
from catalog.tests.factories import make_copy, pdf, record, stored
from library.core.errors import InvalidInput

pytestmark = pytest.mark.django_db
WHOLE: dict[str, Any] = {
    "title": "  The   Gene ",
    "authors": ["Siddhartha Mukherjee", "mukherjee, siddhartha", "Ann Ó Dálaigh"],
    "isbn": "0-306-40615-2",
    "categories": ["Biology", "biology", "History"],
    "subjects": ["Genetics"],
    "publisher": "Scribner",
    "year": 2016,
    "language": "EN",
    "description": "An intimate history.\nTold twice.",
    "page_count": 592,
}


def test_a_new_record_is_kept_in_its_one_form():
    book, job = services.create_book(**WHOLE, by=None)

    book.refresh_from_db()
    assert (book.title, book.isbn, book.language, book.year) == ("The Gene", "9780306406157", "en", 2016)
    assert book.author_names == ["Siddhartha Mukherjee", "Ann Ó Dálaigh"]
    assert [category.name for category in book.categories.all()] == ["Biology", "History"]
    assert book.description == "An intimate history.\nTold twice."
    assert book.sort_title == "gene"
    assert job is None


def test_authors_are_found_by_their_folded_name():
    known = Author.objects.create(name="Émile Zola", sort_name="zola, emile")
    book = record("Germinal", "Zola, Emile", language="fr")
    assert book.authors.get() == known
    assert Author.objects.count() == 1


def test_every_wrong_field_is_named_at_once_and_nothing_is_stored():
    wrong: dict[str, Any] = {
        "title": " ",
        "authors": ["x" * 201],
        "isbn": "9780306406158",
        "language": "english",
        "year": 9999,
        "publisher": "a\0b",
        "description": "x" * 20_001,
        "page_count": 0,
        "categories": ["\ud800"],
    }
    with pytest.raises(InvalidInput) as refusal:
        services.create_book(**wrong, by=None)
    assert refusal.value.fields.keys() == wrong.keys()
    assert not Book.objects.exists()
    assert not Author.objects.exists()


def test_a_second_book_with_the_same_isbn_is_refused_with_the_first_ones_title():
    record("The Gene", isbn="9780306406157")
    with pytest.raises(IsbnTaken, match="The Gene") as refusal:
        services.create_book(title="Another", authors=["New Name"], isbn="0306406152", by=None)
    assert "isbn" in refusal.value.fields
    assert Book.objects.count() == 1
    assert not Author.objects.exists()


def test_books_without_an_isbn_are_many():
    record("Beowulf")
    record("Gilgamesh", isbn="  ")
    assert Book.objects.filter(isbn=None).count() == 2


def test_an_update_changes_what_is_named_and_nothing_else():
    book = record("The Gene", "Siddhartha Mukherjee", year=2016, categories=["Biology"])
    editor = Author.objects.create(name="An Editor", sort_name="editor, an")
    Authorship.objects.create(book=book, author=editor, role="editor")
    Book.objects.filter(pk=book.pk).update(popularity=7)

    services.update_book(book=book, changes={"title": "The Song", "authors": ["Ann Lee"]}, by=None)

    book = Book.objects.get(pk=book.pk)
    assert (book.title, book.year, book.popularity) == ("The Song", 2016, 7)
    assert book.author_names == ["Ann Lee"]
    assert editor in book.authors.all()
    assert [category.name for category in book.categories.all()] == ["Biology"]
    assert "song" in book.search_a


def test_an_update_that_is_wrong_leaves_the_book_as_it_was():
    record("First", isbn="9780306406157")
    book = record("Second")
    with pytest.raises(IsbnTaken):
        services.update_book(book=book, changes={"title": "Changed", "isbn": "9780306406157"}, by=None)
    assert Book.objects.get(pk=book.pk).title == "Second"


def test_a_book_with_copies_cannot_be_deleted_and_says_what_it_has():
    copy = make_copy()
    with pytest.raises(BookInUse, match="1 copy") as refusal:
        services.delete_book(book=copy.book)
    assert [reason.code for reason in refusal.value.reasons] == ["has_copy"]
    assert Book.objects.filter(pk=copy.book_id).exists()


def test_deleting_a_book_takes_its_file_along(media, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        book = record("The Cell", file=pdf())
    assert len(stored(media)) == 1
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_book(book=book)
    assert not Book.objects.exists()
    assert stored(media) == []


def test_librarians_may_keep_the_catalogue_and_readers_may_not():
    wanted = [
        "catalog.add_book",
        "catalog.change_book",
        "catalog.delete_book",
        "catalog.add_copy",
        "catalog.add_branch",
    ]
    assert make_librarian().has_perms(wanted)
    assert not any(make_user().has_perm(permission) for permission in wanted)


@pytest.mark.django_db(transaction=True)
def test_two_librarians_adding_the_same_new_author_and_category_make_one_of_each():
    begin = threading.Barrier(2)

    def add(title: str) -> None:
        begin.wait()
        record(title, "Rachel Carson", categories=["Ecology" if title == "Silent Spring" else "ecology"])
        connection.close()

    threads = [threading.Thread(target=add, args=[title]) for title in ("Silent Spring", "The Sea Around Us")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Book.objects.count() == 2
    assert Author.objects.get().books.count() == 2
    assert Category.objects.get().books.count() == 2


def test_there_is_no_year_0():
    with pytest.raises(InvalidInput) as refusal:
        services.create_book(title="The Histories", authors=[], year=0, by=None)
    assert "no year 0" in refusal.value.fields["year"][0]
    assert services.create_book(title="The Histories", authors=[], year=-1, by=None).book.year == -1
