"""The numbers that books are known by: each kind in the one form that is kept, or a sentence that says what is wrong.

All are read as ``library.core.typed`` does. ISSN: ISO 3297, also from its EAN-13 (977). LCCN: the normalisation of the
Library of Congress's ``info:lccn`` namespace. DOI: ISO 26324, without regard to case. OCLC numbers are digits behind
prefixes that only say how many there are.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from stdnum import ean
from stdnum import issn as issns

from catalog.models import BookIdentifier
from catalog.values import isbn as isbns
from library.core.typed import bare

LONGEST = 120
ISSN_LABEL = r"(?:urn:)?(?:[ep]-?)?issn(?:-l)?"
ISSN = re.compile(rf"(?P<label>{ISSN_LABEL}\s*:?\s*)?(?P<number>{isbns.DIGITS}){isbns.BEHIND}", re.I)
LCCN = re.compile(r"[a-z]{0,3}(?:[0-9]{8}|[0-9]{10})", re.ASCII)
LCCN_LABEL = re.compile(r"(?:lccn\s*:?|info:lccn/|https?://lccn\.loc\.gov/)\s*", re.I)
OCLC = re.compile(r"(?:oclc\s*:?)?\s*(?:\(OCoLC\))?\s*(?:oc[mn]|on)?([0-9]{1,14})", re.ASCII | re.I)
DOI = re.compile(
    r"(?:https?://(?:dx\.|www\.)?doi\.org/|(?:urn:)?doi:\s*)?(10\.[0-9]{4,9}(?:\.[0-9]+)*/\S+)", re.ASCII | re.I
)
SERIAL, SERIAL_EAN = 8, "977"


def normalise(kind: str, value: str) -> str:
    """``value`` as it is kept for ``kind``. Errors: ``ValidationError`` with what is wrong with it."""
    if "\0" in value or len(value) > LONGEST:
        raise ValidationError(_("At most %(limit)d characters that can be read.") % {"limit": LONGEST})
    text = bare(value)
    if not text:
        raise ValidationError(_("This may not be empty."))
    if not text.isprintable() or len(text) > LONGEST:
        raise ValidationError(_("At most %(limit)d characters that can be read.") % {"limit": LONGEST})
    if kind not in KINDS:
        raise ValidationError(_("There is no kind of number called “%(kind)s”.") % {"kind": kind})
    return KINDS[kind](text)


def isbn(text: str) -> str:
    """13 digits."""
    if digits := isbns.normalise(text):
        return digits
    if isbns.ismn(text):
        raise ValidationError(
            _("This is an ISMN, the number of printed music. It is kept as a further number, not as ISBN.")
        )
    raise ValidationError(_("This is not a valid ISBN: its check digit or its length is wrong."))


def ismn(text: str) -> str:
    """13 digits, from 9790."""
    if digits := isbns.ismn(text):
        return digits
    raise ValidationError(_("This is not a valid ISMN: it has 13 digits from 979-0, or M and nine digits."))


def issn(text: str) -> str:
    """Eight characters without the hyphen."""
    found = ISSN.fullmatch(text)
    digits = found["number"].translate(isbns.GAPS).upper() if found else ""
    if digits.startswith(SERIAL_EAN) and len(digits) >= isbns.EAN and ean.is_valid(digits[: isbns.EAN]):
        digits = digits[3:10] + str(issns.calc_check_digit(digits[3:10]))
    if len(digits) != SERIAL or not issns.is_valid(digits):
        raise ValidationError(_("This is not a valid ISSN: its check digit or its length is wrong."))
    return digits


def _lccn(text: str) -> str:
    text_alone = LCCN_LABEL.sub("", text.lower(), count=1)
    plain = re.sub(r"\s", "", text_alone).partition("/")[0]
    left, hyphen, right = plain.partition("-")
    number = left + right.zfill(6) if hyphen and right.isdecimal() and len(right) <= 6 else plain
    if not LCCN.fullmatch(number):
        raise ValidationError(_("This is not a Library of Congress number: up to three letters and 8 or 10 digits."))
    return number


def _oclc(text: str) -> str:
    found = OCLC.fullmatch(text)
    digits = found[1].lstrip("0") if found else ""
    if not digits:
        raise ValidationError(_("This is not an OCLC number: it has digits only."))
    return digits


def _doi(text: str) -> str:
    found = DOI.fullmatch(text)
    if not found:
        raise ValidationError(_("This is not a DOI: it looks like 10.1000/182."))
    return found[1].lower()


KINDS: dict[str, Callable[[str], str]] = {
    BookIdentifier.Kind.ISBN: isbn,
    BookIdentifier.Kind.ISMN: ismn,
    BookIdentifier.Kind.ISSN: issn,
    BookIdentifier.Kind.LCCN: _lccn,
    BookIdentifier.Kind.OCLC: _oclc,
    BookIdentifier.Kind.DOI: _doi,
    BookIdentifier.Kind.CONTROL: str,
}
