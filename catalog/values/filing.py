"""How names and titles are filed. Names are read in ``catalog.values.personal_names``.

Titles: ALA Filing Rules (1980), rules 1, 4 and 8: by the bare words, without the initial article of its language, and
numerals by value before letters (that the database does, ``Book.title_order``). The articles are those of MARC 21's
Appendix F, "Initial definite and indefinite articles", in the nominative.
"""

from __future__ import annotations

import re

from catalog.values.personal_names import SORT_NAME_LENGTH, NameKind, display_name, read, sort_name
from library.search.fold import fold

__all__ = [
    "ARTICLES",
    "LEADING_SIGNS",
    "SORT_NAME_LENGTH",
    "NameKind",
    "display_name",
    "read",
    "sort_name",
    "sort_title",
]
SORT_TITLE_LENGTH = 500
# Folded. Basque puts its article behind the noun, and so has none here.
ARTICLES = {
    "ca": ("el ", "la ", "els ", "les ", "l'", "un ", "una ", "uns ", "unes "),
    "cy": ("y ", "yr ", "'r "),
    "da": ("den ", "det ", "de ", "en ", "et "),
    "de": ("der ", "die ", "das ", "ein ", "eine "),
    "el": ("ο ", "η ", "το ", "οι ", "τα ", "ενας ", "μια ", "ενα "),
    "en": ("the ", "a ", "an "),
    "es": ("el ", "la ", "lo ", "los ", "las ", "un ", "una ", "unos ", "unas "),
    "eu": (),
    "fr": ("le ", "la ", "les ", "l'", "un ", "une "),
    "ga": ("an ", "na "),
    "gl": ("o ", "a ", "os ", "as ", "un ", "unha ", "uns ", "unhas "),
    "hu": ("a ", "az ", "egy "),
    "it": ("il ", "lo ", "la ", "i ", "gli ", "gl'", "le ", "l'", "un ", "uno ", "una ", "un'"),
    "nl": ("de ", "het ", "een ", "'t ", "'n "),
    "no": ("den ", "det ", "dei ", "de ", "en ", "ei ", "et ", "eit ", "ein "),
    "pt": ("o ", "a ", "os ", "as ", "um ", "uma ", "uns ", "umas "),
    "ro": ("un ", "o ", "niste "),
    "sv": ("den ", "det ", "de ", "en ", "ett "),
}
# Where what looks like an article is a letter ("A is for Alibi", "A to Zoo") or a part of a name ("El Salvador hoy").
KEPT = {
    "ca": r"el salvador|l'hospitalet|les planes|la rioja",
    "en": r"a (?:is|was|to|and|or|plus|as in|through|thru|minus)|a(?= [&+])",
    "es": (
        r"el salvador|el cairo|el escorial|el paso|el aaiun|el corte ingles|la habana|la paz|la rioja|la mancha"
        r"|la plata|la coruna|la pampa|la haya|las vegas|las palmas|los angeles|los alamos|los mochis"
    ),
    "fr": r"le mans|le havre|le caire|le corbusier|la rochelle|la haye|la fontaine|la bruyere|la reunion|la havane",
    "gl": r"a coruna|o grove|o courel",
    "it": r"la spezia|l'aquila|la scala|l'avana|la mecca",
    "nl": r"de gaulle|de sade|den haag",
}

LEADING_SIGNS = re.compile(r"^[\W_]+")  # "“Heroes”" is filed under h
SIGNS_BUT_APOSTROPHE = re.compile(r"^[^\w']+|^'(?=\w{3})")


def sort_title(title: str, language: str, filing_title: str = "") -> str:
    """``title`` folded, without leading signs and its language's leading article, at most 500 letters.

    ``filing_title``: what a cataloguer says it is filed by, which is left as it is. A title of signs alone, or of an
    article alone, is filed as it is.
    """
    if filing_title:
        return _unsigned(fold(filing_title))[:SORT_TITLE_LENGTH]
    folded = SIGNS_BUT_APOSTROPHE.sub("", fold(title))
    rest = _unsigned(folded.removeprefix(_article(folded, language)))
    return (rest or _unsigned(folded) or fold(title))[:SORT_TITLE_LENGTH]


def _article(folded: str, language: str) -> str:
    """The article that ``folded`` begins with, empty where there is none or it means something else."""
    kept = KEPT.get(language)
    if kept and re.match(rf"(?:{kept})(?!\w)", folded):
        return ""
    articles = ARTICLES.get(language, ())
    found = next((article for article in articles if folded.startswith(article)), "")
    is_all = not _letters(folded.removeprefix(found)) or folded.removeprefix(found) in {one.strip() for one in articles}
    return "" if is_all else found


def _letters(text: str) -> str:
    return LEADING_SIGNS.sub("", text)


def _unsigned(text: str) -> str:
    return _letters(text) or text
