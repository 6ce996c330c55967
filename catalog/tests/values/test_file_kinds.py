"""What a file is by its first bytes, and in which encoding a text is written."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.values.file_kinds import EPUB, HEAD, OTHERS, PDF, SUFFIXES, TEXT, Kind, encoding_of, kind_of

ZIP = b"PK\x03\x04"
LETTERS = "Fünf Äpfel, einer faul. "


@pytest.mark.parametrize(("start", "name"), OTHERS, ids=[name for _start, name in OTHERS])
def test_a_file_of_another_kind_is_known_by_its_beginning_even_where_a_pdf_follows(start, name):
    assert kind_of(start + b"\0" * 20 + b"%PDF-1.7") == Kind("", name)


@pytest.mark.parametrize("head", [b"%PDF-1.7\n", b"\xef\xbb\xbf%PDF-1.4", b"\n\n%PDF-2.0", b"x" * 1019 + b"%PDF-1.7"])
def test_a_pdf_has_its_header_within_the_first_1024_bytes(head):
    assert kind_of(head) == Kind(PDF)


def test_a_header_that_comes_later_makes_no_pdf():
    assert kind_of(b"x" * 1020 + b"%PDF-1.7").media_type == TEXT
    assert kind_of(b"\0" * 1020 + b"%PDF-1.7") == Kind("")


@pytest.mark.parametrize(
    "head",
    [
        ZIP + b"\0" * 26 + b"mimetypeapplication/epub+zip",
        ZIP + b"\0" * 500 + b"META-INF/container.xml",
        ZIP + b"META-INF/container.xml" + b"\0" * 500,
    ],
)
def test_an_epub_is_an_archive_that_says_so(head):
    assert kind_of(head) == Kind(EPUB)


@pytest.mark.parametrize("head", [ZIP + b"\0" * 300, ZIP + b"\0" * 130 + b"mimetypeapplication/epub+zip", ZIP])
def test_any_other_archive_is_an_archive(head):
    assert kind_of(head) == Kind("", "ZIP")


def test_a_film_is_known_by_its_fifth_byte():
    assert kind_of(b"\0\0\0\x18ftypmp42" + b"\0" * 20) == Kind("", "MP4")


@pytest.mark.parametrize(
    "head",
    [
        b"<!DOCTYPE html><p>Hello",
        b"  \n<html>",
        b"\xef\xbb\xbf<html>",
        b"<?xml version='1.0'?>\n<svg >",
        b"<!-- a note --><!-- another --> <body>",
        b"<script>alert(1)</script>",
        b"<HTML><BODY>%PDF-1.7",
    ],
)
def test_what_a_browser_would_run_is_a_page_and_no_text(head):
    assert kind_of(head) == Kind("", "HTML")


@pytest.mark.parametrize("head", [b"a < b and b > c", b"< 5 apples", b"1 <2", b"x" * 20, b"# Title\n<b>bold</b>"])
def test_a_text_may_have_signs_of_its_own(head):
    assert kind_of(head) == Kind(TEXT)


@pytest.mark.parametrize("head", [b"", b"\0" * 50, b"\x01\x02\x03" * 20, bytes(range(256))])
def test_what_is_nothing_that_is_known_has_no_name(head):
    assert kind_of(head) == Kind("")


def test_every_kind_that_can_be_read_has_a_suffix():
    assert set(SUFFIXES) == {PDF, EPUB, TEXT}


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"five apples", "utf-8"),
        (LETTERS.encode(), "utf-8"),
        (LETTERS.encode("utf-8-sig"), "utf-8-sig"),
        (LETTERS.encode("cp1252"), "cp1252"),
        ("„Äpfel“ – 5 €".encode("cp1252"), "cp1252"),
        (LETTERS.encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + LETTERS.encode("utf-16-be"), "utf-16"),
        (LETTERS.encode("utf-16-le"), "utf-16-le"),
        (LETTERS.encode("utf-16-be"), "utf-16-be"),
        (LETTERS.encode("utf-32"), "utf-32"),
        ("日本語の本".encode(), "utf-8"),
        ("كتاب عن الخلية".encode(), "utf-8"),
    ],
)
def test_the_encoding_of_a_text_is_found(content, encoding):
    assert encoding_of([content], is_whole=True) == encoding


def test_a_text_that_ends_within_a_letter_is_utf8_only_as_long_as_more_may_come():
    cut = "Apfel und Äpfel ä".encode()[:-1]
    assert encoding_of([cut]) == "utf-8"
    assert encoding_of([cut], is_whole=True) == "cp1252"


@pytest.mark.parametrize("byte", [0x81, 0x8D, 0x8F, 0x90, 0x9D])
def test_bytes_that_mean_nothing_in_windows_1252_make_no_text(byte):
    assert encoding_of([b"Call me \xe4 Ishmael " + bytes([byte])], is_whole=True) == ""


@pytest.mark.parametrize(("control", "encoding"), [(1, "utf-8"), (2, "")])
def test_one_control_character_in_a_thousand_is_forgiven(control, encoding):
    text = b"\x01" * control + b"a" * (1000 - control)
    assert encoding_of([text], is_whole=True) == encoding


@pytest.mark.parametrize("sign", ["\t", "\n", "\r", "\f", "\x1b"])
def test_ends_of_lines_and_pages_are_no_control_characters_here(sign):
    assert encoding_of([f"one{sign}two".encode()], is_whole=True) == "utf-8"


@pytest.mark.parametrize("pieces", [[], [b""], [b"", b""]])
def test_nothing_is_no_text(pieces):
    assert encoding_of(pieces, is_whole=True) == ""


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), min_size=1), st.integers(1, 9))
def test_a_text_in_utf8_is_known_however_it_comes_in_pieces(text, size):
    content = b"Chapter one. " * 700 + text.encode()
    pieces = [content[:HEAD], *(content[place : place + size] for place in range(HEAD, len(content), size))]
    assert encoding_of(pieces, is_whole=True) == "utf-8"


@given(st.binary(max_size=300))
def test_a_text_can_be_read_in_the_encoding_that_is_told(content):
    if encoding := encoding_of([content], is_whole=True):
        assert content.decode(encoding, "replace")
    if kind_of(content).media_type == TEXT:
        assert encoding_of([content])
