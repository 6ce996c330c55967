"""What the database refuses, whoever asks."""

import pytest
from django.db import IntegrityError, connection, transaction

from catalog.models import Authorship, Book, BookFile, BookIdentifier, Branch, Copy
from catalog.services.authorities import authors
from catalog.tests.factories import make_book, make_branch, make_copy

pytestmark = pytest.mark.django_db
FILE = {"file": "books/x.pdf", "original_name": "x.pdf", "media_type": "application/pdf", "size": 1, "sha256": "0" * 64}


def book(**values):
    return lambda: make_book(**values)


def number(kind, value):
    return lambda: BookIdentifier.objects.create(book=make_book(), kind=kind, value=value)


def copy(**values):
    def make() -> Copy:
        row = Copy(book=make_book(), branch=make_branch(), barcode="C-1")
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
        return row

    return make


def book_file(**values):
    return lambda: BookFile.objects.create(**{"book": make_book()} | FILE | values)


def twice(make):
    def both() -> None:
        make(1)
        make(2)

    return both


def sql(statement):
    def run() -> None:
        make_copy()
        with connection.cursor() as cursor:
            cursor.execute(statement)

    return run


OK = [
    book(isbn="9780306406157"),
    book(isbn=None),
    book(year=-800),
    book(year=None),
    book(language="zh"),
    book(language="grc"),
    number("ismn", "9790060115615"),
    copy(),
    copy(status="withdrawn"),
    book_file(),
    twice(lambda n: make_book()),
    twice(lambda n: make_copy(barcode=f"C-{n}")),
]
REFUSED = [
    (book(isbn="0306406152"), "book_isbn_normalised"),
    (book(isbn=""), "book_isbn_normalised"),
    (book(isbn="9790060115615"), "book_isbn_normalised"),
    (number("isbn", "9790060115615"), "identifier_isbn_normalised"),
    (number("ismn", "9780306406157"), "identifier_ismn_normalised"),
    (number("issn", "0317-8471"), "identifier_issn_normalised"),
    (book(title=""), "book_title_not_empty"),
    (book(language="EN"), "book_language_code"),
    (book(language="e"), "book_language_code"),
    (book(language="nb"), "book_language_code"),
    (book(language="iw"), "book_language_code"),
    (book(year=-3001), "book_year_plausible"),
    (book(year=2201), "book_year_plausible"),
    (book(year=0), "book_year_plausible"),
    (twice(lambda n: make_book(isbn="9780306406157")), "isbn"),
    (copy(barcode=""), "copy_barcode_folds"),
    (copy(barcode=" C-1"), "copy_barcode_seen"),
    (copy(barcode="C-1\u200e"), "copy_barcode_seen"),
    (copy(barcode="C  1"), "copy_barcode_seen"),
    (copy(barcode="\u3164"), "copy_barcode_folds"),
    (sql("UPDATE catalog_copy SET barcode = 'D-1'"), "copy_barcode_folds"),
    (twice(lambda n: make_copy(barcode="Ä-17" if n == 1 else "ä-17")), "copy_barcode_unique"),
    (twice(lambda n: make_copy(barcode="Straße 1" if n == 1 else "STRASSE1")), "copy_barcode_unique"),
    (copy(status="eaten"), "copy_status_known"),
    (twice(lambda n: make_copy(barcode="c-1" if n == 1 else "C-1")), "copy_barcode_unique"),
    (book_file(size=0), "book_file_not_empty"),
    (book_file(sha256="0" * 63 + "G"), "book_file_sha256"),
    (twice(lambda n: Branch.objects.create(code=f"b{n}", name="Same")), "name"),
]


@pytest.mark.parametrize("make", OK)
def test_what_is_possible_is_kept(make):
    make()


@pytest.mark.parametrize(("make", "constraint"), REFUSED)
def test_what_is_impossible_is_refused(make, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make()


def test_a_name_stands_once_in_each_role():
    record, (author,) = make_book(), authors(["Ann Lee"])
    Authorship.objects.create(book=record, author=author)
    Authorship.objects.create(book=record, author=author, role="editor")
    with pytest.raises(IntegrityError, match="authorship_once"), transaction.atomic():
        Authorship.objects.create(book=record, author=author)


@pytest.mark.parametrize(
    ("total", "available", "constraint"),
    [
        (1, 2, "book_available_in_total"),
        (-1, -1, "not_negative|total_copies_check"),
        (0, -1, "not_negative|available_copies_check"),
    ],
)
def test_counters_cannot_be_impossible_even_where_no_trigger_counts(total, available, constraint):
    make_book()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # nothing may wait when a table is altered
        cursor.execute("ALTER TABLE catalog_book DISABLE TRIGGER book_counts_its_copies")
        cursor.execute("UPDATE catalog_book SET total_copies = %s, available_copies = %s", [total, available])
    assert Book.objects.get().total_copies == 0
