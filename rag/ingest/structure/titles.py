"""What two writings of one title have in common."""

from __future__ import annotations

import re
import unicodedata

from rag.ingest.structure.numbering import number_of

WORD = re.compile(r"\w+")
SIGN = re.compile(r"^(?:[A-Z]|[IVXLC]{1,7})\s+(?=\S)")


def fold(text: str) -> str:
    """``text`` without case, accents and typographic forms of signs, of the same length where that can be."""
    return "".join(_folded_sign(sign) for sign in text)


def _folded_sign(sign: str) -> str:
    base = unicodedata.normalize("NFD", sign)[:1].casefold()
    return base if len(base) == 1 else sign


def bare_title(title: str) -> str:
    """A title without its number, unless it is only that."""
    number = number_of(" ".join(title.split()))
    return number.rest if number is not None and number.rest else title


def without_sign(title: str) -> str:
    """A title without the lone letter or roman number that outlines put before it: *A Proofs*, *I Part One*."""
    return SIGN.sub("", " ".join(title.split()))


def folded(title: str) -> str:
    """What two writings of one title have in common: words without number, case, accents and signs."""
    return " ".join(WORD.findall(fold(bare_title(title))))
