"""What the markup of one part of a file may cost. Runs in the reading process.

Parsers of markup take more time than the length of what they read where it is meant so. Hence it is counted before, by
plain passes over the bytes, and what is left is held to a time of computing.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from rag.ingest.sandbox.reader import FileRefused

MOST_BYTES = 8 * 1024**2  # of a chapter; the longest novel in one piece has four
MOST_TAGS = 400_000
MOST_ATTRIBUTES = 400_000
LONGEST_TAG = 4 * 1024**2  # bytes: a picture may stand in one
MOST_UNCLOSED = 200  # of each kind of bracket
MOST_SECONDS = 8.0  # of computing, for one part
BRACKETS = ((b"<!--", b"-->"), (b"<![", b"]"), (b"<?", b">"), (b"<", b">"))
_TAG = re.compile(rb"<[^<>]*")


def check(content: bytes) -> None:
    """Whether ``content`` may be parsed at all. Errors: ``FileRefused``."""
    if len(content) > MOST_BYTES:
        raise FileRefused("file_part_too_long", most=MOST_BYTES // 1024**2)
    if content.count(b"<") > MOST_TAGS or _attributes(content) > MOST_ATTRIBUTES:
        raise FileRefused("file_part_too_intricate", most=MOST_TAGS)
    if any(_unclosed(content, *pair) > MOST_UNCLOSED for pair in BRACKETS) or _longest(content) > LONGEST_TAG:
        raise FileRefused("file_part_not_closed", most=MOST_UNCLOSED)


@contextmanager
def timed() -> Iterator[None]:
    """At most ``MOST_SECONDS`` of computing inside. Only in the main thread of the reading process; elsewhere, as in
    tests, nothing is measured. Errors: ``FileRefused``."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise FileRefused("file_part_too_slow", most=MOST_SECONDS)

    try:
        before = signal.signal(signal.SIGVTALRM, end)
    except ValueError:  # not the main thread
        yield
        return
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _attributes(content: bytes) -> int:
    """How many values are given within tags; what stands between them costs nothing."""
    return sum(tag.count(b"=") for tag in _TAG.findall(content)) if content.count(b"=") > MOST_ATTRIBUTES else 0


def _unclosed(content: bytes, opens: bytes, closes: bytes) -> int:
    """How many brackets are opened behind the last one that is closed."""
    return content.count(opens, content.rfind(closes) + 1)


def _longest(content: bytes) -> int:
    if len(content) <= LONGEST_TAG:
        return 0
    return max((len(tag) for tag in _TAG.findall(content)), default=0)
