"""Making a backup of a library that may go on meanwhile."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

import psycopg
from django.utils.translation import gettext as _

from library.backup import archive, manifest, scratch, stored_files, words
from library.backup.manifest import Manifest
from library.backup.places import Place
from library.backup.progress import Progress
from library.backup.server import programs, snapshot
from library.backup.server.snapshot import Snapshot
from library.core.config.model import config
from library.core.config.version import VERSION


@dataclass(frozen=True)
class Made:
    """A backup that was written whole."""

    size: int
    sha256: str
    manifest: Manifest


def make(place: Place, out: IO[bytes], *, at: datetime, progress: Progress) -> Made:
    """Write a backup of ``place`` to ``out``: everything as it was at one moment after this was called.

    The database goes by one snapshot. The files that its rows name are taken hold of in the same moment, so that they
    are in the backup even where the library takes them away a second later. Errors: those of ``library.backup.errors``.
    """
    known = stored_files.columns()
    count = _Count(progress)
    writer = archive.ArchiveWriter(out, at=at, count=count)
    writer.add_text(archive.README, words.readme(at))
    with psycopg.connect(place.database_url, autocommit=True) as connection, contextlib.ExitStack() as until_held:
        until_held.enter_context(stored_files.unchanging(place.database_url, known))
        with snapshot.taken(connection, known) as moment, _held(place.media, moment, until_held) as held:
            found = programs.for_server(manifest.major(moment.server), embedded=place.embedded)
            rows = snapshot.count_rows(connection)  # after the files are held: it may take a while
            lost, altered = _add_media(writer, moment, held, progress)
            until_held.close()
            _add_database(writer, place, found, moment, progress)
    described = Manifest(
        lyceum=VERSION,
        made_at=at,
        postgresql=moment.server,
        pgvector=moment.pgvector,
        pg_dump=found.version,
        embedded=place.embedded,
        time_zone=place.time_zone,
        key_check=manifest.key_check(place.secret_key),
        migrations=moment.migrations,
        rows=rows,
        parts=list(writer.parts),
        settings=words.settings(config()),
        secrets=words.secrets(config(), place),
        lost=lost,
        altered=altered,
    )
    return Made(sha256=writer.finish(described), size=count.written, manifest=described)


@contextlib.contextmanager
def _held(media: Path, moment: Snapshot, until_held: contextlib.ExitStack) -> Iterator[stored_files.Held]:
    """The moment's files within reach. Where the file system has no second names they stay unchanging instead."""
    held = stored_files.Held(media)
    try:
        if held.hold(moment.files):
            until_held.close()
        yield held
    finally:
        held.release()


def _add_media(
    writer: archive.ArchiveWriter, moment: Snapshot, held: stored_files.Held, progress: Progress
) -> tuple[list[str], list[str]]:
    """All stored files; gives the names of those that are lost, and of those that are not what was stored."""
    altered = []
    progress.begin(_("Files of books"), total=sum(file.size or 0 for file in moment.files))
    for file in moment.files:
        if file.name in held.lost:
            continue
        with held.path(file.name).open("rb") as opened:
            part = writer.add_file(archive.MEDIA + file.name, opened)
        if (file.size is not None and file.size != part.size) or (file.sha256 and file.sha256 != part.sha256):
            altered.append(file.name)
    progress.end()
    return sorted(held.lost), altered


def _add_database(
    writer: archive.ArchiveWriter, place: Place, found: programs.Programs, moment: Snapshot, progress: Progress
) -> None:
    """The database. It is dumped beside first, for only a whole dump tells its size."""
    with scratch.folder(place.var, ".backup-") as folder:
        dump = folder / archive.DATABASE
        progress.begin(_("Database"))
        found.dump(place.database_url, dump, snapshot=moment.id, watch=lambda: progress.at(_size(dump)))
        progress.at(dump.stat().st_size)
        progress.end()
        progress.begin(_("Writing it down"), total=dump.stat().st_size)
        with dump.open("rb") as opened:
            writer.add_file(archive.DATABASE, opened)
        progress.end()


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # not begun yet
        return 0


class _Count:
    """Bytes that were written, told to the progress."""

    def __init__(self, progress: Progress) -> None:
        self.written = 0
        self._progress = progress

    def __call__(self, count: int) -> None:
        self.written += count
        self._progress.add(count)
