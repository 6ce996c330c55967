"""Facets: each counts what all other filters let through, and choosing a value gives as many as it said."""

from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import make_librarian
from catalog import queries, services
from catalog.models import Author, Book, Branch, Category
from catalog.search.matches import result_cache
from catalog.search.services import Filters, search
from catalog.tests.factories import make_branch, make_copy, pdf, record

pytestmark = pytest.mark.django_db
ANYBODY = AnonymousUser()


@pytest.fixture
def shelf() -> None:
    """Twenty-four whales that differ in everything."""
    north, south = make_branch(code="north", name="North"), make_branch(code="south", name="South")
    sea = Category.objects.create(name="Sea")
    Category.objects.create(name="Deep sea", parent=sea)
    for number in range(24):
        book = record(
            f"Whale number {number}",
            f"Author {number % 5}",
            "Ann Common",
            categories=["Deep sea", "Poems"][: number % 3],
            year=[None, -44, 1843, 1844, 1851, 1999][number % 6],
            language=["en", "fr", "de"][number % 3],
        )
        if number % 2:
            make_copy(book=book, branch=north, status="available" if number % 3 else "on_loan")
        if number % 4 == 0:
            make_copy(book=book, branch=south, status="on_loan" if number % 8 else "available")
        if number % 5 == 0:
            services.attach_file(book=book, upload=pdf(), by=None)


def facets(query: str = "whale", filters: Filters | None = None, **asked) -> dict[str, dict[str, int]]:
    found = search(query, user=asked.pop("user", ANYBODY), filters=filters or Filters(), facets=True, **asked).facets
    return {facet.name: {value.value: value.count for value in facet.values} for facet in found}


def test_the_facets_of_a_search(shelf):
    found = search("whale", user=ANYBODY, facets=True).facets
    assert [facet.name for facet in found] == [
        "category",
        "author",
        "year",
        "language",
        "available",
        "branch",
        "format",
    ]
    labels = {facet.name: [(value.label, value.count) for value in facet.values] for facet in found}
    assert labels["category"] == [("Deep sea", 16), ("Sea", 16), ("Poems", 8)]
    assert labels["author"][0] == ("Ann Common", 24)
    assert labels["year"] == [("1990s", 4), ("1850s", 4), ("1840s", 8), ("50 BCE–41 BCE", 4)]
    assert labels["language"] == [("English", 8), ("French", 8), ("German", 8)]
    assert labels["available"] == [("Available now", 11)]
    assert labels["branch"] == [("North", 12), ("South", 6)]
    assert labels["format"] == [("Printed", 18), ("Digital", 5)]
    assert search("whale", user=ANYBODY).facets == ()


def one(name: str, value: str) -> Filters:
    chosen: dict[str, Any] = {name: True if name == "available" else (value,)}
    return Filters(**chosen)


def both(first: Filters, second: Filters) -> Filters:
    return Filters(
        **{
            name: other if other not in ((), None, "") else mine
            for (name, mine), other in zip(vars(first).items(), vars(second).values(), strict=True)
        }
    )


@pytest.mark.parametrize("query", ["whale", ""])
def test_choosing_a_value_leaves_as_many_as_it_said(shelf, query):
    for name, values in facets(query).items():
        for value, count in values.items():
            chosen = one(name, value)
            assert search(query, user=ANYBODY, filters=chosen).count == count > 0, (name, value)
            for other, further in facets(query, chosen).items():
                for deeper, left in further.items():
                    if other != name:
                        filters = both(chosen, one(other, deeper))
                        assert search(query, user=ANYBODY, filters=filters).count == left, (chosen, other, deeper)


def test_a_facet_still_shows_what_its_own_filter_keeps_out(shelf):
    before = facets()
    chosen = Filters(language=("fr",))
    assert facets(filters=chosen)["language"] == before["language"]
    values = {
        value.value: value.chosen
        for facet in search("whale", user=ANYBODY, filters=chosen, facets=True).facets
        if facet.name == "language"
        for value in facet.values
    }
    assert values == {"en": False, "fr": True, "de": False}


def test_several_values_of_one_kind_mean_any_of_them(shelf):
    several = Filters(language=("fr", "de"), year=("1844", "1999"))
    expected = {book.pk for book in Book.objects.filter(language__in=["fr", "de"], year__in=[1844, 1999])}
    assert set(search("whale", user=ANYBODY, filters=several, page_size=100).ids) == expected


def test_a_chosen_value_is_there_even_where_it_leaves_nothing(shelf):
    poems = Category.objects.get(name="Poems")
    found = facets(filters=Filters(category=(str(poems.pk),), language=("en",), year=("1700-1750", "1850-1859")))
    assert found["category"][str(poems.pk)] == 0
    assert found["year"]["1700-1750"] == 0
    assert "1850-1859" in found["year"]


