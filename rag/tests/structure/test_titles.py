"""What two writings of a title have in common, and the values of numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.ingest.layout.labels import label
from rag.ingest.structure.numbering import NUMBER_WORDS, follows, number_of, ordinal, roman
from rag.ingest.structure.titles import bare_title, fold, folded, without_sign


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Chapter Seven. The Storm", "the storm"),
        ("§ 4.2 Loops", "LOOPS"),
        ("Œuvres", "œuvres"),
        ("naïve  sets", "Naive Sets"),
        ("Bücher & Bäume", "bucher baume"),
        ("Ёлка", "елка"),
    ],
)
def test_two_writings_of_one_title_are_alike(one, other):
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("Whales", "Whale"), ("7", "8"), ("Trees I", "Trees II"), ("鯨", "鮭")])
def test_other_titles_are_not(one, other):
    assert folded(one) != folded(other)


def test_title_that_is_only_a_number_keeps_it():
    assert bare_title("1984") == "1984"
    assert bare_title("3.2  The  Sea") == "The Sea"
    assert folded("Chapter 7") == "chapter 7"


def test_lone_sign_before_a_title_goes_but_not_the_whole_title():
    assert without_sign("A Proofs") == "Proofs"
    assert without_sign("XIV  The Sea") == "The Sea"
    assert without_sign("A") == "A"
    assert without_sign("An Ox") == "An Ox"
    assert without_sign("a proof") == "a proof"


@given(st.text(max_size=40))
def test_folded_text_is_as_long_as_before_so_that_places_in_it_are_places_in_the_text(text):
    assert len(fold(text)) == len(text)


@given(st.integers(1, 3999))
def test_every_roman_number_has_its_value(number):
    signs = [(1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL")]
    signs += [(10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")]
    written, left = "", number
    for value, sign in signs:
        written += sign * (left // value)
        left %= value
    assert roman(written) == roman(written.lower()) == number


@pytest.mark.parametrize(
    ("text", "value"),
    {
        "7": 7,
        "007": 7,
        "VII": 7,
        "seven": 7,
        "Twenty": 20,
        "G": 7,
        "c": 3,
        "D": 4,
        "i": 1,
        "z": 26,
        "vx": 0,
        "é": 0,
    }.items(),
)
def test_ordinals_are_digits_words_roman_numbers_or_letters(text, value):
    assert ordinal(text) == value


def test_every_number_word_has_its_place():
    assert [ordinal(word.upper()) for word in NUMBER_WORDS] == list(range(1, 21))


@pytest.mark.parametrize(
    ("one", "two", "fits"),
    [
        ((2, 3), (2, 3, 1), True),
        ((2, 3), (2, 3, 0), True),
        ((2, 3), (2, 3, 2), False),
        ((2, 3), (2, 4), True),
        ((2, 3), (2, 5), False),
        ((2, 3), (2, 3), False),
        ((2, 3), (2, 2), False),
        ((2, 3, 9), (2, 4), True),
        ((2, 3, 9), (3,), True),
        ((2, 3, 9), (3, 1), False),
        ((2,), (2, 1, 1), False),
        ((2,), (3,), True),
    ],
)
def test_number_follows_another_as_in_a_book(one, two, fits):
    assert follows(one, two) is fits


@pytest.mark.parametrize(
    ("title", "kind", "marked"),
    [
        ("Part II", "part", True),
        ("Teil 3: Das Meer", "part", True),
        ("Volume IV", "part", True),
        ("Chapter 4", "chapter", True),
        ("Глава 4", "chapter", True),
        ("Anhang B", "chapter", True),
        ("The Chapter 3 of all", "chapter", True),
        ("4 Loops", "chapter", False),
        ("4. Loops", "chapter", True),
        ("§ 4 Loops", "chapter", True),
        ("4.1 Loops", "section", True),
        ("B-2 Loops", "section", True),
    ],
)
def test_kind_of_a_number_is_told_by_its_word_or_form(title, kind, marked):
    number = number_of(title)
    assert number is not None
    assert (number.kind, number.marked) == (kind, marked)


@pytest.mark.parametrize("title", ["", " ", "1234 Years", "3rd Whale", "1.2.3.4.5.6.7 Deep", "4x4", "-3 Degrees"])
def test_what_only_begins_like_a_number_is_none(title):
    assert number_of(title) is None


class File:
    """An open file with rules for its labels, as PyMuPDF gives them."""

    def __init__(self, rules: object) -> None:
        self.rules, self.asked = rules, 0

    def get_page_labels(self) -> object:
        self.asked += 1
        if isinstance(self.rules, Exception):
            raise self.rules
        return self.rules


class OpenPage:
    def __init__(self, parent: File, number: int) -> None:
        self.parent, self.number = parent, number


def rule(start: int, style: str, first: int = 1, prefix: str = "") -> dict[str, object]:
    return {"startpage": start, "style": style, "firstpagenum": first, "prefix": prefix}


@pytest.mark.parametrize(
    ("style", "number", "printed"),
    [
        ("D", 12, "12"),
        ("r", 1994, "mcmxciv"),
        ("R", 4, "IV"),
        ("r", 0, ""),
        ("r", 5000, ""),
        ("a", 1, "a"),
        ("a", 26, "z"),
        ("A", 27, "AA"),
        ("a", 520, "z" * 20),
        ("a", 521, ""),
        ("", 3, ""),
        ("?", 3, ""),
    ],
)
def test_label_is_printed_in_the_style_of_its_rule(style, number, printed):
    assert label(OpenPage(File([rule(0, style, number)]), 0)) == printed


def test_last_rule_that_begins_before_a_page_counts_in_whatever_order_they_stand():
    file = File([rule(5, "D", 1, "A-"), rule(0, "r")])
    assert [label(OpenPage(file, number)) for number in (0, 4, 5, 6)] == ["i", "v", "A-1", "A-2"]
    assert file.asked == 1, "reading the rules costs milliseconds"


def test_pages_before_the_first_rule_have_no_label_and_damaged_rules_are_none():
    assert label(OpenPage(File([rule(3, "D")]), 2)) == ""
    assert label(OpenPage(File([]), 2)) == ""
    assert label(OpenPage(File(RuntimeError("broken")), 2)) == ""
    assert label(OpenPage(File([{"style": "D"}]), 2)) == ""
