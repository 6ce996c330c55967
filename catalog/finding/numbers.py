"""Books by the numbers that they are known by."""

from __future__ import annotations

import re

from django.db.models import Q

from catalog import isbn
from catalog.models import Book, BookIdentifier

SHORTEST = 6  # digits; fewer are words: 1984 is a novel
LONGEST = 120
LABEL = re.compile(r"^\s*(?:e-?issn|issn(?:-l)?|lccn|oclc|doi|\(ocolc\)|https?://(?:dx\.)?doi\.org/)\s*:?\s*", re.I)
AT_MOST = 50


def spellings(text: str) -> set[str]:
    """The forms in which ``text`` may be kept, if it is a number at all."""
    bare = isbn.GAPS.sub("", LABEL.sub("", text))
    if len(bare) > LONGEST or sum(letter.isdigit() for letter in bare) < SHORTEST or not bare.isprintable():
        return set()
    forms = {bare, bare.upper(), bare.lower(), bare.lstrip("0"), re.sub(r"^(?:oc[mn]|on)0*", "", bare, flags=re.I)}
    return {*forms, number} if (number := isbn.normalise(text)) else forms


def is_number(text: str) -> bool:
    """Whether it is an ISBN, so that nothing but that book is meant."""
    return isbn.normalise(text) is not None


def books(texts: list[str], *, staff: bool) -> tuple[int, ...]:
    """Ids of the books known by one of ``texts``, at most fifty. One query, none where no text can be a number."""
    forms = sorted({form for text in texts for form in spellings(text) if form})
    if not forms:
        return ()
    seen = Book.objects.all() if staff else Book.objects.filter(is_suppressed=False)
    named = BookIdentifier.objects.filter(value__in=forms).values("book_id")
    return tuple(seen.filter(Q(isbn__in=forms) | Q(pk__in=named)).order_by("pk").values_list("pk", flat=True)[:AT_MOST])
