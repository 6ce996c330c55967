"""Sums of money, exact to the smallest unit of a currency: as people type them, split them and share them out.

``digits``: behind the point, by ISO 4217: 0 for JPY, 2 for EUR, 3 for KWD. Always ``Decimal``, never a float.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

NOTHING = Decimal(0)
MOST = Decimal(9_999_999)  # of one line: what nobody means, and more than any book costs
_Key = TypeVar("_Key")
_SPACES = re.compile(r"[\s'’\u00a0\u2009\u202f]")
_ARABIC_SIGNS = str.maketrans({"\u066b": ".", "\u066c": ","})  # of decimals and of thousands
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*")


class NoAmount(ValueError):
    """What was typed is no sum of money, or one that could mean two."""


def unit(digits: int) -> Decimal:
    """The smallest sum: 0.01 for two digits."""
    return Decimal(1).scaleb(-digits)


def rounded(amount: Decimal, digits: int) -> Decimal:
    """To the smallest unit, a half upwards."""
    return amount.quantize(unit(digits), ROUND_HALF_UP)


def in_units(amount: Decimal, digits: int) -> int:
    """How many smallest units it is: 820 for 8.20 of two digits, 80 for 80 of none. Errors: ``NoAmount`` for a part."""
    scaled = amount.scaleb(digits)
    if scaled != scaled.to_integral_value():
        raise NoAmount(f"{amount} is no whole number of smallest units.")
    return int(scaled)


def of_units(count: int, digits: int) -> Decimal:
    """The way back from ``in_units``."""
    return Decimal(count).scaleb(-digits)


def typed(text: str, digits: int) -> Decimal:
    """A sum as somebody typed it: 1.50, 1,50, 1 234,50, 1.234,50 or 1,234.50.

    In the digits of any script. With one kind of sign, and once, it is the decimal point unless exactly three digits
    follow and the currency has fewer: 1.234 is then read as thousands. Errors: ``NoAmount`` for anything else, more
    digits than the currency has, nothing, or more than ten million.
    """
    bare = _as_latin(_SPACES.sub("", text))
    if not _NUMBER.fullmatch(bare):
        raise NoAmount(text)
    whole, behind = _parts(bare, digits, text)
    if len(behind) > digits:
        raise NoAmount(text)
    amount = Decimal(f"{whole}.{behind or 0}").quantize(unit(digits))
    if not NOTHING < amount <= MOST:
        raise NoAmount(text)
    return amount


def _as_latin(text: str) -> str:
    """١٢٫٥٠ as 12.50; what is no digit stays."""
    return "".join(str(unicodedata.decimal(sign, sign)) for sign in text).translate(_ARABIC_SIGNS)


def _parts(bare: str, digits: int, text: str) -> tuple[str, str]:
    """What stands before and behind the decimal point."""
    last = max(bare.rfind("."), bare.rfind(","))
    if last < 0:
        return bare, ""
    sign, before, behind = bare[last], bare[:last], bare[last + 1 :]
    groups = re.split(r"[.,]", before)
    if sign in before or (len(behind) == 3 and digits < 3 and len(groups) == 1):  # grouped, and no decimals
        before, behind = f"{before}{sign}{behind}", ""
        groups = re.split(r"[.,]", before)
    if len(set(re.findall(r"[.,]", before))) > 1 or any(len(group) != 3 for group in groups[1:]):
        raise NoAmount(text)
    if len(groups) > 1 and not 1 <= len(groups[0]) <= 3:
        raise NoAmount(text)
    return "".join(groups), behind


def plain(amount: Decimal, digits: int) -> str:
    """The bare number for letters and sentences: 1234.50."""
    return f"{rounded(amount, digits):f}"


def split_evenly(total: Decimal, parts: int, digits: int) -> list[Decimal]:
    """``total`` in ``parts`` parts that differ by no more than the smallest unit, the larger ones first."""
    count, more = divmod(in_units(total, digits), parts)
    return [of_units(count + (place < more), digits) for place in range(parts)]


def oldest_first(amount: Decimal, open_: Mapping[_Key, Decimal]) -> dict[_Key, Decimal]:
    """How ``amount`` is shared out over what is open, in the order given: each in full while it lasts."""
    shares: dict[_Key, Decimal] = {}
    for key, owed in open_.items():
        share = min(amount, owed)
        if share > 0:
            shares[key] = share
            amount -= share
    return shares


def evenly(amount: Decimal, open_: Mapping[_Key, Decimal], digits: int) -> dict[_Key, Decimal]:
    """How ``amount`` is shared out over chosen lines: evenly to the smallest unit, to none more than it is open."""
    shares = dict.fromkeys(open_, NOTHING)
    left = min(amount, sum(open_.values(), NOTHING))
    while left > 0:
        unfilled: Sequence[_Key] = [key for key, owed in open_.items() if shares[key] < owed]
        # As much for each of them; of what is less than a unit for each, one unit for the first of them.
        part = max(split_evenly(left, len(unfilled), digits)[-1], unit(digits))
        for key in unfilled:
            share = min(part, open_[key] - shares[key], left)
            shares[key] += share
            left -= share
    return {key: share for key, share in shares.items() if share > 0}
