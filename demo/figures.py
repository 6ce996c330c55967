"""The line drawings of the demonstration books, drawn in points from the top left corner of a figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Literal, Protocol, TypeAlias

Point: TypeAlias = tuple[float, float]
Colour: TypeAlias = tuple[float, float, float]
Anchor: TypeAlias = Literal["left", "middle", "right"]

INK: Colour = (0.16, 0.18, 0.22)
ROSE: Colour = (0.72, 0.36, 0.30)
SAND: Colour = (0.98, 0.95, 0.89)
CLAY: Colour = (0.94, 0.84, 0.76)
SAGE: Colour = (0.76, 0.84, 0.78)
MIST: Colour = (0.84, 0.89, 0.93)
TEAL: Colour = (0.22, 0.44, 0.47)


class Pen(Protocol):
    """What a drawing needs from the page it is drawn on."""

    def oval(self, centre: Point, rx: float, ry: float, *, line: Colour, fill: Colour | None = None) -> None:
        """Draw an ellipse with its axes along the page."""

    def path(
        self,
        points: Sequence[Point],
        *,
        line: Colour,
        fill: Colour | None = None,
        closed: bool = False,
        smooth: bool = False,
        width: float = 0.8,
    ) -> None:
        """Draw a line through ``points``, rounded where ``smooth``."""

    def label(self, text: str, at: Point, *, anchor: Anchor = "left", italic: bool = False) -> None:
        """Set a short word with its baseline at ``at``."""


@dataclass(frozen=True)
class Drawing:
    """A figure's height in points (every figure is as wide as the text) and how to draw it."""

    height: float
    draw: Callable[[Pen], None]


def _leader(pen: Pen, text: str, start: Point, end: Point, *, anchor: Anchor = "left") -> None:
    """A label at ``start`` with a thin line to the thing at ``end``."""
    across = {"left": -3.0, "middle": 0.0, "right": 3.0}[anchor]
    down = -2.6 if anchor != "middle" else 3.0 if end[1] > start[1] else -9.0
    pen.path([(start[0] + across, start[1] + down), end], line=INK, width=0.4)
    pen.label(text, start, anchor=anchor)


def _ellipse(centre: Point, rx: float, ry: float, first: float, last: float) -> list[Point]:
    """Points on an arc of an ellipse between two angles in degrees, clockwise from the right."""
    angles = [(first + (last - first) * step / 14) * pi / 180 for step in range(15)]
    return [(centre[0] + rx * cos(angle), centre[1] + ry * sin(angle)) for angle in angles]


def _small_mitochondrion(pen: Pen, centre: Point) -> None:
    x, y = centre
    pen.oval(centre, 15, 7.5, line=ROSE, fill=CLAY)
    folds = [(x - 11 + step * 3.1, y + (3.6 if step % 2 else -3.6)) for step in range(8)]
    pen.path(folds, line=ROSE, smooth=True, width=0.7)


