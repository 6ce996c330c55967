"""Which part of a text a question about a chapter means. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from library.search.fold import words

NUMBERED = re.compile(r"^\w+ (?P<number>\d{1,3}(?:\.\d{1,3})*|[ivxlc]{1,6})$", re.IGNORECASE)
NAMED = re.compile(
    r"^(?P<part>\w+) (?:(?:on|about|called|titled|named|over|sobre|acerca de|llamad[oa]|über|zum|zur|von|namens|sur|"
    r"intitulé|о|об|про|عن|حول) )?(?:the |los |las |el |la |die |der |das |le |les )?(?P<name>.+)$",
    re.IGNORECASE,
)
BEFORE_PART = re.compile(r"^(?P<name>.+?)[- ](?P<part>chapter|section|kapitel|abschnitt)$", re.IGNORECASE)
OWN_NUMBER = re.compile(r"^(?:\w+ )?(?P<number>\d{1,3}(?:\.\d{1,3})*|[ivxlc]{1,6})(?:[.:)]|\s|$)", re.IGNORECASE)
SMALLER = re.compile(r"^(?:section|sección|abschnitt|раздел|القسم|قسم)", re.IGNORECASE)
SUMMARY = re.compile(
    r"^(?:(?:chapter |the )?summary|in (?:brief|short|summary)|conclusions?|key points|takeaways|recap|"
    r"resumen|en (?:breve|resumen)|conclusi(?:ón|ones)|zusammenfassung|kurz gefasst|das wichtigste|résumé|en bref|"
    r"итоги|кратко|выводы|заключение|خلاصة|الخلاصة|ملخص|باختصار)\b",
    re.IGNORECASE,
)
ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
LEAST_SHARE = 0.6  # of the words of a name that the title of what it means has


@dataclass(frozen=True)
class TitledPart:
    """A part of a text: its title, how deep it stands (1 is the widest), where it begins."""

    title: str
    level: int
    page: int
    start: int


def meant(about: str, parts: Sequence[TitledPart]) -> int | None:
    """The place among ``parts`` of what *chapter 3* or *the chapter on membranes* means, ``None`` where none is it."""
    if numbered := NUMBERED.match(about):
        return _numbered(numbered["number"].lower(), parts)
    named = BEFORE_PART.match(about) or NAMED.match(about)
    return _named(named["name"], SMALLER.match(about) is not None, parts) if named else None


def end_of(place: int, parts: Sequence[TitledPart]) -> int:
    """The place of the first part behind the one at ``place`` and all that belongs to it."""
    level = parts[place].level
    behind = (index for index in range(place + 1, len(parts)) if parts[index].level <= level)
    return next(behind, len(parts))


def _numbered(number: str, parts: Sequence[TitledPart]) -> int | None:
    """By the number that titles have themselves; where the widest have none, by counting these."""
    own = [
        (index, found["number"].lower()) for index, one in enumerate(parts) if (found := OWN_NUMBER.match(one.title))
    ]
    said = [index for index, told in own if told == number or _value(told) == _value(number) != 0]
    if said:
        return min(said, key=lambda index: (parts[index].level, index))
    widest = [index for index, one in enumerate(parts) if one.level == 1]
    if any(index in widest for index, _told in own) or not 1 <= _value(number) <= len(widest):
        return None
    return widest[_value(number) - 1]


def _value(number: str) -> int:
    if number.isdecimal():
        return int(number)
    values = [ROMAN[letter] for letter in number] if set(number) <= ROMAN.keys() else []
    return sum(-one if one < behind else one for one, behind in zip(values, [*values, 0][1:], strict=True))


def _named(name: str, is_small: bool, parts: Sequence[TitledPart]) -> int | None:
    """The one title with most of the words of ``name``: of the widest parts, else of any."""
    wanted = set(words(name).split())
    shares = [len(wanted & set(words(one.title).split())) / len(wanted) if wanted else 0.0 for one in parts]
    order = sorted(range(len(parts)), key=lambda index: (-shares[index], not is_small and parts[index].level, index))
    return order[0] if order and shares[order[0]] >= LEAST_SHARE else None
