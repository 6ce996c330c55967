"""What the database refuses of people, shelves, series and vectors, whoever asks; and what may not be taken from under
a book.
"""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from catalog.models import (
    Author,
    AuthorAlias,
    BookGeneration,
    BookIdentifier,
    BookMerge,
    BookVector,
    Branch,
    Category,
    ItemType,
    Series,
    Subject,
)
from catalog.tests.factories import make_book, make_branch, make_copy, record

pytestmark = pytest.mark.django_db


def author(**values):
    return lambda: Author.objects.create(**{"name": "Ann Lee", "sort_name": "lee, ann"} | values)


def alias(*names):
    def make() -> None:
        person = Author.objects.create(name="Ann Lee", sort_name="lee, ann")
        for name in names:
            AuthorAlias.objects.create(author=person, name=name, sort_name="poe, bo")

    return make


def book(**values):
    return lambda: make_book(**values)


def in_series(**values):
    return lambda: make_book(series=Series.objects.create(name="Saga"), **values)


def copy(**values):
    return lambda: make_copy(**values)


def number(*values, kind="oclc"):
    def make() -> None:
        known = make_book()
        for value in values:
            BookIdentifier.objects.create(book=known, kind=kind, value=value)

    return make


def named(model, *names):
    def make() -> None:
        for name in names:
            model.objects.create(name=name)

    return make


def generation(*states, **values):
    def make() -> None:
        for state in states:
            BookGeneration.objects.create(model="m", dimensions=3, state=state, **values)

    return make


def vectors(times):
    def make() -> None:
        building, known = BookGeneration.objects.create(model="m", dimensions=3), make_book()
        for _time in range(times):
            BookVector.objects.create(generation=building, book=known, text_version=1, embedding=[1, 0, 0])

    return make


def merged_into_itself() -> None:
    known = make_book()
    BookMerge.objects.create(old_id=known.pk, book=known, title="x")


def merged_twice() -> None:
    for _time in range(2):
        BookMerge.objects.create(old_id=10**9, book=make_book(), title="x")


def in_a_circle() -> None:
    outer = Category.objects.create(name="Outer")
    middle = Category.objects.create(name="Middle", parent=outer)
    inner = Category.objects.create(name="Inner", parent=middle)
    Category.objects.filter(pk=outer.pk).update(parent=inner)


def item_types(**second):
    def make() -> None:
        ItemType.objects.create(code="dvd", name="DVD")
        ItemType.objects.create(**{"code": "cd", "name": "CD"} | second)

    return make


def branches(**second):
    def make() -> None:
        make_branch(code="north", name="North")
        make_branch(**{"code": "south", "name": "South"} | second)

    return make


