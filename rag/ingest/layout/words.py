"""Words as readers know them: composed, without control signs, ligatures spelt out."""

from __future__ import annotations

import re
import unicodedata

SPACES = re.compile(r"[\s\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
PICTURES = re.compile(r"[\ue000-\uf8ff]")  # icon fonts: private signs that mean nothing as text
INVISIBLE = dict.fromkeys([*range(0x20), 0x7F, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xFFFD])
INVISIBLE[9] = INVISIBLE[10] = " "
LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
SIGNS = INVISIBLE | LIGATURES


def tidy(text: str) -> str:
    """``text`` composed, without control signs, every run of white space one space."""
    if text.isascii() and text.isalnum():
        return text
    text = PICTURES.sub("", unicodedata.normalize("NFC", text).translate(SIGNS))
    return SPACES.sub(" ", text).strip()
