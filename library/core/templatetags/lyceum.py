"""Small words that every template may use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from django import template
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.paginator import Page
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from library.core import languages
from library.core.http.idempotency import FIELD

register = template.Library()

# Line drawings on a 24-unit square, drawn with the colour of the text around them.
ICONS = {
    "alert": "M12 4 2.8 19.5h18.4zM12 10v4.5M12 17.2v.1",
    "arrow": "M5 12h14M13 6l6 6-6 6",
    "bell": "M6 17h12l-1.5-2.5V10a4.5 4.5 0 0 0-9 0v4.5zM10 20a2 2 0 0 0 4 0",
    "book": "M5 4.5A2.5 2.5 0 0 1 7.5 2H19v16H7.5A2.5 2.5 0 0 0 5 20.5zM5 20.5A1.5 1.5 0 0 0 6.5 22H19v-4",
    "check": "M4.5 12.5 10 18 20 7",
    "clock": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2",
    "file": "M6 2h8l5 5v15H6zM14 2v5h5M9 13h7M9 17h7",
    "info": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v6M12 7.4v.1",
    "key": "M8 12a4 4 0 1 0 0 .1M12 12h9v4M17 12v3",
    "lock": "M6 11h12v10H6zM8.5 11V7.5a3.5 3.5 0 0 1 7 0V11",
    "mail": "M3 5h18v14H3zM3 7l9 6 9-6",
    "quote": "M4 17c3-1 4-3 4-6H4V6h6v5c0 4-2 7-6 8zM14 17c3-1 4-3 4-6h-4V6h6v5c0 4-2 7-6 8z",
    "search": "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5 21 21",
    "shelf": "M3 20h18M5 20V5h3v15M10 20V8h3v12M15.2 8.6l2.9-.8L21.2 19l-2.9.8z",
    "spark": "M12 3l1.8 6.2L20 11l-6.2 1.8L12 19l-1.8-6.2L4 11l6.2-1.8z",
    "user": "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 21c.8-4 3.6-6 7.5-6s6.7 2 7.5 6",
}


@register.simple_tag
def once() -> SafeString:
    """A hidden field that tells one showing of a form from the next, so that sending it twice does it once."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, uuid4())


@register.simple_tag
def icon(name: str) -> SafeString:
    """A line drawing beside words; it says nothing to a screen reader, so the words must be there."""
    return format_html('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>', ICONS[name])


@register.simple_tag(takes_context=True)
def searched(context: template.Context) -> str:
    """What was searched for, to stand in the search box again; nothing where the query cannot be read at all: the page
    that says so has a search box, too.
    """
    try:
        return str(context["request"].GET.get("q", ""))
    except (KeyError, SuspiciousOperation):
        return ""


@register.simple_tag(takes_context=True)
def current(context: template.Context, *names: str) -> str:
    """`` aria-current="page"`` where the page being shown is one of the named URLs, else nothing."""
    match = getattr(context.get("request"), "resolver_match", None)
    here = match is not None and match.view_name in names
    return mark_safe(' aria-current="page"') if here else ""


@register.simple_tag
def embedded_mode() -> bool:
    """Whether this is a library that ``up`` runs for trying it out, with a mailbox to look into."""
    return bool(settings.EMBEDDED)


@register.filter
def say_year(year: int) -> str:
    """``1859``; ``380 BC`` for a year before our era."""
    return str(year) if year > 0 else _("%(year)s BC") % {"year": -year}


@register.filter
def language_word(code: str) -> str:
    """``German`` for ``de``."""
    return languages.word(code)


@register.filter
def grouped(number: int) -> str:
    """``23,386``: a big number as the reader's language writes it."""
    return str(number_format(number, use_l10n=True, force_grouping=True))


@register.filter
def elided(page: Page[Any]) -> Iterable[int | str]:
    """Page numbers around the current one, with ``…`` for those left out."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
