"""Turned text: boxes are moved into a frame in which the text is upright, and the words' boxes back again."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from rag.ingest.layout.pieces import Box, PaintedLine, moved

UPRIGHT, HALF = 0, 2  # quarter turns clockwise that the text is turned by, as the page is shown
LEAST_TILT = 0.004  # radians: two points on a line of 500
SLANTED = -1  # neither upright nor at a right angle


def shown(runs: Iterable[PaintedLine], matrix: Any) -> list[PaintedLine]:
    """The runs as the page is shown: ``matrix`` is that of the page's own turn."""
    a, b, c, d, *_ = matrix
    if (a, b, c, d) == (1, 0, 0, 1):
        return list(runs)
    found = []
    for run in runs:
        u, v = run.direction
        words = [(text, moved(box, matrix), look) for text, box, look in run.words]
        found.append(PaintedLine(run.block, (a * u + c * v, b * u + d * v), words, run.order, whole=run.whole))
    return found


def turn(direction: tuple[float, float]) -> int:
    """How often the text is turned clockwise by a right angle; ``SLANTED`` for anything between."""
    u, v = direction
    if abs(u) > 0.97:
        return 0 if u > 0 else 2
    if abs(v) > 0.97:
        return 1 if v > 0 else 3
    return SLANTED


def turned_by(direction: tuple[float, float], matrix: Sequence[float]) -> int:
    """``turn`` of a direction of the page before its own turn, ``matrix``."""
    a, b, c, d, *_ = matrix
    u, v = direction
    return turn((a * u + c * v, b * u + d * v))


def main_turn(runs: Iterable[PaintedLine]) -> int:
    """The turn of most letters of a page."""
    letters: Counter[int] = Counter()
    for run in runs:
        letters[turn(run.direction)] += sum(len(text) for text, _, _ in run.words)
    return letters.most_common(1)[0][0] if letters else UPRIGHT


def tilt(runs: Iterable[PaintedLine], turned: int) -> float:
    """The angle (radians, clockwise) that text turned ``turned`` times is askew by, as on a scanned page; mostly 0."""
    angles = sorted(
        (math.atan2(run.direction[1], run.direction[0]) - turned * math.pi / 2 + math.pi) % (2 * math.pi) - math.pi
        for run in runs
        if len(run.words) > 2
    )
    angle = angles[len(angles) // 2] if angles else 0.0
    return angle if abs(angle) > LEAST_TILT else 0.0


def straightened(box: Box, angle: float) -> Box:
    """A word's box, turned back round the origin by ``angle``; as high as its letters are."""
    return _about(box, -angle, -(box[2] - box[0]) * abs(math.sin(angle)))


def tilted(box: Box, angle: float) -> Box:
    """The inverse of ``straightened``."""
    return _about(box, angle, (box[2] - box[0]) * abs(math.sin(angle)))


def _about(box: Box, angle: float, higher: float) -> Box:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    sine, cosine = math.sin(angle), math.cos(angle)
    x, y = x * cosine - y * sine, x * sine + y * cosine
    width, height = box[2] - box[0], max(box[3] - box[1] + higher, 1.0)
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def mirrored(box: Box, width: float) -> Box:
    """``box`` where writing that runs from right to left would put it if it ran from left to right; its own inverse."""
    return width - box[2], box[1], width - box[0], box[3]


def into(box: Box, turned: int, width: float, height: float) -> Box:
    """``box`` of a page of this size, in the frame in which text turned ``turned`` times is upright."""
    x0, y0, x1, y1 = box
    if turned == 1:
        return y0, width - x1, y1, width - x0
    if turned == 2:
        return width - x1, height - y1, width - x0, height - y0
    if turned == 3:
        return height - y1, x0, height - y0, x1
    return box


def out_of(box: Box, turned: int, width: float, height: float) -> Box:
    """The inverse of ``into``; ``width`` and ``height`` are the page's."""
    x0, y0, x1, y1 = box
    if turned == 1:
        return width - y1, x0, width - y0, x1
    if turned == 2:
        return width - x1, height - y1, width - x0, height - y0
    if turned == 3:
        return y0, height - x1, y1, height - x0
    return box
