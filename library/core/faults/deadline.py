"""By when an answer must be there: set around a request, known to whatever waits for another part on its behalf."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


class Deadline:
    """A moment that may be moved while others look at it. Seconds are those of ``time.monotonic``."""

    def __init__(self, seconds: float | None = None) -> None:
        self.until: float | None = None
        self.each: float | None = None
        if seconds is not None:
            self.begin(seconds)

    def begin(self, seconds: float) -> None:
        """From now on there are ``seconds`` left."""
        self.until = time.monotonic() + seconds

    def relax(self, each: float) -> None:
        """The answer has begun: it may take its time, and each single wait on its way ``each`` seconds."""
        self.until, self.each = None, each

    def left(self) -> float | None:
        """Seconds that a wait may take that begins now; none where nothing limits it. Never less than nothing."""
        return self.each if self.until is None else max(self.until - time.monotonic(), 0.0)


def left() -> float | None:
    """Seconds that a wait on behalf of this request may take; ``None`` outside any, as in a worker."""
    deadline = _current.get()
    return None if deadline is None else deadline.left()


@contextmanager
def within(deadline: Deadline) -> Iterator[Deadline]:
    """What waits inside heeds ``deadline``, also in the threads and tasks that are begun there."""
    token = _current.set(deadline)
    try:
        yield deadline
    finally:
        _current.reset(token)
