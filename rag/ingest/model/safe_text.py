"""Strings from a file made fit to keep and to show. Only the standard library: the reading process uses it."""

from __future__ import annotations

import re
import unicodedata

SPACES = re.compile(r"\s+")
# Control characters, halves of pairs, soft hyphens, marks of direction and width, private signs, no characters.
DROPPED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ud800-\udfff"
    "\ue000-\uf8ff\ufdd0-\ufdef\ufeff\ufff0-\uffff\U000f0000-\U0010ffff]"
)


def plain(text: str) -> str:
    """``text`` on one line, composed, without signs that nobody sees or that a database refuses."""
    return SPACES.sub(" ", kept(text)).strip()


def kept(text: str) -> str:
    """``text`` composed and with its white space, without signs that nobody sees or that a database refuses."""
    return DROPPED.sub("", text if text.isascii() else unicodedata.normalize("NFC", text))


def short(text: str, most: int = 300) -> str:
    """``plain``, at most so many characters."""
    return plain(text)[:most]
