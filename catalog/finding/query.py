"""What was typed, taken apart. Pure: nothing here asks the database, and no text is ever an error.

``"two words"``      the words side by side
``-word -"a b"``     not those
``a or b``           either; loosest of all: ``a b or c`` is a and b, or c
``author:tolkien``   in one field: author, title, subject (categories and series too); -author:… excludes
``series:"…" year:1990-2000 language:fr isbn:…``
                     the series, the years (``1990-``: since, ``-500``: 500 BCE), the language, the number

A prefix without a value, with a value that cannot be read, or unknown is plain words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from library.core import languages
from library.search.fold import fold, words

QUERY_LENGTH = 400
PARTS_AT_MOST = 32
EXCLUDED_AT_MOST = 16
QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
TOKEN = re.compile(r'(?P<minus>-)?(?:(?P<field>[a-z]{1,10}):(?=[^\s]))?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
TEXT_FIELDS = {"author": "B", "title": "A", "subject": "C"}
EARLIEST, LATEST = -3000, 2200
YEARS = re.compile(r"(-?[0-9]{1,4})(?:(?P<to>-)(-?[0-9]{1,4})?)?", re.ASCII)
LANGUAGES = {fold(name): code for name, code in languages.names().items()}


@dataclass(frozen=True)
class Years:
    """From the one to the other, both included; negative before our era."""

    first: int = EARLIEST
    last: int = LATEST


@dataclass(frozen=True)
class Part:
    """Bare words that have to be there: one, or several side by side; ``weight``: only in this part of the record."""

    words: tuple[str, ...]
    weight: str = ""


@dataclass(frozen=True)
class Query:
    """``groups``: all parts of any one of them. ``text``: the whole as bare words, as a title would be."""

    text: str = ""
    groups: tuple[tuple[Part, ...], ...] = ()
    excluded: tuple[Part, ...] = ()
    years: tuple[Years, ...] = ()
    languages: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    meant: bool = False  # operators were used: whoever writes them means them
    typing: bool = False  # the last word may be unfinished
    written: str = ""  # what was typed, in one case and with single spaces

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed, which asks for all books; signs without a word ask for none."""
        return not self.written

    @property
    def is_void(self) -> bool:
        """Whether nothing in it can be looked for."""
        return not (self.groups or self.excluded or self.is_narrow)

    @property
    def is_narrow(self) -> bool:
        """Whether something other than words is asked of the books."""
        return bool(self.years or self.languages or self.series or self.numbers)

    @property
    def words(self) -> list[str]:
        """All words that are asked for or excluded."""
        parts = [*self.excluded, *(part for group in self.groups for part in group)]
        return [word for part in parts for word in part.words]

    @property
    def plain_words(self) -> tuple[str, ...]:
        """The words that are neither in a phrase nor in a field."""
        found = (part.words[0] for group in self.groups for part in group if is_plain(part))
        return tuple(dict.fromkeys(found))

    @property
    def correctable_words(self) -> tuple[str, ...]:
        """The plain words that are not meant somewhere else in the query as well."""
        parts = [*self.excluded, *(part for group in self.groups for part in group)]
        meant = {word for part in parts if not is_plain(part) or part in self.excluded for word in part.words}
        return tuple(word for word in self.plain_words if word not in meant)

    def corrected(self, instead: dict[str, str]) -> Query:
        """The same query with other words in place of some of ``correctable_words``."""

        def swap(part: Part) -> Part:
            return replace(part, words=(instead.get(part.words[0], part.words[0]),)) if is_plain(part) else part

        text = " ".join(instead.get(word, word) for word in self.text.split())
        written = re.sub(r"[^\W_]+", lambda found: instead.get(found[0], found[0]), self.written)
        groups = tuple(tuple(swap(part) for part in group) for group in self.groups)
        return replace(self, text=text, written=written, groups=groups, typing=False)


def is_plain(part: Part) -> bool:
    """Whether it is a single word that may be anywhere."""
    return len(part.words) == 1 and not part.weight


@dataclass
class _Reading:
    """A query in the making."""

    groups: list[list[Part]] = field(default_factory=lambda: [[]])
    excluded: list[Part] = field(default_factory=list)
    years: list[Years] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    series: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    meant: bool = False
    typing: bool = False
    spare: int = PARTS_AT_MOST


