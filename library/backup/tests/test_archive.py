"""The one file: what is written is found again, and nothing else is taken for it."""

from __future__ import annotations

import io
import subprocess
import tarfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from library.backup import archive, manifest
from library.backup.errors import BackupBroken, NotABackup
from library.backup.manifest import Manifest

AT = datetime(2026, 11, 30, 20, 0, tzinfo=UTC)
PARTS = {
    "media/books/a.pdf": b"%PDF " + bytes(range(256)) * 5,
    "media/books/b.txt": b"",
    "database.dump": b"PGDMP rows",
}
MANIFEST = Manifest(
    lyceum="0.1.0",
    made_at=AT,
    postgresql="18.4 (Debian 18.4-1)",
    pgvector="0.8.5",
    pg_dump="18.4",
    embedded=True,
    time_zone="Europe/Berlin",
    key_check="01234567",
    migrations=[("accounts", "0001_initial"), ("accounts", "0002_more"), ("catalog", "0001_initial")],
    rows={"public.catalog_book": 3},
    secrets=[manifest.Secret("LYCEUM_SECRET_KEY", "Signs.", ".env")],
)


def write(path: Path, parts: dict[str, bytes] = PARTS, described: Manifest = MANIFEST) -> str:
    with path.open("wb") as out:
        writer = archive.ArchiveWriter(out, at=AT, count=lambda count: None)
        writer.add_text(archive.README, "How to restore it.\n")
        for name, content in parts.items():
            writer.add_file(name, io.BytesIO(content))
        return writer.finish(replace(described, parts=list(writer.parts)))


def check(path: Path) -> archive.Checked:
    return archive.check(path, lambda count: None)


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    write(tmp_path / "backup.tar")
    return tmp_path / "backup.tar"


def test_what_is_written_is_found_again(backup):
    checked = check(backup)
    assert checked.manifest == replace(MANIFEST, parts=checked.manifest.parts)
    assert [part.path for part in checked.media] == ["media/books/a.pdf", "media/books/b.txt"]
    with checked.reading() as pieces:
        for part in checked.manifest.parts:
            if part.path in PARTS:
                assert b"".join(pieces(part)) == PARTS[part.path]


def test_the_digest_that_is_told_is_that_of_the_file(tmp_path):
    told = write(tmp_path / "backup.tar")
    summed = subprocess.run(["sha256sum", tmp_path / "backup.tar"], capture_output=True, text=True, check=True)
    assert summed.stdout.split()[0] == told == check(tmp_path / "backup.tar").sha256


def test_progress_counts_every_byte_once(backup):
    counted: list[int] = []
    archive.check(backup, counted.append)
    assert sum(counted) == backup.stat().st_size


def test_standard_tools_open_it_and_find_it_whole(backup, tmp_path):
    subprocess.run(["tar", "-xf", backup, "-C", tmp_path], check=True)
    folder = tmp_path / archive.FOLDER
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == {
        *PARTS,
        archive.README,
        archive.MANIFEST,
        archive.SUMS,
        archive.WHOLE,
    }
    summed = subprocess.run(
        ["sha256sum", "--check", archive.SUMS], cwd=folder, capture_output=True, text=True, check=False
    )
    assert summed.returncode == 0, summed.stdout
    (folder / "database.dump").write_bytes(b"PGDMP other")
    assert subprocess.run(["sha256sum", "--status", "--check", archive.SUMS], cwd=folder, check=False).returncode == 1


def test_long_names_are_kept(tmp_path):
    name = "media/" + "folder/" * 25 + "book.pdf"
    write(tmp_path / "backup.tar", {name: b"content", "database.dump": b"rows"})
    assert [part.path for part in check(tmp_path / "backup.tar").media] == [name]


def test_no_byte_can_change_unseen(backup):
    whole = backup.read_bytes()
    for at in range(0, len(whole), 7):  # every seventh: a prime, so that all places of a block are met
        backup.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        with pytest.raises((BackupBroken, NotABackup)):
            check(backup)


@pytest.mark.parametrize("kept", [0, 1, 511, 512, 513, 2048, 2560, -1, -511, -512, -1024, -2048, -2049])
def test_cut_off_is_told(backup, kept):
    whole = backup.read_bytes()
    backup.write_bytes(whole[:kept])
    with pytest.raises((BackupBroken, NotABackup)):
        check(backup)


def test_cut_anywhere_is_told(backup):
    whole = backup.read_bytes()
    for kept in range(0, len(whole), archive.BLOCK):
        backup.write_bytes(whole[:kept])
        with pytest.raises((BackupBroken, NotABackup)):
            check(backup)


@pytest.mark.parametrize("more", [b"\0", bytes(512), bytes(10240), b"something else"])
def test_something_behind_it_is_told(backup, more):
    with backup.open("ab") as file:
        file.write(more)
    with pytest.raises(BackupBroken):
        check(backup)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 " * 1000, bytes(10240)])