def test_a_free_copy_means_free_at_the_chosen_branch(shelf):
    for branch, available in product(("north", "south"), (True, False)):
        free = Book.objects.filter(copies__branch__code=branch, copies__status="available").distinct()
        held = Book.objects.filter(copies__branch__code=branch).distinct()
        found = search("whale", user=ANYBODY, filters=Filters(branch=(branch,), available=available))
        assert found.count == (free.count() if available else held.count() - free.count())
    by_code = {branch.code: str(branch.pk) for branch in Branch.objects.all()}
    assert facets(filters=Filters(available=True))["branch"] == {by_code["north"]: 8, by_code["south"]: 3}


def test_at_most_twelve_values_and_the_chosen_ones():
    for number in range(20):
        record(f"Whale {number}", *[f"Author {n:02d}" for n in range(20 - number)])
    rare = Author.objects.get(name="Author 19")
    assert len(facets()["author"]) == 12
    found = facets(filters=Filters(author=(str(rare.pk),)))["author"]
    assert len(found) == 13
    assert found[str(rare.pk)] == 1


def test_hidden_books_are_counted_for_staff_alone(shelf):
    Book.objects.filter(language="fr").update(is_suppressed=True)
    assert "fr" not in facets()["language"]
    assert facets()["author"] != facets(user=make_librarian())["author"]
    assert facets(user=make_librarian())["language"]["fr"] == 8
    assert sum(facets("")["language"].values()) == 16


def test_what_does_not_exist_matches_nothing_and_is_no_error(shelf):
    for filters in (
        Filters(category=("no such",)),
        Filters(author=("0",)),
        Filters(language=("xx",)),
        Filters(year=("soon",)),
        Filters(branch=("\0",)),
        Filters(format=("vinyl",)),
        Filters(series="no such"),
        Filters(subject="9" * 30),
        Filters(category=("1",) * 500),
        Filters(author=("a b c " * 100,)),
        Filters(year=("99999",)),
    ):
        found = search("whale", user=ANYBODY, filters=filters, facets=True)
        assert (found.count, found.ids) == (0, []), filters


def test_series_and_subject_narrow_without_a_facet():
    first = record("Whales one", subjects=["Whales -- Fiction"])
    record("Whales two")
    assert search("whales", user=ANYBODY, filters=Filters(subject="whales -- fiction")).ids == [first.pk]
    subject = first.subjects.get()
    assert search("", user=ANYBODY, filters=Filters(subject=str(subject.pk)), facets=True).count == 1


def test_the_number_of_queries_is_that_of_one_book(shelf):
    def number(**asked) -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as ran:
            search("whale", user=ANYBODY, facets=True, **asked)
        return len(ran)

    few = number(filters=Filters(language=("fr",)))
    for n in range(40):
        record(f"Another whale {n}", f"Somebody {n}", categories=[f"Shelf {n}"], language="fr", year=1700 + n)
    assert number(filters=Filters(language=("fr",))) == few


def test_the_numbers_of_a_big_catalogue_are_kept_for_half_a_minute(shelf, monkeypatch):
    monkeypatch.setattr(result_cache, "MANY", 10)
    before = search("", user=ANYBODY, facets=True)
    record("Another whale")
    after = search("", user=ANYBODY, facets=True)
    assert (after.count, after.facets) == (before.count, before.facets)
    assert search("", user=make_librarian(), facets=True).count == before.count + 1, "kept apart for staff"
    assert search("", user=ANYBODY, facets=True, filters=Filters(language=("en",))).count == 9, "and for each filter"
    cache.clear()
    assert search("", user=ANYBODY, facets=True).count == before.count + 1


def test_without_redis_everything_is_counted(shelf, settings):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "unix:///nowhere.sock"}}
    assert search("", user=ANYBODY, facets=True).count == 24


def test_a_broad_search_is_kept_for_half_a_minute_but_shows_nothing_hidden_since(shelf, monkeypatch):
    monkeypatch.setattr(result_cache, "MANY", 2)
    whale = [record(f"Whale song {n}", language="en") for n in range(25)]
    first = search("song", user=ANYBODY, facets=True, page_size=10)
    record("Whale song again")
    second = search("song", user=ANYBODY, facets=True, page=2, page_size=10)
    assert (second.count, second.facets) == (first.count, first.facets), "one page tells what the other told"
    assert not set(second.ids) & set(first.ids)
    assert search("song", user=ANYBODY, sort="title").count == first.count + 1, "another order is asked anew"
    hidden = next(book for book in whale if book.pk == first.ids[0])
    hidden.is_suppressed = True
    hidden.save()
    again = search("song", user=ANYBODY, facets=True, page_size=10)
    assert hidden.pk in again.ids
    assert hidden.pk not in {book.pk for book in queries.books_of(again, ANYBODY)}
    assert hidden.pk in {book.pk for book in queries.books_of(again, make_librarian())}
    cache.clear()
    assert search("song", user=ANYBODY).count == first.count
