"""The stored files that rows name, and how they are kept in reach while the library goes on.

Which they are is read from the models: every ``FileField`` of every application. A model with the fields ``size`` and
``sha256`` beside it says what the file should be.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import psycopg
from django.apps import apps
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import models
from psycopg import sql

from library.backup import scratch
from library.backup.errors import FilesInUse, MediaElsewhere

HELD = ".backup"  # in the folder of stored files: links to them while they are written to a backup
NO_LINKS = {errno.EPERM, errno.EXDEV, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS, errno.EACCES}
LOCK_SECONDS = 10


@dataclass(frozen=True)
class StoredFile:
    """A file by its name in the storage; ``size`` and ``sha256`` as its row has them, or nothing."""

    name: str
    size: int | None = None
    sha256: str = ""


@dataclass(frozen=True)
class FileColumn:
    """Where the database keeps names of stored files."""

    table: str
    name: str
    size: str
    sha256: str


def media_folder() -> Path:
    """Where stored files lie. Errors: ``MediaElsewhere``."""
    storage: Any = getattr(default_storage, "_wrapped", None) or default_storage
    if not isinstance(default_storage, FileSystemStorage) and not isinstance(storage, FileSystemStorage):
        raise MediaElsewhere
    return Path(default_storage.path(""))


def columns() -> list[FileColumn]:
    """Every column that names stored files, by table."""
    found = []
    for model in apps.get_models():
        if model._meta.proxy or not model._meta.managed:
            continue
        names = {field.name: str(field.column) for field in model._meta.concrete_fields}
        for field in model._meta.concrete_fields:
            if isinstance(field, models.FileField):
                about = FileColumn(
                    model._meta.db_table, names[field.name], names.get("size", ""), names.get("sha256", "")
                )
                found.append(about)
    return sorted(found, key=lambda column: (column.table, column.name))


def present(connection: psycopg.Connection[Any], known: Iterable[FileColumn]) -> list[FileColumn]:
    """Those of ``known`` that this database has: it may be older or newer than the code."""
    rows = connection.execute("SELECT table_name, column_name FROM information_schema.columns").fetchall()
    there = set(rows)
    return [column for column in known if (column.table, column.name) in there]


def named(connection: psycopg.Connection[Any], known: Iterable[FileColumn]) -> list[StoredFile]:
    """Every file that a row names, once, by name."""
    found: dict[str, StoredFile] = {}
    for column in present(connection, known):
        wanted = [column.name, column.size or None, column.sha256 or None]
        query = sql.SQL("SELECT {} FROM {} WHERE {} <> ''").format(
            sql.SQL(", ").join(sql.Identifier(name) if name else sql.SQL("NULL") for name in wanted),
            sql.Identifier(column.table),
            sql.Identifier(column.name),
        )
        for name, size, digest in connection.execute(query):
            found[name] = StoredFile(name, size, digest or "")
    return [found[name] for name in sorted(found)]


@contextlib.contextmanager
def unchanging(url: str, known: Iterable[FileColumn]) -> Iterator[None]:
    """Nobody adds, replaces or takes a stored file meanwhile: whoever wants to waits. Errors: ``FilesInUse``.

    Files leave the disk after the commit that takes their row, so whatever a row names is there as long as this holds.
    """
    with psycopg.connect(url) as connection:
        tables = [sql.Identifier(table) for table in sorted({column.table for column in present(connection, known)})]
        connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(f"{LOCK_SECONDS}s")))
        try:
            if tables:
                connection.execute(sql.SQL("LOCK TABLE {} IN SHARE MODE").format(sql.SQL(", ").join(tables)))
        except psycopg.errors.LockNotAvailable:
            raise FilesInUse from None
        try:
            yield
        finally:
            connection.rollback()


def is_plain(name: str) -> bool:
    """Whether ``name`` leads to a file below the folder of stored files, and nowhere else."""
    steps = PurePosixPath(name).parts
    return bool(steps) and "/".join(steps) == name and not {"..", "/", "//"} & {*steps} and "\0" not in name


class Held:
    """Files kept in reach by a second name each, so that they stay when the library takes the first."""

    def __init__(self, media: Path) -> None:
        self.media = media
        self.folder = media
        self.lost: list[str] = []
        self._until_released = contextlib.ExitStack()

    def hold(self, files: Iterable[StoredFile]) -> bool:
        """Take hold of ``files``. False where this file system has no second names: then they must not change."""
        parent = self.media / HELD
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._until_released.callback(_remove_if_empty, parent)
        self.folder = self._until_released.enter_context(scratch.folder(parent, "held-"))
        for file in files:
            if not is_plain(file.name):
                self.lost.append(file.name)
                continue
            link = self.folder / file.name
            link.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(self.media / file.name, link)
            except FileNotFoundError:
                self.lost.append(file.name)
            except OSError as fault:
                if fault.errno not in NO_LINKS:
                    raise
                self.release()
                self.lost = [file.name for file in files if not self._is_there(file.name)]
                return False
        return True

    def _is_there(self, name: str) -> bool:
        return is_plain(name) and (self.media / name).is_file()

    def path(self, name: str) -> Path:
        return self.folder / name

    def release(self) -> None:
        """Let go of all of them."""
        self._until_released.close()
        self.folder = self.media


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
