"""Whose writing the recogniser does not know."""

from __future__ import annotations

import pytest

from library.core.languages import canonical
from rag.ingest.writing.unread import UNREAD, unread


@pytest.mark.parametrize(
    ("of_file", "of_book", "found"),
    [
        ("", "ru", "ru"),
        ("", "en", ""),
        ("ar", "en", "ar"),  # what the file says of itself is nearer
        ("en", "ar", ""),
        ("", "mul", ""),  # some of it may be known
        ("", "", ""),
        ("zh", "ru", ""),
        ("", "sr", ""),
    ],
)
def test_language_is_unread_by_its_file_else_by_its_book(of_file, of_book, found):
    assert unread(of_file, of_book) == found


def test_languages_have_the_codes_that_records_keep():
    assert {code: canonical(code) for code in UNREAD} == {code: code for code in UNREAD}
