"""Bytes of a part of markup as text. Runs in the reading process."""

from __future__ import annotations

import codecs
import re

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
UNMARKED = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
DECLARED = re.compile(rb"\s*<\?xml[^>]*encoding\s*=\s*[\"']([\w.:-]+)")
# Codecs that parts of books are written in. Others that Python knows (punycode, utf-7 …) are no writing, and slow.
WRITTEN = re.compile(
    r"(us-)?ascii|utf-?8|iso-?8859-?\d{1,2}|latin-?\d|windows-?\d{3,4}|cp-?\d{3,4}|big5(-?hkscs)?|gbk|gb2312|gb18030|"
    r"hz|euc-?(jp|kr|cn)|shift_?jis|sjis|iso-?2022-?(jp|kr)|koi8-?[ru]|mac\w*|tis-?620|johab|viscii"
)
CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffd]")
LOOKED_AT = 2_000  # signs
LEAST_CONTROL, MOST_CONTROL = 20, 0.15  # signs that no markup holds, and their share


def decoded(content: bytes) -> str:
    """``content`` by its first bytes, else as it says itself, else as UTF-8; what fits nothing becomes U+FFFD."""
    for start, encoding in (*MARKS, *UNMARKED):
        if content.startswith(start):
            return content.decode(encoding, errors="replace")
    declared = DECLARED.match(content[:200])
    name = declared[1].decode().lower() if declared else ""
    try:
        return content.decode(name if WRITTEN.fullmatch(name) else "utf-8", errors="replace")
    except (LookupError, UnicodeError):
        return content.decode("utf-8", errors="replace")


def is_scrambled(text: str) -> bool:
    """Whether ``text`` is none: what stays of a part that was encrypted or overwritten."""
    head = text[:LOOKED_AT]
    return len(CONTROL.findall(head)) > max(LEAST_CONTROL, MOST_CONTROL * len(head))
