"""ISBNs and ISMNs as they are shown, scanned with add-ons, and told from each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean

from catalog.values import isbn

BOOK, MUSIC = "9780306406157", "9790060115615"
SONG = "9790230671187"


def with_check_digit(twelve: str) -> str:
    return twelve + ean.calc_check_digit(twelve)


@pytest.mark.parametrize(
    ("number", "shown"),
    [(BOOK, "978-0-306-40615-7"), ("9783161484100", "978-3-16-148410-0"), (SONG, "979-0-2306-7118-7")],
)
def test_a_number_is_shown_with_its_parts_apart(number, shown):
    assert isbn.hyphenated(number) == shown


@given(st.from_regex(r"97[89][1-9][0-9]{8}", fullmatch=True))
def test_what_is_shown_can_be_typed_again(twelve):
    number = with_check_digit(twelve)
    assert isbn.normalise(isbn.hyphenated(number)) == number


@given(st.from_regex(r"9790[0-9]{8}", fullmatch=True))
def test_printed_music_is_never_taken_for_a_book(twelve):
    number = with_check_digit(twelve)
    assert isbn.normalise(number) is None
    assert isbn.ismn(number) == number
    assert isbn.ismn(f"M-{number[4:]}") == number
    assert isbn.looks_like_one(number)


@pytest.mark.parametrize("add_on", ["51299", "12", " 51299", "-12"])
def test_digits_that_are_scanned_beside_the_bar_code_are_left_out(add_on):
    assert isbn.normalise(BOOK + add_on) == BOOK


@pytest.mark.parametrize("more", ["1", "123", "1234", "123456"])
def test_any_other_number_of_further_digits_is_no_isbn(more):
    assert isbn.normalise(BOOK + more) is None


def test_an_add_on_belongs_to_a_right_number_alone():
    assert isbn.normalise(BOOK[:-1] + "8" + "51299") is None


@pytest.mark.parametrize("written", ["978030640615", "97803064061577", "", "X", "M", "ISBN", "ISBN:"])
def test_too_few_or_too_many_digits_are_no_number(written):
    assert isbn.normalise(written) is None
    assert isbn.ismn(written) is None


@pytest.mark.parametrize(
    "written", [MUSIC, "ISMN 979-0-060-11561-5", "M-060-11561-5", "m060115615", "urn:ismn:9790060115615"]
)
def test_an_ismn_may_be_written_in_the_old_way(written):
    assert isbn.ismn(written) == MUSIC


@pytest.mark.parametrize("written", ["M-060-11561-6", "9790060115616", "M-060-11561", "N-060-11561-5"])
def test_a_wrong_ismn_is_none(written):
    assert isbn.ismn(written) is None


@pytest.mark.parametrize(
    "written", ["٩٧٨٠٣٠٦٤٠٦١٥٧", "９７８０３０６４０６１５７", "978\u00ad0306406157", "\u200f9780306406157\u200f"]
)
def test_digits_of_other_scripts_and_signs_that_nobody_sees_make_no_difference(written):
    assert isbn.normalise(written) == BOOK
