"""Putting a backup in place: all of it is made ready beside what is there, and takes its place in one step."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import psycopg
from django.core.cache import cache
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from library.backup import archive, manifest, scratch, stored_files
from library.backup.archive import Checked
from library.backup.errors import (
    BackupOfNewerLibrary,
    BackupOfNewerServer,
    LibraryThere,
    ProgramFailed,
    RestoredDiffers,
    TargetUnusable,
)
from library.backup.manifest import ArchivePart, Manifest
from library.backup.places import Place
from library.backup.progress import Progress
from library.backup.server import databases, programs, snapshot
from library.backup.server.databases import Server
from library.backup.targets import sync_folder
from library.core.config.model import ROOT, child_environment
from library.core.database import other_layouts
from library.embedded import folders

if TYPE_CHECKING:
    from library.core.cache import ForgivingRedisCache

STAGED = ".restoring"  # in the folder of stored files: those that are not there yet
May = Callable[[str], bool]


@dataclass(frozen=True)
class Restored:
    """What is to be told after a restore."""

    manifest: Manifest
    steps: list[str]  # migrations that the backup had not gone through
    is_other_key: bool
    is_other_zone: bool
    is_cache_kept: bool = False


def refuse_newer(path: Path, made: Manifest) -> None:
    """Errors: ``BackupOfNewerLibrary``."""
    unknown = other_layouts.unknown_steps(made.migrations)
    if unknown:
        raise BackupOfNewerLibrary(version=made.lyceum, steps=other_layouts.named(unknown))


def restore(
    place: Place, backup: Checked, *, may_replace: May, progress: Progress, on_last_step: Callable[[], None]
) -> Restored:
    """Put ``backup`` where ``place`` is. ``may_replace`` is asked, with a few words on what is there, before anything
    is done to a library that is there already.

    What is there stays as it is, whatever happens, until the last step; ``on_last_step`` is called before that. Errors:
    those of ``library.backup.errors``.
    """
    made = backup.manifest
    refuse_newer(backup.path, made)
    known = stored_files.columns()
    with databases.server(place.database_url) as server:
        if made.postgresql_major > server.major:
            raise BackupOfNewerServer(made=made.postgresql, server=server.major)
        server.refuse_what_cannot_be()
        before = _what_is_there(place, server)
        if before and not may_replace(before):
            raise LibraryThere(what=before)
        old = _names(place.database_url, known) if server.exists() else set()
        with _staged(place.media, backup, progress) as staged, server.beside() as beside:
            with scratch.folder(place.var, ".restore-") as folder:
                _fill(place, server, backup, beside, folder, progress)
            steps = _settle(place, beside, progress)
            new = _refuse_missing_files(beside, known, made)
            with _writing(place.media):
                _move_in(place.media, staged)
            on_last_step()
            server.switch()
    if place.embedded:
        (place.var / folders.RESTORED).touch()
    for name in old - new:
        (place.media / name).unlink(missing_ok=True)
    return Restored(
        manifest=made,
        steps=steps,
        is_other_key=made.key_check != manifest.key_check(place.secret_key),
        is_other_zone=made.time_zone != place.time_zone,
        is_cache_kept=not _forget_cache(place),
    )


def _what_is_there(place: Place, server: Server) -> str:
    """What the library here holds, in a few words; empty where it is new."""
    filled = databases.what_is_in(place.database_url) if server.exists() else {}
    if not filled:
        return ""
    rows = sum(filled.values())
    return _("%(rows)d rows in %(tables)d tables of the database %(name)s") % {
        "rows": rows,
        "tables": len(filled),
        "name": server.name,
    }


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    """A full disk, or a folder that is not ours, in words. Errors: ``TargetUnusable``."""
    try:
        yield
    except OSError as fault:
        raise TargetUnusable(path=path, why=(fault.strerror or str(fault)).lower()) from fault


# -- stored files -------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _staged(media: Path, backup: Checked, progress: Progress) -> Iterator[Path]:
    """A folder beside the stored files with all that they do not have yet, whole and on the disk."""
    folder = media / STAGED
    shutil.rmtree(folder, ignore_errors=True)  # of a restore that was killed
    progress.begin(_("Files of books"), total=sum(part.size for part in backup.media))
    try:
        with _writing(media), backup.reading() as pieces:
            folder.mkdir(mode=0o700, parents=True)
            for part in backup.media:
                name = part.path.removeprefix(archive.MEDIA)
                if not _has(media / name, part):
                    _write(folder / name, pieces(part))
                progress.add(part.size)
        progress.end()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _has(path: Path, part: ArchivePart) -> bool:
    """Whether the very file is there already."""
    try:
        with path.open("rb") as file:
            return os.fstat(file.fileno()).st_size == part.size and _digest(path) == part.sha256
    except FileNotFoundError:
        return False


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _move_in(media: Path, staged: Path) -> None:
    """Put every staged file among the stored ones.

    Names are made by chance and used once: a file that is there under one of them and is another has been altered, and
    no library would send it. So the library that is there loses nothing, even if it stays.
    """
    folders = set()
    for path in sorted(staged.rglob("*")):
        if path.is_file():
            home = media / path.relative_to(staged)
            home.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.replace(home)
            folders.add(home.parent)
    for folder in folders:
        sync_folder(folder)


# -- database -----------------------------------------------------------------------------------------------------


def _fill(place: Place, server: Server, backup: Checked, beside: str, folder: Path, progress: Progress) -> None:
    """Restore the database beside, and count that all of it is there."""
    made = backup.manifest
    part = next(part for part in made.parts if part.path == archive.DATABASE)
    dump = folder / archive.DATABASE
    with _writing(folder), backup.reading() as pieces:
        _write(dump, pieces(part))
    needed = max(server.major, manifest.major(made.pg_dump))
    found = programs.for_server(needed, embedded=place.embedded)
    progress.begin(_("Database"))
    found.restore(beside, dump, watch=progress.at)
    with psycopg.connect(beside, autocommit=True) as connection:
        counted = snapshot.count_rows(connection)
        connection.execute("ANALYZE")
    progress.end()
    wrong = sorted(name for name in {*counted, *made.rows} if counted.get(name) != made.rows.get(name))
    if wrong:
        why = _("the table %(table)s has %(found)s rows instead of %(wanted)s")
        values = {"table": wrong[0], "found": counted.get(wrong[0], 0), "wanted": made.rows.get(wrong[0], 0)}
        raise RestoredDiffers(why=why % values)


def _settle(place: Place, beside: str, progress: Progress) -> list[str]:
    """Bring the database beside to this code, as a process that knows no other; gives the steps that it went."""
    progress.begin(_("Steps of this version"))
    environment = child_environment() | {
        "DATABASE_URL": beside,
        "REDIS_URL": place.redis_url or f"unix://{place.var}/none.sock",
        "LYCEUM_SECRET_KEY": place.secret_key,
        "LYCEUM_ALLOWED_HOSTS": os.environ.get("LYCEUM_ALLOWED_HOSTS") or "localhost",
    }
    ran = subprocess.run(
        [sys.executable, "manage.py", "settle_restored"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise ProgramFailed(program="manage.py settle_restored", words=ran.stderr.strip()[-600:] or ran.returncode)
    progress.end()
    return ran.stdout.split()


def _names(url: str, known: list[stored_files.FileColumn]) -> set[str]:
    with psycopg.connect(url) as connection:
        return {file.name for file in stored_files.named(connection, known)}


def _refuse_missing_files(beside: str, known: list[stored_files.FileColumn], made: Manifest) -> set[str]:
    """The files that the restored rows name. Errors: ``RestoredDiffers`` where the backup has not all of them."""
    new = _names(beside, known)
    missing = new - {part.path.removeprefix(archive.MEDIA) for part in made.parts} - {*made.lost}
    if missing:
        raise RestoredDiffers(why=_("the stored file %(name)s is not in it") % {"name": min(missing)})
    return new


def _forget_cache(place: Place) -> bool:
    """Empty the cache: what it says is of the library that was there. False where Redis could not be asked."""
    if place.embedded:
        shutil.rmtree(place.var / "redis", ignore_errors=True)
        return True
    try:
        cast("ForgivingRedisCache", cache).empty()
    except (RedisError, OSError):
        return False
    return True
