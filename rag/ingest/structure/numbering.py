"""Numbers of chapters and sections as headings print them, and numbers of pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["part", "chapter", "section"]
# What chapters and parts are called where the books are read. Longer words first where one begins another.
PART_WORDS = r"part|book|volume|vol|teil|partie|parte|deel|del|tome|tomo|buch|livre|libro|часть|том"
CHAPTER_WORDS = (
    r"chapter|chap|kapitel|chapitre|cap[ií]tulo|capitolo|hoofdstuk|lecture|lesson|unit|module|lektion|leçon|"
    r"appendix|annex|anhang|annexe|ap[eé]ndice|ap[êe]ndice|appendice|bijlage|глава|приложение"
)
APPENDIX_WORDS = r"appendix|annex|anhang|annexe|ap[eé]ndice|ap[êe]ndice|appendice|bijlage|приложение"
NUMBER_WORDS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
]
ORDINAL = rf"\d{{1,3}}|[ivxlcdm]{{1,8}}|[a-z]|{'|'.join(NUMBER_WORDS)}"
NAMED = re.compile(
    rf"^(?:the\s+)?(?:(?P<part>{PART_WORDS})|(?P<chapter>{CHAPTER_WORDS}))\b\.?\s+(?P<ordinal>{ORDINAL})\b"
    r"(?P<rest>(?:\s*[.:\-–—|]+|\s|$).*)$",
    re.IGNORECASE,
)
LETTERED = re.compile(rf"^(?:{APPENDIX_WORDS})\s*(?P<rest>[.:\-–—|]+.*|$)", re.IGNORECASE)  # "Appendix: Tables"
DECIMAL = re.compile(
    r"^(?P<sign>§+\s*)?(?P<number>(?:\d{1,3}|[A-Z])(?:[.\-–]\d{1,3}){1,5})(?P<mark>[.):]?)(?:\s+(?P<rest>.*)|)$"
)
SINGLE = re.compile(r"^(?P<sign>§+\s*)?(?P<number>\d{1,3}|[IVXLC]{1,7}|[A-Z])(?P<mark>[.):]?)(?:\s+(?P<rest>.*)|)$")
ROMAN = re.compile(r"^(?=[mdclxvi])m{0,3}(cm|cd|d?c{0,3})(xc|xl|l?x{0,3})(ix|iv|v?i{0,3})$", re.IGNORECASE)
SIGNS = re.compile(r"^[\s.:\-–—|]+")


@dataclass(frozen=True)
class Number:
    """What stands before a title. ``values``: 3.1.2 is (3, 1, 2); ``depth``: 0 of a part, 1 of a chapter …"""

    kind: Kind
    values: tuple[int, ...]
    marked: bool  # a word (Chapter), a sign (§) or a point says that it is a number of a heading
    rest: str  # the title without it

    @property
    def depth(self) -> int:
        return 0 if self.kind == "part" else len(self.values)


def number_of(title: str) -> Number | None:
    """The number at the start of a title: *Chapter 4*, *Part II*, *Appendix A*, *3.1.2*, *7*, *IV.*"""
    if named := NAMED.match(title):
        kind: Kind = "part" if named["part"] else "chapter"
        return Number(kind, (ordinal(named["ordinal"]),), True, SIGNS.sub("", named["rest"]).strip())
    if lettered := LETTERED.match(title):
        return Number("chapter", (0,), True, SIGNS.sub("", lettered["rest"]).strip())
    if decimal := DECIMAL.match(title):
        values = tuple(ordinal(value) for value in re.split(r"[.\-–]", decimal["number"]))
        return Number("section", values, True, (decimal["rest"] or "").strip())
    if single := SINGLE.match(title):
        rest = SIGNS.sub("", single["rest"] or "").strip()
        plain = single["number"].isalpha() and not single["mark"] and rest  # *A question of taste*, *I am a cat*
        if not plain:
            return Number("chapter", (ordinal(single["number"]),), bool(single["mark"] or single["sign"]), rest)
    return None


def follows(one: Sequence[int], two: Sequence[int]) -> bool:
    """Whether section ``two`` may come right after ``one``."""
    if len(two) == len(one) + 1:
        return tuple(two[:-1]) == tuple(one) and two[-1] <= 1
    if len(two) > len(one):
        return False
    return tuple(two[:-1]) == tuple(one[: len(two) - 1]) and two[-1] == one[len(two) - 1] + 1


def ordinal(text: str) -> int:
    """The value of 7, VII, *seven* or G. Roman numbers go before letters, but for C, D, L and M alone."""
    low = text.casefold()
    if low.isdigit():
        return int(low)
    if low in NUMBER_WORDS:
        return NUMBER_WORDS.index(low) + 1
    if low not in {"c", "d", "l", "m"} and (value := roman(low)):
        return value
    return ord(low[0]) - ord("a") + 1 if len(low) == 1 and low.isascii() else 0


def roman(text: str) -> int:
    """The value of a roman number; 0 if it is none."""
    if not ROMAN.match(text):
        return 0
    digits = [{"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}[sign] for sign in text.casefold()]
    return sum(-value if value < max(digits[place:]) else value for place, value in enumerate(digits))
