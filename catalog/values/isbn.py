"""ISBNs and ISMNs as they are pasted, and the one form of each that is kept: 13 digits.

Check digits are python-stdnum's (ISBN: ISO 2108, ISMN: ISO 10957). The prefix 979-0 is that of printed music: what
bears it is an ISMN and no ISBN, though arithmetic cannot tell them apart.
"""

from __future__ import annotations

import re

from stdnum import ean
from stdnum import isbn as isbns
from stdnum import ismn as ismns

from library.core.typed import bare

# What stands behind a number in records and shops: "(pbk.)", "[v. 2]", ", :", "hardback", ": £5.95" (ISBD's terms of
# availability). Only what holds no further number, so that of two numbers none is dropped unseen.
BEHIND = (
    r"(?:\s*(?:\([^()]*\)|\[[^\[\]]*\]|[.,;:/]))*(?:(?<=:)\s*[^\w\s]{0,3}\s?[0-9]{1,5}(?:[.,][0-9]{2})?)?(?:\s+[^\d]*)?"
)
DIGITS = r"[0-9](?:[ .\-]*[0-9])*(?:[ .\-]*[Xx](?!\w))?"
LABEL = r"(?:urn:)?(?:[ep]-?)?isbn(?:[- ]?1[03](?=[: ])| ?\(1[03]\))?|ean(?:-?13)?"
ISBN = re.compile(rf"(?P<label>(?:{LABEL})\s*[:#.]?\s*)?(?P<number>{DIGITS}){BEHIND}", re.I)
ISMN = re.compile(rf"(?P<label>(?:urn:)?ismn\s*[:#.]?\s*)?(?P<number>m[ .\-]*{DIGITS}|{DIGITS}){BEHIND}", re.I)
GAPS = str.maketrans("", "", " .-")
SHAPE = re.compile(r"97[89][0-9]{10}|[0-9]{9}[0-9X]")
MUSIC = "9790"
EAN = 13
ADD_ONS = (2, 5)  # digits of a price or an issue, printed beside the bar code and scanned with it


def normalise(text: str) -> str | None:
    """``text`` as the 13 digits of its ISBN, or ``None`` where it is not a valid ISBN-10 or ISBN-13.

    A label before, what is said of the book behind, a scanned add-on and every usual gap may be there or not.
    """
    number = _number(ISBN, text)
    if number.startswith(MUSIC) or not isbns.is_valid(number):
        return None
    return str(isbns.to_isbn13(number))


def ismn(text: str) -> str | None:
    """``text`` as the 13 digits of its ISMN (``M-2306-7118-7`` is 979-0-2306-7118-7), or ``None`` where it is none."""
    number = _number(ISMN, text)
    if number.startswith("M") and len(number) == EAN - 3:
        number = MUSIC + number[1:]
    return number if number.startswith(MUSIC) and len(number) == EAN and ismns.is_valid(number) else None


def looks_like_one(text: str) -> bool:
    """Whether nothing but an ISBN or ISMN can be meant, be it right or wrong."""
    found = ISBN.fullmatch(bare(text))
    return ismn(text) is not None or (
        found is not None and bool(found["label"] or SHAPE.fullmatch(_without_add_on(found["number"])))
    )


def hyphenated(number: str) -> str:
    """A normalised ISBN or ISMN with its parts apart, as on the book."""
    return str(ismns.format(number) if number.startswith(MUSIC) else isbns.format(number))


def _number(shape: re.Pattern[str], text: str) -> str:
    found = shape.fullmatch(bare(text))
    return _without_add_on(found["number"]) if found else ""


def _without_add_on(number: str) -> str:
    digits = number.translate(GAPS).upper()
    alone = digits[:EAN]
    is_scanned = len(digits) - EAN in ADD_ONS and alone.startswith(("978", "979")) and ean.is_valid(alone)
    return alone if is_scanned else digits
