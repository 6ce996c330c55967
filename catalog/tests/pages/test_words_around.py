"""Covers, names and languages as pages show them."""

from __future__ import annotations

import pytest
from django.template import Context, Template
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from catalog.templatetags.catalog import cover_hue, few, in_language
from catalog.tests.factories import make_book, record
from catalog.values.drawn_cover import HUES


@pytest.mark.parametrize(
    ("names", "most", "said"),
    [
        ([], 2, ""),
        (["Ann"], 2, "Ann"),
        (["Ann", "Bo"], 2, "Ann, Bo"),
        (["Ann", "Bo", "Cy"], 2, "Ann, Bo, Cy"),
        (["Ann", "Bo", "Cy", "Di"], 2, "Ann, Bo and 2 others"),
        (["Ann", "Bo", "Cy"], 1, "Ann and 2 others"),
        (["Ann", "Bo"], 1, "Ann, Bo"),
    ],
)
def test_of_many_names_some_are_said_where_that_is_shorter(names, most, said):
    assert few(names, most) == said


@given(st.lists(st.text("abc", min_size=1, max_size=4), max_size=9), st.integers(1, 5))
def test_no_name_is_left_uncounted(names, most):
    said = few(names, most)
    if said.endswith(" others"):
        left = int(said.rsplit(" ", 2)[1])
        assert left >= 2
        assert said.count(",") + 1 + left == len(names)
    else:
        assert said == ", ".join(names)


@pytest.mark.parametrize(
    ("code", "text", "attributes"),
    [
        ("en", "The Gene", ""),
        ("", "The Gene", ""),
        ("fr", "Germinal", ' lang="fr"'),
        ("grc", "Ἰλιάς", ' lang="grc"'),
        ("ar", "ألف ليلة", ' lang="ar" dir="rtl"'),
        ("he", "1984 ספר", ' lang="he" dir="rtl"'),
        ("ar", "Alf layla", ' lang="ar-Latn" dir="ltr"'),
        ("fa", "1984", ' lang="fa-Latn" dir="ltr"'),
        ('"><b>', "x", ' lang="&quot;&gt;&lt;b&gt;"'),
    ],
)
def test_a_text_in_another_language_says_so_and_runs_its_own_way(code, text, attributes):
    with translation.override("en"):
        assert in_language(code, text) == attributes


def test_what_is_in_the_language_of_the_page_needs_no_word():
    with translation.override("fr"):
        assert in_language("fr", "Germinal") == ""
        assert in_language("en", "The Gene") == ' lang="en"'
    with translation.override("en-gb"):
        assert in_language("en", "The Gene") == ""


@given(st.text(max_size=40))
def test_every_title_has_a_colour_and_keeps_it(title):
    hue = cover_hue(title)
    assert hue in {f"hue-{number}" for number in range(len(HUES))}
    assert cover_hue(title) == hue


def test_a_title_that_is_folded_alike_has_the_same_colour():
    assert cover_hue("Émile") == cover_hue("emile")


@pytest.mark.django_db
def test_a_drawn_cover_has_title_and_first_author_and_a_small_one_no_words():
    book = record("The <Gene>", "Ann Lee", "Bo Poe")
    large = Template("{% load catalog %}{% cover book %}").render(Context({"book": book}))
    small = Template("{% load catalog %}{% cover book small=True %}").render(Context({"book": book}))
    assert "The &lt;Gene&gt;" in large
    assert "Ann Lee" in large
    assert "Ann Lee" not in small
    assert cover_hue(book.title) in large
    assert cover_hue(book.title) in small


@pytest.mark.django_db
def test_a_cover_without_an_author_is_drawn_too():
    drawn = Template("{% load catalog %}{% cover book %}").render(Context({"book": make_book(title="Beowulf")}))
    assert "Beowulf" in drawn
