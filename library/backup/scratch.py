"""Folders that are only needed meanwhile. What a killed run left is removed by the next one."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A new folder in ``parent``, for us alone, gone at the end of the block."""
    forget_leftovers(parent, f"{prefix}*")
    with tempfile.TemporaryDirectory(dir=parent, prefix=prefix) as name, _locked(Path(name)):
        yield Path(name)


def forget_leftovers(parent: Path, pattern: str) -> None:
    """Remove folders and files that nobody has locked: whoever made them no longer lives."""
    for path in parent.glob(pattern):
        with contextlib.suppress(OSError), _locked(path):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Errors: ``OSError`` where another has it locked."""
    number = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(number)
