"""What a record may hold: one function per kind of value, each gives the value as it is kept or says what is wrong.

They raise Django's ``ValidationError``, which forms, serializers and ``checked`` all understand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog import identifiers as numbers
from catalog.models import Authorship, BookIdentifier, Condition, CopyStatus, ItemType, ReadingLevel
from catalog.values.series_place import SeriesPlace
from library.core import languages
from library.core.errors import InvalidInput
from library.core.typed import bare

TITLE_LENGTH = 500
NAME_LENGTH = 200
DESCRIPTION_LENGTH = 20_000
NAMES_AT_MOST = 100
PAGES_AT_MOST = 100_000
FIRST_YEAR = -3000
OLDEST_MINIMUM_AGE = 21
PLACE_LENGTH = 40
LAST_POSITION = Decimal("9999.99")
HIGHEST_PRICE = Decimal("9999999.99")
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
    if not bare(value or ""):
        return None
    return numbers.normalise(BookIdentifier.Kind.ISBN, value or "")


def language(value: str) -> str:
    """The code that is kept for it (``library.core.languages``). Errors: a code of no language."""
    code = languages.canonical(bare(readable(value)))
    if code is None:
        raise ValidationError(
            _("No language has this code. Two letters as en or fr, or three as grc; mul is several languages.")
        )
    return code


def year(value: int | None) -> int | None:
    """A year from 3000 BCE (negative) to the year after next; there is no year 0."""
    last = timezone.now().year + YEARS_AHEAD
    if value == 0:
        raise ValidationError(_("There is no year 0: 1 BC is followed by 1 AD. Leave a year that is not known empty."))
    if value is not None and not FIRST_YEAR <= value <= last:
        raise ValidationError(_("A year between %(first)d and %(last)d.") % {"first": FIRST_YEAR, "last": last})
    return value


def page_count(value: int | None) -> int | None:
    """1 to 100,000, or unknown."""
    if value is not None and not 1 <= value <= PAGES_AT_MOST:
        raise ValidationError(_("Between 1 and %(limit)d pages.") % {"limit": PAGES_AT_MOST})
    return value


def contributors(values: Sequence[Mapping[str, str]]) -> list[tuple[str, str]]:
    """Names and roles of editors, translators and illustrators, each once, in their order."""
    if len(values) > NAMES_AT_MOST:
        raise ValidationError(_("At most %(limit)d names.") % {"limit": NAMES_AT_MOST})
    kept: dict[tuple[str, str], None] = {}
    for number, value in enumerate(values, 1):
        role = _text_of(value, "role", number)
        if role == Authorship.Position.AUTHOR:
            raise _numbered(number, _("authors have a list of their own"))
        if role not in Authorship.Position.values:
            raise _numbered(number, _("the role is editor, translator or illustrator"))
        typed = _text_of(value, "name", number)
        try:
            name = one_line(typed, at_most=NAME_LENGTH, required=True)
        except ValidationError as fault:
            raise _numbered(number, fault.messages[0]) from fault
        kept[(name, role)] = None
    return list(kept)


def identifiers(values: Sequence[Mapping[str, str]]) -> list[tuple[str, str]]:
    """Kinds and numbers, each once, as they are kept."""
    if len(values) > NAMES_AT_MOST:
        raise ValidationError(_("At most %(limit)d numbers.") % {"limit": NAMES_AT_MOST})
    kept: dict[tuple[str, str], None] = {}
    for number, value in enumerate(values, 1):
        kind, typed = _text_of(value, "kind", number), _text_of(value, "value", number)
        try:
            kept[(kind, numbers.normalise(kind, readable(typed)))] = None
        except ValidationError as fault:
            raise _numbered(number, fault.messages[0]) from fault
    return list(kept)


def _text_of(value: Mapping[str, str], name: str, number: int) -> str:
    text = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(text, str):
        raise _numbered(number, _("“%(name)s” is missing") % {"name": name})
    return text


def _numbered(number: int, sentence: str) -> ValidationError:
    return ValidationError(_("Number %(number)d: %(sentence)s") % {"number": number, "sentence": sentence})


def series_position(value: Decimal | int | str | None) -> SeriesPlace | None:
    """0 to 9999.99, at most two decimals; two such numbers with a dash between them for a range; or none."""
    text = bare(str("" if value is None else value))
    # What begins with a dash is one number below 0.
    start, dash, end = (text, "", "") if text.startswith("-") else text.partition("-")
    if dash and not end:
        raise ValidationError(_("A range needs its last number too, for example 1-3."))
    try:
        first, last = _decimal(start, LAST_POSITION), _decimal(end, LAST_POSITION)
    except _NoNumber as fault:
        raise ValidationError(_("A number, for example 2 or 1.5, or a range, for example 1-3.")) from fault
    if first is not None and last is not None and last <= first:
        raise ValidationError(_("A range ends after its start, for example 1-3."))
    return None if first is None else SeriesPlace(first, last)


def price(value: Decimal | int | str | None) -> Decimal | None:
    """What replacing a copy costs, to the cent, or unknown."""
    return _decimal(value, HIGHEST_PRICE)


class _NoNumber(ValidationError):
    """What was given is no number at all."""


def _decimal(value: Decimal | int | str | None, most: Decimal) -> Decimal | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation as fault:
        raise _NoNumber(_("A number, for example 2 or 1.5.")) from fault
    if not number.is_finite() or not 0 <= number <= most:
        raise ValidationError(_("A number from 0 to %(most)s.") % {"most": most})
    if number != (cents := number.quantize(Decimal("0.01"))):
        raise ValidationError(_("At most two places behind the point."))
    return cents


def minimum_age(value: int | None) -> int | None:
    """0 to 21 years, or for everybody."""
    if value is not None and not 0 <= value <= OLDEST_MINIMUM_AGE:
        raise ValidationError(_("Between 0 and %(limit)d years.") % {"limit": OLDEST_MINIMUM_AGE})
    return value


def one_of(choices: Sequence[str], *, or_none: bool = False) -> Callable[[str | None], str]:
    """One of ``choices``; nothing at all where ``or_none``."""

    def chosen(value: str | None) -> str:
        if or_none and not value:
            return ""
        if value is None or value not in choices:
            raise ValidationError(_("One of: %(choices)s.") % {"choices": ", ".join(choices)})
        return value

    return chosen


def item_type(value: ItemType | str | None) -> ItemType | None:
    """A type, given as itself or by its code; none for an ordinary book."""
    if not value or isinstance(value, ItemType):
        return value or None
    found = ItemType.objects.filter(code=one_line(value, at_most=20)).first()
    if found is None:
        raise ValidationError(_("There is no such item type."))
    return found


def barcode(value: str) -> str:
    """A number on a label as it is shown: with what nobody sees left out (``library.core.typed``)."""
    return one_line(bare(readable(value)), at_most=40, required=True)


BOOK: dict[str, Callable[[Any], Any]] = {
    "title": lambda value: one_line(value, at_most=TITLE_LENGTH, required=True),
    "subtitle": lambda value: one_line(value, at_most=TITLE_LENGTH),
    "filing_title": lambda value: one_line(value, at_most=TITLE_LENGTH),
    "authors": names,
    "categories": category_names,
    "subjects": names,
    "isbn": isbn,
    "publisher": lambda value: one_line(value, at_most=NAME_LENGTH),
    "year": year,
    "language": language,
    "description": prose,
    "page_count": page_count,
    "contributors": contributors,
    "identifiers": identifiers,
    "series": lambda value: one_line(value or "", at_most=NAME_LENGTH),
    "series_position": series_position,
    "reading_level": one_of(ReadingLevel.values, or_none=True),
    "minimum_age": minimum_age,
    "is_public": bool,
    "is_suppressed": bool,
}
COPY: dict[str, Callable[[Any], Any]] = {
    "barcode": barcode,
    "shelf_mark": lambda value: one_line(value, at_most=80),
    "status": one_of(CopyStatus.values),
    "not_for_loan": bool,
    "item_type": item_type,
    "condition": one_of(Condition.values, or_none=True),
    "price": price,
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
