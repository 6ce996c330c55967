"""From signs as they stand beside each other to the order in which they are read: Unicode's rules for writing in both
directions (UAX 9), backwards. Files tell where each sign stands, and not which way their sentences run.

A place where two orders look alike is read as one would type it: a number beside a Latin word belongs to that word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import groupby
from typing import Literal

Side = Literal["R", "L", "N", "O"]  # read from the right, from the left, a number, none of them
STRONG: dict[str, Side] = {"L": "L", "R": "R", "AL": "R", "EN": "N", "AN": "N"}
SEPARATORS = frozenset(".,:/٫٬\u060c")  # inside a number
HEBREW_SEPARATORS = SEPARATORS | {"-", "+"}
OF_NUMBERS = frozenset("%$€£¥₪﷼°#٪‰")  # at either end of a number
ENDS = frozenset(".,:;!?%'\"’”*+#…")  # of a word, on the side on which it ends
MIRRORED = dict(zip("()[]{}«»‹›⟨⟩", ")(][}{»«›‹⟩⟨", strict=True))
OPENING = frozenset("([{«‹⟨")
CLOSED_BEHIND = frozenset(".,:;!?،؛؟…)]}»›⟩\"'”’")
LEFTWARDS = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
FORMS = re.compile("[\ufb1d-\ufb4f\ufb50-\ufdff\ufe70-\ufefc]")  # letters by the shape that they have in their word


def unshaped(text: str) -> str:
    """``text`` in letters, whatever shape each has in its word."""
    return FORMS.sub(lambda form: _letters(form[0]), text)


def _letters(form: str) -> str:
    letters = unicodedata.normalize("NFKC", form).strip()
    return form if " " in letters else letters  # a sign for a whole phrase stays


def has_leftwards(text: str) -> bool:
    """Whether a sign of ``text`` is written from right to left."""
    return not text.isascii() and LEFTWARDS.search(text) is not None


def counted(text: str) -> tuple[int, int]:
    """How many letters of ``text`` run from right to left, and how many from left to right."""
    sides = [STRONG.get(unicodedata.bidirectional(sign)) for sign in text]
    return sides.count("R"), sides.count("L")


def both_ends(text: str) -> bool | None:
    """Whether the first and the last letter of ``text`` run from right to left; ``None`` where they differ."""
    sides = [side for sign in text if (side := STRONG.get(unicodedata.bidirectional(sign))) in ("L", "R")]
    return sides[0] == "R" if sides and sides[0] == sides[-1] else None


def read_order(signs: Sequence[str], *, leftwards: bool) -> list[str]:
    """``signs`` (of one line, spaces too, from left to right as they stand) in the order in which they are read.

    ``leftwards``: whether the line runs from right to left. Brackets are turned where they were kept as they look.
    """
    return [sign for _, sign in read_places(signs, leftwards=leftwards)]


def read_places(signs: Sequence[str], *, leftwards: bool) -> list[tuple[int, str]]:
    """As ``read_order``, each sign with its place in ``signs``."""
    sides = _resolved(signs, leftwards=leftwards)
    runs = [[place for place, _ in run] for _, run in groupby(enumerate(sides), key=lambda pair: pair[1] == "L")]
    if leftwards:
        order = [place for run in reversed(runs) for place in (run if sides[run[0]] == "L" else _backwards(run, sides))]
    else:
        order = [place for run in runs for place in (run if sides[run[0]] == "L" else _backwards(run, sides))]
    return _with_brackets([(place, signs[place]) for place in order], sides)


def _backwards(run: Sequence[int], sides: Sequence[Side]) -> list[int]:
    """A run from right to left in which numbers are read from the left."""
    parts = [list(part) for _, part in groupby(run, key=lambda place: (sides[place] == "N", 0))]
    return [place for part in reversed(parts) for place in (part if sides[part[0]] == "N" else reversed(part))]


def _resolved(signs: Sequence[str], *, leftwards: bool) -> list[Side]:
    """The side of every sign; ``N`` where a number stands among writing from the right."""
    base: Side = "R" if leftwards else "L"
    sides: list[Side] = [_side(sign) for sign in signs]
    _join_numbers(signs, sides)
    _bind_numbers(signs, sides, base)
    _bind_ends(signs, sides, base)
    for places in _places(sides, "O"):
        before = _of_neutrals(sides[places[0] - 1]) if places[0] else base
        after = _of_neutrals(sides[places[-1] + 1]) if places[-1] + 1 < len(sides) else base
        for place in places:
            sides[place] = before if before == after else base
    return sides


def _side(sign: str) -> Side:
    return STRONG.get(unicodedata.bidirectional(sign[0]), "O")


def _of_neutrals(side: Side) -> Side:
    return "R" if side == "N" else side


def _places(sides: Sequence[Side], side: Side) -> list[list[int]]:
    """The runs of one side."""
    runs = groupby(range(len(sides)), key=lambda place: sides[place])
    return [list(run) for found, run in runs if found == side]


def _join_numbers(signs: Sequence[str], sides: list[Side]) -> None:
    """What stands inside a number and at its ends belongs to it. Arabic parts it from hyphens and per cent."""
    arabic = any(unicodedata.bidirectional(sign[0]) in ("AL", "AN") for sign in signs)
    separators = SEPARATORS if arabic else HEBREW_SEPARATORS
    for place in range(1, len(signs) - 1):
        if signs[place] in separators and sides[place - 1] == "N" == sides[place + 1]:
            sides[place] = "N"
    for place, sign in enumerate(() if arabic else signs):
        if sign in OF_NUMBERS and "N" in (sides[place - 1 : place] or sides[:0]) + sides[place + 1 : place + 2]:
            sides[place] = "N"


def _bind_numbers(signs: Sequence[str], sides: list[Side], base: Side) -> None:
    """Numbers beside letters from the left are part of their run."""
    for places in _places(sides, "N"):
        before = _strong(signs, sides, places[0] - 1, -1)
        after = _strong(signs, sides, places[-1] + 1, 1)
        if "L" in (before, after) or (base == "L" and not (before == "R" == after)):
            for place in places:
                sides[place] = "L"


def _strong(signs: Sequence[str], sides: Sequence[Side], place: int, step: int) -> str:
    """The side of the next letter from ``place``, at most one space away; nothing where other signs are between."""
    spaces = 0
    while 0 <= place < len(signs):
        if not signs[place].isspace():
            return sides[place] if sides[place] in ("L", "R") else ""
        spaces += 1
        place += step
    return ""


def _bind_ends(signs: Sequence[str], sides: list[Side], base: Side) -> None:
    """A full stop (and its like) at the end of a word that runs against the line, as in "U.S.", is that word's."""
    against: Side = "L" if base == "R" else "R"
    step = 1 if against == "L" else -1
    for place in range(len(signs)) if step == 1 else range(len(signs) - 1, -1, -1):
        if sides[place] != "O" or signs[place] not in ENDS:
            continue
        before, after = place - step, place + step
        ends_word = not 0 <= after < len(signs) or signs[after].isspace() or signs[after] in ENDS
        if 0 <= before < len(signs) and sides[before] == against and ends_word:
            sides[place] = against


