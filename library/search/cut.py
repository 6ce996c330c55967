"""Where writing has no spaces: runs of signs, cut so that any part of them can be found.

Of a run every two neighbouring signs are a word, and its last sign is one: what is asked for is a row of pairs, and a
single sign is the beginning of a pair or the last. Runs with nothing but a space between them are one: "村上春樹" and
"村上 春樹" are the same name, "한국문학" and "한국 문학" the same subject. Lucene's ``CJKAnalyzer`` takes pairs, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import regex

from library.search.fold import NAMES, fold, words

SCRIPTS = (
    "Han",
    "Hiragana",
    "Katakana",
    "Bopomofo",
    "Hangul",
    "Thai",
    "Lao",
    "Khmer",
    "Myanmar",
    "Tai_Tham",
    "Tai_Le",
    "New_Tai_Lue",
    "Tai_Viet",
    "Javanese",
    "Balinese",
)
# No mark of these: one that stands behind a letter of another writing belongs to that.
SIGN = r"(?!\p{M})[" + "".join(rf"\p{{{script}}}" for script in SCRIPTS) + "ー]"
RUN = regex.compile(rf"(?:{SIGN}\p{{M}}*)+")
RUNS = regex.compile(rf"{RUN.pattern}(?: {RUN.pattern})*")
LAST_RUNS = regex.compile(rf"(?:{RUNS.pattern})$")
STRETCH = regex.compile(rf"{RUN.pattern}|(?:(?!{SIGN}).)+")
# A letter with its marks, and what is written beneath it (Khmer coeng, Burmese virama, and the like).
CLUSTER = regex.compile(r"[^\p{M}](?:\p{M}|(?<=[\u17d2\u1039\u1a60\u1b44\ua9c0])[^\p{M}])*")
# Words of which people leave out the sign between the parts, or write a space.
_WORD = r"[\p{L}\p{N}][\p{L}\p{N}\p{M}]*"
COMPOUND = regex.compile(
    rf"(?<![\p{{L}}\p{{N}}\p{{M}}]['·־‐-]?){_WORD}(?:['·־‐-]{_WORD}){{1,3}}(?!['·־‐-]?[\p{{L}}\p{{N}}])"
)
NUMBERED = regex.compile(r"(?:(\p{L}[\p{L}\p{M}]+)([0-9]+)|([0-9]+)(\p{L}[\p{L}\p{M}]{3,}))")
LONGEST = 40  # letters of a word that is made of a compound
SPELLED = {word: (name[0], "sharp") for name, word in NAMES.items() if name.endswith("#")}


@dataclass(frozen=True)
class Piece:
    """What has to stand side by side. ``is_run``: cut out of a run. ``is_begun``: the last may go on, a single sign
    with the next one, a pair with further marks."""

    words: tuple[str, ...]
    is_begun: bool = False
    is_run: bool = False


def spaced(text: str) -> str:
    """``text`` as it is read for its terms: folded words between single spaces, runs cut into pairs."""
    return _cut(words(text))


def recorded(text: str) -> str:
    """The same of a title, a name or a heading, and behind it what others write for its words: "o'neill" as "oneill",
    "spider-man" as "spiderman", "section31" as "section 31"."""
    bare = words(text)
    more = [one for whole in compounds(fold(text)).values() for one in whole]
    more += [" ".join(apart) for word in bare.split() for apart in _numbered(word)]
    return " ".join([_cut(bare), *dict.fromkeys(more)])


def pieces(word: str) -> Iterator[Piece]:
    """What a bare word of a query asks for: itself, or where it has runs, each of its stretches."""
    if word.isascii():
        yield Piece((word,))
        return
    for stretch in STRETCH.findall(word):
        yield _piece(CLUSTER.findall(stretch)) if RUN.match(stretch) else Piece((stretch,))


def asked(text: str) -> list[str]:
    """All words that ``text`` asks for, as ``spaced`` and ``recorded`` have them."""
    return [one for word in words(text).split() for piece in pieces(word) for one in piece.words]


def phrase(text: str) -> Piece:
    """Bare words that are asked for side by side."""
    last = None if text.isascii() else LAST_RUNS.search(text)
    if last is None:
        return Piece(tuple(_cut(text).split()))
    piece = _piece(CLUSTER.findall(last[0].replace(" ", "")))
    return Piece((*_cut(text[: last.start()]).split(), *piece.words), piece.is_begun)


def others(word: str) -> list[tuple[str, ...]]:
    """What stands for a bare word as well, each side by side: "catch 22" for "catch22", "c sharp" for C#."""
    return [SPELLED[word]] if word in SPELLED else _numbered(word)


def compounds(folded: str) -> dict[str, tuple[str, ...]]:
    """The words of ``folded`` that signs join to others, and what all of them are as one word."""
    found: dict[str, tuple[str, ...]] = {}
    for compound in COMPOUND.findall(folded):
        parts = words(compound).split()
        whole = "".join(parts)
        if len(whole) <= LONGEST and not whole.isdecimal() and not RUN.search(whole):
            found |= {part: (*found.get(part, ()), whole) for part in parts}
    return found


def _cut(text: str) -> str:
    if text.isascii():
        return text
    return " ".join(RUNS.sub(lambda run: f" {_pairs(run[0].replace(' ', ''))} ", text).split())


def _pairs(run: str) -> str:
    signs = CLUSTER.findall(run)
    return " ".join([*(one + other for one, other in pairwise(signs)), signs[-1]])


def _piece(signs: list[str]) -> Piece:
    if len(signs) == 1:
        return Piece((signs[0],), is_begun=True, is_run=True)
    return Piece(tuple(one + other for one, other in pairwise(signs)), is_begun=True, is_run=True)


def _numbered(word: str) -> list[tuple[str, ...]]:
    """A name and its number, apart."""
    found = NUMBERED.fullmatch(word)
    return [tuple(part for part in found.groups() if part)] if found else []
