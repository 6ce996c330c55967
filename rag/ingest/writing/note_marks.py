"""Small raised numbers and signs: marks of notes, which are no text, and powers, which are no digits of their number.

A mark is known by what it stands at and by what else is on the page. Behind a word or the end of a sentence it is the
mark of a note. Behind a number (*146³ steps*) it is a power, unless a note of this number stands below on the page, or
the page's other marks count up through it. Behind a letter, a unit or 10 (x², m², 10³) it is a power.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mode
from typing import Protocol, TypeVar

from rag.ingest.writing.bidi import has_leftwards
from rag.ingest.writing.letters import Box, Word3

NOTE = re.compile(r"^(?:\d{1,3}(?:[,–-]\d{1,3}){0,4}|[*†‡§¶]{1,3})$")
NOTE_SIZE = 0.8  # of the text's size: the most that the mark of a note has
RISE = 0.12  # of the text's size: the least that a mark is raised
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
NEAR = 0.35  # of the letters' size: the most room between a mark and its word
NEAR_NOTE = 1.5  # … and between the mark of a note and its first word
MOST_MARKS = 300  # on a page; more are a table
UPRIGHT = 0.9  # of a line's direction
SMALLER = 0.95  # of the text's size: the most that the letters of a note have
SURE = re.compile(r"(?:[^\W\d_]{3,}|[^\W\d_]{3,}[.,;:!?…]|[.,;:!?…])[\"'”’»)\]]*$|[\"”’»]$|[^\W\d_]{4,}\)$")
# What mostly has powers: whatever notes there are, 10³, x² and m² are none of their marks.
HAS_POWERS = re.compile(r"(?:^|[^\w])(?:[^\W\d_]|10)$")
# … and what has them although it is a word.
POWERED = re.compile(
    r"(?:^|[^\w])(?:[kdcmµμn]?m|mi|ft|yd|in|sec|min|hr|km|cm|mm|sin|cos|tan|cot|sinh|cosh|tanh|log|ln|lim|det|exp|dim|Hom|"
    r"rad|deg|mol|Pa|Hz|eV|kg)$"
)


class _Line(Protocol):
    """A line as it is painted: its direction, and its words."""

    direction: tuple[float, float]
    words: list[Word3]


L = TypeVar("L", bound=_Line)


@dataclass(slots=True)
class _Mark:
    """A small raised word, and the word that it stands at; at the head of a note there is none before it."""

    run: _Line
    word: Word3
    at: tuple[_Line, Word3] | None

    @property
    def text(self) -> str:
        return self.word[0]


def settled(runs: Sequence[L]) -> list[L]:
    """``runs`` without the marks of notes; powers as such (*10³*), and the mark at the head of a note too (*¹*)."""
    words = [(run, word) for run in runs if run.direction[0] > UPRIGHT for word in run.words]
    marks = list(_marks(words))
    if not 0 < len(marks) <= MOST_MARKS:
        return list(runs)
    notes = _notes(marks, words)
    for mark in marks:
        _replace(mark.run, mark.word, None if mark.at else (mark.text.translate(RAISED), *mark.word[1:]))
        if mark.at is not None and id(mark) not in notes:
            _raise(mark)
    return [run for run in runs if run.words]


def _marks(words: Sequence[tuple[_Line, Word3]]) -> Iterator[_Mark]:
    if not words:
        return
    usual = mode(round(word[2]["size"], 1) for _run, word in words for _letter in word[0])
    small = [pair for pair in words if pair[1][2]["size"] <= NOTE_SIZE * usual and NOTE.match(pair[1][0])]
    if len(small) > MOST_MARKS:
        return
    for run, word in small:
        before = next((pair for pair in words if _stands_at(word, pair[1])), None)
        if before is not None:
            yield _Mark(run, word, before)
        elif any(_heads(word, other) for _run, other in words):
            yield _Mark(run, word, None)


def _stands_at(mark: Word3, word: Word3) -> bool:
    size = word[2]["size"]
    gap = mark[1][0] - word[1][2]
    return -0.2 * size < gap < NEAR * size and _is_raised(mark, word)


def _heads(mark: Word3, word: Word3) -> bool:
    size = word[2]["size"]
    gap = word[1][0] - mark[1][2]
    return -0.2 * size < gap < NEAR_NOTE * size and _is_raised(mark, word)


def _is_raised(mark: Word3, word: Word3) -> bool:
    size = word[2]["size"]
    if mark[2]["size"] > NOTE_SIZE * size or has_leftwards(word[0]):
        return False
    rise = _baseline(word) - _baseline(mark)
    return bool(RISE * size < rise < size)


def _baseline(word: Word3) -> float:
    origin = word[2].get("origin")
    return float(origin[1] if origin else word[1][3])


def _notes(marks: Sequence[_Mark], words: Sequence[tuple[_Line, Word3]]) -> set[int]:
    """Which marks (by identity) are of notes."""
    sure = [mark for mark in marks if mark.at is not None and _is_sure(mark)]
    counted = {int(number) for mark in sure for number in re.findall(r"\d+", mark.text)}
    heads = list(_heads_of_notes(marks, words))
    found = {id(mark) for mark in sure}
    for mark in marks:
        if mark.at is None or id(mark) in found or not mark.text[0].isdigit():
            continue
        before = mark.at[1][0]
        number = int(re.findall(r"\d+", mark.text)[0])
        smaller = SMALLER * mark.at[1][2]["size"]
        has_note = any(text == mark.text and box[1] > mark.word[1][3] and size < smaller for text, box, size in heads)
        neighbours = (number - 1 in counted) + (number + 1 in counted)
        is_long = re.search(r"\d{3}$", before) is not None  # 1859 and 146 have no powers in prose
        if not HAS_POWERS.search(before) and not POWERED.search(before) and (has_note or neighbours > (not is_long)):
            found.add(id(mark))
    return found


def _is_sure(mark: _Mark) -> bool:
    assert mark.at is not None
    before = mark.at[1][0]
    if not mark.text[0].isdigit():
        return len(before) > 1  # not C*
    return SURE.search(before) is not None and not POWERED.search(before)


def _heads_of_notes(marks: Sequence[_Mark], words: Sequence[tuple[_Line, Word3]]) -> Iterator[tuple[str, Box, float]]:
    """The numbers that stand at the head of a line, as those of notes do: where, and the size of their letters."""
    yield from ((mark.text, mark.word[1], mark.word[2]["size"]) for mark in marks if mark.at is None)
    for run in {id(run): run for run, _word in words}.values():
        number = run.words[0][0].rstrip(".)")
        if len(run.words) > 1 and number.isdigit():
            yield number, run.words[0][1], run.words[1][2]["size"]


def _raise(mark: _Mark) -> None:
    """The power becomes a part of what it is the power of."""
    assert mark.at is not None
    run, word = mark.at
    text, (x0, y0, _x1, y1), look = word
    box = mark.word[1]
    whole = (text + mark.text.translate(RAISED), (x0, min(y0, box[1]), box[2], y1), look)
    _replace(run, word, whole)


def _replace(run: _Line, word: Word3, by: Word3 | None) -> None:
    index = next((place for place, one in enumerate(run.words) if one is word), None)
    if index is not None:
        run.words[index : index + 1] = [by] if by else []
