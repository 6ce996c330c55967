"""A number as it was typed, pasted or scanned, and what it stands for: the one way from the one to the other.

Whatever door a number comes through (desk, forms, API, search, command line, the code of a letter), signs that nobody
sees and the many forms of one digit, hyphen or blank mean nothing. Which letters are blank, invisible or a dash is what
Unicode says of them (general categories Zs, Cc, Cf, Pd; NFKC for full-width and presentation forms).
"""

from __future__ import annotations

import unicodedata

ALSO_HYPHENS = {"\u2212", "\u207b", "\u208b", "\u02d7"}  # minus signs: Unicode does not call them dashes
BLANK = {"Zs", "Zl", "Zp"}
WHITE = "\t\n\v\f\r\x85"
UNSEEN = {"Cc", "Cf", "Cs", "Cn", "Co"}
VARIATION_SELECTORS = range(0xFE00, 0xFE10)
JOINING = {"\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u3164", "\uffa0"}  # letters and marks drawn as nothing


def bare(text: str) -> str:
    """``text`` with digits 0–9, hyphens, single blanks within and nothing unseen: as it is kept and shown."""
    plain = "".join(_plain(letter) for letter in unicodedata.normalize("NFC", text))
    return " ".join(unicodedata.normalize("NFC", plain).split())  # what stood between a letter and its mark is gone


def folded(text: str) -> str:
    """``bare`` without blanks and without regard to case (Python's ``casefold``): what two numbers are compared by."""
    return "".join(bare(text).casefold().split())


def digits(text: str) -> str:
    """``bare`` without the blanks, hyphens and dots that people put between digits."""
    return bare(text).translate(str.maketrans("", "", " -."))


def _plain(letter: str) -> str:
    if letter.isascii() and letter.isprintable():
        return letter
    category = unicodedata.category(letter)
    if category in BLANK or letter in WHITE:
        return " "
    if category == "Pd" or letter in ALSO_HYPHENS:
        return "-"
    if category in UNSEEN or letter in JOINING or ord(letter) in VARIATION_SELECTORS:
        return ""
    if (value := unicodedata.decimal(letter, None)) is not None:
        return str(value)
    plain = unicodedata.normalize("NFKC", letter)
    return plain if plain == letter else "".join(_plain(part) for part in plain)
