"""What may be written down about people: plain values on one line, and nothing that opens a door."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.activity.values import LONGEST, VERB, checked, one_line

TURNING = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        (" \t\n ", ""),
        ("two\r\nlines", "two lines"),
        ("a\u2028b\u2029c\x85d\x00e\x1bf", "a b c d e f"),
        ("  many    blanks  ", "many blanks"),
        ("\u202etxt.exe", "txt.exe"),
        ("الكتاب\u200f الأول", "الكتاب الأول"),
        ("ا\u200cب", "ا\u200cب"),  # a letter's form: it turns nothing round
        ("👩\u200d🏫 𝔄𝔡𝔞", "👩\u200d🏫 𝔄𝔡𝔞"),
        ("broken \ud83d pair", "broken pair"),
        ("日本\u3000語", "日本 語"),
    ],
)
def test_a_text_is_kept_on_one_line_that_reads_as_it_stands(typed, kept):
    assert one_line(typed) == kept


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=80))
def test_whatever_was_typed_nothing_of_it_breaks_a_line_or_turns_the_reading(typed):
    kept = one_line(typed)
    assert kept == one_line(kept)
    assert len(kept.splitlines()) <= 1
    assert not {unicodedata.category(sign) for sign in kept} & {"Cc", "Cs", "Zl", "Zp"}
    assert not {*kept} & {*TURNING}
    kept.encode()  # the database can have it


@pytest.mark.parametrize(("length", "kept"), [(LONGEST - 1, LONGEST - 1), (LONGEST, LONGEST), (LONGEST + 1, LONGEST)])
def test_a_long_text_is_cut(length, kept):
    assert len(one_line("ж" * length)) == kept


def test_plain_values_are_kept_as_they_are():
    at = datetime(2026, 11, 30, tzinfo=UTC)
    values = {"title": "Middlemarch", "copies": 3, "is_lent": True, "is_late": False, "at": at, "by": None, "nought": 0}
    assert checked(values) == values
    assert checked({}) == {}


@pytest.mark.parametrize("value", [1.5, [], {}, {"a": 1}, ("a",), b"a", object()])
def test_what_is_no_plain_value_is_refused_by_its_name(value):
    with pytest.raises(TypeError, match=f"thing: {type(value).__name__} cannot be written down"):
        checked({"title": "kept", "thing": value})


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "passwords",
        "old_password",
        "password_hash",
        "code",
        "codes",
        "otp",
        "secret_key",
        "access",
        "refresh",
        "session",
        "sessions",
        "cookie",
        "challenge",
        "api_token",
        "digits",
    ],
)
def test_a_name_that_speaks_of_a_secret_is_refused_without_its_value(name):
    with pytest.raises(ValueError, match=f"{name}: secrets are not written down") as refusal:
        checked({name: "hush-hush"})
    assert "hush" not in str(refusal.value)


@pytest.mark.parametrize("name", ["barcode", "encoded", "country_codex", "decoded_at", "accession", "sessional", "old"])
def test_a_name_that_only_sounds_like_one_is_kept(name):
    assert checked({name: "x"}) == {name: "x"}


@pytest.mark.parametrize("verb", ["loan.opened", "account.signed_in", "a.b", "deposit_copy.taken_back"])
def test_a_verb_is_a_noun_and_what_was_done(verb):
    assert re.search(VERB, verb)


@pytest.mark.parametrize(
    "verb", ["loan", "Loan.opened", "loan.", ".opened", "loan.opened.twice", "_a.b", "a._b", "é.b"]
)
def test_anything_else_is_no_verb(verb):
    assert not re.search(VERB, verb)
