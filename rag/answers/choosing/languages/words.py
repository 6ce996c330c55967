"""What a language tells the kind of a question by, and that of an answer. Words alone."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
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
FOLDER = Path(__file__).parent
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


@cache
def known() -> tuple[str, ...]:
    """The languages with words, by their two letters."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@cache
def words_of(language: str) -> LanguageWords | None:
    """The words of a language (two letters), ``None`` for one without; read when they are first asked for."""
    path = FOLDER / f"{language}.toml"
    if language not in known():
        return None
    told = tomllib.loads(path.read_text())
    openers = (Opener(one["kind"], _pattern(one["pattern"]), one.get("demands", False)) for one in told["openers"])
    return LanguageWords(
        tuple(openers),
        numbers=_any_of(**told["numbers"]),
        dates=_any_of(**told["dates"]),
        times=_any_of(**told["times"]),
        causes=_any_of(**told["causes"]),
        places=_any_of(**told["places"]),
        defines=_joined(told["defines"]),
        named=_joined(told["named"]),
        names=told.get("names", True),
        nouns=told.get("nouns", False),
    )


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(_joined(text), re.IGNORECASE)


def _joined(text: str) -> str:
    """A pattern without the line breaks that only keep lines short."""
    return text.replace("\n", "")


def _any_of(words: str, also: Sequence[str] = (), *, loose: bool = False) -> re.Pattern[str]:
    """One of ``words`` (``_`` is a space within) or of the patterns ``also``. ``loose``: words may have any ending."""
    plain = "|".join(re.escape(word.replace("_", " ")) for word in sorted(words.split(), key=len, reverse=True))
    ending = r"\w*" if loose else ""
    patterns = [NUMBER if one == "NUMBER" else one for one in also]
    return _pattern("|".join([rf"(?<!\w)(?:{plain}){ending}(?!\w)", *patterns]))
