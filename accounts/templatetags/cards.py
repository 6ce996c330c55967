"""The lines of a card."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from accounts.people import card_barcode

register = template.Library()


@register.simple_tag
def barcode(number: str) -> SafeString:
    """``number`` as Code 128, black on white whatever the page's colours; nothing where it cannot be drawn."""
    drawn = card_barcode.bars(number)
    if drawn is None:
        return mark_safe("")
    label = _("Barcode of card %(number)s") % {"number": number}
    return format_html(
        '<svg class="barcode" role="img" aria-label="{}" viewBox="0 0 {} 1" preserveAspectRatio="none">'
        '<rect width="{}" height="1" fill="#fff"/><path fill="#000" d="{}"/></svg>',
        label,
        drawn.width,
        drawn.width,
        drawn.path,
    )
