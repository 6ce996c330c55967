"""The order in which signs are read that stand beside each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.ingest.writing.bidi import both_ends, counted, has_leftwards, read_order, read_places, unshaped


def turned(text: str, *kept: str) -> str:
    """``text`` as it looks where it runs from the right: turned round, but for what is ``kept``."""
    looks = text[::-1]
    for part in kept:
        looks = looks.replace(part[::-1], part)
    return looks


# What is read, and what of it stands from left to right.
FROM_THE_RIGHT = [
    ("تالار کتابخانه", ()),
    ("در سال 1859 ساخته شد.", ("1859",)),
    ("کتاب PDF را", ("PDF",)),
    ("Windows XP و Linux 2.6 در سال", ("Windows XP", "Linux 2.6")),
    ("صفحه 12 تا 15", ("12", "15")),
    ("הספרייה נבנתה בשנת 1859 (קומה שנייה).", ("1859",)),
    ("מספר 12-05-2020 הוא", ("12-05-2020",)),
    ('القول: "نعم"! ٣٫٥ كيلومتر', ("٣٫٥",)),
    ("في 12/05/2020 (PDF).", ("12/05/2020", "PDF")),
    ("شرکت Apple Inc. آمد", ("Apple Inc.",)),
    ("1. مقدمه", ("1",)),
    ("[12] نوشت: (الف) «کتاب» {ب}", ("12",)),
    ("עמ' 15–20, 25%", ("15", "20", "25%")),
    ("می\u200cخواهم", ()),
]


@pytest.mark.parametrize(("text", "kept"), FROM_THE_RIGHT)
def test_line_from_the_right_is_read_as_it_was_typed_where_brackets_keep_their_sense(text, kept):
    assert "".join(read_order(list(turned(text, *kept)), leftwards=True)) == text


@pytest.mark.parametrize(("text", "kept"), FROM_THE_RIGHT)
def test_line_from_the_right_is_read_as_it_was_typed_where_brackets_keep_their_looks(text, kept):
    looks = turned(text, *kept).translate(str.maketrans("()[]{}«»", ")(][}{»«"))
    assert "".join(read_order(list(looks), leftwards=True)) == text


@pytest.mark.parametrize(
    ("text", "turning"),
    [
        ("The word كتاب means book.", ["كتاب"]),
        ("A greeting (سلام عليكم), then more", ["سلام عليكم"]),
        ("He said سلام عليكم: 25 times", ["سلام عليكم"]),
        ("كتاب is a word", ["كتاب"]),
        ("of כרך 25 עמוד only", ["כרך 25 עמוד"]),
        ("Plain English (only), 12-3.", []),
    ],
)
def test_words_from_the_right_in_a_line_from_the_left(text, turning):
    looks = text
    for part in turning:
        looks = looks.replace(part, turned(part, "25"))
    assert "".join(read_order(list(looks), leftwards=False)) == text


def test_sign_of_several_letters_stays_one():
    assert read_order(["ر", "لا", "ا", "ت"], leftwards=True) == ["ت", "ا", "لا", "ر"]
    assert read_places(["b", " ", "ا"], leftwards=True) == [(2, "ا"), (1, " "), (0, "b")]


@given(st.text(st.sampled_from("abc אבג ابت 0189٣ .,:()[]%-\"' ")), st.booleans())
def test_no_sign_is_lost_or_made_up(text, leftwards):
    places = [place for place, _ in read_places(list(text), leftwards=leftwards)]
    assert sorted(places) == list(range(len(text)))


@given(st.text(st.sampled_from("abcdef .,:0189")))
def test_line_without_a_letter_from_the_right_stays_as_it_stands(text):
    assert "".join(read_order(list(text), leftwards=False)) == text


def test_letters_have_no_shapes():
    assert unshaped("\ufead\ufefb\ufe8e\ufe97") == "رلاات"
    assert unshaped("\ufdf2") == "الله"
    assert unshaped("\ufe76") == "\u064e", "a vowel sign alone, without the space that holds it"
    assert unshaped("\ufb2a") == "ש\u05c1"
    assert unshaped("\ufdfa") == "\ufdfa", "a phrase in one sign stays one"
    assert unshaped("ﬁne ²") == "ﬁne ²", "no other writing is touched"


@pytest.mark.parametrize(("text", "found"), [("a", False), ("é 1", False), ("aא", True), ("\ufefb", True), ("", False)])
def test_writing_from_the_right_is_noticed(text, found):
    assert has_leftwards(text) is found


def test_letters_are_counted_by_where_they_run():
    assert counted("abc כד 12, ٣") == (2, 3)


@pytest.mark.parametrize(
    ("text", "leftwards"),
    [("the כתב end", False), ("כתב the כתב", True), ("(the) כתב.", None), ("12", None), ("", None)],
)
def test_ends_of_a_line_run_alike_or_not(text, leftwards):
    assert both_ends(text) is leftwards
