"""What may be written down about people: short plain values, no line breaks, nothing secret."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime

Value = str | int | bool | datetime | None

LONGEST = 2_000
VERB = r"^[a-z][a-z_]*\.[a-z][a-z_]*$"  # what was done, noun first: loan.opened
_SECRET = re.compile(r"(^|_)(password|code|otp|digits|secret|token|access|refresh|session|cookie|challenge)s?(_|$)")
# Letters that turn the reading direction round could make a text look like another.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: str) -> str:
    """``text`` without line breaks and other control characters, its spaces collapsed, at most 2,000 characters."""
    kept = (" " if unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} else sign for sign in text)
    return " ".join("".join(sign for sign in kept if sign not in _TURNING).split())[:LONGEST]


def checked(values: Mapping[str, object]) -> dict[str, Value]:
    """``values``, each text on one line, as they may be kept.

    Errors: ``ValueError`` for a name that speaks of a secret, ``TypeError`` for anything but text, whole numbers,
    yes and no, times and None. Both are faults of the caller, not of what somebody typed.
    """
    kept: dict[str, Value] = {}
    for name, value in values.items():
        if _SECRET.search(name):
            raise ValueError(f"{name}: secrets are not written down.")
        if value is not None and not isinstance(value, str | int | datetime):
            raise TypeError(f"{name}: {type(value).__name__} cannot be written down; give text, a number or a time.")
        kept[name] = one_line(str(value)) if isinstance(value, str) else value
    return kept
