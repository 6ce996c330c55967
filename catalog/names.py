"""How names and titles are filed."""

from __future__ import annotations

import re

from library.search.fold import fold

SORT_NAME_LENGTH = 200
SORT_TITLE_LENGTH = 500
SUFFIXES = {"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"}
# With a capital these belong to the family name ("Le Guin"); in small letters they follow it ("gogh, vincent van").
PARTICLES = {"Da", "De", "Del", "Della", "Di", "Du", "El", "La", "Le", "St.", "Van", "Von"}
# Articles at the start of a title are not filed, as MARC 21 does with its non-filing characters (field 245).
ARTICLES = {
    "de": ("der ", "die ", "das ", "ein ", "eine "),
    "en": ("the ", "a ", "an "),
    "es": ("el ", "la ", "los ", "las ", "un ", "una "),
    "fr": ("le ", "la ", "les ", "l'", "l’", "un ", "une "),
    "it": ("il ", "lo ", "la ", "i ", "gli ", "le ", "l'", "l’", "un ", "una "),
    "nl": ("de ", "het ", "een "),
    "pt": ("o ", "a ", "os ", "as ", "um ", "uma "),
}

LEADING_SIGNS = re.compile(r"^[\W_]+")  # "“Heroes”" is filed under h


def display_name(name: str) -> str:
    """``name`` as a title page has it: "Mukherjee, Siddhartha" is turned round, white space is made single."""
    name = " ".join(name.split())
    family, comma, given = (part.strip() for part in name.partition(","))
    if not comma or not family or not given or "," in given or given.casefold() in SUFFIXES:
        return name
    return f"{given} {family}"


def sort_name(name: str) -> str:
    """``name`` with the family name first, folded: what authors are filed and recognised by, at most 200 letters."""
    words = display_name(name).replace(",", " ").split()
    suffixes: list[str] = []
    while len(words) > 1 and words[-1].casefold() in SUFFIXES:
        suffixes.insert(0, words.pop())
    start = max(len(words) - 1, 0)
    while start > 1 and words[start - 1] in PARTICLES:
        start -= 1
    parts = [" ".join(words[start:]), " ".join(words[:start]), *suffixes]
    return fold(", ".join(part for part in parts if part))[:SORT_NAME_LENGTH].rstrip(", ")


def sort_title(title: str, language: str) -> str:
    """``title`` folded, without leading signs and its language's leading article, at most 500 letters.

    A title of signs alone is filed as it is.
    """
    folded = _unsigned(fold(title))
    for article in ARTICLES.get(language, ()):
        if folded.startswith(article) and len(folded) > len(article):
            folded = _unsigned(folded.removeprefix(article))
            break
    return folded[:SORT_TITLE_LENGTH]


def _unsigned(text: str) -> str:
    return LEADING_SIGNS.sub("", text) or text
