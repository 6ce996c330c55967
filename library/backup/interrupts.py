"""Ctrl-C and SIGTERM, alike: they end a command in order, until its last step has begun."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Somebody wants the command to end. No ``Exception``, so that nothing takes it for a fault of its own."""


@contextlib.contextmanager
def heeded() -> Iterator[None]:
    """Raise ``Interrupted`` at the next one, and hear no second while tidying up."""
    before = {number: signal.signal(number, _raise) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def put_off() -> Iterator[None]:
    """Hear of it at the end of the block: for a step that is short and must not be left half-done."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


def ignore() -> None:
    """From here on it is quicker to come to the end than to go back."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def _raise(number: int, frame: FrameType | None) -> None:
    ignore()
    raise Interrupted
