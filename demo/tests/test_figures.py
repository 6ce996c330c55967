"""The drawings of the demonstration books."""

from __future__ import annotations

from functools import cache

import pytest

from demo import layout
from demo.build import LABEL_SIZE
from demo.figures import DRAWINGS

WIDE = layout.RIGHT - layout.LEFT
NAMED = {
    "cell": {"Nucleus", "Ribosomes", "Cytoplasm", "Mitochondrion", "Lysosome", "Plasma membrane"},
    "membrane": {"Outside", "Inside", "Heads", "Tails", "Channel protein", "Ion passing"},
    "mitochondrion": {"Outer membrane", "Inner membrane", "Matrix", "Crista", "Intermembrane space"},
    "mitosis": {"Prophase", "Metaphase", "Anaphase", "Telophase"},
}


@cache
def width(text):
    """In points, in the type that names the parts."""
    import pymupdf

    return pymupdf.Font("tiro").text_length(text, fontsize=LABEL_SIZE)


class Sketch:
    """A pen that remembers what it drew."""

    def __init__(self):
        self.points = []
        self.labels = []
        self.strokes = []

    def oval(self, centre, rx, ry, *, line, fill=None):
        assert rx > 0 < ry
        self.points += [(centre[0] - rx, centre[1] - ry), (centre[0] + rx, centre[1] + ry)]
        self.strokes.append((line, fill))

    def path(self, points, *, line, fill=None, closed=False, smooth=False, width=0.8):
        assert len(points) > 1
        assert width > 0
        self.points += points
        self.strokes.append((line, fill))

    def label(self, text, at, *, anchor="left", italic=False):
        wide = width(text)
        start = at[0] - {"left": 0.0, "middle": wide / 2, "right": wide}[anchor]
        self.labels.append((text, start, start + wide, at[1]))


def drawn(name) -> Sketch:
    sketch = Sketch()
    DRAWINGS[name].draw(sketch)
    return sketch


@pytest.mark.parametrize("name", DRAWINGS)
def test_nothing_is_drawn_outside_the_room_that_a_figure_has(name):
    for x, y in drawn(name).points:
        assert 0 <= x <= WIDE
        assert 0 <= y <= DRAWINGS[name].height


@pytest.mark.parametrize("name", DRAWINGS)
def test_its_parts_are_named_once_within_the_figure_and_not_over_each_other(name):
    labels = drawn(name).labels
    assert len({text for text, *_place in labels}) == len(labels)
    assert {text for text, *_place in labels} >= NAMED[name]
    for text, start, end, y in labels:
        assert -1 <= start < end <= WIDE + 1, text
        assert LABEL_SIZE / 2 < y <= DRAWINGS[name].height, text
        over = [
            one
            for one, left, right, height in labels
            if one != text and abs(height - y) < 6 and left < end and start < right
        ]
        assert over == []


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_colour_can_be_printed(name):
    for line, fill in drawn(name).strokes:
        for colour in (line, fill or line):
            assert len(colour) == 3
            assert all(0 <= part <= 1 for part in colour)


def test_the_phases_of_mitosis_stand_in_their_order():
    places = {text: start for text, start, _end, _y in drawn("mitosis").labels}
    assert sorted(places, key=places.__getitem__) == ["Prophase", "Metaphase", "Anaphase", "Telophase"]


def test_outside_lies_above_inside():
    heights = {text: y for text, _start, _end, y in drawn("membrane").labels}
    assert heights["Outside"] < heights["Inside"]


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_the_same_each_time(name):
    one, other = drawn(name), drawn(name)
    assert (one.points, one.labels, one.strokes) == (other.points, other.labels, other.strokes)
