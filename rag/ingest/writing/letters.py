"""Words made of single letters, by where each stands. It costs more than MuPDF's own words, and is done where those go
wrong: in writing from right to left, and where words stand apart without a space between them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Box = tuple[float, float, float, float]
Look = dict[str, Any]
Word3 = tuple[str, Box, Look]  # a word, its box, and the look of its span

# In parts of the letters' size:
LEAST_GAP = 0.1  # white that the eye takes for a space …
WIDER = 0.07  # … where letters stand so much closer
OPEN_GAP = 0.3  # of letters printed wide: white between words is wider than that between them
MINUTE = 0.02  # of a width that is none
SMALL = 0.8  # of the text's size: the most that the mark of a note has
LONG = 18  # letters: more seldom make one word
UPPER, LOWER = "A-ZÀ-ÖØ-ÞА-ЯЁ", "a-zß-öø-ÿа-яё"
BEGINS = rf"(?:[{UPPER}][{LOWER}]|[AIОЯ]\b|[^\W\d_{UPPER}{LOWER}]{{2}})"  # a sentence, and no name of a program's
RUN_ON = re.compile(
    rf"[^\W\d_]{{2}}(?:[.!?…]+[”’\"'»)\]]*[“‘\"'«(\[]*{BEGINS}|[,;:][”’\"'»)]*[“‘\"'«(]*[^\W\d_]{{2}})"
    rf"|[^\W\d_{UPPER}]{{{LONG}}}|[\uac00-\ud7a3]{{4}}"
)
UNKNOWN = "\ufffd"
JOINERS = "\u200c\u200d"


@dataclass(slots=True)
class Glyph:
    """A sign (with the marks over it, and all that one shape stands for) from ``start`` to ``end`` along its line."""

    text: str
    start: float
    end: float
    box: Box
    look: Look

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


def letters(line: dict[str, Any], direction: tuple[float, float]) -> list[Glyph]:
    """The letters of a line of MuPDF's ``rawdict`` as they stand along ``direction`` (a right angle to the page).

    A shape that stands for several letters is given by MuPDF as one with a width and others without, in either order.
    Spaces that MuPDF made up are left out.
    """
    found: list[Glyph] = []
    waiting: list[Glyph] = []  # without a width, and nothing yet before them
    for letter in _each(line, direction):
        if letter.text in JOINERS or letter.end - letter.start > MINUTE * letter.look["size"]:
            _take_waiting(found, letter, waiting)
            found.append(letter)
        elif not _belongs_to_last(found, letter):
            waiting.append(letter)
    for letter in waiting:
        _join_nearest(found, letter)
    return sorted(found, key=lambda one: (one.start, 0) if one.text in JOINERS else (one.middle, 1))


def _each(line: dict[str, Any], direction: tuple[float, float]) -> Iterator[Glyph]:
    u, v = (round(part) for part in direction)
    for span in line["spans"]:
        for char in span["chars"]:
            if char["synthetic"]:
                continue
            x0, y0, x1, y1 = box = char["bbox"]
            start, end = sorted((x0 * u + y0 * v, x1 * u + y1 * v))
            yield Glyph(char["c"], start, end, box, span)


def _is_mark(letter: Glyph) -> bool:
    return unicodedata.category(letter.text[0]) == "Mn"


def _belongs_to_last(found: list[Glyph], letter: Glyph) -> bool:
    """Join what has no width to the letter before it, if it is a mark on it or the rest of its shape."""
    if not found or found[-1].text.isspace():
        return False
    last, near = found[-1], MINUTE * letter.look["size"]
    belongs: bool
    if last.text == UNKNOWN and last.start - near <= letter.start <= last.end + near:
        last.text = letter.text  # a shape without a meaning, whose dots are the letter
        return True
    if _is_mark(letter):
        belongs = last.start - near <= letter.start <= last.end + near
    else:
        belongs = abs(letter.start - last.end) <= near
    if belongs:
        last.text += letter.text
    return belongs


def _take_waiting(found: list[Glyph], letter: Glyph, waiting: list[Glyph]) -> None:
    """What stood before its letter because MuPDF turned the line round."""
    near = MINUTE * letter.look["size"]
    mine = [one for one in waiting if letter.start - near <= one.start <= letter.end + near]
    waiting[:] = [one for one in waiting if one not in mine]
    if mine:
        letter.text = letter.text.replace(UNKNOWN, "") + "".join(one.text for one in reversed(mine))


def _join_nearest(found: Sequence[Glyph], letter: Glyph) -> None:
    near = [one for one in found if one.start <= letter.start <= one.end and not one.text.isspace()]
    if near:
        near[0].text += letter.text


def white(line: Sequence[Glyph]) -> list[bool]:
    """For each letter but the last of a line whether white stands behind it that the eye takes for a space."""
    gaps = [_gap(left, right) for left, right in pairwise(line)]
    solid = [gap for gap, (left, right) in zip(gaps, pairwise(line), strict=True) if not _is_space(left, right)]
    usual = max(0.0, sorted(solid)[len(solid) // 3]) if solid else 0.0
    least = usual + OPEN_GAP if usual > LEAST_GAP else max(LEAST_GAP, usual + WIDER)
    return [gap > least for gap in gaps]


def _gap(left: Glyph, right: Glyph) -> float:
    """White in parts of the letters' size; none around letters set higher or lower."""
    sizes = sorted((left.look["size"], right.look["size"]))
    return (right.start - left.end) / max(sizes[1], 1.0) if sizes[0] > SMALL * sizes[1] else 0.0


