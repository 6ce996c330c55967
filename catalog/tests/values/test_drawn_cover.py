"""Covers that are drawn from what a record says."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.templatetags.catalog import cover_hue
from catalog.values.drawn_cover import EDGE_FROM, EDGE_TO, TITLE_LINES, drawn_cover, hue_number, lines_of, runs_leftward

SVG = "{http://www.w3.org/2000/svg}"


def texts(title: str, author: str = "") -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(drawn_cover(title, author)).iter(f"{SVG}text"))  # noqa: S314 (ours)


def said(title: str, author: str = "") -> str:
    return " ".join(text.text or "" for text in texts(title, author))


def test_title_and_author_stand_on_it():
    assert said("A Primer on the Cell", "Ada Byron") == "A Primer on the Cell Ada Byron"
    assert [text.get("x") for text in texts("A Primer on the Cell")] == [str(EDGE_FROM)] * 2


@pytest.mark.parametrize("title", ["تاريخ الأندلس", "תולדות הספרייה", "«تاریخ» ایران"])
def test_what_runs_from_right_to_left_begins_at_the_right(title):
    lines = texts(title)

    assert {(line.get("direction"), line.get("x"), line.get("text-anchor")) for line in lines} == {
        ("rtl", str(EDGE_TO), "start")
    }
    assert said(title) == title


def test_title_and_author_each_have_their_own_direction():
    title, author = texts("Don Quijote", "ابن رشد")

    assert (title.get("direction"), author.get("direction")) == (None, "rtl")


def test_a_title_is_nothing_but_text():
    title = """</text><script>alert("1")</script> & <!-- ' ]]>"""
    drawn = drawn_cover(title, title)

    assert "<script" not in drawn
    assert "".join(said(title).split()) == "".join(title.split()), "a long word parts"
    assert {element.tag for element in ElementTree.fromstring(drawn).iter()} == {  # noqa: S314 (ours)
        f"{SVG}{name}" for name in ("svg", "defs", "linearGradient", "stop", "rect", "text")
    }


@given(st.text(max_size=60), st.text(max_size=30))
def test_whatever_a_record_says_it_can_be_drawn(title, author):
    assert len(texts(title, author)) <= TITLE_LINES + 2
    assert drawn_cover(title, author) == drawn_cover(title, author)


def test_a_long_title_ends_in_dots():
    lines = lines_of("word " * 100, 7.4, 6)

    assert len(lines) == 6
    assert lines[-1].endswith("…")
    assert not any(line.endswith("…") for line in lines[:-1])


def test_scripts_without_spaces_part_anywhere():
    assert lines_of("吾輩は猫である。名前はまだ無い。", 7.4, 6) == ["吾輩は猫である", "。名前はまだ無", "い。"]


def test_a_word_that_is_too_long_for_a_line_parts():
    assert len(lines_of("Donaudampfschifffahrtsgesellschaft", 7.4, 6)) > 1
    assert "".join(lines_of("Donaudampfschifffahrtsgesellschaft", 7.4, 6)) == "Donaudampfschifffahrtsgesellschaft"


def test_marks_stay_on_their_letters():
    parted = lines_of("e\u0301" * 40, 7.4, 9)

    assert len(parted) > 1
    assert not any(line.startswith("\u0301") for line in parted)


def test_a_cover_without_words_is_a_cover():
    assert texts("", "") == []
    assert texts("\u202e\x00\x0b", "") == []


def test_pages_and_pictures_have_the_same_colour():
    assert cover_hue("The Gene") == f"hue-{hue_number('The Gene')}"
    assert {hue_number(f"Book {number}") for number in range(200)} == set(range(12))


@pytest.mark.parametrize(
    ("text", "leftward"), [("", False), ("1984", False), ("العربية", True), ("12 ספרים", True), ("Á", False)]
)
def test_the_first_letter_says_where_it_runs(text, leftward):
    assert runs_leftward(text) == leftward
