"""Numbers as they are typed, pasted and scanned."""

import pytest

from library.core import typed

UNSEEN = ["\u200e", "\ufeff", "\u202a", "\u202c", "\u00ad", "\u200b", "\u2060", "\x1d", "\0", "\ufe0f", "\u034f"]
DASHES = ["\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u2212", "\ufe58", "\ufe63", "\uff0d", "\u301c"]


@pytest.mark.parametrize("sign", UNSEEN, ids=ascii)
def test_what_nobody_sees_means_nothing(sign):
    assert typed.bare(f"{sign}C-0{sign}1{sign}") == "C-01"


@pytest.mark.parametrize("dash", DASHES, ids=ascii)
def test_every_dash_is_a_hyphen(dash):
    assert typed.bare(f"C{dash}01") == "C-01"


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("１２３", "123"),
        ("٠١٢", "012"),
        ("۴۵۶", "456"),
        ("०१२", "012"),
        ("Ｃ－１", "C-1"),
        ("𝟙𝟚", "12"),
        ("\u00a0C\u3000 1\t\r\n", "C 1"),
        ("e\u0301-1", "é-1"),
        ("", ""),
        ("Ä-17", "Ä-17"),
        ("コピー1", "コピー1"),
    ],
)
def test_digits_letters_and_blanks_have_one_form(text, bare):
    assert typed.bare(text) == bare
    assert typed.bare(bare) == bare


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ä-17", "ä-17"),
        ("Straße", "STRASSE"),
        ("2 1234 5678", "212345678"),
        ("A\u0308-17", "ä-17"),
        ("ΣΊΓΜΑΣ", "σίγμας"),
    ],
)
def test_numbers_are_compared_without_case_and_blanks(one, other):
    assert typed.folded(one) == typed.folded(other)


def test_hyphens_tell_numbers_apart():
    assert typed.folded("C1-1") != typed.folded("C-11")


def test_digits_are_without_what_people_put_between_them():
    assert typed.digits("\u200e12 3-4.５ 6") == "123456"
