"""A mark counts in prose, in every form in which one is written; nothing else is touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answers.prose import marks
from rag.text.sentences import TextSpan

KNOWN = {1: 1, 2: 2, 3: 3, 347: 4}


def resolved(text: str) -> str:
    return marks.plain(marks.resolve(text, lambda label, where: KNOWN.get(label)))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Bread rises [1].", "Bread rises [1]."),
        ("Bread rises[1].", "Bread rises [1]."),
        ("Bread rises 【1】.", "Bread rises [1]."),
        ("Bread rises ［１］.", "Bread rises [1]."),
        ("Bread rises [[1]].", "Bread rises [1]."),
        ("Bread rises [1, 2].", "Bread rises [1][2]."),
        ("Bread rises [1][2].", "Bread rises [1] [2]."),
        ("Bread rises [1-3].", "Bread rises [1][2][3]."),
        ("Bread rises [1–3].", "Bread rises [1][2][3]."),
        ("Bread rises [^1].", "Bread rises [1]."),
        ("Bread rises [1](https://evil.example/x).", "Bread rises [1]."),
        ("Bread rises 【1†source】.", "Bread rises [1]."),
        ("Bread rises 【1:0†source】.", "Bread rises [1]."),
        ("Bread rises [Source 1].", "Bread rises [1]."),
        ("Bread rises [source: 1, source 3].", "Bread rises [1][3]."),
        ("Bread rises (source 1).", "Bread rises [1]."),
        ("Bread rises, see sources 1 and 3.", "Bread rises, see [1][3]."),
        ("يرتفع الخبز [١].", "يرتفع الخبز [1]."),
        ("Bread rises [347].", "Bread rises [4]."),
    ],
)
def test_every_form_names_its_source(written, shown):
    assert resolved(written) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Bread rises [99].", "Bread rises."),
        ("Bread rises [1, 99].", "Bread rises [1]."),
        ("Bread rises [0].", "Bread rises."),
        ("[99] Bread rises.", " Bread rises."),
        ("Bread rises [1, 1][1].", "Bread rises [1] [1]."),
    ],
)
def test_what_names_nothing_goes_alone(written, shown):
    assert resolved(written) == shown


@pytest.mark.parametrize(
    "text",
    [
        "`x[1]` and ``a ` [1]``",
        "the array x[1] = 2",
        "all numbers in [0, 1]",
        "as Watt wrote [1784]",
        "source code and source 99 of the river",
        "[to be done]",
        "an empty [] and [,]",
        "[1.5]",
    ],
)
def test_what_only_looks_like_a_mark_is_left_alone(text):
    assert resolved(text) == text


def test_words_of_a_quote_are_never_touched():
    text = "He says “as shown before [1], it rises” [2]."
    quote = TextSpan(8, 39)
    made = marks.resolve(text, lambda label, where: KNOWN.get(label), quoted=[quote])
    assert marks.plain(made) == text
    assert marks.shown_numbers(made) == [2]


def test_a_range_that_is_none_names_its_ends_at_most():
    assert marks.numbers_in("3-1") == (3, 1)
    assert marks.numbers_in("1-900") == (1, 900)
    assert marks.numbers_in("1, 3-5, 4") == (1, 3, 4, 5)


@given(st.text(alphabet="ab1９٣ [](){}【】`^,-–†:\n", max_size=60))
def test_any_text_is_survived_and_no_number_is_shown_that_nobody_gave(text):
    made = marks.resolve(text, lambda label, where: KNOWN.get(label))
    assert set(marks.shown_numbers(made)) <= set(KNOWN.values())
    code = marks.CODE.findall(text)
    assert marks.CODE.findall(made) == code or "`" in text
