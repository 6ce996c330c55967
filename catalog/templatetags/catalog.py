"""Drawn covers and the words around a book."""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.contrib.auth.models import AnonymousUser
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.access import may_see_cover
from catalog.models import Book
from catalog.values.drawn_cover import hue_number, runs_leftward

register = template.Library()
WRITTEN_SO = {"ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"}  # languages that run from right to left


@register.filter
def cover_hue(title: object) -> str:
    """The class that colours a drawn cover: always the same for the same title, ``hue-0`` to ``hue-11``."""
    return f"hue-{hue_number(str(title))}"


@register.inclusion_tag("catalog/_cover.html", takes_context=True)
def cover(context: Context, book: Book, small: bool = False, width: int = 0, soon: bool = False) -> dict[str, object]:
    """The cover of ``book``: its picture where there is one that the reader may see, over the one that is drawn from
    its title and first author. ``small``: without words, for lists. ``width``: how wide it is shown, in CSS pixels,
    where that is not as in a shelf; ``soon``: it is seen as the page opens.
    """
    user = getattr(context.get("request"), "user", None) or AnonymousUser()
    is_shown = bool(book.cover_key) and may_see_cover(user, book)
    return {"book": book, "small": small, "is_shown": is_shown, "width": 52 if small else width or 176, "soon": soon}


@register.simple_tag
def cover_picture(book: Book, size: str) -> str:
    """The address of its picture."""
    return book.cover_address(size)


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
    if runs_leftward(text):
        return format_html(' lang="{}" dir="rtl"', code)
    return format_html(' lang="{}-Latn" dir="ltr"', code)
