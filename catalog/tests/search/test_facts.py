"""The row that searching reads is kept by the database, whoever writes, and how."""

import pytest
from django.db import IntegrityError, connection, transaction

from catalog.models import Author, Authorship, Book, BookFacts, Category, Copy, TermChange
from catalog.services import refresh_search_text
from catalog.tests.factories import make_book, make_branch, make_copy

pytestmark = pytest.mark.django_db


def facts(book: Book) -> BookFacts:
    return BookFacts.objects.get(pk=book.pk)


def run(sql: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def counted(lexeme: str) -> tuple[int, int]:
    rows = TermChange.objects.filter(lexeme=lexeme)
    return sum(row.books for row in rows), sum(row.as_word for row in rows)


def test_a_copy_that_is_lent_lost_or_moved_by_raw_sql_shows_at_its_branch_at_once():
    book, here, there = make_book(), make_branch(), make_branch()
    make_copy(book=book, branch=here)
    assert (facts(book).branch_ids, facts(book).free_branch_ids, facts(book).is_available) == (
        [here.pk],
        [here.pk],
        True,
    )
    run("UPDATE catalog_copy SET status = 'on_loan'")
    assert (facts(book).branch_ids, facts(book).free_branch_ids, facts(book).is_available) == ([here.pk], [], False)
    run("UPDATE catalog_copy SET branch_id = %s", there.pk)
    assert facts(book).branch_ids == [there.pk]
    run("UPDATE catalog_copy SET status = 'lost'")
    assert (facts(book).branch_ids, facts(book).has_copies) == ([], False)
    run("DELETE FROM catalog_copy")
    assert not Copy.objects.exists()


def test_a_copy_that_changes_its_book_changes_both():
    one, other = make_book(), make_book()
    copy = make_copy(book=one)
    run("UPDATE catalog_copy SET book_id = %s", other.pk)
    assert (facts(one).branch_ids, facts(other).branch_ids) == ([], [copy.branch_id])
    assert (facts(one).is_available, facts(other).is_available) == (False, True)


def test_a_category_brings_the_wider_ones_and_moving_it_moves_its_books():
    science, life = Category.objects.create(name="Science"), Category.objects.create(name="Life")
    cells = Category.objects.create(name="Cells", parent=life)
    book = make_book()
    book.categories.add(cells)
    assert facts(book).category_ids == sorted([life.pk, cells.pk])
    Category.objects.filter(pk=life.pk).update(parent=science)
    assert facts(book).category_ids == sorted([science.pk, life.pk, cells.pk])
    run("DELETE FROM catalog_book_categories")
    assert facts(book).category_ids == []


def test_no_category_lies_within_itself():
    top = Category.objects.create(name="Top")
    low = Category.objects.create(name="Low", parent=Category.objects.create(name="Middle", parent=top))
    with pytest.raises(IntegrityError, match="within itself"), transaction.atomic():
        Category.objects.filter(pk=top.pk).update(parent=low)


def test_people_are_listed_once_each_and_moved_by_raw_sql():
    book, author = make_book(), Author.objects.create(name="Ada", sort_name="ada")
    Authorship.objects.create(book=book, author=author)
    Authorship.objects.create(book=book, author=author, role="editor")
    assert facts(book).author_ids == [author.pk]
    other = make_book()
    run("UPDATE catalog_authorship SET book_id = %s", other.pk)
    assert (facts(book).author_ids, facts(other).author_ids) == ([], [author.pk])


def test_terms_are_counted_on_and_off_again():
    book = make_book(title="Running cells")
    refresh_search_text(book)
    assert counted("cell") == (1, 0)
    assert counted("cells") == (1, 1)
    version = facts(book).text_version
    Book.objects.filter(pk=book.pk).update(search_a="walking cells")
    assert (counted("run"), counted("walk"), counted("cells")) == ((0, 0), (1, 0), (1, 1))
    assert facts(book).text_version > version
    Book.objects.filter(pk=book.pk).update(is_suppressed=True)
    assert (counted("cells"), counted("")) == ((0, 0), (0, 0))
    Book.objects.filter(pk=book.pk).update(is_suppressed=False)
    book.delete()
    assert (counted("cells"), counted("")) == ((0, 0), (0, 0))
    assert not BookFacts.objects.exists()


def test_the_language_is_a_lexeme_that_no_reader_can_type_and_no_statistics_count():
    book = make_book(title="Zellen", language="de")
    refresh_search_text(book)
    with connection.cursor() as cursor:
        cursor.execute("SELECT vector @@ '''~de'''::tsquery FROM catalog_bookfacts")
        assert cursor.fetchone() == (True,)
    assert counted("~de") == (0, 0)


def test_a_raw_delete_of_a_book_takes_its_facts_along():
    make_book()
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("DELETE FROM catalog_book")
    assert not BookFacts.objects.exists()
