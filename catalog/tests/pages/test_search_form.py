"""What a list may be asked, at the limits of each parameter, and the sentence beyond them."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from catalog.pages.search_form import SearchForm
from catalog.search.services import QUERY_LENGTH, Filters

ANY_TEXT = st.text(st.characters(), max_size=60)


def asked(**values) -> SearchForm:
    query = QueryDict(mutable=True)
    for name, value in values.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    form = SearchForm(query)
    form.is_valid()
    return form


def test_nothing_asked_is_everything_by_relevance():
    form = asked()
    assert form.errors == {}
    assert (form.query, form.order, form.is_exact, form.filters, form.pairs) == ("", "relevance", False, Filters(), [])


def test_a_question_is_cut_not_refused():
    assert len(asked(q="x" * (QUERY_LENGTH * 5)).query) == QUERY_LENGTH
    assert asked(q=" cells\0 divide ").query == "cells  divide"
    assert asked(q="cells \ud800").query == "cells"


@pytest.mark.parametrize(
    ("name", "longest"), [("category", 80), ("author", 200), ("branch", 120), ("series", 200), ("subject", 200)]
)
def test_a_filter_has_a_longest_value(name, longest):
    assert asked(**{name: "x" * longest}).errors == {}
    form = asked(**{name: "x" * (longest + 1)})
    assert form.sentences == {name: [f"At most {longest} characters."]}
    assert not form.filters, "what is wrong narrows nothing"


@pytest.mark.parametrize("name", SearchForm.REPEATED)
def test_each_repeated_filter_takes_twenty_values(name):
    value = {"language": "en", "year": "1990", "format": "print"}.get(name, "a")
    assert asked(**{name: [value] * 20}).errors == {}
    assert asked(**{name: [value] * 21}).sentences == {name: ["At most 20 values."]}


def test_repeats_and_empty_values_are_left_out_in_their_order():
    form = asked(author=["b", "", " ", "a", "b "], format=["print", "", "digital", "print"])
    assert form.filters.author == ("b", "a")
    assert form.filters.format == ("print", "digital")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("1990", "1990"),
        ("1990-2000", "1990-2000"),
        ("2000-1990", "1990-2000"),
        ("1990 – 2000", "1990-2000"),
        ("1990-", "1990-"),
        ("-500", "-500"),
        ("-500--300", "-500--300"),
        ("-300--500", "-500--300"),
        (" 1990 ", "1990"),
        ("0-100", "0-100"),
    ],
)
def test_years_are_kept_in_their_order(typed, kept):
    assert asked(year=typed).filters.year == (kept,)


@pytest.mark.parametrize("typed", ["19900", "x", "1990-x", "1990-2000-2010", "٣", "1990,2000", "--5"])
def test_what_is_no_year_is_said_with_examples(typed):
    assert asked(year=typed).sentences == {"year": ["A year or years, for example 1990 or 1990-2000 or 1990-."]}


@pytest.mark.parametrize("typed", ["0", "00", "0-0", "-0"])
def test_the_year_0_is_said_not_to_be(typed):
    assert asked(year=typed).sentences == {"year": ["There is no year 0: 1 BC is followed by 1 AD."]}


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("language", "xx", "No language has this code."),
        ("format", "PRINT", "print or digital."),
        ("format", "scroll", "print or digital."),
        ("available", "yes", "true or false."),
        ("sort", "smell", "One of relevance, title, newest, year and popular."),
        ("exactly", "2", "1 or 0."),
        ("exactly", "true", "1 or 0."),
        ("series", "a\0", "NUL or broken ones"),
        ("category", "\ud800", "NUL or broken ones"),
    ],
)
def test_each_wrong_value_has_its_sentence(name, value, sentence):
    form = asked(**{name: value})
    assert list(form.errors) == [name]
    assert sentence in form.sentences[name][0]


@pytest.mark.parametrize(("typed", "is_free"), [("true", True), ("false", False), ("", None)])
def test_available_is_yes_no_or_not_asked(typed, is_free):
    assert asked(available=typed).filters.available is is_free


@pytest.mark.parametrize(("typed", "kept"), [("EN", "en"), ("eng", "en"), ("nob", "no"), ("GRC", "grc")])
def test_a_language_is_asked_by_any_of_its_codes(typed, kept):
    assert asked(language=typed).filters.language == (kept,)


def test_one_wrong_filter_leaves_the_others():
    form = asked(year="x", language="fr", sort="title", q="whales")
    assert form.filters == Filters(language=("fr",))
    assert (form.order, form.query) == ("title", "whales")


def test_a_wrong_order_or_exactness_is_the_usual_one():
    form = asked(sort="smell", exactly="perhaps")
    assert (form.order, form.is_exact) == ("relevance", False)


def test_the_address_has_what_is_right_as_it_is_understood_and_what_is_wrong_as_it_was_typed():
    form = asked(q="whales", year=["2000-1990"], language=["ENG", "xx"], sort="smell", series="a\0b")
    assert form.pairs == [
        ("q", "whales"),
        ("language", "ENG"),
        ("language", "xx"),
        ("year", "1990-2000"),
        ("series", "a\ufffdb"),
        ("sort", "smell"),
    ]


def test_the_address_of_too_many_values_has_twenty_of_them():
    assert len(asked(author=[f"a{n}" for n in range(30)]).pairs) == 20


@given(st.dictionaries(st.sampled_from([*SearchForm.base_fields]), st.lists(ANY_TEXT, max_size=3)))
def test_nothing_that_is_asked_is_ever_a_fault(values):
    form = asked(**values)
    assert form.filters == form.filters
    assert isinstance(form.query, str)
    assert len(form.query) <= QUERY_LENGTH
    assert not any("\0" in value for _name, value in form.pairs)
    assert set(form.sentences) <= set(values)


@given(st.lists(st.sampled_from(["1990", "1990-2000", "-5", "1900-", "2000-1990", " 12 "]), max_size=5))
def test_what_the_address_says_is_understood_as_the_same_again(years):
    form = asked(year=years, author=["Ann", "ann"], available="true")
    again = asked(**{name: [value for kind, value in form.pairs if kind == name] for name, _value in form.pairs})
    assert again.filters == form.filters
    assert again.pairs == form.pairs
