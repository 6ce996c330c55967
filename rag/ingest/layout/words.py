"""Words as readers know them: composed, without control signs, ligatures spelt out."""

from __future__ import annotations

import re
import unicodedata

SPACES = re.compile(r"[\s\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
PICTURES = re.compile(r"[\ue000-\uf8ff]")  # icon fonts: private signs that mean nothing as text
INVISIBLE = dict.fromkeys([*range(0x20), 0x7F, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xFFFD])
INVISIBLE[9] = INVISIBLE[10] = " "
LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
SIGNS = INVISIBLE | LIGATURES


def tidy(text: str) -> str:
    """``text`` composed, without control signs, every run of white space one space."""
    if text.isascii() and text.isalnum():
        return text
    text = PICTURES.sub("", unicodedata.normalize("NFC", text).translate(SIGNS))
    return SPACES.sub(" ", text).strip()


# Single letters are words too: a drop capital "A" or "I" is joined to what follows only where that makes one of these.
OPENINGS = frozenset([
    "about", "above", "according", "after", "afterwards", "again", "against", "ago", "ah", "alas", "all",
    "almost", "alone", "along", "already", "also", "although", "always", "am", "amid", "among", "amongst", "an",
    "and", "another", "any", "anyone", "anything", "are", "around", "as", "ask", "at", "away", "every", "i'd",
    "i'll", "i'm", "i've", "i’d", "i’ll", "i’m", "i’ve", "if", "imagine", "immediately", "important",
    "impossible", "in", "indeed", "inside", "instead", "into", "is", "isn't", "isn’t", "it", "it's", "its",
    "it’s", "itself", "of", "off", "often", "oh", "old", "on", "once", "one", "only", "open", "or", "other",
    "others", "our", "out", "outside", "over", "own",
])  # fmt: skip


def is_split_capital(first: str, rest: str) -> bool:
    """Whether a large letter and the word behind it are one word."""
    letter = first.lstrip("\"'“”‘’«»„‚([¿¡")
    if len(letter) != 1 or not letter.isupper() or not rest[:1].isalpha():
        return False
    if letter not in "AIO":
        return True
    word = letter.lower() + rest.lower().rstrip('.,;:!?"”’)')
    return len(rest.strip(".,;:!?")) == 1 or word in OPENINGS
