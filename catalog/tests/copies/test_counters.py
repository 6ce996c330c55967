"""The counters of a book are the database's own work."""

import threading

import pytest
from django.db import connection, transaction

from catalog.models import Book, Branch, Copy, CopyStatus
from catalog.tests.factories import make_book, make_branch, make_copy

pytestmark = pytest.mark.django_db


def counters(book: Book) -> tuple[int, int]:
    book.refresh_from_db()
    return book.total_copies, book.available_copies


def test_raw_sql_cannot_make_the_counters_lie():
    book = Book.objects.create(title="Middlemarch")
    branch = Branch.objects.create(code="central", name="Central")
    Copy.objects.bulk_create([Copy(book=book, branch=branch, barcode=f"C-{n}") for n in range(3)])
    assert counters(book) == (3, 3)

    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_copy SET status = 'lost' WHERE barcode = 'C-0'")
        cursor.execute("UPDATE catalog_book SET total_copies = 99, available_copies = 98")
    assert counters(book) == (2, 2)

    Copy.objects.filter(barcode="C-1").update(not_for_loan=True)
    assert counters(book) == (2, 1)
    Copy.objects.all().delete()
    assert counters(book) == (0, 0)


@pytest.mark.parametrize(
    ("status", "counted"),
    [
        (status, (0, 0) if status in {"lost", "missing", "withdrawn"} else (1, int(status == "available")))
        for status in CopyStatus.values
    ],
)
def test_each_status_counts_as_it_should(status, counted):
    assert counters(make_copy(status=status).book) == counted


def test_a_copy_that_moves_to_another_book_is_counted_there():
    copy, other = make_copy(), make_book()
    first = copy.book
    Copy.objects.filter(pk=copy.pk).update(book=other)
    assert (counters(first), counters(other)) == ((0, 0), (1, 1))


def test_saving_a_stale_book_does_not_bring_old_counters_back():
    book = make_book()
    make_copy(book=book)
    book.title = "Changed"
    book.save()
    assert counters(book) == (1, 1)


def test_emptying_the_table_of_copies_empties_the_counters():
    book = make_copy().book
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE catalog_copy CASCADE")
    assert counters(book) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_two_desks_changing_two_copies_of_one_book_at_once_end_with_right_counters():
    """Each holds its change until the other has begun, so that each counts without the other's change in sight."""
    book, branch = make_book(), make_branch()
    copies = [make_copy(book=book, branch=branch) for _ in range(2)]
    faults: list[BaseException] = []
    begin = threading.Barrier(2)

    def lend(copy: Copy) -> None:
        try:
            with transaction.atomic():
                begin.wait(10)
                Copy.objects.filter(pk=copy.pk).update(status=CopyStatus.ON_LOAN)
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(0.1)")
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=lend, args=[copy]) for copy in copies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert counters(book) == (2, 0)


@pytest.mark.django_db(transaction=True)
def test_without_the_wait_at_the_books_row_the_race_would_be_lost():
    """The negative control: counted by the copies' own transactions, with no row to meet at, the sum is wrong."""
    book, branch = make_book(), make_branch()
    copies = [make_copy(book=book, branch=branch) for _ in range(2)]
    counted: list[int] = []
    changed = threading.Barrier(2)

    def lend(copy: Copy) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            # Only in this transaction: what the trigger does is left out.
            cursor.execute("SET LOCAL session_replication_role = replica")
            Copy.objects.filter(pk=copy.pk).update(status=CopyStatus.ON_LOAN)
            changed.wait(10)
            counted.append(Copy.objects.filter(book=book).free().count())
            changed.wait(10)  # neither commits before both have counted
        connection.close()

    threads = [threading.Thread(target=lend, args=[copy]) for copy in copies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counted == [1, 1], "neither saw the other's change"