def test_another_file_is_no_backup(tmp_path, content):
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(NotABackup):
        check(tmp_path / "other")


def test_what_cannot_be_read_is_told_in_words(tmp_path):
    with pytest.raises(NotABackup, match="no such file"):
        check(tmp_path / "missing.tar")
    with pytest.raises(NotABackup, match="is a directory"):
        check(tmp_path)


def test_another_tar_is_no_backup(tmp_path):
    with tarfile.open(tmp_path / "other.tar", "w") as tar:
        tar.add(__file__, "notes.txt")
    with pytest.raises(NotABackup):
        check(tmp_path / "other.tar")


def forge(path: Path, entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    """A backup whose checksums are right, with these parts put in before the manifest."""
    with path.open("wb") as out:
        writer = archive.ArchiveWriter(out, at=AT, count=lambda count: None)
        writer.add_text(archive.README, "How to restore it.\n")
        writer.add_file("database.dump", io.BytesIO(b"rows"))
        for entry, content in entries:
            entry.size = len(content)
            writer._tar.addfile(entry, io.BytesIO(content))
        writer.finish(replace(MANIFEST, parts=list(writer.parts)))


def link(name: str, kind: bytes, to: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, to
    return entry


@pytest.mark.parametrize(
    "entry",
    [
        tarfile.TarInfo("/etc/passwd"),
        tarfile.TarInfo("lyceum-backup/../escaped"),
        tarfile.TarInfo("lyceum-backup/media/../../escaped"),
        tarfile.TarInfo("lyceum-backup/./media/x"),
        tarfile.TarInfo("elsewhere/x"),
        tarfile.TarInfo("lyceum-backup"),
        link("lyceum-backup/media/x", tarfile.SYMTYPE, "/etc/passwd"),
        link("lyceum-backup/media/x", tarfile.LNKTYPE, "lyceum-backup/database.dump"),
        link("lyceum-backup/media/x", tarfile.FIFOTYPE, ""),
    ],
    ids=lambda entry: f"{entry.name} {entry.type!r}",
)
def test_names_that_lead_elsewhere_are_refused(tmp_path, entry):
    forge(tmp_path / "forged.tar", [(entry, b"")])
    with pytest.raises(BackupBroken, match="does not belong"):
        check(tmp_path / "forged.tar")


def test_a_part_that_is_not_listed_is_refused(tmp_path):
    forge(tmp_path / "forged.tar", [(tarfile.TarInfo("lyceum-backup/media/x"), b"more")])
    with pytest.raises(BackupBroken, match="not those that it lists"):
        check(tmp_path / "forged.tar")


def test_a_part_that_comes_twice_is_refused(tmp_path):
    forge(tmp_path / "forged.tar", [(tarfile.TarInfo("lyceum-backup/database.dump"), b"other rows")])
    with pytest.raises(BackupBroken, match="twice"):
        check(tmp_path / "forged.tar")


def test_a_backup_without_a_database_is_refused(tmp_path):
    write(tmp_path / "backup.tar", {"media/books/a.pdf": b"content"})
    with pytest.raises(BackupBroken, match="no database"):
        check(tmp_path / "backup.tar")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("FORMAT_VERSION", 2, "form 2"), ("FORMAT", "another", "another kind")],
)
def test_a_form_that_is_not_known_yet_is_refused(tmp_path, monkeypatch, name, value, said):
    with monkeypatch.context() as later:
        later.setattr(manifest, name, value)
        write(tmp_path / "backup.tar")
    with pytest.raises(NotABackup, match=said):
        check(tmp_path / "backup.tar")


def test_a_manifest_that_says_something_else_is_refused():
    for text in ("", "[]", "{}", '{"format": "lyceum-backup", "format_version": 1, "lyceum": "0.1.0"}'):
        with pytest.raises(ValueError):
            manifest.from_json(text)


def test_what_changed_between_check_and_reading_is_told(backup):
    checked = check(backup)
    part = next(part for part in checked.manifest.parts if part.path == "database.dump")
    with backup.open("r+b") as file:
        file.seek(checked.places[part.path])
        file.write(b"P")
        file.seek(checked.places[part.path] + 1)
        file.write(b"X")
    with checked.reading() as pieces, pytest.raises(BackupBroken, match="since it was checked"):
        list(pieces(part))


def test_keys_are_told_apart_without_being_told():
    first, second = manifest.key_check("x" * 64), manifest.key_check("y" * 64)
    assert first != second
    assert first == manifest.key_check("x" * 64)
    assert len(first) == 8
    assert "x" not in first


@pytest.mark.parametrize(("said", "number"), [("18.4", 18), ("16.10 (Debian 16.10-1.pgdg12+1)", 16), ("18beta1", 18)])
def test_major_version(said, number):
    assert manifest.major(said) == number