def draw_cell(pen: Pen) -> None:
    """An animal cell in section, with its organelles named."""
    pen.oval((155, 102), 104, 92, line=TEAL, fill=SAND)
    pen.oval((155, 102), 101.5, 89.5, line=TEAL)
    for ring in range(4):
        arc = _ellipse((142, 104), 44 + 6 * ring, 40 + 6 * ring, 115, 245)
        pen.path(arc, line=TEAL, width=1.6)
        for x, y in arc[1:-1:2]:
            pen.oval((x - 2.4, y), 0.8, 0.8, line=INK, fill=INK)
    pen.oval((146, 104), 35, 33, line=INK, fill=MIST)
    pen.oval((146, 104), 33, 31, line=INK)
    pen.oval((153, 98), 9, 9, line=INK, fill=TEAL)
    for step in range(4):
        sac = [(199.0 + 5.5 * step, 84.0), (206.0 + 5.5 * step, 102.0), (199.0 + 5.5 * step, 120.0)]
        pen.path(sac, line=ROSE, smooth=True, width=2.2)
    for bubble in ((229, 88), (232, 105), (228, 121)):
        pen.oval(bubble, 2.6, 2.6, line=ROSE, fill=SAND)
    for middle in ((190, 46), (186, 158), (116, 164)):
        _small_mitochondrion(pen, middle)
    for middle in ((142, 36), (216, 142), (150, 180)):
        pen.oval(middle, 6.5, 6.5, line=INK, fill=SAGE)
    for step in range(16):
        pen.oval((112 + (step * 37) % 86, 52 + (step * 5) % 11), 0.8, 0.8, line=INK, fill=INK)
    _leader(pen, "Nucleus", (50, 14), (138, 88), anchor="right")
    _leader(pen, "Ribosomes", (44, 60), (112, 59), anchor="right")
    _leader(pen, "Endoplasmic", (44, 108), (82, 104), anchor="right")
    pen.label("reticulum", (44, 117), anchor="right")
    _leader(pen, "Cytoplasm", (50, 176), (94, 150), anchor="right")
    _leader(pen, "Mitochondrion", (252, 18), (200, 44))
    _leader(pen, "Golgi", (268, 100), (221, 100))
    pen.label("apparatus", (268, 109))
    _leader(pen, "Lysosome", (264, 154), (220, 143))
    _leader(pen, "Plasma membrane", (238, 192), (210, 179))


def _lipid(pen: Pen, x: float, head: float, direction: int) -> None:
    """One phospholipid; ``direction`` is 1 for tails that hang down and -1 for tails that stand up."""
    for side, bend in ((-1.6, -0.9), (1.6, 0.9)):
        tail = [(x + side + (bend if step % 2 else 0), head + direction * (4 + 5 * step)) for step in range(6)]
        pen.path(tail, line=TEAL, smooth=True, width=0.7)
    pen.oval((x, head), 4.1, 4.1, line=TEAL, fill=SAGE)


def draw_membrane(pen: Pen) -> None:
    """A lipid bilayer with a channel through it."""
    for step in range(28):
        x = 24 + 9.7 * step
        if not 145 < x < 197:
            _lipid(pen, x, 44, 1)
            _lipid(pen, x, 104, -1)
    for outer, inner in ((152, 167), (190, 175)):
        wall = [(outer, 36.0), (inner, 34.0), (inner, 114.0), (outer, 112.0)]
        pen.path(wall, line=ROSE, fill=CLAY, closed=True, smooth=True)
    for x, y in ((168, 17), (176, 25), (171, 52), (171, 74), (171, 96), (173, 124)):
        pen.oval((x, y), 2.2, 2.2, line=INK, fill=SAND)
    pen.label("Outside", (20, 22), italic=True)
    pen.label("Inside", (20, 128), italic=True)
    _leader(pen, "Heads", (92, 22), (92, 39), anchor="middle")
    _leader(pen, "Tails", (92, 134), (92, 90), anchor="middle")
    _leader(pen, "Channel protein", (208, 22), (191, 38))
    _leader(pen, "Ion passing", (208, 134), (176, 125))


