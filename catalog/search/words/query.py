"""What was typed, taken apart. Pure: nothing here asks the database, and no text is ever an error.

``"two words"``      the words side by side
``-word -"a b"``     not those
``a OR b``           either; loosest of all: ``a b OR c`` is a and b, or c
``a AND b  a NOT b`` both, which is so anyway; a, but not b
``author:tolkien``   in one field: author, title, subject (categories and series too); -author:… excludes
``series:"…" year:1990-2000 language:fr isbn:…``
                     the series, the years (``1990-``: since, ``-500``: 500 BCE), the language, the number

A prefix without a value, with a value that cannot be read, or unknown is plain words; but a year in figures that cannot
be (0, 20000) is asked for and never found. So are or, and and not in small
letters, for titles have them ("Ready or Not"), and where all that is typed is in capitals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache

from library.core import languages
from library.search import cut
from library.search.fold import GERSHAYIM, WORD, fold, words

QUERY_LENGTH = 400
PARTS_AT_MOST = 32
EXCLUDED_AT_MOST = 16
QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
TOKEN = re.compile(r'(?P<minus>-)?(?:(?P<field>[a-z]{1,10}):(?=[^\s]))?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
OPERATORS = {"OR": "\ue000", "AND": "\ue001", "NOT": "\ue002"}  # as folding leaves them alone
WRITTEN = str.maketrans({sign: name for name, sign in OPERATORS.items()})
NO_LETTERS = str.maketrans(dict.fromkeys(OPERATORS.values(), " ") | {"\0": " "})
OPERATOR = re.compile(r'"[^"]*"?|(?<!\S)(?P<operator>OR|AND|NOT)(?!\S)')
TEXT_FIELDS = {"author": "B", "title": "A", "subject": "C"}
EARLIEST, LATEST = -3000, 2200
YEARS = re.compile(r"(-?[0-9]{1,4})(?:(?P<to>-)(-?[0-9]{1,4})?)?", re.ASCII)
FIGURES = re.compile(r"-?[0-9]+(?:[-–]-?[0-9]*)*", re.ASCII)


@dataclass(frozen=True)
class Years:
    """From the one to the other, both included; negative before our era."""

    first: int = EARLIEST
    last: int = LATEST


@dataclass(frozen=True)
class Part:
    """Bare words that have to be there: one, or several side by side; ``weight``: only in this part of the record.

    ``also``: what may stand there instead, each side by side. ``is_begun``, ``is_run``: as in ``cut.Piece``.
    """

    words: tuple[str, ...]
    weight: str = ""
    also: tuple[tuple[str, ...], ...] = ()
    is_begun: bool = False
    is_run: bool = False


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
    no_years: tuple[str, ...] = ()  # asked for as years, in figures, and none
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
        return bool(self.years or self.no_years or self.languages or self.series or self.numbers)

    @property
    def words(self) -> list[str]:
        """All words that are asked for or excluded, and what may stand for them."""
        parts = [*self.excluded, *(part for group in self.groups for part in group)]
        return [word for part in parts for row in (part.words, *part.also) for word in row]

    @property
    def plain_words(self) -> tuple[str, ...]:
        """The words that are neither in a phrase nor in a field; of writing without spaces, its pairs."""
        parts = (part for group in self.groups for part in group if is_plain(part) or is_cut(part))
        return tuple(dict.fromkeys(word for part in parts for word in part.words))

    @property
    def correctable_words(self) -> tuple[str, ...]:
        """The plain words that are not meant somewhere else in the query as well."""
        parts = [*self.excluded, *(part for group in self.groups for part in group)]
        meant = {word for part in parts if not is_plain(part) or part in self.excluded for word in part.words}
        plain = (part.words[0] for group in self.groups for part in group if is_plain(part))
        return tuple(word for word in dict.fromkeys(plain) if word not in meant)

    def corrected(self, instead: dict[str, str]) -> Query:
        """The same query with other words in place of some of ``correctable_words``."""

        def swap(part: Part) -> Part:
            other = instead.get(part.words[0]) if is_plain(part) else None
            return replace(part, words=(other,), also=()) if other else part

        text = " ".join(instead.get(word, word) for word in self.text.split())
        written = WORD.sub(lambda found: instead.get(found[0], found[0]), self.written)
        groups = tuple(tuple(swap(part) for part in group) for group in self.groups)
        return replace(self, text=text, written=written, groups=groups, typing=False)

    def without(self, gone: set[str]) -> Query:
        """The same query without the plain words ``gone``."""
        groups = (
            tuple(part for part in group if not (is_plain(part) and part.words[0] in gone)) for group in self.groups
        )
        return replace(self, groups=tuple(group for group in groups if group))


def is_plain(part: Part) -> bool:
    """Whether it is a single word that may be anywhere."""
    return len(part.words) == 1 and not part.weight


def is_cut(part: Part) -> bool:
    """Whether it is writing without spaces that may be anywhere: several pairs, of which each tells something."""
    return part.is_run and not part.weight


@dataclass
class _Reading:
    """A query in the making."""

    groups: list[list[Part]] = field(default_factory=lambda: [[]])
    excluded: list[Part] = field(default_factory=list)
    years: list[Years] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    series: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    no_years: list[str] = field(default_factory=list)
    meant: bool = False
    typing: bool = False
    negates: bool = False  # NOT was just read
    spare: int = PARTS_AT_MOST


def clean(query: str) -> str:
    """``query`` folded but for its operators, without what a database cannot take, at most 400 characters."""
    text = query[: QUERY_LENGTH * 2].translate(NO_LETTERS).encode("utf-8", "ignore").decode()
    text = GERSHAYIM.sub("'", text).translate(QUOTES)
    if not _is_in_capitals(text):
        text = OPERATOR.sub(lambda found: OPERATORS[found["operator"]] if found["operator"] else found[0], text)
    return fold(text).translate(WRITTEN)[:QUERY_LENGTH].strip()


def _is_in_capitals(text: str) -> bool:
    """Whether whoever typed it types all in capitals: then OR is a word like all others."""
    letters = OPERATOR.sub(lambda found: found[0] if found["operator"] is None else "", text)
    return any(one.casefold() != one for one in letters) and not any(one.islower() for one in letters)


def parse(query: str) -> Query:
    """What ``query`` asks for."""
    written = clean(query)
    reading = _Reading()
    for token in TOKEN.finditer(written):
        if not _starts_a_word(written, token.start()):
            _take_words(reading, token[0], minus=False)
        elif token["word"] in OPERATORS and not token["minus"] and not token["field"]:
            _operate(reading, token["word"])
        else:
            _take(reading, token)
    groups = tuple(tuple(dict.fromkeys(group)) for group in reading.groups if group)
    return Query(
        text=words(written),
        groups=tuple(dict.fromkeys(groups)),
        excluded=tuple(dict.fromkeys(reading.excluded)),
        years=tuple(reading.years),
        languages=tuple(reading.languages),
        series=tuple(reading.series),
        numbers=tuple(reading.numbers),
        no_years=tuple(reading.no_years),
        meant=reading.meant,
        typing=reading.typing,
        written=written,
    )


def _starts_a_word(text: str, place: int) -> bool:
    return place == 0 or text[place - 1] in ' "' or text[place] == '"'


def _operate(reading: _Reading, operator: str) -> None:
    reading.meant, reading.typing = True, False
    reading.negates = operator == "NOT"
    if operator == "OR":
        reading.groups.append([])


def _take(reading: _Reading, token: re.Match[str]) -> None:
    minus, name = bool(token["minus"]) or reading.negates, token["field"] or ""
    reading.negates = False
    value = token["phrase"] if token["phrase"] is not None else token["word"]
    if name in TEXT_FIELDS and words(value):
        reading.meant, reading.typing = True, False
        _add(reading, _phrase(value, TEXT_FIELDS[name]), minus=minus)
    elif name and not minus and _take_value(reading, name, value):
        reading.meant, reading.typing = True, False
    elif token["phrase"] is not None:
        reading.meant, reading.typing = True, False
        _take_words(reading, name, minus=False)
        if words(value):
            _add(reading, _phrase(value), minus=minus)
    else:
        reading.typing = not minus and token.end() == len(token.string) and _may_go_on(value)
        _take_words(reading, f"{name} {value}", minus=minus)


def _may_go_on(word: str) -> bool:
    found = WORD.fullmatch(word)
    return found is not None and len(word) > 1


def _take_value(reading: _Reading, name: str, value: str) -> bool:
    """Whether ``value`` is one for the field called ``name``: then it is asked for."""
    if name == "year" and (years := read_years(value)):
        reading.years.append(years)
    elif name == "year" and FIGURES.fullmatch(value):
        reading.no_years.append(value)
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
    """``text`` is folded and has its signs: those within a word tell what else it may be."""
    found = words(text).split()
    if minus and found:
        reading.meant = True
        _add(reading, _phrase(text), minus=True)  # -science-fiction excludes the two side by side
        return
    whole = cut.compounds(text)
    for word in found:
        for piece in cut.pieces(word):
            also = [*((one,) for one in whole.get(word, ())), *cut.others(word)]
            _add(reading, Part(piece.words, "", tuple(also), piece.is_begun, piece.is_run), minus=False)


def _phrase(text: str, weight: str = "") -> Part:
    """The words of ``text`` side by side, or what the whole of it may be written as."""
    bare = words(text)
    piece = cut.phrase(bare)
    whole = cut.compounds(text)
    also: list[tuple[str, ...]] = [(one,) for one in whole.get(bare.split()[0], ()) if one == bare.replace(" ", "")]
    if " " not in bare:
        also += cut.others(bare)
    return Part(piece.words[:PARTS_AT_MOST], weight, tuple(also), piece.is_begun and len(piece.words) <= PARTS_AT_MOST)


def _add(reading: _Reading, part: Part, *, minus: bool) -> None:
    if minus:
        if len(reading.excluded) < EXCLUDED_AT_MOST:
            reading.excluded.append(part)
        return
    part = replace(part, words=part.words[: reading.spare]) if part.is_run else part
    if part.words and reading.spare >= len(part.words):
        reading.spare -= len(part.words)
        reading.groups[-1].append(part)


def read_years(value: str) -> Years | None:
    """``1990``, ``1990-2000`` (or the other way round), ``1990-``; a minus before a number is before our era. ``None``
    for anything else, the year 0 alone too: 1 BCE is followed by 1 CE."""
    found = YEARS.fullmatch(value.strip().replace("–", "-"))
    if not found:
        return None
    first = int(found[1])
    last = int(found[3]) if found[3] else LATEST if found["to"] else first
    if first == last == 0:
        return None
    first, last = min(first, last), max(first, last)
    return Years(first, last) if EARLIEST <= first <= LATEST and EARLIEST <= last <= LATEST else None


def language_code(value: str) -> str:
    """``fr`` for "fr", "French" and "français"; empty for what is no language."""
    return languages.canonical(value) or _codes_by_folded_name().get(fold(value), "")


@cache
def _codes_by_folded_name() -> dict[str, str]:
    return {fold(name): code for name, code in languages.names().items()}
