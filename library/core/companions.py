"""Libraries that others take along wherever they are installed, and that nothing here uses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def left_out(*names: str) -> Iterator[None]:
    """What is imported inside finds none of ``names`` installed. Whoever imports one afterwards gets it as ever."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # Python's own way to say "there is none"
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
