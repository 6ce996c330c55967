"""Strings of a file are made fit to keep, and what a page holds comes back as it was kept."""

from __future__ import annotations

import json
import zlib
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.ingest.model.clean import WordBox, packed_boxes, unpacked_boxes
from rag.ingest.model.raw import FORMAT, LENGTH, PageLine, PageWord, RawPage, packed, unpacked
from rag.ingest.model.safe_text import kept, plain, short


@pytest.mark.parametrize(
    ("raw", "made"),
    [
        ("a\x00b", "ab"),
        ("a\u202eb\u202c", "ab"),  # marks that turn the direction of writing
        ("a\u2066b\u2069", "ab"),
        ("co\u00adoperate", "cooperate"),
        ("\ufeffabc", "abc"),
        ("a\ud800b", "ab"),  # half of a pair
        ("a\ue000b\U000f0000", "ab"),
        ("a\ufffeb\uffff", "ab"),
        ("cafe\u0301", "café"),
        ("نور", "نور"),
        ("👩\u200d🚀", "👩\u200d🚀"),  # what joins two signs to one is seen
        ("می\u200cخواهم", "می\u200cخواهم"),  # and what parts two letters of one word
        ("a\nb\tc", "a\nb\tc"),
    ],
)
def test_signs_that_nobody_sees_or_no_database_takes_are_dropped(raw, made):
    assert kept(raw) == made


@pytest.mark.parametrize(
    ("raw", "made"),
    [("  a \n\n b\t", "a b"), ("a\u00a0\u3000b", "a b"), ("\x85a\x85b", "a b"), ("\u200b \u200b", ""), ("", "")],
)
def test_plain_text_is_one_line(raw, made):
    assert plain(raw) == made


def test_long_strings_are_cut_after_they_were_cleaned():
    assert short("x" * 301) == "x" * 300
    assert short("\u200b" * 300 + "abc", 3) == "abc"
    assert short("ab", 0) == ""


@given(st.text(max_size=60))
def test_what_is_kept_can_be_kept_again_and_written_as_utf_8(text):
    made = kept(text)
    assert kept(made) == made
    made.encode("utf-8")
    assert "\x00" not in made
    assert plain(text) == plain(made)


words = st.builds(PageWord, st.text(max_size=8), *[st.floats(-1e6, 1e6, width=32)] * 4)
lines = st.builds(
    PageLine,
    st.lists(words, max_size=3),
    st.floats(0, 100),
    st.booleans(),
    st.booleans(),
    st.text(max_size=8),
    st.sampled_from(["text", "code", "row"]),
    st.booleans(),
    st.booleans(),
)
pages = st.builds(
    RawPage,
    st.floats(0, 1e4),
    st.floats(0, 1e4),
    st.text(max_size=5),
    st.sampled_from(["text", "ocr", "none"]),
    st.lists(lines, max_size=3),
    st.lists(st.text(max_size=5), max_size=2),
    st.text(max_size=5),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99), st.sampled_from(["1", "xiv", "A-3"])), max_size=3),
)


@given(pages)
def test_whatever_is_on_a_page_it_comes_back_as_it_was_packed(page):
    assert unpacked(packed(page)) == page


def folded(values: object, *places: float) -> bytes:
    head = json.dumps(values).encode()
    return zlib.compress(LENGTH.pack(len(head)) + head + array("f", places).tobytes())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no page",
        zlib.compress(b"no page"),
        folded({"a": 1}),
        folded([]),
        folded([FORMAT]),
        folded([FORMAT, []]),
        folded([FORMAT, 7]),
        folded([FORMAT, [1, 2, "", "text", [], "", []]]),  # no lines
        folded([FORMAT, [1, 2, "", "text", [], "", [], [[]]]]),
        folded([FORMAT, [1, 2, "", "text", [], "", [], [[["word"], 10]]]]),  # no place
        folded([FORMAT, [1, 2, "", "text", [], "", [], [[["word"], 10]]]], 1, 2, 3),
        folded([FORMAT, [1, 2, "", "text", [], "", [], [[["word"], 10]]]], 1, 2, 3, 4, 5, 6, 7, 8),
        folded([FORMAT, [1, 2, "", "text", [], "", [], [[["word"]]]]], 1, 2, 3, 4),  # no size
        folded([FORMAT, [1, 2, "", "text", [], "", [[1, 2]], []]]),
        folded([FORMAT, [1, 2, "", "text", [], "", [["x", 2, ""]], []]]),
        folded([FORMAT - 1, [1, 2, "", "text", [], "", [], []]]),
        packed(RawPage())[:-8],
    ],
)
def test_what_is_no_page_is_said_to_be_none(content):
    with pytest.raises(ValueError):
        unpacked(content)


boxes = st.builds(WordBox, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), *[st.floats(-1e6, 1e6, width=32)] * 4)


@given(st.lists(boxes, max_size=5))
def test_boxes_come_back_as_they_were_packed(given_):
    assert unpacked_boxes(packed_boxes(given_)) == given_


def test_box_of_a_line_goes_around_all_its_words():
    line = PageLine([PageWord("b", 30, 8, 40, 18), PageWord("a", 10, 10, 20, 22)], 10)
    assert (line.text, line.box) == ("b a", (10, 8, 40, 22))
