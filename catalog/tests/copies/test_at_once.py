"""Two librarians in the same moment: neither loses anything, and nothing is there twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from catalog import services
from catalog.errors import BarcodeTaken, IsbnTaken
from catalog.models import Book, BookFile, BookGeneration, Category, Copy, Series, Subject
from catalog.semantic import generations
from catalog.services import barcodes
from catalog.tests.factories import PDF, make_book, make_branch, make_copy, pdf, record, stored

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 10


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """What each of them gave or was refused with."""
    begin = threading.Barrier(len(deeds))
    outcome: list[Any] = [None] * len(deeds)

    def run(place: int, deed: Callable[[], Any]) -> None:
        begin.wait(SECONDS)
        try:
            outcome[place] = deed()
        except Exception as refusal:
            outcome[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    return outcome


def refusals(outcome: list[Any]) -> list[type]:
    return [type(one) for one in outcome if isinstance(one, Exception)]


def test_two_who_take_the_next_barcode_get_two():
    book, branch = make_copy(barcode="C-001").book, make_branch()

    def add() -> str:
        with transaction.atomic():
            return services.add_copy(book=book, branch=branch, barcode=barcodes.take()).barcode

    assert sorted(map(str, at_once(add, add))) == ["C-002", "C-003"]


def test_two_who_only_look_at_the_next_barcode_see_the_same():
    """Without the turns the two above would both try C-002."""
    make_copy(barcode="C-001")
    assert at_once(barcodes.suggest, barcodes.suggest) == ["C-002", "C-002"]


def test_of_two_copies_with_one_barcode_one_is_refused():
    book, branch = make_book(), make_branch()
    outcome = at_once(
        lambda: services.add_copy(book=book, branch=branch, barcode="C-1"),
        lambda: services.add_copy(book=book, branch=branch, barcode="c-1"),
    )
    assert refusals(outcome) == [BarcodeTaken]
    assert Copy.objects.count() == 1
    assert Book.objects.get().total_copies == 1


def test_of_two_records_with_one_isbn_one_is_refused_and_leaves_nothing():
    outcome = at_once(
        lambda: record("A", "Ann Lee", isbn="9780306406157"), lambda: record("B", "Bo Poe", isbn="0-306-40615-2")
    )
    assert refusals(outcome) == [IsbnTaken]
    (kept,) = Book.objects.all()
    assert Subject.objects.count() == 0
    assert kept.authors.count() == 1


def test_two_who_make_one_subject_and_one_series_make_each_once():
    outcome = at_once(
        lambda: record("A", subjects=["Whales"], series="Saga"), lambda: record("B", subjects=["WHALES"], series="saga")
    )
    assert refusals(outcome) == []
    assert (Subject.objects.get().books.count(), Series.objects.get().books.count()) == (2, 2)


def test_two_who_make_one_category_make_it_once():
    outcome = at_once(lambda: record("A", categories=["Whales"]), lambda: record("B", categories=["WHALES"]))
    assert refusals(outcome) == []
    assert Category.objects.get().books.count() == 2


def test_of_two_files_for_one_book_one_stays_in_the_record_and_on_the_disk(media):
    book = make_book()
    outcome = at_once(
        lambda: services.attach_file(book=Book(pk=book.pk, title="x"), upload=pdf(PDF + b"one"), by=None),
        lambda: services.attach_file(book=Book(pk=book.pk, title="x"), upload=pdf(PDF + b"two"), by=None),
    )
    assert refusals(outcome) == []
    (path,) = stored(media)
    assert path.read_bytes().startswith(PDF)
    assert str(BookFile.objects.get().file.name).endswith(path.name)


def test_two_changes_of_the_same_records_in_another_order_both_happen():
    books = [make_book(title=f"Book {number}") for number in range(6)]
    pks = [book.pk for book in books]
    outcome = at_once(
        lambda: services.change_books(pks=pks, changes={"publisher": "House"}, by=None),
        lambda: services.change_books(pks=pks[::-1], changes={"language": "fr"}, by=None),
    )
    assert outcome == [6, 6]
    assert set(Book.objects.values_list("publisher", "language")) == {("House", "fr")}


def test_two_fields_that_two_change_in_one_record_are_both_changed():
    book = record("Whales", "Ann Lee")
    outcome = at_once(
        lambda: services.update_book(book=Book.objects.get(pk=book.pk), changes={"year": 1990}, by=None),
        lambda: services.update_book(book=Book.objects.get(pk=book.pk), changes={"subtitle": "A life"}, by=None),
    )
    assert refusals(outcome) == []
    book.refresh_from_db()
    assert (book.year, book.subtitle) == (1990, "A life")


def test_a_record_that_one_deletes_while_another_adds_a_copy_is_either_gone_or_kept_with_it():
    book, branch = make_book(), make_branch()
    at_once(
        lambda: services.delete_book(book=Book.objects.get(pk=book.pk)),
        lambda: services.add_copy(book=book, branch=branch, barcode="C-1"),
    )
    assert Book.objects.count() == Copy.objects.count()


def test_two_workers_begin_one_generation():
    first, second = at_once(generations.current, generations.current)
    assert first == second == BookGeneration.objects.get()
