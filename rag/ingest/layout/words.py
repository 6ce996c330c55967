"""Words as readers know them: composed, without control signs, ligatures spelt out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

SPACES = re.compile(r"[\s\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
PICTURES = re.compile(r"[\ue000-\uf8ff]")  # icon fonts: private signs that mean nothing as text
INVISIBLE = dict.fromkeys([*range(0x20), 0x7F, 0x200B, 0x2060, 0xFEFF, 0xFFFD])
INVISIBLE[9] = INVISIBLE[10] = " "
LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
SIGNS = INVISIBLE | LIGATURES
# Joiners say how letters join in Arabic and in the writings of India; elsewhere they say nothing.
JOINING = "[\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff\u1800-\u18af]"
JOINERS = re.compile(f"(?<!{JOINING})[\u200c\u200d]+|[\u200c\u200d]+(?!{JOINING})")


# Accents that a file sets as signs of their own before the letter, and the same as parts of a letter.
ACCENTS = {
    "¨": "\u0308",
    "´": "\u0301",
    "ˆ": "\u0302",
    "˜": "\u0303",
    "¯": "\u0304",
    "˚": "\u030a",
    "ˇ": "\u030c",
    "˘": "\u0306",
    "˙": "\u0307",
    "˝": "\u030b",
}
ACCENTED = re.compile(f"([{''.join(ACCENTS)}])([A-Za-zı])(?=[a-zß-ÿ]|$|\\W)")
SOFT_HYPHEN = re.compile("\u00ad(?=.)")  # at a line's end it tells that the word goes on
GARBAGE = re.compile(r"[\ue000-\uf8ff\ufffd\x00-\x08\x0e-\x1f]")
SWAPPED = re.compile("[" + "".join(chr(sign << 8) for sign in range(0x20, 0x7F)) + "]")  # ASCII in swapped UTF-16
VOWELS = re.compile("[aeiouyàâäáåæèéêëìíîïòóôöøùúûüœ]", re.IGNORECASE)
LATIN = re.compile("[a-zà-ÿœ]", re.IGNORECASE)
LEFTWARDS = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")  # Hebrew, Arabic and their neighbours
LEAST_SIGNS = 20
GARBLED, SWAPPED_BYTES = 0.3, 0.5  # shares of signs without a meaning
LEAST_TEXT, LEAST_VOWELS = 300, 0.1


def tidy(text: str) -> str:
    """``text`` composed, without control signs, every run of white space one space."""
    if text.isascii() and text.isalnum():
        return text
    text = SOFT_HYPHEN.sub("", ACCENTED.sub(_composed, text))
    text = PICTURES.sub("", JOINERS.sub("", unicodedata.normalize("NFC", text).translate(SIGNS)))
    return SPACES.sub(" ", text).strip()


def _composed(match: re.Match[str]) -> str:
    letter = "i" if match[2] == "ı" else match[2]
    composed = unicodedata.normalize("NFC", letter + ACCENTS[match[1]])
    return composed if len(composed) == 1 else match[0]


def is_garbled(words: Iterable[str]) -> bool:
    """Whether a page's signs mean nothing: the file does not tell which letters its shapes are."""
    text = "".join(words)
    if len(text) < LEAST_SIGNS:
        return False
    if not text.isascii() and (
        len(GARBAGE.findall(text)) > GARBLED * len(text) or len(SWAPPED.findall(text)) > SWAPPED_BYTES * len(text)
    ):
        return True
    letters = len(LATIN.findall(text))
    if letters < max(LEAST_TEXT, 0.5 * len(text)):
        return False
    return len(VOWELS.findall(text)) < LEAST_VOWELS * letters


def is_leftwards(text: str) -> bool:
    """Whether most of ``text`` is written from right to left."""
    return not text.isascii() and len(LEFTWARDS.findall(text)) > 0.5 * len(text)


# Single letters are words too: a drop capital "A" or "I" is joined to what follows only where that makes one of these.
OPENINGS = frozenset(
    [
        "about",
        "above",
        "according",
        "after",
        "afterwards",
        "again",
        "against",
        "ago",
        "ah",
        "alas",
        "all",
        "almost",
        "alone",
        "along",
        "already",
        "also",
        "although",
        "always",
        "am",
        "amid",
        "among",
        "amongst",
        "an",
        "and",
        "another",
        "any",
        "anyone",
        "anything",
        "are",
        "around",
        "as",
        "ask",
        "at",
        "away",
        "every",
        "i'd",
        "i'll",
        "i'm",
        "i've",
        "i’d",
        "i’ll",
        "i’m",
        "i’ve",
        "if",
        "imagine",
        "immediately",
        "important",
        "impossible",
        "in",
        "indeed",
        "inside",
        "instead",
        "into",
        "is",
        "isn't",
        "isn’t",
        "it",
        "it's",
        "its",
        "it’s",
        "itself",
        "of",
        "off",
        "often",
        "oh",
        "old",
        "on",
        "once",
        "one",
        "only",
        "open",
        "or",
        "other",
        "others",
        "our",
        "out",
        "outside",
        "over",
        "own",
    ]
)


def is_split_capital(first: str, rest: str) -> bool:
    """Whether a large letter and the word behind it are one word."""
    letter = first.lstrip("\"'“”‘’«»„‚([¿¡")
    if len(letter) != 1 or not letter.isupper() or not rest[:1].isalpha():
        return False
    if letter not in "AIO":
        return True
    word = letter.lower() + rest.lower().rstrip('.,;:!?"”’)')
    return len(rest.strip(".,;:!?")) == 1 or word in OPENINGS
