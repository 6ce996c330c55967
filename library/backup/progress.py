"""How far a long command has come, for whoever waits: one line that changes on a terminal, few lines elsewhere."""

from __future__ import annotations

import time

from django.core.management.base import OutputWrapper
from django.utils.translation import gettext as _

EVERY = 0.2  # seconds, on a terminal
EVERY_LINE = 30.0  # seconds, in a log
UNITS = ("B", "kB", "MB", "GB", "TB")


class Progress:
    """Steps, each with its size and time. ``stream`` None: nothing is said."""

    def __init__(self, stream: OutputWrapper | None = None) -> None:
        self._stream = stream
        self._is_terminal = bool(stream and stream.isatty())
        self._words, self._began, self._said, self._done, self._total = "", 0.0, 0.0, 0, 0

    def begin(self, words: str, *, total: int = 0) -> None:
        """A step begins; ``total`` bytes where that is known."""
        self._words, self._done, self._total = words, 0, total
        self._began = self._said = time.monotonic()
        if self._is_terminal:
            self._show(ends=False)

    def add(self, count: int) -> None:
        """So many bytes more."""
        self.at(self._done + count)

    def at(self, done: int = 0) -> None:
        """So many bytes in all; without a number the time alone goes on."""
        self._done = min(done or self._done, self._total or done or self._done)
        if self._words and time.monotonic() - self._said >= (EVERY if self._is_terminal else EVERY_LINE):
            self._show(ends=False)

    def end(self) -> None:
        """The step is done."""
        self._show(ends=True)
        self._words = ""

    def drop(self) -> None:
        """Leave the line to somebody else."""
        if self._is_terminal and self._stream:
            self._write("\r\x1b[K")

    def _show(self, *, ends: bool) -> None:
        self._said = time.monotonic()
        if self._stream is None:
            return
        seconds = self._said - self._began
        line = f"{self._words}: {self._size()}{_time(seconds)}"
        if self._is_terminal:
            self._write(f"\r\x1b[K{line}" + ("\n" if ends else ""))
        else:
            self._write(f"{line}{'' if ends else ' …'}\n")

    def _write(self, text: str) -> None:
        if self._stream:
            self._stream.write(text, style_func=str, ending="")
            self._stream.flush()

    def _size(self) -> str:
        if not self._done:
            return ""
        if self._total:
            part = min(100, 100 * self._done // self._total)
            return _("%(done)s of %(total)s (%(part)d %%), ") % {
                "done": size(self._done),
                "total": size(self._total),
                "part": part,
            }
        return f"{size(self._done)}, "


def size(count: int) -> str:
    """Bytes as a person reads them: ``1.4 MB``."""
    amount, unit = float(count), 0
    while amount >= 1000 and unit < len(UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.1f} {UNITS[unit]}" if unit else f"{count} {UNITS[0]}"


def _time(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
