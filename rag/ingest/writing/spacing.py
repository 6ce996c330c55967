"""What stands between two lines of one text: a space, in writing that puts spaces between words. Pure."""

from __future__ import annotations

import re

# Han, kana, their signs and wide forms; Thai, Lao, Khmer, Burmese, Tibetan. Hangul has spaces and is not among them.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u3190-\u4dbf\u4e00-\u9fff\ua000-\ua4cf"
    "\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff9f\uffe0-\uffef\U00020000-\U0003ffff]"
)
HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff]")
QUOTES = frozenset("“”‘’…—·")  # stand among such signs too


def is_unspaced(sign: str) -> bool:
    """Whether ``sign`` is of a writing without spaces between words."""
    return bool(sign) and not sign.isascii() and UNSPACED.match(sign) is not None


def is_hangul(sign: str) -> bool:
    """Whether ``sign`` is one of Korean writing, whose lines may end inside a word."""
    return bool(sign) and not sign.isascii() and HANGUL.match(sign) is not None


def between(before: str, after: str) -> str:
    """A space, or nothing where ``before`` ends and ``after`` begins in writing without spaces."""
    last, first = before[-1:], after[:1]
    apart = (is_unspaced(last) and (is_unspaced(first) or first in QUOTES)) or (last in QUOTES and is_unspaced(first))
    return "" if last and first and apart else " "
