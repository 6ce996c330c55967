"""Letters that mean the same, as ``library.search.fold`` compares them: what Unicode alone does not tell.

Sources: Unicode 17 (names, decompositions, numeric values); Lucene 10, ``ArabicNormalizer`` and ``PersianNormalizer``
(forms of alef, yeh, kaf and heh; a non-joiner is a space); PostgreSQL 18, ``contrib/unaccent`` (ё is е, strokes and
hooks of Latin letters); Unicode 5.1, chapter 9 (letters of Malayalam that were written with a joiner).
"""

from __future__ import annotations

import re
import unicodedata

WITH_A_STROKE = re.compile("LATIN SMALL LETTER ([A-Z]) WITH .*")
APOSTROPHES = "`’‘‛ʹʺʻʼʽʾʿˈˊˋˮ′‵Ꞌꞌՙ՚׳״ߴߵ＇"
POINTS = (
    (0x0591, 0x05BD),
    (0x05BF, 0x05BF),
    (0x05C1, 0x05C2),
    (0x05C4, 0x05C5),
    (0x05C7, 0x05C7),  # Hebrew
    (0x0610, 0x061A),
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0x06D6, 0x06DC),
    (0x06DF, 0x06E4),
    (0x06E7, 0x06E8),
    (0x06EA, 0x06ED),
    (0x0897, 0x089F),
    (0x08CA, 0x08E1),
    (0x08E3, 0x08FF),  # Arabic
)
FRACTIONS = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞↉"
# What taking letters apart would spoil: a lone accent becomes a space, ™ two letters, 7½ seventy-one halves.
BEFORE = str.maketrans(
    dict.fromkeys("™℠®©", " ")
    | dict.fromkeys("\u00b4\u1fbd\u1fbf\u1fef\u1ffd", "'")
    | {"゛": "\u3099", "゜": "\u309a"}
    | {one: f" {unicodedata.normalize('NFKD', one).replace('⁄', '/')} " for one in FRACTIONS}
)
SAME = {
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "ð": "d",
    "þ": "th",
    "ı": "i",
    "ȷ": "j",
    "ŋ": "n",
    "ĸ": "k",
    "ٱ": "ا",
    "ک": "ك",
    "ڪ": "ك",
    "ی": "ي",
    "ى": "ي",
    "ة": "ه",
    "ۃ": "ه",
    "ہ": "ه",
    "ە": "ه",
    "װ": "וו",
    "ױ": "וי",
    "ײ": "יי",
    "⁄": "/",
    "♯": "#",
}
NOTHING = ["ـ", *(chr(code) for first, last in POINTS for code in range(first, last + 1))]
# Not accents of е and и by chance: ё is written as е in most books, and ѐ, ѝ are stressed. Letters of their own are
# all others that Unicode has as one: й, ї, ў, ѓ, ќ, ӑ, ӣ …
CYRILLIC_ACCENTS = {"ё", "ѐ", "ѝ", "ѷ"}
_VIRAMA = "\u0d4d\u200d"
CHILLU = {f"{letter}{_VIRAMA}": chillu for letter, chillu in zip("ണനരലളക", "ൺൻർൽൾൿ", strict=True)} | {
    "ত\u09cd\u200d": "ৎ"
}


class Plain(dict[int, str | None]):
    """What stands for a letter (in lower case, without marks): a table that grows as letters are met."""

    def __missing__(self, code: int) -> str:
        self[code] = plain = _plain(chr(code))
        return plain


def _plain(letter: str) -> str:
    """The digit for a digit of any writing, and the letter of A to Z without a stroke or hook."""
    digit = unicodedata.decimal(letter, None)
    if digit is not None:
        return str(digit)
    found = WITH_A_STROKE.fullmatch(unicodedata.name(letter, ""))
    return found[1].lower() if found else letter


PLAIN = Plain(str.maketrans(SAME | dict.fromkeys(APOSTROPHES, "'") | dict.fromkeys(NOTHING, None)))