NOW = {"live_at": timezone.now()}
KEPT = {
    "the first and the last year": author(birth_year=-3000, death_year=2200),
    "born and dead in one year": author(birth_year=1900, death_year=1900),
    "years unknown": author(),
    "a meeting": author(kind="meeting"),
    "two namesakes": lambda: [author()() for _time in range(2)],
    "the first place in a series": in_series(series_position=0),
    "a range": in_series(series_position=1, series_position_end=2),
    "for all ages": book(minimum_age=0),
    "for adults": book(minimum_age=21, reading_level="adults"),
    "a copy that costs nothing": copy(price=0),
    "a worn copy": copy(condition="worn"),
    "two numbers": number("42", "43"),
    "subjects that differ in case": named(Subject, "Genes", "genes"),
    "old generations": generation("retired", "retired", "building"),
    "one that answers": generation("live", "building", **NOW),
    "one vector": vectors(1),
    "two types": item_types(),
    "two branches": branches(),
}
REFUSED = {
    "a kind of name that nobody knows": (author(kind="robot"), "author_kind_known"),
    "born too early": (author(birth_year=-3001), "author_birth_plausible"),
    "born too late": (author(birth_year=2201), "author_birth_plausible"),
    "dead too early": (author(death_year=-3001), "author_death_plausible"),
    "dead too late": (author(death_year=2201), "author_death_plausible"),
    "dead before born": (author(birth_year=1900, death_year=1899), "author_born_before_dead"),
    "another name twice": (alias("Bo Poe", "BO POE"), "author_alias_once"),
    "an empty other name": (alias(""), "author_alias_not_empty"),
    "a category twice": (named(Category, "Art", "Art"), "catalog_category_name"),
    "a subject twice": (named(Subject, "Genes", "Genes"), "catalog_subject_name"),
    "a series twice": (named(Series, "Saga", "Saga"), "catalog_series_name"),
    "a category within itself": (in_a_circle, "category_no_circle|lies within itself"),
    "a place without a series": (book(series_position=1), "book_position_needs_series"),
    "an end without a start": (in_series(series_position_end=2), "book_position_end_after_start"),
    "an end at the start": (in_series(series_position=2, series_position_end=2), "book_position_end_after_start"),
    "too high an age": (book(minimum_age=22), "book_minimum_age_plausible"),
    "an age below zero": (book(minimum_age=-1), "minimum_age"),
    "readers that nobody knows": (book(reading_level="dogs"), "book_reading_level_known"),
    "a language of one letter": (book(language="x"), "book_language_code"),
    "a price below zero": (copy(price="-0.01"), "copy_price_not_negative"),
    "a condition that nobody knows": (copy(condition="eaten"), "copy_condition_known"),
    "one number twice": (number("42", "42"), "identifier_once"),
    "an empty number": (number(""), "identifier_not_empty"),
    "a number of no kind": (number("42", kind="rune"), "identifier_kind_known"),
    "an issn with a letter": (number("0317847A", kind="issn"), "identifier_issn_normalised"),
    "a record merged into itself": (merged_into_itself, "book_merge_into_another"),
    "a record merged into two": (merged_twice, "catalog_bookmerge_pkey"),
    "two generations being built": (generation("building", "building"), "book_generation_one_per_state"),
    "a generation in no state": (generation("asleep"), "book_generation_state_known"),
    "one that answers since nobody knows when": (generation("live"), "book_generation_live_since"),
    "two vectors of one record": (vectors(2), "book_vector_once"),
    "a code of a type twice": (item_types(code="dvd"), "catalog_itemtype_code"),
    "a name of a type twice": (item_types(name="DVD"), "catalog_itemtype_name"),
    "a code of a branch twice": (branches(code="north"), "catalog_branch_code"),
}


@pytest.mark.parametrize("case", KEPT)
def test_what_is_possible_is_kept(case):
    KEPT[case]()


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_impossible_is_refused(case):
    make, constraint = REFUSED[case]
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make()


@pytest.mark.parametrize("gone", ["DELETE FROM catalog_book", "DELETE FROM catalog_bookgeneration"])
def test_no_vector_stays_behind(gone):
    vectors(1)()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(gone)
    assert not BookVector.objects.exists()


def test_nothing_is_taken_from_under_a_book_or_a_copy():
    known = record("The Gene", "Ann Lee", series="Life", categories=["Cells"])
    cells = Category.objects.get()
    cells.parent = Category.objects.create(name="Science")
    cells.save()
    dvd = ItemType.objects.create(code="dvd", name="DVD")
    held = make_copy(book=known, item_type=dvd)
    for row in (Author.objects.get(), Series.objects.get(), cells.parent, held.branch, dvd, known):
        with pytest.raises(ProtectedError):
            row.delete()
    assert Branch.objects.filter(pk=held.branch_id).exists()


def test_a_heading_goes_without_its_books():
    known = record("The Gene", categories=["Cells"], subjects=["Genes"])
    Subject.objects.get().delete()
    Category.objects.get().delete()
    known.refresh_from_db()
    assert (known.subjects.count(), known.categories.count()) == (0, 0)
    assert known.facts.category_ids == []


def test_other_names_go_with_their_author():
    alias("Bo Poe")()
    Author.objects.get().delete()
    assert not AuthorAlias.objects.exists()


def test_rows_are_called_by_what_people_know_them_by():
    known = record("The Gene", "Ann Lee", identifiers=[{"kind": "oclc", "value": "42"}], subjects=["Genes"])
    held = make_copy(book=known, barcode="C-7", branch=make_branch(name="North"))
    dvd = ItemType(name="DVD")
    said = [str(row) for row in (known, held, held.branch, dvd, known.identifiers.get(), known.authorships.get())]
    assert said == ["The Gene", "C-7", "North", "DVD", "OCLC number 42", "Ann Lee"]
    assert str(BookMerge(old_id=7, book=known)) == f"7 → {known.pk}"
    assert str(BookGeneration(model="small", state="live")) == "small (answers searches)"