def _is_space(left: Glyph, right: Glyph) -> bool:
    return left.text.isspace() or right.text.isspace()


def may_be_several(text: str) -> bool:
    """Whether a word of MuPDF's is longer than words are, or holds the end of a sentence."""
    return len(text) > 3 and RUN_ON.search(text) is not None


def parted_words(words: Sequence[Word3], line: dict[str, Any], direction: tuple[float, float]) -> list[Word3]:
    """The words of a line, those that may be several parted where white stands in them."""
    if round(direction[0]) ** 2 + round(direction[1]) ** 2 != 1:
        return list(words)
    whole = letters(line, direction)
    ends = [*white(whole), True]
    return [part for each in words for part in _parts(each, whole, ends)]


def _parts(whole: Word3, line: Sequence[Glyph], ends: Sequence[bool]) -> list[Word3]:
    text, box, _ = whole
    found: list[list[Glyph]] = [[]]
    for letter, is_end in zip(line, ends, strict=True):
        if may_be_several(text) and not letter.text.isspace() and _is_in(letter.box, box):
            found[-1].append(letter)
            if is_end:
                found.append([])
    parts = [word(part) for part in found if part]
    return parts if len(parts) > 1 and "".join(part for part, _, _ in parts) == text else [whole]


def _is_in(inner: Box, outer: Box) -> bool:
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]


def parted(line: Sequence[Glyph]) -> Iterator[list[Glyph]]:
    """The words of a line, as they stand."""
    word: list[Glyph] = []
    for letter, ends in zip(line, [*white(line), True], strict=False):  # one end too many where there is no letter
        if not letter.text.isspace():
            word.append(letter)
        if word and (ends or letter.text.isspace()):
            yield word
            word = []


def word(parts: Sequence[Glyph]) -> Word3:
    """Letters (in the order in which they are read) as a word, with the look of most."""
    looks = {id(part.look): part.look for part in parts}
    counts = {key: sum(len(part.text) for part in parts if id(part.look) == key) for key in looks}
    main = looks[max(counts, key=lambda key: counts[key])]
    return "".join(part.text for part in parts), around(parts), main


def around(parts: Iterable[Glyph]) -> Box:
    x0s, y0s, x1s, y1s = zip(*(part.box for part in parts), strict=True)
    return min(x0s), min(y0s), max(x1s), max(y1s)
