"""Numbers as they are kept and compared: what code folds, the database holds it to."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import models
from hypothesis import given, settings
from hypothesis import strategies as st

from library.core.database.fields import LONGEST_FOLDED, FoldedField, folds, seen_only
from library.core.email_addresses import LONGEST, PLAIN, cleaned, fold
from library.core.typed import bare, digits, folded

UNSEEN = "\u00ad\u034f\u115f\u180e\u200b\u200c\u200d\u200e\u200f\u202e\u2060\u2066\u3164\ufe0f\ufeff\x00\x1b"
typed = st.text(
    st.sampled_from("aAeEzZ09 -.éÉ\u0301\u0323ßİıΣςא٣३Ⅳﬁ㎏½\u00a0\u2003\u3000\u2010\u2212" + UNSEEN), max_size=12
)


def test_it_is_written_with_the_number_that_it_is_of():
    field = FoldedField(of="barcode")
    field.set_attributes_from_name("barcode_folded")
    row: Any = SimpleNamespace(barcode=" C‐12 a ", barcode_folded="stale")
    assert field.pre_save(row, add=True) == row.barcode_folded == "c-12a"


@pytest.mark.parametrize(("asked", "looked_up"), [("C 12", "c12"), ("c\u200b12", "c12"), ("", ""), (None, None)])
def test_what_is_looked_up_is_folded_as_well(asked, looked_up):
    assert FoldedField(of="barcode").get_prep_value(asked) == looked_up


def test_a_migration_makes_the_same_field_again():
    field = FoldedField(of="barcode", unique=True)
    _name, path, args, kwargs = field.deconstruct()
    made = FoldedField(*args, **kwargs)
    assert path == "library.core.database.fields.FoldedField"
    assert (made.of, made.unique, made.editable, made.max_length) == ("barcode", True, False, LONGEST_FOLDED)
    assert made.deconstruct()[1:] == field.deconstruct()[1:]


@given(st.text(max_size=40) | st.text("ẞßﬃΐİ🅰ﷺ", max_size=40))
def test_forty_letters_of_any_writing_have_room_when_they_are_folded(text):
    assert len(folded(bare(text)[:40])) <= LONGEST_FOLDED


# -- typed numbers


@given(st.text(max_size=20) | typed)
def test_what_is_kept_of_a_number_stays_as_it_is(text):
    assert bare(bare(text)) == bare(text)
    assert folded(bare(text)) == folded(text)


@given(typed, st.sampled_from(UNSEEN), st.integers(0, 12))
def test_a_sign_that_nobody_sees_changes_nothing_wherever_it_stands(text, sign, place):
    assert folded(text[:place] + sign + text[place:]) == folded(text)


@given(typed.map(lambda text: text.replace("\u0301", "").replace("\u0323", "")))  # a mark is of what it stands behind
def test_blanks_and_capitals_tell_no_numbers_apart(text):
    assert folded(text.replace(" ", "   ")) == folded(text.replace(" ", "")) == folded(text)
    if text.isascii():
        assert folded(text.upper()) == folded(text.lower())


@given(st.text("0123456789", max_size=13))
def test_digits_are_found_between_whatever_people_put(number):
    assert digits("-".join(number)) == digits(" . ".join(number)) == number


# -- addresses


def tried(text: str) -> tuple[str, str]:
    """The address as it is kept, or what is told instead."""
    try:
        return cleaned(text), ""
    except ValidationError as refusal:
        return "", refusal.messages[0]


@given(
    st.text(st.sampled_from("aAzé@.-_xn--ßıİſK\u200d\u200c\u0301\u3002．١א\u202eＡศ 9[]:"), max_size=24)
    | st.text(max_size=12).map(lambda domain: f"ada@{domain}.org")
)
def test_whatever_is_typed_as_an_address_is_kept_in_plain_letters_or_refused_in_words(text):
    kept, told = tried(text)
    if told:
        assert told.endswith(".")
        return
    assert re.fullmatch(PLAIN, kept)
    assert cleaned(kept) == kept
    assert len(kept) <= LONGEST


@given(st.text(max_size=20), st.text(max_size=20))
def test_two_addresses_are_the_same_where_plain_letters_alone_differ_in_case(one, other):
    assert (fold(one) == fold(other)) is (
        len(one) == len(other)
        and all(
            a == b or (a.isascii() and b.isascii() and a.upper() == b.upper()) for a, b in zip(one, other, strict=True)
        )
    )
    assert fold(one + other) == fold(one) + fold(other)


# -- the checks of the database


def check(condition: models.Q, **columns: str) -> bool:
    return condition.check({name: models.Value(value, models.TextField()) for name, value in columns.items()})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("number", "is_well"),
    [
        ("C-1", True),
        ("a b c", True),
        ("", True),
        ("כ-١", True),
        (" a", False),
        ("a ", False),
        ("a  b", False),
        ("a\u00a0b", False),
        ("a\tb", False),
        ("a\u200bb", False),
        ("\u202ea", False),
        ("a\u00adb", False),
        ("a\ufeff", False),
        ("a\u3000b", False),
        ("a\x85b", False),
    ],
)
def test_the_database_refuses_what_nobody_sees(number, is_well):
    assert check(seen_only("code"), code=number) is is_well


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("number", "is_folded", "is_well"),
    [
        ("C 1a", "c1a", True),
        ("c1", "c1", True),
        ("É 1", "é1", True),
        ("É 1", "anything", True),  # of other letters the database knows no folding
        ("C 1a", "c1b", False),
        ("C 1a", "C1a", False),
        ("C 1a", "c 1a", False),
        ("C 1a", "", False),
        ("É 1", "É 1", False),
    ],
)
def test_the_database_knows_what_is_folded_of_plain_letters(number, is_folded, is_well):
    assert check(folds("kept", "code"), code=number, kept=is_folded) is is_well


@pytest.mark.django_db
@settings(max_examples=40)
@given(typed.filter(lambda text: folded(text) != ""))
def test_whatever_is_typed_what_is_kept_of_it_passes_the_checks(text):
    assert check(seen_only("code"), code=bare(text))
    assert check(folds("kept", "code"), code=bare(text), kept=folded(text))
