"""The folder that keeps pictures of pages. It is a cache: whatever is missing is drawn again.

A picture belongs to a file by its hash, so a new file has new ones. Files appear whole or not at all.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Literal
from uuid import uuid4

from django.conf import settings

log = logging.getLogger(__name__)
State = Literal["ready", "missing", "broken"]
WIDTHS = (800, 1600)  # pixels: a column on a plain screen; a phone or a screen with small pixels
DRAWN_SO = "1"  # another one whenever pictures are made in another way
WHOLE_FILE = 0  # the page that stands for all of a file
BROKEN_FOR = 24 * 3600  # seconds until a page that could not be drawn is tried again
SEEN_EVERY = 3600  # seconds: how exactly is known when a picture was looked at last
KEPT_SHARE = 0.9  # of the folder's bytes, once it was too large


def state_of(sha256: str, number: int) -> State:
    """How far the pictures of a page of the file with this hash are."""
    if all(_picture(sha256, number, width).exists() for width in WIDTHS):
        return "ready"
    return "broken" if any(_is_fresh(_mark(sha256, page)) for page in (number, WHOLE_FILE)) else "missing"


def opened(sha256: str, number: int, width: int) -> IO[bytes] | None:
    """A picture, open for reading; ``None`` where there is none."""
    path = _picture(sha256, number, width)
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    if time.time() - os.fstat(file.fileno()).st_mtime > SEEN_EVERY:
        _touch(path)
    return file


def keep(sha256: str, number: int, width: int, picture: bytes) -> None:
    """Keep a picture (WebP). Errors: ``OSError`` where it cannot be written; nothing of it stays then."""
    _write(_picture(sha256, number, width), picture)


def mark_broken(sha256: str, number: int = WHOLE_FILE) -> None:
    """A page, or the whole file, cannot be drawn. Errors: ``OSError``."""
    _write(_mark(sha256, number), b"")


def trim(most: int) -> int:
    """Where the folder holds more than ``most`` bytes: the files that were not looked at for longest go. How many."""
    files = sorted(_files(settings.PAGE_IMAGES_FOLDER))
    bytes_held = sum(size for _seen, size, _path in files)
    if bytes_held <= most:
        return 0
    gone = 0
    for _seen, size, path in files:
        if bytes_held <= most * KEPT_SHARE:
            break
        path.unlink(missing_ok=True)  # another worker may be at it
        bytes_held -= size
        gone += 1
    return gone


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """When each was seen last, its bytes, and where it is: whatever lies there, finished or not."""
    try:
        entries: Iterable[os.DirEntry[str]] = list(os.scandir(folder))
    except FileNotFoundError:
        return
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry.path))
            else:
                found = entry.stat(follow_symlinks=False)
                yield found.st_mtime, found.st_size, Path(entry.path)
        except FileNotFoundError:
            continue


def _picture(sha256: str, number: int, width: int) -> Path:
    return _folder(sha256) / f"{number}-{width}.webp"


def _mark(sha256: str, number: int) -> Path:
    return _folder(sha256) / f"{number}.broken"


def _folder(sha256: str) -> Path:
    folder: Path = settings.PAGE_IMAGES_FOLDER
    return folder / DRAWN_SO / sha256[:2] / sha256


def _is_fresh(mark: Path) -> bool:
    try:
        return time.time() - mark.stat().st_mtime < BROKEN_FOR
    except FileNotFoundError:
        return False


def _touch(path: Path) -> None:
    try:
        os.utime(path)
    except OSError as fault:  # it goes a little earlier than it should
        log.warning("When %s was looked at cannot be kept: %s", path.name, type(fault).__name__)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{uuid4().hex}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
