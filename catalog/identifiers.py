"""The numbers that books are known by: each kind in the one form that is kept, or a sentence that says what is wrong.

ISSN: ISO 3297, check digit modulo 11. LCCN: the normalisation of the Library of Congress's ``info:lccn`` namespace.
DOI: ISO 26324, without regard to case. OCLC numbers are digits behind prefixes that only say how many there are.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalog import isbn as isbns
from catalog.models import BookIdentifier

LONGEST = 120
GAPS = isbns.GAPS
ISSN = re.compile(r"(?:E-?|P-?)?(?:ISSN)?(?:-L)?:?\s*([0-9]{4}[\s\-\u2010-\u2015]?[0-9]{3}[0-9Xx])", re.ASCII | re.I)
LCCN = re.compile(r"[a-z]{0,3}(?:[0-9]{8}|[0-9]{10})", re.ASCII)
OCLC = re.compile(r"(?:\(OCoLC\))?\s*(?:oc[mn]|on)?([0-9]{1,14})", re.ASCII | re.I)
DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.[0-9]{4,9}(?:\.[0-9]+)*/\S+)", re.ASCII | re.I)


def normalise(kind: str, value: str) -> str:
    """``value`` as it is kept for ``kind``. Errors: ``ValidationError`` with what is wrong with it."""
    text = " ".join(value.split())
    if not text:
        raise ValidationError(_("This may not be empty."))
    if not text.isprintable() or len(text) > LONGEST:
        raise ValidationError(_("At most %(limit)d characters that can be read.") % {"limit": LONGEST})
    if kind not in KINDS:
        raise ValidationError(_("There is no kind of number called “%(kind)s”.") % {"kind": kind})
    return KINDS[kind](text)


def issn(text: str) -> str:
    """Eight characters without the hyphen."""
    found = ISSN.fullmatch(text)
    digits = GAPS.sub("", found[1]).upper() if found else ""
    if not found or issn_check_digit(digits[:7]) != digits[7]:
        raise ValidationError(_("This is not a valid ISSN: its check digit or its length is wrong."))
    return digits


def issn_check_digit(seven: str) -> str:
    """The last character of an ISSN whose first seven digits are ``seven``: a digit or ``X``."""
    rest = -sum(weight * int(digit) for weight, digit in zip(range(8, 1, -1), seven, strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def _isbn(text: str) -> str:
    digits = isbns.normalise(text)
    if digits is None:
        raise ValidationError(_("This is not a valid ISBN: its check digit or its length is wrong."))
    return digits


def _lccn(text: str) -> str:
    bare = re.sub(r"\s", "", text.lower()).partition("/")[0]
    left, hyphen, right = bare.partition("-")
    number = left + right.zfill(6) if hyphen and right.isdecimal() and len(right) <= 6 else bare
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
    BookIdentifier.Kind.ISBN: _isbn,
    BookIdentifier.Kind.ISSN: issn,
    BookIdentifier.Kind.LCCN: _lccn,
    BookIdentifier.Kind.OCLC: _oclc,
    BookIdentifier.Kind.DOI: _doi,
    BookIdentifier.Kind.CONTROL: str,
}
