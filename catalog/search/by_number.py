"""Books by the numbers that they are known by."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from catalog import identifiers
from catalog.models import Book, BookIdentifier
from catalog.values import isbn
from library.core.typed import bare

SHORTEST = 6  # digits; fewer are words: 1984 is a novel
LABEL = re.compile(r"^(?:e-?issn|issn(?:-l)?|lccn|oclc|doi|\(ocolc\)|https?://(?:dx\.)?doi\.org/)\s*:?\s*", re.I)
AT_MOST = 50


def spellings(text: str) -> set[str]:
    """The forms in which ``text`` may be kept, if it is a number at all."""
    alone = LABEL.sub("", bare(text))
    if len(alone) > identifiers.LONGEST or sum(letter.isdigit() for letter in alone) < SHORTEST:
        return set()
    return {form for form in (alone, alone.translate(isbn.GAPS).upper(), *_kept(text)) if form.isprintable()}


def _kept(text: str) -> list[str]:
    found = []
    for kind in identifiers.KINDS:
        try:
            found.append(identifiers.normalise(kind, text))
        except ValidationError:
            continue
    return found


def is_number(text: str) -> bool:
    """Whether it is an ISBN or ISMN, right or wrong, so that nothing but that book is meant."""
    return isbn.looks_like_one(text)


def absence(texts: list[str]) -> str:
    """What is said where no book here has the number among ``texts``: so, and where it is no number, that too."""
    text = next((text for text in texts if isbn.looks_like_one(text)), texts[-1])
    if number := isbn.normalise(text):
        return _("No book here has the ISBN %(number)s.") % {"number": isbn.hyphenated(number)}
    if number := isbn.ismn(text):
        return _("No book here has the ISMN %(number)s.") % {"number": isbn.hyphenated(number)}
    if isbn.looks_like_one(text):
        return _(
            "No book here has the number %(number)s, and it is no valid ISBN: a digit of it is wrong or missing."
        ) % {"number": bare(text)}
    return _("No book here has the number %(number)s.") % {"number": bare(text)}


def books(texts: list[str], *, staff: bool) -> tuple[int, ...]:
    """Ids of the books known by one of ``texts``, at most fifty. One query, none where no text can be a number."""
    forms = sorted({form for text in texts for form in spellings(text) if form})
    if not forms:
        return ()
    seen = Book.objects.all() if staff else Book.objects.filter(is_suppressed=False)
    named = BookIdentifier.objects.filter(value__in=forms).values("book_id")
    return tuple(seen.filter(Q(isbn__in=forms) | Q(pk__in=named)).order_by("pk").values_list("pk", flat=True)[:AT_MOST])
