"""The stored file of a book, opened: whether it is there, and the one that was added."""

from __future__ import annotations

import hashlib
import logging
import os
from typing import IO, Any

from django.core.cache import cache
from django.db import transaction

from catalog.errors import FileAltered, FileLost
from catalog.models import BookFile, FileFault
from library.activity import services as activity

log = logging.getLogger(__name__)
PIECE = 1024 * 1024
KNOWN_FOR = 30 * 24 * 3600  # seconds that a file which was read whole is known by what the disk says of it
MOST_KNOWN = 10_000
_known: dict[str, bool] = {}  # of this process: Redis may be away, and 100 MB should not be read for each range
VERBS = {FileFault.NONE: "book.file_found", FileFault.LOST: "book.file_lost", FileFault.ALTERED: "book.file_altered"}


def opened(book_file: BookFile) -> IO[bytes]:
    """The file, open for reading, at its beginning: byte for byte the one that was added.

    It is read whole at first, and again where its place, length or times on the disk are others than then. A fault is
    noted on the row, recorded once, and stands on the first page of the admin until it is mended. Errors: ``FileLost``,
    ``FileAltered``.
    """
    try:
        file: IO[bytes] = book_file.file.storage.open(str(book_file.file.name), "rb")
    except OSError as gone:
        log.error("The stored file of book %s cannot be opened: %s", book_file.book_id, type(gone).__name__)
        note(book_file, FileFault.LOST)
        raise FileLost from gone
    try:
        is_ours = _is_ours(book_file, file)
    except OSError as gone:
        file.close()
        note(book_file, FileFault.LOST)
        raise FileLost from gone
    if not is_ours:
        file.close()
        note(book_file, FileFault.ALTERED)
        raise FileAltered
    note(book_file, FileFault.NONE)
    return file


@transaction.atomic
def note(book_file: BookFile, fault: FileFault) -> None:
    """Write down that the file was found so, where that is news."""
    if book_file.fault == fault:
        return
    others = BookFile.objects.filter(pk=book_file.pk).exclude(fault=fault)
    if not others.update(fault=fault):
        return
    book_file.fault = fault
    activity.record(actor=None, verb=VERBS[fault], object=book_file.book, data={"file": book_file.original_name})


def faulty(*, most: int) -> list[BookFile]:
    """The files that were found lost or altered, at most so many, with their books; one query."""
    return list(BookFile.objects.exclude(fault=FileFault.NONE).select_related("book").order_by("pk")[:most])


def _is_ours(book_file: BookFile, file: IO[bytes]) -> bool:
    mark = _mark(book_file, file)
    if not mark:
        return _size(file) == book_file.size  # a remote storage, which checks what it keeps by itself
    if _known.get(mark) or cache.get(mark):
        _remember(mark)
        return True
    if _size(file) != book_file.size or _digest(file) != book_file.sha256:
        return False
    _remember(mark)
    cache.set(mark, True, KNOWN_FOR)
    return True


def _mark(book_file: BookFile, file: Any) -> str:
    """What the disk says of the file, and what it should be; empty where it lies on no disk of ours."""
    try:
        found = os.fstat(file.fileno())
    except (AttributeError, OSError, ValueError):
        return ""
    parts = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return f"stored-file:{book_file.sha256}:" + ":".join(map(str, parts))


def _remember(mark: str) -> None:
    if len(_known) >= MOST_KNOWN:
        _known.clear()
    _known[mark] = True


def _size(file: IO[bytes]) -> int:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := file.read(PIECE):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()
