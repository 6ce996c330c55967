"""What a language tells the kind of a question by, and that of an answer. Words alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "definition",
    "person",
    "place",
    "time",
    "date",
    "quantity",
    "cause",
    "steps",
    "difference",
    "yes_no",
    "list",
    "chapter",
    "unknown",
]
NEVER = r"(?!)"
NUMBER = r"[$€£¥]?(?<![\w.])\d(?:[\d.,]*\d)?%?"  # with what stands at it


@dataclass(frozen=True)
class Opener:
    """How questions of a kind begin. ``pattern`` is matched against the question without marks at its ends; its group
    ``about`` is what is asked about, else all that stands behind. ``demands``: the answer must show its kind."""

    kind: Kind
    pattern: re.Pattern[str]
    demands: bool = False


@dataclass(frozen=True)
class LanguageWords:
    """``numbers`` … ``causes``: what a sentence has that tells how much, when, why; matched in any case."""

    openers: tuple[Opener, ...]
    numbers: re.Pattern[str]
    dates: re.Pattern[str]  # a day, a year, a century
    times: re.Pattern[str]  # and whatever else may answer "when"
    causes: re.Pattern[str]
    places: re.Pattern[str]
    defines: str  # between what is defined and its definition; a pattern
    named: str  # before what is defined, behind its definition (*… is called X*); a pattern
    names: bool = True  # capital letters tell names
    nouns: bool = False  # … but all nouns have them


def opener(kind: Kind, pattern: str, *, demands: bool = False) -> Opener:
    return Opener(kind, re.compile(pattern, re.IGNORECASE), demands)


def any_of(words: str, *also: str, loose: bool = False) -> re.Pattern[str]:
    """One of ``words`` (space between them; ``_`` is a space within) or a pattern of ``also``. ``loose``: words may
    have any ending."""
    plain = "|".join(re.escape(word.replace("_", " ")) for word in sorted(words.split(), key=len, reverse=True))
    ends = r"\w*" if loose else ""
    known = rf"(?<!\w)(?:{plain}){ends}(?!\w)" if plain else NEVER
    return re.compile("|".join([known, *also]), re.IGNORECASE)
