"""What the services write about themselves: for our eyes alone, and never more than a few megabytes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import BinaryIO

MOST = 5 * 1024**2  # bytes of a file, and of the one before it


def opened(path: Path) -> BinaryIO:
    """``path`` to write on at its end, 0600 whatever it was before."""
    number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.fchmod(number, 0o600)
    return os.fdopen(number, "ab")


def bound(path: Path, *, most: int = MOST) -> bool:
    """Where ``path`` has grown past ``most`` bytes, begin it anew and keep what it had as ``….1``, instead of the last.

    Its writer goes on, for it writes at the end, wherever that is. Gives whether it was so.
    """
    try:
        size = path.stat().st_size
    except OSError:
        return False
    if size <= most:
        return False
    before = path.with_name(f"{path.name}.1")
    before.unlink(missing_ok=True)
    with path.open("rb") as grown, opened(before) as kept:
        grown.seek(size - most)
        shutil.copyfileobj(grown, kept)
    os.truncate(path, 0)
    return True
