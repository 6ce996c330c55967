"""Text that is turned, askew or runs from right to left stands where it is printed, however it is read."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.ingest.layout import frame
from rag.ingest.layout.pieces import Box, PaintedLine, moved

WIDTH, HEIGHT = 600.0, 800.0
coordinates = st.floats(0, 600, allow_nan=False, width=32)


def near(one: Box, other: Box) -> bool:
    return all(abs(a - b) < 1e-6 for a, b in zip(one, other, strict=True))


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    x0, y0, width, height = draw(st.tuples(coordinates, coordinates, coordinates, coordinates))
    return x0, y0, x0 + width, y0 + height


@given(boxes(), st.integers(0, 3))
def test_box_comes_back_out_of_every_frame(box, turned):
    there = frame.into(box, turned, WIDTH, HEIGHT)
    assert near(frame.out_of(there, turned, WIDTH, HEIGHT), box)
    assert there[0] <= there[2]
    assert there[1] <= there[3]


@given(boxes(), st.integers(0, 3))
def test_box_in_the_frame_is_as_wide_as_it_was_high_where_the_text_is_turned(box, turned):
    x0, y0, x1, y1 = frame.into(box, turned, WIDTH, HEIGHT)
    across, down = (box[2] - box[0], box[3] - box[1])
    assert (x1 - x0, y1 - y0) == pytest.approx((down, across) if turned % 2 else (across, down), abs=1e-3)


@given(boxes(), st.floats(100, 2000))
def test_mirror_of_a_mirror_is_the_box(box, width):
    assert near(frame.mirrored(frame.mirrored(box, width), width), box)


@pytest.mark.parametrize(
    ("box", "turned", "there"),
    [
        ((500, 100, 510, 300), 1, (100, 90, 300, 100)),  # at the right: the first of lines turned clockwise
        ((100, 100, 110, 300), 3, (500, 100, 700, 110)),
        ((100, 700, 300, 710), 2, (300, 90, 500, 100)),
        ((100, 90, 300, 100), 0, (100, 90, 300, 100)),
    ],
)
def test_first_line_of_turned_text_is_the_topmost_in_its_frame(box, turned, there):
    assert frame.into(box, turned, WIDTH, HEIGHT) == there


@given(st.floats(0, 500), st.floats(0, 500), st.floats(20, 80), st.floats(8, 14), st.floats(-0.05, 0.05))
def test_word_that_was_straightened_is_tilted_back_to_its_place(x, y, width, height, angle):
    box = (x, y, x + width, y + height + width * abs(math.sin(angle)))
    assert near(frame.tilted(frame.straightened(box, angle), angle), box)


@pytest.mark.parametrize(
    ("direction", "turned"),
    [((1, 0), 0), ((0, 1), 1), ((-1, 0), 2), ((0, -1), 3), ((0.98, 0.2), 0), ((0.7, 0.7), -1), ((-0.7, 0.7), -1)],
)
def test_direction_of_a_line_is_one_of_four_or_slanted(direction, turned):
    assert frame.turn(direction) == turned


def line(direction: tuple[float, float], *words: str) -> PaintedLine:
    return PaintedLine(0, direction, [(word, (0.0, 0.0, 10.0, 10.0), {}) for word in words])


def test_main_turn_is_that_of_most_letters_not_of_most_lines():
    short = [line((0, 1), "ab") for _ in range(5)]
    assert frame.main_turn([*short, line((1, 0), "a long line")]) == 0
    assert frame.main_turn(short) == 1
    assert frame.main_turn([]) == frame.UPRIGHT


def test_tilt_is_that_of_the_middle_line_and_short_lines_tell_nothing():
    angle = 0.02
    askew = (math.cos(angle), math.sin(angle))
    assert frame.tilt([line(askew, "one", "two", "three")] * 3, 0) == pytest.approx(angle)
    assert frame.tilt([line(askew, "one", "two")] * 3, 0) == 0
    assert frame.tilt([line((1, 0), "a", "b", "c")] * 2 + [line(askew, "a", "b", "c")], 0) == 0
    assert frame.tilt([], 0) == 0


def test_tilt_of_turned_text_is_measured_from_its_own_direction():
    angle = math.pi / 2 + 0.03
    assert frame.tilt([line((math.cos(angle), math.sin(angle)), "a", "b", "c")], 1) == pytest.approx(0.03)
    backwards = math.pi + 0.03
    assert frame.tilt([line((math.cos(backwards), math.sin(backwards)), "a", "b", "c")], 2) == pytest.approx(0.03)


def test_hardly_askew_is_straight():
    angle = 0.003
    assert frame.tilt([line((math.cos(angle), math.sin(angle)), "a", "b", "c")], 0) == 0


def test_page_that_is_not_turned_is_shown_as_it_is():
    runs = [line((1, 0), "word")]
    assert frame.shown(runs, (1, 0, 0, 1, 0, 0)) == runs
    (turned,) = frame.shown([PaintedLine(3, (1, 0), [("a", (10, 20, 30, 40), {})], 7)], (0, 1, -1, 0, HEIGHT, 0))
    assert (turned.block, turned.order, turned.direction) == (3, 7, (0, 1))
    assert turned.words == [("a", (760, 10, 780, 30), {})]


def test_moved_box_has_its_corners_in_order():
    assert moved((1, 2, 3, 4), (-1, 0, 0, -1, 10, 10)) == (7, 6, 9, 8)
