"""Each number in the one form that is kept, or a sentence that says what is wrong."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from stdnum import issn

from catalog.identifiers import KINDS, normalise
from catalog.models import BookIdentifier


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("isbn", "0-306-40615-2", "9780306406157"),
        ("isbn", "\u200eISBN\u00a0978–0–306–40615–7 (pbk.) :", "9780306406157"),
        ("ismn", "M-2306-7118-7", "9790230671187"),
        ("ismn", "979-0-060-11561-5", "9790060115615"),
        ("ismn", "ISMN M 2306 7118 7 (score)", "9790230671187"),
        ("ismn", "urn:ismn:979-0-2306-7118-7", "9790230671187"),
        ("issn", "٠٣١٧-٨٤٧١", "03178471"),
        ("issn", "9770317847001", "03178471"),
        ("issn", "urn:issn:0317-8471", "03178471"),
        ("issn", "ISSN-L 0317\u20118471 (online)", "03178471"),
        ("oclc", "OCLC: 42", "42"),
        ("lccn", "LCCN 2001-000002", "2001000002"),
        ("doi", "https://www.doi.org/10.1000/182\u200b", "10.1000/182"),
        ("issn", "0317-8471", "03178471"),
        ("issn", "ISSN 2434-561x", "2434561X"),
        ("issn", "eISSN: 2049-3630", "20493630"),
        ("lccn", "85-2 ", "85000002"),
        ("lccn", "75-425165//r75", "75425165"),
        ("lccn", "n78-890351", "n78890351"),
        ("lccn", "2001-000002", "2001000002"),
        ("lccn", "n 80126296", "n80126296"),
        ("oclc", "(OCoLC)ocm00012345", "12345"),
        ("oclc", "on1234567890", "1234567890"),
        ("oclc", "42", "42"),
        ("doi", "https://doi.org/10.1000/ABC.Def", "10.1000/abc.def"),
        ("doi", "doi:10.1000/182", "10.1000/182"),
        (
            "doi",
            "10.1002/(SICI)1097-4571(199806)49:8<693::AID-ASI4>3.0.CO;2-O",
            "10.1002/(sici)1097-4571(199806)49:8<693::aid-asi4>3.0.co;2-o",
        ),
        ("control", "  BK  77/a ", "BK 77/a"),
    ],
)
def test_a_number_is_kept_in_one_form(kind, typed, kept):
    assert normalise(kind, typed) == kept
    assert normalise(kind, kept) == kept


@pytest.mark.parametrize(
    ("kind", "typed", "sentence"),
    [
        ("isbn", "979-0-060-11561-5", "ISMN"),
        ("ismn", "9780306406157", "ISMN"),
        ("ismn", "M-2306-7118-8", "ISMN"),
        ("issn", "9770317847002", "ISSN"),
        ("isbn", "9780306406158", "check digit"),
        ("isbn", "10.1000/182", "ISBN"),
        ("issn", "0317-8472", "check digit"),
        ("issn", "0317-847", "length"),
        ("issn", "٠٣١٧٨٤٧٢", "ISSN"),
        ("lccn", "85-1234567", "letters"),
        ("lccn", "abcd12345678", "letters"),
        ("lccn", "-", "letters"),
        ("oclc", "ocm", "digits"),
        ("oclc", "000", "digits"),
        ("oclc", "1" * 15, "digits"),
        ("doi", "11.1000/182", "DOI"),
        ("doi", "10.1000", "DOI"),
        ("doi", "10.1000/a b", "DOI"),
        ("control", "  ", "empty"),
        ("control", "x" * 121, "120"),
        ("control", "a\0b", "read"),
        ("ean", "123", "no kind"),
    ],
)
def test_what_is_none_is_refused_with_what_is_wrong(kind, typed, sentence):
    with pytest.raises(ValidationError, match=sentence):
        normalise(kind, typed)


@given(st.sampled_from(sorted(KINDS)), st.text(max_size=150))
def test_whatever_is_typed_is_kept_unchangingly_or_refused(kind, typed):
    try:
        kept = normalise(kind, typed)
    except ValidationError:
        return
    assert normalise(kind, kept) == kept
    assert 0 < len(kept) <= 120


@given(st.text("0123456789", min_size=7, max_size=7))
def test_an_issn_with_its_check_digit_is_right_and_with_another_is_not(seven):
    right = issn.calc_check_digit(seven)
    assert normalise("issn", f"{seven[:4]}-{seven[4:]}{right}") == seven + right
    for wrong in set("0123456789X") - {right}:
        with pytest.raises(ValidationError):
            normalise("issn", seven + wrong)


def test_every_kind_has_its_rule():
    assert set(KINDS) == set(BookIdentifier.Kind)