def draw_mitochondrion(pen: Pen) -> None:
    """A mitochondrion cut lengthwise: two membranes, cristae and matrix."""
    pen.oval((155, 78), 126, 56, line=ROSE, fill=CLAY)
    inner = _ellipse((155, 78), 117, 47, 180, 214)
    upper = [84.0 + 36 * step for step in range(5)]
    for x in upper:
        edge = 78 - 47 * (1 - ((x - 155) / 117) ** 2) ** 0.5
        inner += [(x - 6, edge + 1), (x - 4.5, 78), (x - 3.5, 96), (x, 101), (x + 3.5, 96), (x + 4.5, 78)]
        inner += [(x + 6, edge + 1)]
    inner += _ellipse((155, 78), 117, 47, 326, 360)
    inner += _ellipse((155, 78), 117, 47, 0, 30)[1:]
    for x in reversed([edge + 18 for edge in upper[:-1]]):
        edge = 78 + 47 * (1 - ((x - 155) / 117) ** 2) ** 0.5
        inner += [(x + 6, edge - 1), (x + 4.5, 78), (x + 3.5, 60), (x, 55), (x - 3.5, 60), (x - 4.5, 78)]
        inner += [(x - 6, edge - 1)]
    inner += _ellipse((155, 78), 117, 47, 150, 180)[:-1]
    pen.path(inner, line=ROSE, fill=SAND, closed=True, smooth=True, width=1)
    _leader(pen, "Outer membrane", (52, 12), (84, 32), anchor="middle")
    _leader(pen, "Inner membrane", (254, 12), (212, 37), anchor="middle")
    _leader(pen, "Matrix", (34, 146), (62, 88), anchor="middle")
    _leader(pen, "Crista", (155, 151), (155.5, 94), anchor="middle")
    _leader(pen, "Intermembrane space", (258, 148), (243, 113), anchor="middle")


def _chromatid(pen: Pen, centre: Point, *, bend: float, reach: float, colour: Colour) -> None:
    """Half a chromosome: an upright bow whose middle lies at ``centre`` and whose arms lean by ``bend``."""
    x, y = centre
    pen.path([(x + bend, y - reach), (x, y), (x + bend, y + reach)], line=colour, smooth=True, width=2)


def _chromosome(pen: Pen, centre: Point, reach: float, colour: Colour) -> None:
    x, y = centre
    _chromatid(pen, (x - 1, y), bend=-4, reach=reach, colour=colour)
    _chromatid(pen, (x + 1, y), bend=4, reach=reach, colour=colour)


def _spindle(pen: Pen, x: float, heights: tuple[float, ...]) -> None:
    for y in heights:
        for pole in (x - 29, x + 29):
            pen.path([(pole, 44), (x, y)], line=TEAL, width=0.4)


def draw_mitosis(pen: Pen) -> None:
    """Prophase, metaphase, anaphase and telophase, side by side."""
    rows = ((22.0, TEAL, 6.0), (36.0, ROSE, 4.5), (52.0, ROSE, 4.5), (66.0, TEAL, 6.0))
    heights = tuple(height for height, _, _ in rows)
    for x in (40, 117, 194):
        pen.oval((x, 44), 35, 35, line=INK, fill=SAND)
    pen.oval((40, 44), 24, 24, line=INK, fill=MIST)
    scattered = (((31, 36), TEAL, 6.0), ((48, 34), ROSE, 4.5), ((34, 54), ROSE, 4.5), ((49, 53), TEAL, 6.0))
    for centre, colour, reach in scattered:
        _chromosome(pen, centre, reach, colour)
    _spindle(pen, 117, heights)
    for height, colour, reach in rows:
        _chromosome(pen, (117, height), reach, colour)
    _spindle(pen, 194, heights)
    for height, colour, reach in rows:
        near = 44 + (height - 44) * 0.75
        _chromatid(pen, (180, near), bend=4, reach=reach * 0.65, colour=colour)
        _chromatid(pen, (208, near), bend=-4, reach=reach * 0.65, colour=colour)
    for x in (254, 292):
        pen.oval((x, 44), 19, 30, line=INK, fill=SAND)
        pen.oval((x, 44), 13, 20, line=INK, fill=MIST)
        for height, colour, reach in rows:
            pen.path(
                [(x - reach, 44 + (height - 44) * 0.55), (x + reach, 44 + (height - 42) * 0.55)],
                line=colour,
                width=1.4,
            )
    for x, name in ((40, "Prophase"), (117, "Metaphase"), (194, "Anaphase"), (273, "Telophase")):
        pen.label(name, (x, 94), anchor="middle")


DRAWINGS = {
    "cell": Drawing(200, draw_cell),
    "membrane": Drawing(142, draw_membrane),
    "mitochondrion": Drawing(156, draw_mitochondrion),
    "mitosis": Drawing(98, draw_mitosis),
}
