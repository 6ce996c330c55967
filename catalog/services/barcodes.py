"""The next free barcode: the numbers of a library go on as its newest copies have them."""

from __future__ import annotations

import re
from collections import defaultdict

from catalog.models import Copy
from library.core.database.transactions import take_turns
from library.core.typed import folded

NEWEST = 200
NUMBERED = re.compile(r"(?P<prefix>.*?)(?P<number>[0-9]{1,18})", re.ASCII)
LOCK = "catalog.barcode"


def suggest() -> str:
    """What ``take`` would give now; somebody else may be faster."""
    return next_after(list(Copy.objects.order_by("-pk").values_list("barcode", flat=True)[:NEWEST]))


def take() -> str:
    """A barcode that no copy has. Must run in a transaction, which makes others wait until it ends."""
    take_turns(LOCK)
    return suggest()


def next_after(newest: list[str]) -> str:
    """The number after the highest of the most common kind among ``newest``: same beginning, same length."""
    kinds: dict[tuple[str, int], list[int]] = defaultdict(list)
    for barcode in newest:
        if found := NUMBERED.fullmatch(barcode):
            kinds[found["prefix"], len(found["number"])].append(int(found["number"]))
    if not kinds:
        return _free("C-", 5, 1)
    (prefix, width), numbers = max(kinds.items(), key=lambda kind: len(kind[1]))
    return _free(prefix, width, max(numbers) + 1)


def _free(prefix: str, width: int, number: int) -> str:
    """The first of the numbers from ``number`` on that is on no copy, a hundred of them looked up at a time."""
    while True:
        wanted = [f"{prefix}{each:0{width}d}" for each in range(number, number + 100)]
        taken = set(Copy.objects.filter(barcode_folded__in=wanted).values_list("barcode_folded", flat=True))
        for barcode in wanted:
            if folded(barcode) not in taken:
                return barcode
        number += 100
