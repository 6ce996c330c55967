"""A library card: its number as lines that a scanner reads, and what a number may be."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from functools import lru_cache

QUIET_ZONE = 10  # modules of white on either side, as ISO/IEC 15417 asks for
DRAWABLE = re.compile(r"[ -~]{1,40}")


@dataclass(frozen=True)
class Bars:
    """Code 128 as a path of an SVG: ``width`` modules wide with both quiet zones, one unit high."""

    width: int
    path: str


@lru_cache(maxsize=256)
def bars(number: str) -> Bars | None:
    """The lines of ``number``; None where a sign of it is not one that Code 128 holds."""
    from barcode.codex import Code128  # here, for it brings Pillow

    if not DRAWABLE.fullmatch(number):
        return None
    (modules,) = Code128(number).build()
    lines = [f"M{QUIET_ZONE + line.start()} 0h{len(line[0])}v1h-{len(line[0])}z" for line in re.finditer("1+", modules)]
    return Bars(len(modules) + 2 * QUIET_ZONE, "".join(lines))


def new_number() -> str:
    """``L-`` and nine random digits: what is scanned at the desk."""
    return f"L-{secrets.randbelow(10**9):09d}"
