"""The counters of a book are the database's own work."""

import pytest
from django.db import connection

from catalog.models import Book, Branch, Copy

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
