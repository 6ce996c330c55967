"""Drawn covers and the words around a book."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from zlib import crc32

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.models import Book
from library.search.fold import fold

register = template.Library()
HUES = 12
RIGHT_TO_LEFT = {"R", "AL"}  # Unicode's bidirectional classes of Hebrew and Arabic letters
WRITTEN_SO = {"ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"}  # languages that run from right to left


@register.filter
def cover_hue(title: object) -> str:
    """The class that colours a drawn cover: always the same for the same title, ``hue-0`` to ``hue-11``."""
    return f"hue-{crc32(fold(str(title)).encode()) % HUES}"


@register.inclusion_tag("catalog/_cover.html")
def cover(book: Book, small: bool = False) -> dict[str, object]:
    """The cover of ``book``: drawn from its title and first author. ``small``: without words, for lists."""
    return {"book": book, "small": small}


@register.filter
def few(names: Sequence[str], most: int = 2) -> str:
    """The first ``most`` names, and how many more there are where that is shorter: "Ada Byron and 3 others"."""
    if len(names) <= most + 1:
        return ", ".join(names)
    return _("{names} and {n} others").format(names=", ".join(names[:most]), n=len(names) - most)


@register.simple_tag
def in_language(code: str, text: str) -> SafeString:
    """The attributes of an element that holds ``text`` in the language ``code``: `` lang="ar" dir="rtl"``.

    A title in Latin letters of a language that is written from right to left is a transliteration, and runs as they do.
    """
    if not code or code == (get_language() or "")[:2]:
        return mark_safe("")
    if code not in WRITTEN_SO:
        return format_html(' lang="{}"', code)
    first = next((unicodedata.bidirectional(letter) for letter in text if letter.isalpha()), "")
    if first in RIGHT_TO_LEFT:
        return format_html(' lang="{}" dir="rtl"', code)
    return format_html(' lang="{}-Latn" dir="ltr"', code)
