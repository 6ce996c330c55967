"""The one file of a backup: a tar that any tar reads, written from its beginning to its end.

    lyceum-backup/README.txt       how to restore it, with Lyceum and without
    lyceum-backup/media/…          stored files, under their names in the storage
    lyceum-backup/database.dump    pg_dump's own format
    lyceum-backup/manifest.json    versions, sizes, digests
    lyceum-backup/SHA256SUMS       as `sha256sum --check` reads it
    lyceum-backup/whole.sha256     the digest of every byte before this last part

The last part has one possible form for each beginning, so that every bit of the file is checked.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

from library.backup import manifest as manifests
from library.backup.errors import BackupBroken, NotABackup
from library.backup.manifest import ArchivePart, Manifest

FOLDER = "lyceum-backup"
README, MANIFEST, SUMS, WHOLE = "README.txt", "manifest.json", "SHA256SUMS", "whole.sha256"
DATABASE, MEDIA = "database.dump", "media/"
BLOCK = tarfile.BLOCKSIZE
TAIL = 4 * BLOCK  # the last part's header and content, and the two empty blocks that end a tar
PIECE = 1024 * 1024
Count = Callable[[int], None]


class ArchiveWriter:
    """Writes a backup into ``out``, which is only ever written on at its end."""

    def __init__(self, out: IO[bytes], *, at: datetime, count: Count) -> None:
        self.parts: list[ArchivePart] = []
        self._out = _Counting(out, count)
        self._at = at
        self._tar = tarfile.TarFile(mode="w", fileobj=self._out, format=tarfile.GNU_FORMAT)  # type: ignore[arg-type]

    def add_text(self, path: str, text: str) -> None:
        content = text.encode()
        self._add(path, io.BytesIO(content), len(content))

    def add_file(self, path: str, file: BinaryIO) -> ArchivePart:
        """All of ``file`` from its beginning."""
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        return self._add(path, file, size)

    def finish(self, manifest: Manifest) -> str:
        """Write what is known only now; gives the digest of the whole file."""
        self.add_text(MANIFEST, manifest.to_json())
        self.add_text(SUMS, "".join(f"{part.sha256}  {part.path}\n" for part in self.parts))
        self._out.write(tail(self._out.digest.hexdigest()))
        return self._out.digest.hexdigest()

    def _add(self, path: str, file: BinaryIO | io.BytesIO, size: int) -> ArchivePart:
        reading = _Digesting(file)
        self._tar.addfile(_entry(path, size, int(self._at.timestamp())), reading)  # type: ignore[arg-type]
        part = ArchivePart(path, size, reading.digest.hexdigest())
        self.parts.append(part)
        return part


@dataclass(frozen=True)
class Checked:
    """A backup in which every byte was found as it was written. ``places``: where each part begins."""

    path: Path
    manifest: Manifest
    places: dict[str, int]
    sha256: str

    @property
    def media(self) -> list[ArchivePart]:
        return [part for part in self.manifest.parts if part.path.startswith(MEDIA)]

    @contextmanager
    def reading(self) -> Iterator[Callable[[ArchivePart], Iterator[bytes]]]:
        """Gives what reads a part in pieces. Errors: ``BackupBroken`` where it is no longer what was checked."""
        with self.path.open("rb") as file:

            def pieces(part: ArchivePart) -> Iterator[bytes]:
                file.seek(self.places[part.path])
                digest, left = hashlib.sha256(), part.size
                while left and (piece := file.read(min(PIECE, left))):
                    digest.update(piece)
                    left -= len(piece)
                    yield piece
                if digest.hexdigest() != part.sha256:
                    raise BackupBroken(path=self.path, why=f"{part.path} has changed since it was checked")

            yield pieces


def check(path: Path, count: Count) -> Checked:
    """Read the whole backup. Errors: ``NotABackup``, ``BackupBroken``."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            return _check(path, file, size, count)
    except OSError as fault:
        raise NotABackup(path=path, why=(fault.strerror or str(fault)).lower()) from None


