"""Words as readers know them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.ingest.layout.pieces import LayoutPiece, is_bold, is_mono, piece
from rag.ingest.layout.segments import level, of_words, segments
from rag.ingest.layout.words import is_garbled, is_leftwards, is_split_capital, tidy
from rag.ingest.model.raw import PageWord


@pytest.mark.parametrize(
    ("raw", "tidied"),
    [
        ("plain", "plain"),
        ("", ""),
        ("a\tb\nc", "a b c"),
        ("a\u200d\u200cb", "ab"),
        ("\ufb00 \ufb01 \ufb02 \ufb03 \ufb04 \ufb05", "ff fi fl ffi ffl st"),
        ("¨uber", "über"),
        ("na¨ive", "naïve"),
        ("Sm˚aland", "Småland"),
        ("C´HAPTER", "C´HAPTER"),  # before a capital that goes on it is a quotation mark
        ("¨", "¨"),
        ("´x ", "´x"),
        ("\u3000全角\u3000", "全角"),
        ("e\u0301", "é"),
        ("\ue123", ""),
    ],
)
def test_signs_become_what_they_stand_for(raw, tidied):
    assert tidy(raw) == tidied


@given(st.text(max_size=60))
def test_tidy_text_is_one_line_without_space_around_and_stays_as_it_is(text):
    tidied = tidy(text)
    assert tidied == tidied.strip()
    assert not set(tidied) & set("\n\t\r\x00\ufffd\ufeff")
    assert "  " not in tidied


@pytest.mark.parametrize(
    ("text", "garbled"),
    [
        ("\ufffd" * 19, False),  # too little to say
        ("\ufffd" * 20, True),
        ("\ufffd" * 6 + "a" * 14, False),
        ("\ufffd" * 7 + "a" * 13, True),
        ("bcdfg" * 59, False),  # 295 letters: a short list of abbreviations
        ("bcdfg" * 60, True),
        ("bcdfgaeiou" * 60, False),
        ("12345" * 100, False),
        ("", False),
        ("Чёрный ворон " * 40, False),
    ],
)
def test_page_is_garbled_where_most_of_its_signs_mean_nothing(text, garbled):
    assert is_garbled([text]) is garbled
    assert is_garbled(text) is garbled, "word by word or at once"


@pytest.mark.parametrize(
    ("text", "leftwards"),
    [("שלום", True), ("مرحبا", True), ("hello", False), ("שלום hello", False), ("שלומים hi", True), ("", False)],
)
def test_writing_runs_from_right_to_left_where_most_of_it_does(text, leftwards):
    assert is_leftwards(text) is leftwards


@pytest.mark.parametrize(
    ("first", "rest", "one_word"),
    [
        ("“T", "he", True),
        ("t", "he", False),
        ("Th", "e", False),
        ("T", "1", False),
        ("T", "", False),
        ("O", "nce", True),
        ("O", "captain", False),
        ("I", "t’s", True),
        ("I", "sing", False),
        ("I", "n,", True),
        ("A", "n", True),
        ("¿Q", "ué", True),
        ("Ä", "rger", True),
    ],
)
def test_drop_capital_and_the_word_behind_it(first, rest, one_word):
    assert is_split_capital(first, rest) is one_word


def span(**values: object) -> dict[str, object]:
    return {"flags": 0, "font": "Serif", "size": 10.0} | values


@pytest.mark.parametrize(
    ("look", "bold", "mono"),
    [
        (span(), False, False),
        (span(flags=16), True, False),
        (span(flags=8), False, True),
        (span(font="CMBX12"), True, False),
        (span(font="CourierNew"), False, True),
        (span(font="Consolas-Bold"), True, True),
        (span(font="Garamond-Heavy"), True, False),
    ],
)
def test_look_is_told_by_flags_or_by_the_name_of_the_font(look, bold, mono):
    assert (is_bold(look), is_mono(look)) == (bold, mono)


def test_piece_has_the_look_of_nearly_all_of_its_letters():
    bold, plain = span(flags=16), span(size=11.0)
    made = piece(3, [("Nearly-everything-is", (0, 0, 90, 10), bold), ("so", (92, 1, 99, 12), plain)])
    assert made is not None
    assert (made.bold, made.font, made.size, made.block) == (True, "Serif", 11.0, 3)
    assert (made.x0, made.y0, made.x1, made.y1) == (0, 0, 99, 12)
    half = piece(3, [("half", (0, 0, 20, 10), bold), ("half", (22, 0, 40, 10), plain)])
    assert half is not None
    assert not half.bold


def test_words_that_say_nothing_make_no_piece():
    assert piece(0, [("\u200b", (0, 0, 1, 1), span()), ("\ue000", (0, 0, 1, 1), span())]) is None
    assert piece(0, []) is None


def at(x: float, text: str, *, y: float = 100.0, size: float = 10.0) -> LayoutPiece:
    words, start = [], x
    for part in text.split():
        words.append(PageWord(part, start, y, start + 5 * len(part), y + size))
        start += 5 * len(part) + 3
    return LayoutPiece(words, x, y, words[-1].x1, y + size, size)


def texts(*pieces: LayoutPiece) -> list[str]:
    return [one.text for one in segments(pieces)]


def test_pieces_of_one_line_are_joined_where_little_white_is_between_them():
    assert texts(at(100, "the"), at(118, "mill")) == ["the mill"]
    assert texts(at(118, "mill"), at(100, "the")) == ["the mill"], "in whatever order they are painted"
    assert texts(at(100, "the"), at(130, "mill")) == ["the", "mill"]


def test_parts_of_a_word_that_touch_become_the_word():
    assert texts(at(100, "mi"), at(110.5, "ll")) == ["mill"]


def test_line_that_is_painted_across_a_wide_gap_is_torn():
    wide = of_words([PageWord("left", 100, 100, 120, 110), PageWord("right", 136, 100, 160, 110)], at(0, "x"))
    assert texts(wide) == ["left", "right"]
    near = of_words([PageWord("left", 100, 100, 120, 110), PageWord("right", 134, 100, 160, 110)], at(0, "x"))
    assert texts(near) == ["left right"]


def test_number_of_an_item_is_put_before_it():
    assert texts(at(100, "1."), at(125, "the mill")) == ["1. the mill"]
    assert texts(at(100, "•"), at(125, "the mill")) == ["• the mill"]
    assert texts(at(100, "1."), at(160, "the mill")) == ["1.", "the mill"], "too far away"
    assert texts(at(100, "12345"), at(150, "the mill")) == ["12345", "the mill"]


def test_lines_below_each_other_are_not_joined():
    assert texts(at(100, "the"), at(118, "mill", y=112)) == ["the", "mill"]
    assert level(at(100, "a"), at(200, "b", y=104))
    assert not level(at(100, "a"), at(200, "b", y=105))
