"""Drawn covers and the words around a book."""

from __future__ import annotations

from zlib import crc32

from django import template

from catalog.models import Book
from library.search.fold import fold

register = template.Library()
HUES = 12


@register.filter
def cover_hue(title: object) -> str:
    """The class that colours a drawn cover: always the same for the same title, ``hue-0`` to ``hue-11``."""
    return f"hue-{crc32(fold(str(title)).encode()) % HUES}"


@register.inclusion_tag("catalog/_cover.html")
def cover(book: Book, small: bool = False) -> dict[str, object]:
    """The cover of ``book``: drawn from its title and first author. ``small``: without words, for lists."""
    return {"book": book, "small": small}
