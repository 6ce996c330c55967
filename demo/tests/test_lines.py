"""How the words of a paragraph become lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo import layout
from demo.figures import INK
from demo.layout import Line, Mark
from demo.manuscript import words_of
from demo.tests.setting import COLUMN, TYPES, measure, written

SIZE = 10.0
SPACE = 5.0
WORDS = st.lists(st.text("abc", min_size=1, max_size=30), min_size=1, max_size=40).map(
    lambda one: words_of(" ".join(one))
)


def widest(line: Line) -> float:
    return sum(TYPES.width(word, SIZE) for word in line.words) + line.space * (len(line.words) - 1)


def said(lines):
    return [" ".join(map(written, line.words)) for line in lines]


def test_a_word_is_as_wide_as_its_parts():
    (word,) = words_of("*cell*like")
    assert TYPES.width(word, 10) == 40
    assert TYPES.width((), 10) == 0


def test_no_words_are_no_lines():
    assert TYPES.lines((), 100, SIZE, justify=True) == []


def test_what_fits_stays_on_one_line_with_its_own_spaces():
    (line,) = TYPES.lines(words_of("a small room"), 100, SIZE, justify=True)
    assert line.space == SPACE


def test_a_word_longer_than_the_line_stands_alone():
    lines = TYPES.lines(words_of("a deoxyribonucleic acid"), 40, SIZE, justify=False)
    assert said(lines) == ["a", "deoxyribonucleic", "acid"]


def test_the_first_line_leaves_room_for_its_indent():
    text = words_of("cells cells cells cells")
    assert said(TYPES.lines(text, 60, SIZE, justify=True)) == ["cells cells", "cells cells"]
    assert said(TYPES.lines(text, 60, SIZE, justify=True, first=14))[0] == "cells"


def test_lines_that_are_not_justified_are_about_equally_long():
    lines = TYPES.lines(words_of("of cells and of what they are made of"), 140, SIZE, justify=False)
    assert len(lines) == 2
    assert abs(widest(lines[0]) - widest(lines[1])) < 40
    assert {line.space for line in lines} == {SPACE}


@given(WORDS, st.floats(30, 400), st.booleans(), st.floats(0, 20))
def test_every_word_is_set_once_in_its_order(words, width, justify, first):
    lines = TYPES.lines(words, width, SIZE, justify=justify, first=first)
    assert [word for line in lines for word in line.words] == list(words)
    assert all(line.words for line in lines)


@given(WORDS, st.floats(30, 400), st.floats(0, 20))
def test_justified_lines_end_at_the_margin_and_none_goes_beyond(words, width, first):
    lines = TYPES.lines(words, width, SIZE, justify=True, first=first)
    for place, line in enumerate(lines):
        room = width - (first if place == 0 else 0)
        if len(line.words) == 1:
            continue
        assert widest(line) <= room + 1e-6
        if line is not lines[-1]:
            assert widest(line) == pytest.approx(room)
        assert line.space >= 0.85 * SPACE - 1e-6, "words never run into each other"


@given(WORDS, st.floats(30, 400))
def test_lines_that_are_not_justified_keep_the_spaces_of_the_type(words, width):
    assert {line.space for line in TYPES.lines(words, width, SIZE, justify=False)} == {SPACE}


def test_a_line_is_marked_word_by_word_with_its_spaces():
    line = Line(words_of("a *small* room"), 7.0)
    marks = TYPES.set_line(line, 50, 100, SIZE)
    assert [(mark.text, mark.x, mark.face) for mark in marks] == [
        ("a ", 50, "roman"),
        ("small ", 62, "italic"),
        ("room", 94, "roman"),
    ]
    assert {(mark.y, mark.size, mark.colour) for mark in marks} == {(100, SIZE, INK)}


def test_only_behind_the_last_part_of_a_word_is_a_space():
    marks = TYPES.set_line(Line(words_of("*cell*like forms"), 5.0), 0, 0, SIZE)
    assert [mark.text for mark in marks] == ["cell", "like ", "forms"]


@pytest.mark.parametrize(("anchor", "x"), [("left", 100), ("middle", 90), ("right", 80)])
def test_a_mark_is_placed_by_its_left_end_middle_or_right_end(anchor, x):
    mark = Mark("cell", 100, 40, "italic", 10, layout.GREY)
    placed = TYPES.place(mark, anchor)
    assert placed.x == x
    assert (placed.text, placed.y, placed.face, placed.size, placed.colour) == ("cell", 40, "italic", 10, layout.GREY)


def test_a_long_title_is_centred_line_by_line():
    marks = TYPES.centred("A Primer on the Cell and All That Is in It", 196, "roman", 30)
    assert len(marks) > 1
    for mark in marks:
        half = measure(mark.text, "roman", 30) / 2
        assert mark.x + half == pytest.approx(layout.WIDTH / 2)
        assert 2 * half <= COLUMN * 1.05
    assert [mark.y for mark in marks] == pytest.approx([196 + 37.5 * row for row in range(len(marks))])
    assert " ".join(mark.text for mark in marks) == "A Primer on the Cell and All That Is in It"
