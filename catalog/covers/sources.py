"""Covers looked up by ISBN, at the places of the setting ``LYCEUM_COVER_SOURCES``."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Sequence
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

from catalog.covers.pictures import LARGEST, CoverPictures, made_anew
from catalog.models import Book, BookIdentifier, WhyNone
from library.core.http import outside

log = logging.getLogger(__name__)
SECONDS = 20.0  # for one picture, in all
MOST_NUMBERS = 3  # of one book: editions have one each
GRAVEST = (WhyNone.BUSY, WhyNone.AWAY, WhyNone.UNUSABLE, WhyNone.UNKNOWN)  # what is told of several


def numbers_of(book: Book) -> list[str]:
    """The ISBNs of ``book``, its main one first."""
    further = book.identifiers.filter(kind=BookIdentifier.Kind.ISBN).order_by("value").values_list("value", flat=True)
    return list(dict.fromkeys([*filter(None, [book.isbn]), *further]))[:MOST_NUMBERS]


def look_up(isbns: Sequence[str], *, pause: Callable[[], None] = lambda: None) -> CoverPictures | WhyNone:
    """The first usable picture that any source has for any of ``isbns``, or why there is none.

    ``pause`` is called before each question. A source that wants to be asked less ends the search.
    """
    told = {WhyNone.UNKNOWN}
    for isbn in isbns:
        for source in settings.COVER_SOURCES:
            pause()
            found = _ask(source, isbn)
            if isinstance(found, CoverPictures):
                return found
            if found == WhyNone.BUSY:
                return found
            told.add(found)
    return next(why for why in GRAVEST if why in told)


def _ask(source: str, isbn: str) -> CoverPictures | WhyNone:
    try:
        content = outside.fetch(
            source.replace("{isbn}", quote(isbn)), most_bytes=LARGEST, seconds=SECONDS, accept="image/*"
        )
        return made_anew(io.BytesIO(content), size=len(content))
    except outside.NotThere:
        return WhyNone.UNKNOWN
    except outside.AskedTooOften:
        return WhyNone.BUSY
    except outside.NotAnswering as fault:
        return _logged(source, WhyNone.AWAY, fault)
    except (outside.NotAcceptable, ValidationError) as fault:
        return _logged(source, WhyNone.UNUSABLE, fault)


def _logged(source: str, why: WhyNone, fault: Exception) -> WhyNone:
    log.info("%s: %s (%s)", urlsplit(source).hostname, why.value, fault)
    return why
