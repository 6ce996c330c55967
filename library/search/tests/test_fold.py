"""One folding for what is stored and for what is asked."""

import sys

import pytest

from library.search.fold import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Ænima  und\tSTRAẞE ", "aenima und strasse"),
        ("Øresund, Łódź", "oresund, lodz"),
        ("𝘈 Ｗｉｄｅ ﬁeld", "a wide field"),
        ("L’Étranger", "l'etranger"),
    ],
)
def test_what_people_type_differently_is_folded_alike(text, folded):
    assert fold(text) == folded


def test_what_is_folded_stays_as_it_is_whatever_the_letter():
    letters = (chr(number) for number in range(sys.maxunicode + 1) if not 0xD800 <= number <= 0xDFFF)
    unstable = [letter for letter in letters if fold(fold(f"a{letter}b")) != fold(f"a{letter}b")]
    assert unstable == []
