"""What a record may hold: one function per kind of value, each gives the value as it is kept or says what is wrong.

They raise Django's ``ValidationError``, which forms, serializers and ``checked`` all understand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog import isbn as isbns
from library.core.errors import InvalidInput

TITLE_LENGTH = 500
NAME_LENGTH = 200
DESCRIPTION_LENGTH = 20_000
NAMES_AT_MOST = 100
PAGES_AT_MOST = 100_000
FIRST_YEAR = -3000
YEARS_AHEAD = 2  # announced, not yet out


def one_line(value: str, *, at_most: int, required: bool = False) -> str:
    """``value`` with single spaces. Errors: too long, unreadable, empty where ``required``."""
    text = " ".join(readable(value).split())
    if required and not text:
        raise ValidationError(_("This may not be empty."))
    return _not_over(text, at_most)


def prose(value: str) -> str:
    """A text of several lines, at most 20,000 characters."""
    return _not_over(readable(value).strip(), DESCRIPTION_LENGTH)


def readable(value: str) -> str:
    """``value`` itself. Errors: NUL and halves of surrogate pairs, which the database cannot keep."""
    if any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value):
        raise ValidationError(_("This holds characters that no text can have (NUL or broken ones)."))
    return value


def _not_over(text: str, at_most: int) -> str:
    if len(text) > at_most:
        raise ValidationError(
            _("At most %(limit)d characters; this has %(length)d.") % {"limit": at_most, "length": len(text)}
        )
    return text


def names(values: Sequence[str], *, at_most: int = NAME_LENGTH) -> list[str]:
    """Names without empty ones and without repeats, in their order."""
    if isinstance(values, str):
        raise TypeError("names are a list, not one text")
    if len(values) > NAMES_AT_MOST:
        raise ValidationError(_("At most %(limit)d names.") % {"limit": NAMES_AT_MOST})
    kept = (one_line(value, at_most=at_most) for value in values)
    return list(dict.fromkeys(name for name in kept if name))


def category_names(values: Sequence[str]) -> list[str]:
    """Names of categories, at most 80 characters each."""
    return names(values, at_most=80)


def isbn(value: str | None) -> str | None:
    """13 digits, or ``None`` where nothing was given. Errors: wrong check digit or not an ISBN at all."""
    if not (value or "").strip():
        return None
    normalised = isbns.normalise(one_line(value or "", at_most=60))
    if normalised is None:
        raise ValidationError(_("This is not a valid ISBN: its check digit or its length is wrong."))
    return normalised


def language(value: str) -> str:
    """Two small letters, as in ISO 639-1."""
    code = value.strip().lower()
    if len(code) != 2 or not code.isascii() or not code.isalpha():
        raise ValidationError(_("Two letters, for example en or fr."))
    return code


def year(value: int | None) -> int | None:
    """A year from 3000 BCE (negative) to the year after next."""
    last = timezone.now().year + YEARS_AHEAD
    if value is not None and not FIRST_YEAR <= value <= last:
        raise ValidationError(_("A year between %(first)d and %(last)d.") % {"first": FIRST_YEAR, "last": last})
    return value


def page_count(value: int | None) -> int | None:
    """1 to 100,000, or unknown."""
    if value is not None and not 1 <= value <= PAGES_AT_MOST:
        raise ValidationError(_("Between 1 and %(limit)d pages.") % {"limit": PAGES_AT_MOST})
    return value


BOOK: dict[str, Callable[[Any], Any]] = {
    "title": lambda value: one_line(value, at_most=TITLE_LENGTH, required=True),
    "subtitle": lambda value: one_line(value, at_most=TITLE_LENGTH),
    "authors": names,
    "categories": category_names,
    "subjects": names,
    "isbn": isbn,
    "publisher": lambda value: one_line(value, at_most=NAME_LENGTH),
    "year": year,
    "language": language,
    "description": prose,
    "page_count": page_count,
    "is_public": bool,
    "is_suppressed": bool,
}
COPY: dict[str, Callable[[Any], Any]] = {
    "barcode": lambda value: one_line(value, at_most=40, required=True),
    "shelf_mark": lambda value: one_line(value, at_most=80),
}


def checked(values: Mapping[str, Any], checks: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """``values`` as they are kept. Errors: ``InvalidInput`` with a sentence for every field that is wrong."""
    kept: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    for name, value in values.items():
        try:
            kept[name] = checks[name](value)
        except ValidationError as fault:
            wrong[name] = fault.messages
    if wrong:
        raise InvalidInput(next(iter(wrong.values()))[0], fields=wrong)
    return kept
