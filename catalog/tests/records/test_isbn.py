"""ISBNs are checked by their digits and kept in one form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean
from stdnum.isbn import to_isbn10

from catalog.values import isbn

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
        ("\u200e9780306406157\u200e", "9780306406157"),
        ("\ufeff9780306406157", "9780306406157"),
        ("\u202a978-0-306-40615-7\u202c", "9780306406157"),
        ("978030\u00ad6406157", "9780306406157"),
        ("978\ufe630\ufe63306\ufe6340615\ufe637", "9780306406157"),
        ("978－0－306－40615－7", "9780306406157"),
        ("９７８０３０６４０６１５７", "9780306406157"),
        ("٩٧٨٠٣٠٦٤٠٦١٥٧", "9780306406157"),
        ("978-0-306-40615-7 (pbk.)", "9780306406157"),
        ("0306406152 (v. 2)", "9780306406157"),
        ("0306406152 (pbk. : alk. paper) :", "9780306406157"),
        ("9780306406157,", "9780306406157"),
        ("9780306406157 :", "9780306406157"),
        ("0-306-40615-2 : £5.95", "9780306406157"),
        ("0-8044-2957-X (hardback)", "9780804429573"),
        ("080442957X pbk.", "9780804429573"),
        ("eISBN 978-0-306-40615-7", "9780306406157"),
        ("e-ISBN: 9780306406157", "9780306406157"),
        ("ISBN-10 0306406152", "9780306406157"),
        ("ISBN10: 0306406152", "9780306406157"),
        ("ISBN (13): 978-0-306-40615-7", "9780306406157"),
        ("urn:isbn:9780306406157", "9780306406157"),
        ("URN:ISBN:0-306-40615-2", "9780306406157"),
        ("978.0.306.40615.7", "9780306406157"),
        ("9780306406157 51995", "9780306406157"),
        ("978030640615751995", "9780306406157"),
        ("978030640615712", "9780306406157"),
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
        "0306406152, 9780804429573",
        "0306406152 0804429573",
        "9780306406157 (v. 2) 9780804429573",
        "979-0-060-11561-5",
        "cell",
    ],
)
def test_what_is_no_isbn_is_not_taken_for_one(written):
    assert isbn.normalise(written) is None


@given(TWELVE)
def test_one_wrong_digit_is_always_noticed(twelve):
    if twelve.startswith("9790"):
        return
    right = twelve + ean.calc_check_digit(twelve)
    assert isbn.normalise(right) == right
    for place in range(3, 13):
        wrong = right[:place] + str((int(right[place]) + 1) % 10) + right[place + 1 :]
        assert isbn.normalise(wrong) is None


def ten_digits(nine: str) -> str:
    return str(to_isbn10(f"978{nine}{ean.calc_check_digit('978' + nine)}"))


@given(NINE)
def test_ten_and_thirteen_digits_name_the_same_book(nine):
    ten = nine + ten_digits(nine)[-1]
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


@pytest.mark.parametrize(
    ("typed", "looks"),
    [
        ("9780306406158", True),
        ("978-0-306-40615-8", True),
        ("0306406153", True),
        ("isbn 12345", True),
        ("M-2306-7118-7", True),
        ("978030640615851995", False),
        ("1984", False),
        ("1914-1918", False),
        ("20000 leagues", False),
        ("4006381333931", False),
        ("the cell", False),
        ("", False),
    ],
)
def test_an_isbn_with_a_wrong_digit_is_still_meant_as_one(typed, looks):
    assert isbn.looks_like_one(typed) is looks
