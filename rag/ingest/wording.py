"""Strings from a file made fit to keep and to show. Only the standard library: the reading process uses it."""

from __future__ import annotations

import re
import unicodedata

SPACES = re.compile(r"\s+")
DROPPED = {"Cc", "Cs", "Co", "Cn"}  # control characters, halves of pairs, private and unassigned signs
UNSEEN = dict.fromkeys([0x00AD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, 0xFFFD])


def plain(text: str) -> str:
    """``text`` on one line, composed, without signs that nobody sees or that a database refuses."""
    return SPACES.sub(" ", kept(text)).strip()


def kept(text: str) -> str:
    """``text`` composed and with its white space, without signs that nobody sees or that a database refuses."""
    text = unicodedata.normalize("NFC", text).translate(UNSEEN)
    if text.isascii() and text.isprintable():
        return text
    return "".join(sign for sign in text if sign in "\t\n" or sign.isspace() or unicodedata.category(sign) not in DROPPED)


def short(text: str, most: int = 300) -> str:
    """``plain``, at most so many characters."""
    return plain(text)[:most]
