"""A search as a page shows it: its address, and the steps that lead from it."""

from __future__ import annotations

import pytest
from django.core.paginator import Paginator
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from accounts.tests.factories import make_librarian, make_user
from catalog.models import Book, Series, Subject
from catalog.pages.result_list import Address, PaginatedBooks, chips, columns, years_in_words
from catalog.pages.search_form import SearchForm
from catalog.search.services import Facet, FacetValue
from catalog.tests.factories import record

NAMES = st.sampled_from(["category", "author", "series", "sort", "q"])
PAIRS = st.lists(st.tuples(NAMES, st.text("ab", min_size=1, max_size=2)), max_size=6).map(tuple)


def facet(name, *values) -> Facet:
    return Facet(name, name.title(), tuple(FacetValue(value, label, 3, chosen) for value, label, chosen in values))


def chosen(query: str) -> tuple[SearchForm, Address]:
    form = SearchForm(QueryDict(query))
    form.is_valid()
    return form, Address(tuple(form.pairs))


def words(query: str, user=None, facets=()) -> list[tuple[str, str]]:
    form, address = chosen(query)
    return [(one.label, one.words) for one in chips(form, facets, address, user or make_user())]


# -- addresses -----------------------------------------------------------------------------------------------------


def test_an_address_keeps_what_was_typed_whatever_it_is():
    address = Address((("q", "cells & walls"), ("author", "Émile")))
    assert str(address) == "?q=cells+%26+walls&author=%C3%89mile"
    assert str(Address(())) == "?"


def test_what_may_be_repeated_is_added_and_all_else_takes_the_place_of_what_was():
    address = Address((("author", "1"), ("sort", "title")))
    assert address.plus("author", "2").pairs == (("author", "1"), ("sort", "title"), ("author", "2"))
    assert address.plus("sort", "year").pairs == (("author", "1"), ("sort", "year"))


@given(PAIRS, NAMES, st.text("ab", min_size=1, max_size=2))
def test_what_is_added_is_there_and_what_is_taken_away_is_not(pairs, name, value):
    address = Address(pairs)
    more = address.plus(name, value)
    assert more.has(name, value)
    assert more.has_any(name)
    assert not more.minus(name, value).has(name, value)
    assert not more.without(name).has_any(name)
    others = [pair for pair in pairs if pair[0] != name]
    assert [pair for pair in more.pairs if pair[0] != name] == others
    assert list(more.without(name).pairs) == others


@given(PAIRS)
def test_taking_nothing_away_changes_nothing(pairs):
    address = Address(pairs)
    assert address.without() == address
    assert address.without("page") == address


# -- facets --------------------------------------------------------------------------------------------------------


def test_a_choice_leads_in_and_a_chosen_one_leads_out():
    (column,) = columns([facet("author", ("1", "Ann", False), ("2", "Bo", True))], Address((("author", "2"),)))
    ann, bo = column.choices
    assert ann.url == "?author=2&author=1"
    assert bo.url == "?"
    assert (ann.chosen, bo.chosen) == (False, True)


def test_what_was_asked_for_by_its_name_is_let_go_by_its_name():
    given_ = Address((("category", "SCIENCE"), ("category", "7")))
    (column,) = columns([facet("category", ("3", "Science", True), ("7", "Art", True))], given_)
    assert [choice.url for choice in column.choices] == ["?category=7", "?category=SCIENCE"]


def test_what_was_asked_for_by_something_else_goes_with_all_of_its_kind():
    given_ = Address((("author", "mukherj"), ("q", "cells")))
    (column,) = columns([facet("author", ("3", "Siddhartha Mukherjee", True))], given_)
    assert column.choices[0].url == "?q=cells"


def test_six_choices_are_shown_at_once_and_all_that_are_chosen():
    values = [(str(n), f"N{n}", n == 9) for n in range(10)]
    (column,) = columns([facet("author", *values)], Address(()))
    assert [choice.label for choice in column.first] == [*(f"N{n}" for n in range(6)), "N9"]
    assert [choice.label for choice in column.rest] == ["N6", "N7", "N8"]


