"""The words by which each language tells what is asked, and what an answer looks like."""

from __future__ import annotations

from rag.answers.choosing.languages import ar, de, en, es, fr, ru
from rag.answers.choosing.languages.words import LanguageWords

BY_LANGUAGE: dict[str, LanguageWords] = {
    "en": en.WORDS,
    "de": de.WORDS,
    "es": es.WORDS,
    "fr": fr.WORDS,
    "ru": ru.WORDS,
    "ar": ar.WORDS,
}
