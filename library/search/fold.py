"""The one folding for everything that is searched and every query: what people type differently is compared alike.

Case, accents and the forms of one letter are folded, letters never: a mark belongs to the letter before it, and only
the accents of Latin, Greek and Cyrillic and the vowel points of Hebrew and Arabic are left out. ``docs/adr/0024`` tells
what counts as which, and by whose rule.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import regex

from library.search.letters import BEFORE, CHILLU, CYRILLIC_ACCENTS, PLAIN

IGNORED = regex.compile(r"\p{Default_Ignorable_Code_Point}+")  # what is not seen: soft hyphens, joiners, directions
# Persian writes it between the parts of a word where others write a space or nothing.
NON_JOINER, JOINER = "\u200c", "\u200d"
BETWEEN_PARTS = regex.compile(rf"(?<=[\p{{Arabic}}\u064b-\u065f]){NON_JOINER}+(?=\p{{Arabic}})")
ACCENTS = regex.compile(r"(?:(?<=[\p{Latin}\p{Greek}\p{Common}])|^)\p{M}+")
MARKED_CYRILLIC = regex.compile(r"(\p{Cyrillic})(\p{M}+)")
GERSHAYIM = regex.compile(r"(?<=[\u05d0-\u05ea])[\"”](?=[\u05d0-\u05ea])")
# Taken apart by compatibility; together again it is one letter, and a tone mark stands before its second half.
SARA_AM = (
    (re.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32"), "\\1\u0e33"),
    (re.compile("\u0ecd([\u0ec8-\u0ecb]?)\u0eb2"), "\\1\u0eb3"),
)
ASCII_WORD = re.compile(r"[a-z0-9]+")
WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}]*")
# Names that are nothing without their signs, and the words that stand for them.
NAMES = {"c++": "cplusplus", "c#": "csharp", "f#": "fsharp", "j#": "jsharp", ".net": "dotnet"}
SIGNS = re.compile(r"[+#♯]|\.net")
NAMED_BY_SIGNS = re.compile(r"(?<![^\W_])(?:c\+\+|[cfj][#♯]|\.net(?![^\W_]))")


def fold(text: str) -> str:
    """``text`` in lower case, without accents, with single spaces: what is stored and what is asked meet here."""
    low = text.lower().replace("`", "'") if text.isascii() else _letters(text)
    return " ".join(low.split())


def words(text: str) -> str:
    """``text`` folded to bare words between single spaces: no sign is left that a text parser could read something in.

    "Spider-Man", "J.K. Rowling" and "1914–1918" are two words each here, whoever writes them and whoever asks; "C++"
    and the like are the words that stand for them (``NAMES``).
    """
    folded = fold(text)
    if SIGNS.search(folded):
        folded = NAMED_BY_SIGNS.sub(lambda name: f" {NAMES[name[0].replace('♯', '#')]} ", folded)
    return " ".join((ASCII_WORD if folded.isascii() else WORD).findall(folded))


def _letters(text: str) -> str:
    apart = unicodedata.normalize("NFKD", _seen(text.translate(BEFORE)))
    apart = MARKED_CYRILLIC.sub(lambda found: _cyrillic(found[0]), ACCENTS.sub("", apart))
    low = GERSHAYIM.sub("'", unicodedata.normalize("NFC", apart.casefold().translate(PLAIN)))
    for halves, whole in SARA_AM:
        low = halves.sub(whole, low)
    return low


def _seen(text: str) -> str:
    """Without what is not seen, where it does not tell letters apart."""
    if NON_JOINER in text:
        text = BETWEEN_PARTS.sub(" ", text)
    if JOINER in text:
        for written, letter in CHILLU.items():
            text = text.replace(written, letter)
    return IGNORED.sub("", text)


@lru_cache(maxsize=1000)
def _cyrillic(marked: str) -> str:
    """A letter with only those marks that make another letter of it: й of и, and no stress."""
    letter = marked[0]
    for mark in marked[1:]:
        whole = unicodedata.normalize("NFC", letter + mark)
        if len(whole) == 1 and whole.lower() not in CYRILLIC_ACCENTS:
            letter = whole
    return letter
