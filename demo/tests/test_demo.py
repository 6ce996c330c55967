"""The demonstration collection: facts that hold together, and a library that has them after loading."""

from __future__ import annotations

import json
import time
from collections import Counter

import pytest

from catalog.models import Author, Authorship, Book, BookFacts, Category, Copy, CopyStatus, Series
from catalog.services import create_book
from catalog.values.isbn import normalise
from demo import FOLDER
from demo.load import is_loaded, load
from library.jobs.models import Job
from library.search.fold import fold

RECORDS = json.loads((FOLDER / "records.json").read_text())
BOOKS = RECORDS["books"]
# The others follow from a loan or a hold, and there is none yet.
ON_A_SHELF = {
    CopyStatus.AVAILABLE,
    CopyStatus.IN_REPAIR,
    CopyStatus.DAMAGED,
    CopyStatus.MISSING,
    CopyStatus.LOST,
    CopyStatus.WITHDRAWN,
}


def test_the_collection_is_large_and_speaks_many_languages():
    languages = Counter(book["language"] for book in BOOKS)

    assert len(BOOKS) >= 300
    assert len(languages) >= 8
    assert 0.6 <= languages["en"] / len(BOOKS) <= 0.8


def test_every_barcode_is_on_one_copy():
    barcodes = Counter(copy["barcode"] for book in BOOKS for copy in book["copies"])
    assert [barcode for barcode, number in barcodes.items() if number > 1] == []


def test_copies_stand_in_branches_with_a_status_that_needs_no_loan():
    branches = {row["code"] for row in RECORDS["branches"]}
    for copy in (copy for book in BOOKS for copy in book["copies"]):
        assert copy["branch"] in branches, copy
        assert copy["status"] in ON_A_SHELF, copy
        assert copy["shelf_mark"], copy


def test_categories_are_known_and_each_follows_the_wider_one():
    names = [row["name"] for row in RECORDS["categories"]]

    assert len(set(names)) == len(names)
    for place, row in enumerate(RECORDS["categories"]):
        assert row.get("parent") in {None, *names[:place]}
    assert {name for book in BOOKS for name in book["categories"]} <= set(names)


def test_every_isbn_is_valid_and_on_one_book():
    isbns = [book["isbn"] for book in BOOKS if book["isbn"] is not None]

    assert [isbn for isbn in isbns if normalise(isbn) != isbn] == []
    assert len(set(isbns)) == len(isbns)


def test_no_title_and_no_description_comes_twice():
    for part in ("title", "description"):
        assert [text for text, number in Counter(fold(book[part]) for book in BOOKS).items() if number > 1] == []


def test_every_record_says_what_it_is_about():
    for book in BOOKS:
        assert book["description"], book["title"]
        assert book["categories"], book["title"]
        assert 2 <= len(book["subjects"]) <= 5, book["title"]
    headings = {name for book in BOOKS for name in book["subjects"]}
    assert [name for name, number in Counter(map(fold, headings)).items() if number > 1] == []


def test_authorities_are_on_a_title_page_and_live_forwards():
    named = {person["name"] for book in BOOKS for person in book["authors"]}
    for person in RECORDS["authors"]:
        assert person["name"] in named
        assert not person["birth"] or not person["death"] or person["birth"] < person["death"]
        assert person["name"] not in person["aliases"]


@pytest.mark.django_db
def test_it_loads_quickly_and_whole(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    started = time.process_time()  # our own seconds, whatever else the machine does

    assert not is_loaded()
    assert load() == len(BOOKS)

    assert time.process_time() - started < 15
    assert is_loaded()
    assert Book.objects.count() == BookFacts.objects.count() == len(BOOKS)
    assert Copy.objects.count() == sum(len(book["copies"]) for book in BOOKS)
    assert set(Book.objects.values_list("title", flat=True)) == {book["title"] for book in BOOKS}
    assert Book.objects.filter(is_suppressed=True).count() == 2
    assert Book.objects.filter(is_public=False).exists()
    assert Job.objects.filter(kind="index").count() == sum("file" in book for book in BOOKS) == 4
    _assert_records_are_as_services_make_them()
    _assert_people_are_authorities()
    _assert_series_and_categories_hang_together()


def _assert_records_are_as_services_make_them() -> None:
    primer = Book.objects.get(title="A Primer on the Cell")
    record = next(row for row in BOOKS if row["title"] == primer.title)
    again = create_book(
        **{name: record[name] for name in ("title", "language", "description", "publisher", "categories", "subjects")},
        authors=[person["name"] for person in record["authors"]],
        by=None,
    ).book
    columns = ("search_a", "search_b", "search_c", "search_d", "sort_title", "isbn", "subtitle", "is_public")
    assert [getattr(primer, name) for name in columns] == [getattr(again, name) for name in columns]
    assert set(primer.subjects.all()) == set(again.subjects.all())
    assert primer.author_names == again.author_names
    again.delete()
    time_book = Book.objects.get(title="A Brief History of Time")  # three copies, one of them withdrawn
    assert (time_book.total_copies, time_book.available_copies) == (2, 2)
    assert primer.digital_file.size > 0


def _assert_people_are_authorities() -> None:
    twain = Author.objects.get(name="Mark Twain")
    assert (twain.birth_year, twain.death_year) == (1835, 1910)
    assert [alias.name for alias in twain.aliases.all()] == ["Samuel Langhorne Clemens"]
    assert Author.objects.count() == len({person["name"] for book in BOOKS for person in book["authors"]})
    roles = Authorship.objects.filter(book__title="Winnie-the-Pooh").values_list("author__name", "role")
    assert set(roles) == {("A. A. Milne", "author"), ("E. H. Shepard", "illustrator")}


def _assert_series_and_categories_hang_together() -> None:
    rings = Series.objects.get(name="The Lord of the Rings").books.order_by("series_position")
    assert [book.title for book in rings] == ["The Fellowship of the Ring", "The Two Towers", "The Return of the King"]
    science, biology = Category.objects.get(name="Science"), Category.objects.get(name="Biology")
    assert biology.parent == science
    primer = BookFacts.objects.get(book__title="A Primer on the Cell")
    assert {science.pk, biology.pk} <= set(primer.category_ids)
    assert primer.has_file
