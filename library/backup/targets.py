"""Where a backup is written: whole under its name, or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import glob
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from library.backup import scratch
from library.backup.errors import TargetUnusable

STANDARD_OUTPUT = "-"


@contextlib.contextmanager
def target(name: str) -> Iterator[IO[bytes]]:
    """A file to write the backup to. It has its name only once the block has ended well. Errors: ``TargetUnusable``."""
    try:
        if name == STANDARD_OUTPUT:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        else:
            with _file(Path(name).absolute()) as file:
                yield file
    except OSError as fault:
        raise TargetUnusable(path=_shown(name), why=(fault.strerror or str(fault)).lower()) from fault


@contextlib.contextmanager
def _file(path: Path) -> Iterator[IO[bytes]]:
    if path.is_dir():
        raise IsADirectoryError(0, "it is a folder")
    scratch.forget_leftovers(path.parent, f".{glob.escape(path.name)}.*.partial")
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        # For its owner alone: it holds the names of all readers.
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # whoever cleans up sees that it is being written
            yield file
            file.flush()
            os.fsync(file.fileno())
            draft.replace(path)
        sync_folder(path.parent)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Let the names in ``folder`` outlive a power cut."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _shown(name: str) -> str:
    return "standard output" if name == STANDARD_OUTPUT else name
