"""ISBNs are checked by their digits and kept in one form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import isbn

NINE = st.text("0123456789", min_size=9, max_size=9)
TWELVE = st.builds(str.__add__, st.sampled_from(["978", "979"]), NINE)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0-306-40615-2", "9780306406157"),
        ("978-0-306-40615-7", "9780306406157"),
        ("9780306406157", "9780306406157"),
        ("978 0 306 40615 7", "9780306406157"),
        ("080442957X", "9780804429573"),
        ("0 8044 2957 x", "9780804429573"),
        ("ISBN-13: 978‑0‑306‑40615‑7", "9780306406157"),
        ("ISBN 0306406152", "9780306406157"),
        ("979-10-90636-07-1", "9791090636071"),
    ],
)
def test_isbns_of_real_books_are_kept_as_thirteen_digits(written, kept):
    assert isbn.normalise(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "",
        "0306406153",
        "9780306406158",
        "9770306406158",
        "030640615",
        "X306406152",
        "97803064061570",
        "٠306406152",
        "cell",
    ],
)
def test_what_is_no_isbn_is_not_taken_for_one(written):
    assert isbn.normalise(written) is None


@given(TWELVE)
def test_one_wrong_digit_is_always_noticed(twelve):
    right = twelve + isbn.check_digit_13(twelve)
    assert isbn.normalise(right) == right
    for place in range(3, 13):
        wrong = right[:place] + str((int(right[place]) + 1) % 10) + right[place + 1 :]
        assert isbn.normalise(wrong) is None


@given(NINE)
def test_ten_and_thirteen_digits_name_the_same_book(nine):
    ten = nine + isbn.check_digit_10(nine)
    thirteen = isbn.normalise(ten)
    assert thirteen is not None
    assert isbn.to_10(thirteen) == ten
    assert isbn.normalise(thirteen) == thirteen


def test_the_prefix_979_has_no_ten_digit_form():
    assert isbn.to_10("9791090636071") is None


@given(st.text())
def test_any_text_is_an_answer_and_never_an_error(text):
    kept = isbn.normalise(text)
    assert kept is None or isbn.normalise(kept) == kept