def clean(query: str) -> str:
    """``query`` folded, without what a database cannot take, at most 400 characters."""
    text = query[: QUERY_LENGTH * 2].replace("\0", " ").encode("utf-8", "ignore").decode()
    return fold(text.translate(QUOTES))[:QUERY_LENGTH].strip()


def parse(query: str) -> Query:
    """What ``query`` asks for."""
    written = clean(query)
    reading = _Reading()
    for token in TOKEN.finditer(written):
        if not _starts_a_word(written, token.start()):
            _take_words(reading, words(token[0]), minus=False)
        elif token["word"] == "or" and not token["minus"] and not token["field"]:
            reading.meant, reading.typing = True, False
            reading.groups.append([])
        else:
            _take(reading, token)
    groups = tuple(tuple(dict.fromkeys(group)) for group in reading.groups if group)
    return Query(
        text=words(written), groups=tuple(dict.fromkeys(groups)), excluded=tuple(dict.fromkeys(reading.excluded)),
        years=tuple(reading.years), languages=tuple(reading.languages), series=tuple(reading.series),
        numbers=tuple(reading.numbers), meant=reading.meant, typing=reading.typing, written=written,
    )  # fmt: skip


def _starts_a_word(text: str, place: int) -> bool:
    return place == 0 or text[place - 1] in ' "' or text[place] == '"'


def _take(reading: _Reading, token: re.Match[str]) -> None:
    minus, name = bool(token["minus"]), token["field"] or ""
    value = token["phrase"] if token["phrase"] is not None else token["word"]
    if name in TEXT_FIELDS and words(value):
        part = Part(tuple(words(value).split()[:PARTS_AT_MOST]), TEXT_FIELDS[name])
        reading.meant, reading.typing = True, False
        _add(reading, part, minus=minus)
    elif name and not minus and _take_value(reading, name, value):
        reading.meant, reading.typing = True, False
    elif token["phrase"] is not None:
        reading.meant, reading.typing = True, False
        _take_words(reading, words(name), minus=False)
        if found := words(value).split():
            _add(reading, Part(tuple(found[:PARTS_AT_MOST])), minus=minus)
    else:
        reading.typing = not minus and token.end() == len(token.string) and bool(re.fullmatch(r"[^\W_]{2,}", value))
        _take_words(reading, words(f"{name} {value}"), minus=minus)


def _take_value(reading: _Reading, name: str, value: str) -> bool:
    """Whether ``value`` is one for the field called ``name``: then it is asked for."""
    if name == "year" and (years := read_years(value)):
        reading.years.append(years)
    elif name == "language" and (code := language_code(value)):
        reading.languages.append(code)
    elif name == "series" and words(value):
        reading.series.append(words(value))
    elif name == "isbn" and words(value):
        reading.numbers.append(value)
    else:
        return False
    return True


def _take_words(reading: _Reading, text: str, *, minus: bool) -> None:
    found = text.split()
    if minus and len(found) > 1:  # -science-fiction excludes the two side by side
        found = [text]
    for word in found:
        reading.meant = reading.meant or minus
        _add(reading, Part(tuple(word.split())), minus=minus)


def _add(reading: _Reading, part: Part, *, minus: bool) -> None:
    if minus:
        if len(reading.excluded) < EXCLUDED_AT_MOST:
            reading.excluded.append(part)
    elif reading.spare >= len(part.words):
        reading.spare -= len(part.words)
        reading.groups[-1].append(part)


def read_years(value: str) -> Years | None:
    """``1990``, ``1990-2000``, ``1990-``; a minus before a number is before our era. ``None`` for anything else."""
    found = YEARS.fullmatch(value.strip().replace("–", "-"))
    if not found:
        return None
    first = int(found[1])
    last = int(found[3]) if found[3] else LATEST if found["to"] else first
    return Years(first, last) if EARLIEST <= first <= LATEST and EARLIEST <= last <= LATEST else None


def language_code(value: str) -> str:
    """``fr`` for "fr", "French" and "français"; empty for what is no language."""
    return languages.canonical(value) or LANGUAGES.get(fold(value), "")
