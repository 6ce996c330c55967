"""Words made of single letters."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pymupdf
import pytest

from rag.ingest.layout.extract import read_page
from rag.ingest.writing.letters import Glyph, letters, may_be_several, parted, white, word

LOOK = {"size": 10.0, "font": "Serif"}


def spread(page: Any, y: float, words: list[str], gap: float, font: str, size: float = 11) -> None:
    """``words`` beside each other without a space, ``gap`` of the size between them."""
    chosen: Any = pymupdf.Font(font)
    writer: Any = pymupdf.TextWriter(page.rect)
    x = 50.0
    for said in words:
        writer.append((x, y), said, font=chosen, fontsize=size)
        x += chosen.text_length(said, size) + gap * size
    writer.write_text(page)


@pytest.mark.parametrize(
    ("text", "gap", "font"),
    [
        ("Make a copy. If we follow it, all is well", 0.147, "tiro"),
        ("He went home.” She stayed", 0.13, "tiro"),
        ("Чёрный ворон сидел там", 0.147, "tiro"),
        ("한국의 문학은 오랜 역사를 가지고 있다", 0.25, "korea"),
        ("한국의 문학은 오랜 역사를", 0.12, "korea"),
        ("abcdefgh ijklmnop qrstuvwx", 0.11, "cour"),
    ],
)
def test_white_that_the_eye_sees_is_a_space(text, gap, font):
    document: Any = pymupdf.open()
    page = document.new_page()
    spread(page, 60, text.split(), gap, font)
    (line,) = read_page(page).lines
    assert line.text == text
    boxes = [(word.x0, word.x1) for word in line.words]
    assert all(one[1] < other[0] for one, other in pairwise(boxes)), "each word has its place"


@pytest.mark.parametrize(
    ("text", "font"),
    [
        ("www.example.org/path.html and version 2.10.3b", "helv"),
        ("Donaudampfschifffahrtsgesellschaft", "tiro"),
        ("東京の図書館", "japan"),
        ("한국의문학은오랜역사를", "korea"),
    ],
)
def test_word_without_white_in_it_stays_one(text, font):
    document: Any = pymupdf.open()
    page = document.new_page()
    page.insert_text((50, 60), text, fontname=font, fontsize=11)
    assert read_page(page).lines[0].text == text


def test_letters_printed_wide_are_no_words():
    document: Any = pymupdf.open()
    page = document.new_page()
    spread(page, 60, list("Inhaltsverzeichnisse"), 0.12, "tiro")
    assert read_page(page).lines[0].text == "Inhaltsverzeichnisse"


@pytest.mark.parametrize(
    ("text", "several"),
    [
        ("copy.If", True),
        ("end.”“So", True),
        ("thequickbrownfoxover", True),
        ("ExternalGeometryEvent", False),
        ("LineEvents::HydroLineEvent", False),
        ("한국의문학", True),
        ("한국의", False),
        ("however,the", True),
        ("pte.ppn", False),
        ("mstatus.FS", False),
        ("copy.A", True),
        ("www.example.org", False),
        ("3.14", False),
        ("e.g.", False),
        ("internationalised", False),
        ("", False),
    ],
)
def test_only_words_that_look_like_several_are_looked_at(text, several):
    assert may_be_several(text) is several


def at(text: str, start: float, end: float, **look: Any) -> Glyph:
    return Glyph(text, start, end, (start, 0, end, 10), LOOK | look)


def test_white_beside_a_letter_set_small_is_none():
    line = [at("a", 0, 5), at("k", 6.5, 9, size=5.0), at(",", 10.5, 12), at("b", 14, 19)]
    assert white(line) == [False, False, True]


def test_words_end_at_spaces_and_at_white():
    line = [at("a", 0, 5), at("b", 5, 10), at(" ", 10, 12), at("c", 12, 17), at("d", 20, 25)]
    assert [word(part)[0] for part in parted(line)] == ["ab", "c", "d"]
    assert list(parted([])) == []


def line_of(*chars: tuple[str, float, float]) -> dict[str, Any]:
    given = [{"c": c, "bbox": (x0, 0, x1, 10), "synthetic": False} for c, x0, x1 in chars]
    return {"spans": [LOOK | {"chars": given}]}


@pytest.mark.parametrize(
    ("chars", "found"),
    [
        ([("ر", 20, 25), ("ا", 20, 20), ("ل", 10, 20)], ["لا", "ر"]),  # turned round by MuPDF
        ([("ل", 10, 20), ("ا", 20, 20), ("ر", 20, 25)], ["لا", "ر"]),
        ([("ه", 20, 20), ("ل", 20, 20), ("ل", 20, 20), ("ا", 10, 20)], ["الله"]),
        ([("\ufffd", 10, 20), ("ت", 11, 11), ("ا", 5, 10)], ["ا", "ت"]),  # the dots are the letter
        ([("ש", 10, 20), ("\u05c1", 18, 18), ("ל", 2, 10)], ["ל", "ש\u05c1"]),
        ([("م", 30, 40), ("ی", 20, 30), ("\u200c", 20, 23), ("خ", 10, 20)], ["خ", "\u200c", "ی", "م"]),
        ([("x", 0, 5), ("\u0301", 90, 90)], ["x"]),
    ],
)
def test_signs_without_a_width_belong_to_their_letter(chars, found):
    assert [letter.text for letter in letters(line_of(*chars), (1.0, 0.0))] == found


def test_spaces_that_were_made_up_are_left_out():
    line = line_of(("a", 0, 5), (" ", 5, 8), ("b", 8, 13))
    line["spans"][0]["chars"][1]["synthetic"] = True
    assert [letter.text for letter in letters(line, (1.0, 0.0))] == ["a", "b"]


def test_letters_of_turned_text_stand_along_their_line():
    given = [{"c": c, "bbox": (0, y, 10, y + 5), "synthetic": False} for c, y in (("b", 5), ("a", 10))]
    assert [letter.text for letter in letters({"spans": [LOOK | {"chars": given}]}, (0.0, -1.0))] == ["a", "b"]
