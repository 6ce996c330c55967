"""ISBNs: check digits, and the one form that is kept (13 digits).

The arithmetic is that of the ISBN Users' Manual, 7th edition, §5 and Appendix 1.
"""

from __future__ import annotations

import re

# What people put around and between the digits: "ISBN-13: 978-0-13-468599-1", with any dash or space of Unicode.
LABEL = re.compile(r"^\s*ISBN(?:[-‐–\s]*1[03])?\s*:?\s*(?=[\d\s-])", re.IGNORECASE)
GAPS = re.compile(r"[\s\-\u2010-\u2015\u2212]+")
TEN = re.compile(r"[0-9]{9}[0-9Xx]", re.ASCII)
THIRTEEN = re.compile(r"97[89][0-9]{10}", re.ASCII)


def check_digit_10(nine: str) -> str:
    """The last character of an ISBN-10 whose first nine digits are ``nine``: a digit or ``X``."""
    rest = -sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), nine, strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def check_digit_13(twelve: str) -> str:
    """The last digit of an ISBN-13 whose first twelve digits are ``twelve``."""
    return str(-sum((3 if place % 2 else 1) * int(digit) for place, digit in enumerate(twelve)) % 10)


def normalise(text: str) -> str | None:
    """``text`` as the 13 digits of its ISBN, or ``None`` where it is not a valid ISBN-10 or ISBN-13.

    Hyphens, spaces and a leading word "ISBN" may be there or not.
    """
    digits = GAPS.sub("", LABEL.sub("", text))
    if THIRTEEN.fullmatch(digits):
        return digits if check_digit_13(digits[:12]) == digits[12] else None
    if TEN.fullmatch(digits) and check_digit_10(digits[:9]) == digits[9].upper():
        return f"978{digits[:9]}{check_digit_13('978' + digits[:9])}"
    return None


def to_10(isbn: str) -> str | None:
    """The ISBN-10 of a normalised ISBN, or ``None`` for those of the prefix 979, which have none."""
    return isbn[3:12] + check_digit_10(isbn[3:12]) if isbn.startswith("978") else None