def test_every_choice_has_an_id_of_its_own_that_a_page_can_have():
    values = [("1-5", "a", False), ("15", "b", False), ("é", "c", False), ("a b", "d", False), ('"', "e", False)]
    (column,) = columns([facet("year", *values)], Address(()))
    ids = [choice.id for choice in column.choices]
    assert len(set(ids)) == 5
    assert all(one.replace("-", "").isascii() and one.replace("-", "").isalnum() for one in ids)


def test_an_empty_list_offers_nothing_but_a_year_that_was_asked_for():
    empty = [facet("author"), facet("year")]
    assert columns(empty, Address(())) == []
    assert [column.name for column in columns(empty, Address((("year", "1990"),)))] == ["year"]


def test_a_facet_without_choices_is_left_out_but_years_can_always_be_typed():
    shown = columns([facet("author"), facet("branch", ("1", "North", False)), facet("year")], Address(()))
    assert [column.name for column in shown] == ["branch", "year"]


# -- what narrows --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("1990", "1990"),
        ("1990-2000", "1990–2000"),
        ("1990-", "from 1990"),
        ("-500", "500 BC"),
        ("-500--300", "500 BC–300 BC"),
        ("-44-14", "44 BC–14"),
        ("1990 – 2000", "1990–2000"),
        ("soon", "soon"),
        ("", ""),
    ],
)
def test_years_are_said_in_words(typed, said):
    assert years_in_words(typed) == said


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "label", "said"),
    [
        ("available=true", "Availability", "Available now"),
        ("available=false", "Availability", "Nothing free now"),
        ("format=print", "Format", "Print"),
        ("format=digital", "Format", "Digital"),
        ("language=fr", "Language", "French"),
        ("year=1990-2000", "Year", "1990–2000"),
        ("author=Ann", "Author", "Ann"),
        ("branch=north", "Branch", "north"),
        ("series=Saga", "Series", "Saga"),
        ("subject=999", "Subject", "999"),
        ("series=" + "9" * 30, "Series", "9" * 30),
    ],
)
def test_what_narrows_is_said_in_words(query, label, said):
    (found,) = words(query)
    assert (found[0], found[1].lower()) == (label, said.lower())


@pytest.mark.django_db
def test_a_value_that_a_facet_has_is_said_as_there():
    assert words("author=7", facets=[facet("author", ("7", "Ann Lee", True))]) == [("Author", "Ann Lee")]


@pytest.mark.django_db
def test_a_series_by_its_number_is_named_to_those_who_may_see_a_book_of_it():
    record("Kept Back", series="Saga", subjects=["Secrets"], is_suppressed=True)
    query = f"series={Series.objects.get().pk}&subject={Subject.objects.get().pk}"
    assert [said for _label, said in words(query, make_librarian())] == ["Saga", "Secrets"]
    assert [said for _label, said in words(query)] == [str(Series.objects.get().pk), str(Subject.objects.get().pk)]


@pytest.mark.django_db
def test_a_wrong_value_is_shown_as_wrong_and_can_be_taken_away():
    form, address = chosen("year=soon&q=whales&sort=smell")
    found = chips(form, [], address, make_user())
    assert {(one.words, one.is_wrong) for one in found} == {("soon", True), ("smell", True)}
    assert [one.url for one in found if one.words == "soon"] == ["?q=whales&sort=smell"]


# -- pages ---------------------------------------------------------------------------------------------------------


def test_a_page_of_a_search_knows_how_many_there_are():
    books = [Book(title="A"), Book(title="B")]
    page = Paginator(PaginatedBooks(45, books), 20).page(2)
    assert (page.paginator.count, page.paginator.num_pages, page.has_next(), list(page)) == (45, 3, True, books)
    assert Paginator(PaginatedBooks(0, []), 20).page(1).object_list == []