def _with_brackets(read: list[tuple[int, str]], sides: Sequence[Side]) -> list[tuple[int, str]]:
    """Brackets in writing from the right open before what they hold: some files keep their looks, others their
    sense."""
    wanted = {index: _opens(read, index) for index, (place, sign) in enumerate(read) if _may_turn(sign, sides[place])}
    decided = {index: opens for index, opens in wanted.items() if opens is not None}
    looks = sum(opens != (read[index][1] in OPENING) for index, opens in decided.items())
    by_looks = looks > len(decided) / 2
    found = list(read)
    for index, opens in wanted.items():
        place, sign = read[index]
        turned = by_looks if opens is None else opens != (sign in OPENING)
        found[index] = (place, MIRRORED[sign] if turned else sign)
    return found


def _may_turn(sign: str, side: Side) -> bool:
    return sign in MIRRORED and side == "R"


def _opens(read: Sequence[tuple[int, str]], index: int) -> bool | None:
    """Whether a bracket opens, by what stands around it; ``None`` where that tells nothing."""
    before = read[index - 1][1] if index else " "
    after = read[index + 1][1] if index + 1 < len(read) else " "
    at_begin = before.isspace() or before in OPENING
    at_end = after.isspace() or after in CLOSED_BEHIND
    if at_begin == at_end:
        return None
    return at_begin
