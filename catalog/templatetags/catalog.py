"""Drawn covers and the words around a book."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

from django import template
from django.utils.translation import gettext as _

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


@register.filter
def few(names: Sequence[str], most: int = 2) -> str:
    """The first ``most`` names, and how many more there are where that is shorter: "Ada Byron and 3 others"."""
    if len(names) <= most + 1:
        return ", ".join(names)
    return _("{names} and {n} others").format(names=", ".join(names[:most]), n=len(names) - most)
