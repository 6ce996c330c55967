"""The one folding for everything that is searched and every query."""

from __future__ import annotations

import re
import unicodedata

# Letters that carry no combining mark and yet have a plain form that people type.
PLAIN = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "’": "'"}
)
SPACE = re.compile(r"\s+")
WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """``text`` in lower case, without accents, with single spaces: what is stored and what is asked meet here."""
    # Taken apart before as well: a mathematical or full-width capital shows its plain capital only then.
    low = unicodedata.normalize("NFKD", text).casefold().translate(PLAIN)
    plain = unicodedata.normalize("NFKD", low)
    return SPACE.sub(" ", "".join(letter for letter in plain if not unicodedata.combining(letter))).strip()


def words(text: str) -> str:
    """``text`` folded to bare words between single spaces: no sign is left that a text parser could read something in.

    "Spider-Man", "J.K. Rowling" and "1914–1918" are two words each here, whoever writes them and whoever asks.
    """
    return " ".join(WORD.findall(fold(text)))
