"""Covers for tests, kept without a worker."""

from __future__ import annotations

import io

from django.db import transaction

from catalog.covers import keeping
from catalog.covers.pictures import CoverPictures, made_anew
from catalog.models import Book, Cover, CoverSource
from catalog.tests.covers.images import content

UPLOADED, LOOKED_UP, FIRST_PAGE = keeping.ORDER


def pictures(colour: str) -> CoverPictures:
    body = content(colour=colour)
    return made_anew(io.BytesIO(body), size=len(body))


TEAL, NAVY, RED = pictures("teal"), pictures("navy"), pictures("red")


@transaction.atomic
def kept(book: Book, source: CoverSource, what: CoverPictures, *, made_of: str = "") -> Cover:
    cover = Cover.objects.filter(book=book, source=source).first() or Cover(book=book, source=source)
    keeping.keep(cover, what, made_of=made_of)
    return cover


def shown(book: Book) -> str:
    """The key of what it shows."""
    return str(Book.objects.values_list("cover_key", flat=True).get(pk=book.pk))
