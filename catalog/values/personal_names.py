"""How the names of people and bodies are read, shown and filed.

A comma that a cataloguer gave decides what a person is filed by ("García Márquez, Gabriel"); without one it is guessed
from how the name is written. Dates and titles stand behind further commas and are no part of it, as in MARC 21 ($a, $c,
$d of 100). Bodies and meetings (MARC 110, 111) are filed as they are written. What is guessed wrong a cataloguer
corrects on the author's record, and it stays so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.values import name_words as telling
from library.search.fold import fold

SORT_NAME_LENGTH = 200
WORDS_AT_MOST = 12  # of a name whose other ways of filing are looked for


class NameKind(models.TextChoices):
    PERSON = "person", _("person")
    ORGANISATION = "organisation", _("organisation")
    MEETING = "meeting", _("meeting")


@dataclass(frozen=True)
class Name:
    """A name as it was entered: how it is shown and filed, and what was said beside it.

    ``is_given``: a cataloguer's comma said what it is filed by. Years are negative before our era.
    """

    shown: str
    filed: str
    kind: NameKind = NameKind.PERSON
    is_given: bool = False
    birth: int | None = None
    death: int | None = None

    @property
    def said(self) -> str:
        """The folded words in the order of a title page, whatever it is filed by: what two entries are the same by."""
        if self.kind != NameKind.PERSON:
            return self.filed
        family, _comma, rest = self.filed.partition(", ")
        given, comma, suffix = rest.partition(", ")
        if given in telling.SUFFIXES:
            given, comma, suffix = "", ", ", given
        return f"{given} {family}".strip() + comma + suffix

    @property
    def other_filings(self) -> list[str]:
        """All the ways in which the same words in the same order may be filed, with the one that is."""
        said, comma, suffix = self.said.partition(", ")
        words = said.split()
        if len(words) > WORDS_AT_MOST:
            return [self.filed]
        turned = (" ".join(words[k:]) + ", " + " ".join(words[:k]) for k in range(1, len(words)))
        return list(dict.fromkeys([self.filed, *(way + comma + suffix for way in (said, *turned))]))


def read(entered: str, kind: str = "") -> Name:
    """``entered`` as a name. ``kind``: of ``NameKind`` where it is known, else guessed."""
    text = " ".join(entered.split())
    kind_ = NameKind(kind) if kind else kind_of(text)
    if kind_ != NameKind.PERSON:
        return Name(text, _cut(re.sub(r"^the ", "", fold(text))) or _unfolded(text), kind_)
    plain = re.sub(r" ?\([^()]*\)", "", text).strip(" ;,")
    plain = plain if plain else text
    first, *rest = [part.strip() for part in plain.split(",")]
    birth, death, parts = _dates(rest)
    degreeless = [part for part in parts if part and not telling.DEGREE.fullmatch(part)]
    suffixes = [part for part in degreeless if part.casefold() in telling.SUFFIXES]
    others = [part for part in degreeless if part.casefold() not in telling.SUFFIXES]
    given = others.pop(0) if others and not _is_title(others[0]) else ""
    if telling.EPITHET.match(given) and first:  # "Leonardo, da Vinci", "Augustine, of Hippo"
        whole = f"{first} {given}"
        name = ", ".join([whole, *others]), fold(whole), True
    elif given and first:
        name = _given(first, given, suffixes, others)
    else:
        name = _guessed(_without_titles(first) or plain, suffixes, others)
    shown, filed, is_given = name
    return Name(shown[:SORT_NAME_LENGTH], _cut(filed) or _unfolded(text), kind_, is_given, birth, death)


def kind_of(text: str) -> NameKind:
    """A meeting or a body where a word of the name says so, else a person."""
    if telling.MEETING.search(text):
        return NameKind.MEETING
    return NameKind.ORGANISATION if telling.BODY.search(text) or telling.BODY_OF.search(text) else NameKind.PERSON


def display_name(name: str) -> str:
    """``name`` as a title page has it: "Mukherjee, Siddhartha" is turned round, white space is made single."""
    return read(name).shown


def sort_name(name: str) -> str:
    """``name`` with the family name first, folded: what authors are filed and recognised by, at most 200 letters."""
    return read(name).filed


def _given(family: str, given: str, suffixes: list[str], others: list[str]) -> tuple[str, str, bool]:
    shown = f"{family} {given}" if _stands_first(family, given) else f"{given} {family}"
    shown = ", ".join([" ".join([shown, *suffixes]), *others])
    filed = fold(family + given) if telling.CJK.search(family) else _folded(family, given, suffixes)
    return shown, filed, True


def _guessed(name: str, suffixes: list[str], others: list[str]) -> tuple[str, str, bool]:
    words = name.split()
    shown = ", ".join([" ".join([name, *suffixes]), *others])
    while (
        len(words) > 1
        and words[-1].casefold() in telling.SUFFIXES
        and not (len(words) == 2 and telling.NUMERAL.fullmatch(words[-1]))
    ):
        suffixes = [words.pop(), *suffixes]
    reigns = any(telling.RANK.fullmatch(part.split()[0]) for part in others if part)
    if (
        len(words) < 2
        or set(words[1:-1]) & telling.WHENCE
        or (len(words) == 2 and telling.NUMERAL.fullmatch(words[1]))
        or reigns
    ):
        return shown, _folded(" ".join([*words, *(suffixes if reigns else [])]), "", [] if reigns else suffixes), False
    if telling.CJK.search(name):
        return shown, fold("".join(words)), False
    start = _family_start(words)
    if start is None:
        return shown, _folded(words[0], " ".join(words[1:]), suffixes), False
    return shown, _folded(" ".join(words[start:]), " ".join(words[:start]), suffixes), False


def _family_start(words: list[str]) -> int | None:
    """Where the family name begins that ends the name; ``None`` where the first word is the one to file by."""
    if _stands_first(words[0], " ".join(words[1:])) or (len(words) == 3 and telling.PATRONYMIC.fullmatch(words[2])):
        return None
    if len(words) == 2 and telling.ICELANDIC.fullmatch(words[1]) and _is_icelandic(words):
        return 0
    start = len(words) - 1
    if start > 1 and words[start].casefold() in telling.FAMILY_TOO:
        start -= 1
    if start > 2 and words[start - 1] in telling.LINKS:
        start -= 2
    while start > 1 and telling.PARTICLE.fullmatch(words[start - 1]):
        start -= 1
    return start


def _is_icelandic(words: list[str]) -> bool:
    return telling.ICELANDIC_LETTER.search(" ".join(words)) is not None


def _stands_first(family: str, given: str) -> bool:
    """Whether the name is said with the family name first, as Chinese and Korean names are."""
    if telling.CJK.search(family):
        return True
    if telling.CHINESE.fullmatch(family) and " " not in given and telling.PINYIN.fullmatch(given):
        return True
    return bool(telling.KOREAN.fullmatch(family) and telling.KOREAN_GIVEN.fullmatch(given))


def _without_titles(text: str) -> str:
    words = text.split()
    while len(words) > 2 and telling.BEFORE.fullmatch(words[0]):
        words = words[1:]
    while len(words) > 2 and telling.DEGREE.fullmatch(words[-1]) and len(words[-1].strip(".")) > 1:
        words = words[:-1]
    return " ".join(words)


def _is_title(part: str) -> bool:
    first = part.split()[0]
    return bool(telling.RANK.fullmatch(first) or telling.NOBLE.fullmatch(first))


def _dates(parts: list[str]) -> tuple[int | None, int | None, list[str]]:
    """The years of birth and death among ``parts``, and the parts that are none."""
    rest, birth, death = [], None, None
    for part in parts:
        found = telling.DATES.fullmatch(part.strip(" .;"))
        if not found:
            rest.append(part)
            continue
        years = found.groups()
        is_span = "-" in part or "–" in part
        era = years[1] or (years[3] if years[2] else None)
        birth = _year(years[0], era) if is_span else None
        death = _year(years[2] or years[4], years[3] or years[5])
    if birth is not None and death is not None and death < birth:
        birth = death = None
    return birth, death, rest


def _year(digits: str | None, era: str | None) -> int | None:
    if not digits or not 0 < int(digits) <= 2200:
        return None
    return -int(digits) if era and era.upper().startswith("B") else int(digits)


def _folded(family: str, given: str, suffixes: list[str]) -> str:
    return fold(", ".join(part for part in (family, given, *suffixes) if part))


def _unfolded(text: str) -> str:
    """For a name without any letter that can be filed."""
    return text.casefold()[:SORT_NAME_LENGTH]


def _cut(text: str) -> str:
    return text[:SORT_NAME_LENGTH].rstrip(", ")
