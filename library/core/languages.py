"""Languages of books: the one code that is kept for each, and its name for people.

A code is two letters where ISO 639-1 has them, else three of ISO 639-3 (tables of python-iso639, as the registration
authorities publish them). Taken in as well: codes of ISO 639-2, bibliographic ones too (``ger``), retired ones (``iw``)
and tags of the web (``pt-BR``). What belongs to a macrolanguage is kept under that (Mandarin and Cantonese as ``zh``,
Bokmål and Nynorsk as ``no``), so that it is one value to narrow by; not where it has two letters of its own (Croatian).
Special codes that say something are kept: ``mul`` several, ``zxx`` no words, ``und`` not known, ``mis`` without a code.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from django.conf.locale import LANG_INFO
from django.utils.translation import get_language_info, gettext
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from iso639 import Language  # at run time only in functions: its tables take 14 MB, and few ask for a rare language

CODE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8}){0,4}")
LONGEST = 40
# Withdrawn from ISO 639-1 and 639-2 (change notices of the registration authority); ISO 639-3 never had them.
RETIRED = {
    "iw": "he",
    "in": "id",
    "ji": "yi",
    "jw": "jv",
    "mo": "ro",
    "mol": "ro",
    "scr": "hr",
    "scc": "sr",
    "sh": "sh",
}
ONE_NORWEGIAN = {"nb": "no", "nn": "no"}
# Two letters that Django knows and no table need be asked about.
COMMON = frozenset(code for code in LANG_INFO if len(code) == 2) - RETIRED.keys() - ONE_NORWEGIAN.keys()
APART = {"hbs"}  # Bosnian, Croatian, Montenegrin and Serbian are catalogued each by itself
# Languages of books that Django, which thinks of interfaces, has no word for.
WORDS = {
    "iu": _("Inuktitut"),
    "la": _("Latin"),
    "mi": _("Māori"),
    "oc": _("Occitan"),
    "sa": _("Sanskrit"),
    "tl": _("Tagalog"),
    "yi": _("Yiddish"),
    "zh": _("Chinese"),
    "no": _("Norwegian"),
    "grc": _("Ancient Greek"),
    "mul": _("several languages"),
    "zxx": _("without words"),
    "und": _("language not known"),
    "mis": _("other language"),
}


@lru_cache(maxsize=4096)
def canonical(text: str) -> str | None:
    """The code that is kept for the code ``text``, or ``None`` where it is the code of no language."""
    found = CODE.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if not found:
        return None
    code = found[1].lower()
    if code in COMMON:
        return code
    language = _known(RETIRED.get(code, code))
    return _kept(language) if language else None


def word(code: str) -> str:
    """``German`` for ``de``, in the language of the page; for a code that is none, itself."""
    if code in WORDS:
        return str(WORDS[code])
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        language = _known(code)
        return gettext(language.name) if language else code


def _known(code: str) -> Language | None:
    from iso639 import Language, LanguageNotFoundError

    parts = (Language.from_part1,) if len(code) == 2 else (Language.from_part3, Language.from_part2b)
    for part in parts:
        try:
            language = part(code)
        except LanguageNotFoundError:
            continue
        if language.retire_reason is None:
            return language
        if language.retire_change_to:
            return _known(language.retire_change_to)
    return None


def _kept(language: Language) -> str:
    if language.part1:
        return ONE_NORWEGIAN.get(language.part1, language.part1)
    if language.macrolanguage and language.macrolanguage not in APART:
        from iso639 import Language

        macro = Language.from_part3(language.macrolanguage)
        return macro.part1 or macro.part3
    return language.part3


@cache
def names() -> dict[str, str]:
    """Codes by the names of languages, in English and where Django knows it in their own."""
    from iso639 import ALL_LANGUAGES

    wanted = (one for one in ALL_LANGUAGES if one.part2b or one.part1)
    found = {one.name.partition(" (")[0]: _kept(one) for one in wanted}
    for code, entry in LANG_INFO.items():
        if len(code) <= 3 and (kept := canonical(code)):
            found |= {str(entry[key]): kept for key in ("name", "name_local") if entry.get(key)}
    return found
