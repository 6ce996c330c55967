"""Words around what readers read and mark."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from rag.models import Highlight
from rag.reading.visits import CitedPlace

register = template.Library()
LONGEST_PART = 400  # signs of a quotation in a question


@register.filter
def question_about(highlight: Highlight) -> str:
    """A question to its book about what somebody marked."""
    quote = Truncator(" ".join(highlight.quote.split())).chars(LONGEST_PART)
    return _("What is meant by “{}”?").format(quote)


@register.simple_tag
def cites_of(sources: Iterable[Any]) -> str:
    """All that an answer cites, as the last part of a page's address: so one can go from one to the next."""
    return "&cites=" + ",".join(str(CitedPlace(one.page, f"{one.start}-{one.end}", one.on)) for one in sources)