def _check(path: Path, file: BinaryIO, size: int, count: Count) -> Checked:
    first = file.read(BLOCK)
    if not first.startswith(f"{FOLDER}/{README}\0".encode()):
        raise NotABackup(path=path, why="it does not begin as one does")
    if size < TAIL + BLOCK or size % BLOCK:
        raise BackupBroken(path=path, why="it was cut off")
    file.seek(size - TAIL)
    end = file.read(TAIL)
    file.seek(0)
    reading = _Reading(file, size - TAIL, count)
    places, parts, kept = _walk(path, reading)
    reading.drain()
    count(TAIL)
    if end != tail(reading.digest.hexdigest()):
        is_end = end.startswith(f"{FOLDER}/{WHOLE}\0".encode())
        why = "it is not what was written, by its own checksum" if is_end else "its end is missing"
        raise BackupBroken(path=path, why=why)
    reading.digest.update(end)
    try:
        manifest = manifests.from_json(kept.get(MANIFEST, b"").decode())
    except ValueError as fault:
        raise NotABackup(path=path, why=str(fault)) from None
    listed = {part.path: part for part in manifest.parts}
    if listed != {name: part for name, part in parts.items() if name not in {MANIFEST, SUMS}}:
        raise BackupBroken(path=path, why="its parts are not those that it lists")
    if DATABASE not in listed:
        raise BackupBroken(path=path, why="it holds no database")
    return Checked(path, manifest, places, reading.digest.hexdigest())


def _walk(path: Path, reading: _Reading) -> tuple[dict[str, int], dict[str, ArchivePart], dict[str, bytes]]:
    """Every part in turn: where it begins, its digest, and the manifest's content."""
    places: dict[str, int] = {}
    parts: dict[str, ArchivePart] = {}
    kept: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=reading, mode="r|") as tar:  # type: ignore[call-overload]
            for entry in tar:
                name = _safe_name(path, entry)
                if name in parts:
                    raise BackupBroken(path=path, why=f"{name} is in it twice")
                content = tar.extractfile(entry)
                assert content is not None
                digest, whole = hashlib.sha256(), []
                while piece := content.read(PIECE):
                    digest.update(piece)
                    if name == MANIFEST:
                        whole.append(piece)
                places[name], kept[name] = entry.offset_data, b"".join(whole)
                parts[name] = ArchivePart(name, entry.size, digest.hexdigest())
    except (tarfile.TarError, ValueError, EOFError) as fault:
        raise BackupBroken(path=path, why=f"it cannot be read on ({fault})") from None
    return places, parts, kept


def _safe_name(path: Path, entry: tarfile.TarInfo) -> str:
    """The name of a part below the backup's own folder; nothing else may be in it."""
    steps = PurePosixPath(entry.name).parts
    is_plain = len(steps) > 1 and steps[0] == FOLDER and not {"..", "/", "."} & set(steps) and "\0" not in entry.name
    if not is_plain or not entry.isreg() or "/".join(steps) != entry.name:
        raise BackupBroken(path=path, why=f"{entry.name!r} does not belong in it")
    return "/".join(steps[1:])


def tail(digest: str) -> bytes:
    """How a backup must end whose bytes before have this digest."""
    content = f"{digest}  everything before this part\n".encode()
    header = _entry(WHOLE, len(content), 0).tobuf(tarfile.GNU_FORMAT)
    return header + content.ljust(BLOCK, b"\0") + bytes(2 * BLOCK)


def _entry(path: str, size: int, at: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(f"{FOLDER}/{path}")
    entry.size, entry.mtime, entry.mode = size, at, 0o600
    return entry


class _Counting:
    """What is written, digested and counted."""

    def __init__(self, out: IO[bytes], count: Count) -> None:
        self.digest = hashlib.sha256()
        self._out, self._count, self._at = out, count, 0

    def write(self, piece: bytes) -> int:
        self._out.write(piece)
        self.digest.update(piece)
        self._at += len(piece)
        self._count(len(piece))
        return len(piece)

    def tell(self) -> int:
        return self._at


class _Digesting:
    """What is read, digested."""

    def __init__(self, file: Any) -> None:
        self.digest = hashlib.sha256()
        self._file = file

    def read(self, size: int) -> bytes:
        piece: bytes = self._file.read(size)
        self.digest.update(piece)
        return piece


class _Reading:
    """The first ``size`` bytes of a file, digested and counted."""

    def __init__(self, file: BinaryIO, size: int, count: Count) -> None:
        self.digest = hashlib.sha256()
        self._file, self._left, self._count = file, size, count

    def read(self, size: int) -> bytes:
        piece = self._file.read(min(size, self._left))
        self._left -= len(piece)
        self.digest.update(piece)
        self._count(len(piece))
        return piece

    def drain(self) -> None:
        while self.read(PIECE):
            pass
