"""A backup holds one moment of the library, whatever happens meanwhile."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from library.backup import archive, stored_files
from library.backup.errors import FilesInUse, NothingToBackUp
from library.backup.stored_files import FileColumn, Held, StoredFile
from tests.backup.conftest import AT, KEY, back_up, execute, name_of
from tests.stack import ROOT, eventually

pytestmark = [pytest.mark.xdist_group("backup")]
BOOK_FILES = FileColumn("catalog_bookfile", "file", "size", "sha256")


def leftovers(library) -> list[str]:
    """Files of a backup that should have gone."""
    places = [*library.place.media.rglob(".*"), *library.place.var.glob(".backup*")]
    return [str(path) for path in places]


def media_of(checked) -> dict[str, str]:
    return {part.path.removeprefix(archive.MEDIA): part.sha256 for part in checked.media}


def test_every_file_that_a_row_names_is_in_it_as_the_row_says(filled, backup):
    rows = filled.sql("SELECT file, sha256 FROM catalog_bookfile")
    assert len(rows) == 3
    assert media_of(backup) == dict(rows)
    assert not leftovers(filled)


def test_it_says_what_is_in_it(filled, backup):
    made = backup.manifest
    assert made.made_at == AT
    assert made.rows["public.catalog_book"] == 3
    assert made.postgresql.startswith("18.")
    assert made.pgvector
    assert ("accounts", "0001_initial") in made.migrations
    assert len(made.migrations) == filled.sql("SELECT count(*) FROM django_migrations")[0][0]
    assert (made.lost, made.altered) == ([], [])
    assert made.time_zone == "Europe/Berlin"


def test_secrets_are_named_and_none_is_in_it(backup):
    names = {secret.name for secret in backup.manifest.secrets}
    assert {"DATABASE_URL", "REDIS_URL", "LYCEUM_SECRET_KEY"} <= names
    with tarfile.open(backup.path) as tar:
        text = b"".join(tar.extractfile(entry).read() for entry in tar if not entry.name.endswith("database.dump"))  # type: ignore[union-attr]
    assert KEY.encode() not in text
    assert os.environ["DATABASE_URL"].encode() not in text
    assert all(secret.words and secret.where for secret in backup.manifest.secrets)


def test_files_that_no_row_names_are_left_out(filled, copy_of, tmp_path):
    library = copy_of(filled)
    for name in ("pending/0123", "books/leaked.pdf"):
        (library.place.media / name).parent.mkdir(exist_ok=True)
        (library.place.media / name).write_bytes(b"nobody's")
    assert set(media_of(back_up(library, tmp_path / "x.tar"))) == {
        name for (name,) in library.sql("SELECT file FROM catalog_bookfile")
    }


def test_lost_and_altered_files_are_named_and_do_not_stop_it(filled, copy_of, tmp_path):
    library = copy_of(filled)
    lost, altered, whole = sorted(library.files)
    (library.place.media / lost).unlink()
    (library.place.media / altered).write_bytes(b"other")
    checked = back_up(library, tmp_path / "x.tar")
    assert (checked.manifest.lost, checked.manifest.altered) == ([lost], [altered])
    assert media_of(checked) == {
        altered: hashlib.sha256(b"other").hexdigest(),
        whole: hashlib.sha256(library.files[whole]).hexdigest(),
    }


@pytest.mark.parametrize("name", ["../outside.pdf", "/etc/hostname", "books/./x.pdf", "books//x.pdf"])
def test_a_name_that_leads_elsewhere_is_taken_for_lost(filled, copy_of, tmp_path, name):
    library = copy_of(filled)
    (library.place.media.parent / "outside.pdf").write_bytes(b"somebody else's")
    library.sql("UPDATE catalog_bookfile SET file = %s WHERE file = %s", [name, min(library.files)])
    checked = back_up(library, tmp_path / "x.tar")
    assert checked.manifest.lost == [name]
    assert len(checked.media) == 2


def test_a_file_that_is_taken_away_meanwhile_is_in_it(filled, copy_of, tmp_path, monkeypatch):
    """Its row goes and then it does, as soon as the moment is taken: the backup has both."""
    library = copy_of(filled)
    gone = min(library.files)
    whole = library.files[gone]
    add = archive.ArchiveWriter.add_file
    done: list[str] = []

    def lose_then_add(self, path, file):
        if not done:  # the first file is being written: all of them are held, and the library goes on
            library.sql("DELETE FROM catalog_bookfile WHERE file = %s", [gone])
            (library.place.media / gone).unlink()
            done.append(path)
        return add(self, path, file)

    monkeypatch.setattr(archive.ArchiveWriter, "add_file", lose_then_add)
    checked = back_up(library, tmp_path / "x.tar")
    assert gone not in library.files
    assert media_of(checked)[gone] == hashlib.sha256(whole).hexdigest()
    assert checked.manifest.rows["public.catalog_bookfile"] == 3
    assert checked.manifest.lost == []
    assert not leftovers(library)


def test_a_file_that_comes_meanwhile_is_not_in_it_nor_its_row(filled, copy_of, tmp_path, monkeypatch):
    library = copy_of(filled)
    add = archive.ArchiveWriter.add_file
    came: list[str] = []

    def come_then_add(self, path, file):
        if not came:
            (library.place.media / "books/new.txt").write_bytes(b"new")
            library.sql("UPDATE catalog_bookfile SET file = 'books/new.txt' WHERE file = %s", [min(library.files)])
            came.append(path)
        return add(self, path, file)

    before = set(library.files)
    monkeypatch.setattr(archive.ArchiveWriter, "add_file", come_then_add)
    assert set(media_of(back_up(library, tmp_path / "x.tar"))) == before


def test_without_second_names_files_wait_until_they_are_copied(filled, copy_of, tmp_path, monkeypatch):
    """On a file system without hard links, whoever would change a stored file waits for that long."""
    library = copy_of(filled)

    def refuse(*names):
        raise OSError(errno.EPERM, "Operation not permitted")

    add = archive.ArchiveWriter.add_file
    waited: list[str] = []

    def add_while_locked(self, path, file):
        if path.startswith(archive.MEDIA):
            with psycopg.connect(library.place.database_url) as other:
                other.execute("SET lock_timeout = '50ms'")
                try:
                    other.execute("DELETE FROM catalog_bookfile")
                except psycopg.errors.LockNotAvailable:
                    waited.append(path)
                other.rollback()
        return add(self, path, file)

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(archive.ArchiveWriter, "add_file", add_while_locked)
    checked = back_up(library, tmp_path / "x.tar")
    assert len(media_of(checked)) == len(waited) == 3
    assert not leftovers(library)
    library.sql("DELETE FROM catalog_bookfile")  # and goes on afterwards


def test_files_can_change_again_as_soon_as_they_are_held(filled, copy_of, tmp_path, monkeypatch):
    library = copy_of(filled)
    add = archive.ArchiveWriter.add_file
    changed: list[str] = []

    def change_then_add(self, path, file):
        with psycopg.connect(library.place.database_url, autocommit=True) as other:
            other.execute("SET lock_timeout = '50ms'")
            other.execute("UPDATE catalog_bookfile SET original_name = 'renamed.txt'")
            changed.append(path)
        return add(self, path, file)

    monkeypatch.setattr(archive.ArchiveWriter, "add_file", change_then_add)
    back_up(library, tmp_path / "x.tar")
    assert len(changed) == 4  # three files and the database


def test_who_changes_the_list_of_files_for_too_long_is_told_of(filled, copy_of, monkeypatch):
    library = copy_of(filled)
    monkeypatch.setattr(stored_files, "LOCK_SECONDS", 0.2)
    with psycopg.connect(library.place.database_url) as uploading:
        uploading.execute("UPDATE catalog_bookfile SET original_name = 'x'")
        with pytest.raises(FilesInUse), stored_files.unchanging(library.place.database_url, [BOOK_FILES]):
            pass
        uploading.rollback()


def test_an_upload_under_way_is_waited_for(filled, copy_of, tmp_path):
    library = copy_of(filled)
    with psycopg.connect(library.place.database_url) as uploading, ThreadPoolExecutor(1) as pool:
        uploading.execute("UPDATE catalog_bookfile SET original_name = 'arrived.txt'")
        made = pool.submit(back_up, library, tmp_path / "x.tar")
        time.sleep(0.5)
        assert not made.done()
        uploading.commit()
        assert len(made.result(30).media) == 3


def test_columns_are_found_in_the_models():
    assert BOOK_FILES in stored_files.columns()


def test_what_killed_runs_left_goes_and_what_another_holds_stays(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"content")
    (tmp_path / ".backup" / "held-left").mkdir(parents=True)
    (tmp_path / ".backup" / "held-left" / "a.pdf").write_bytes(b"content")
    first, second = Held(tmp_path), Held(tmp_path)
    assert first.hold([StoredFile("a.pdf")])
    assert second.hold([StoredFile("a.pdf")])
    assert sorted(path.name for path in (tmp_path / ".backup").iterdir()) == sorted(
        held.folder.name for held in (first, second)
    )
    assert first.path("a.pdf").read_bytes() == b"content"
    first.release()
    second.release()
    assert [path.name for path in tmp_path.iterdir()] == ["a.pdf"]


def test_a_database_without_tables_is_no_library(elsewhere, tmp_path):
    execute("CREATE DATABASE {}", name_of(elsewhere))
    with pytest.raises(NothingToBackUp, match=name_of(elsewhere)):
        back_up(elsewhere, tmp_path / "x.tar")
    assert list(tmp_path.glob("*.tar")) == []


# -- the command --------------------------------------------------------------------------------------------------


def test_the_command_writes_a_file_and_says_what_is_not_in_it(filled, tmp_path):
    ran = filled.manage("backup", str(tmp_path / "x.tar"))
    assert ran.returncode == 0, ran.stderr
    assert f"SHA-256 {hashlib.sha256((tmp_path / 'x.tar').read_bytes()).hexdigest()}" in ran.stdout
    assert "LYCEUM_SECRET_KEY" in ran.stdout
    assert KEY not in ran.stdout + ran.stderr
    assert "Database: " in ran.stderr
    assert [path.name for path in tmp_path.glob("*.tar")] == ["x.tar"]


def test_standard_output_gets_the_file_alone(filled, tmp_path):
    with (tmp_path / "x.tar").open("wb") as out:
        ran = subprocess.run(
            [sys.executable, "manage.py", "backup", "-", "--verbosity", "0"],
            cwd=ROOT,
            env=filled.environment,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    assert len(archive.check(tmp_path / "x.tar", lambda count: None).media) == 3
    assert "SHA-256" in ran.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_stopped_half_way_it_leaves_nothing(filled, number):
    """Nobody reads what it writes, so it stands in the middle of a file until the signal comes."""
    running = subprocess.Popen(
        [sys.executable, "manage.py", "backup", "-"],
        cwd=ROOT,
        env=filled.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    eventually(lambda: leftovers(filled), seconds=60)
    time.sleep(0.5)
    running.send_signal(number)
    _out, said = running.communicate(timeout=20)
    assert running.returncode == 130
    assert "Stopped. No backup was written, and nothing was left." in said.decode()
    assert "Traceback" not in said.decode()
    assert not leftovers(filled)


def test_killed_half_way_it_leaves_links_that_the_next_one_removes(filled, tmp_path):
    running = subprocess.Popen(
        [sys.executable, "manage.py", "backup", "-"],
        cwd=ROOT,
        env=filled.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    eventually(lambda: leftovers(filled), seconds=60)
    running.kill()
    running.communicate()
    assert leftovers(filled)
    back_up(filled, tmp_path / "x.tar")
    assert [name for name in leftovers(filled) if "media" in name] == []


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(filled, tmp_path):
    ran = filled.manage("backup", str(tmp_path / "missing" / "x.tar"), "--verbosity", "0")
    assert ran.returncode == 1
    assert "cannot be written: no such file or directory" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_server_that_is_away_is_told_without_its_password(filled):
    away = "postgresql://lyceum:very-secret@127.0.0.1:1/lyceum"
    ran = filled.manage("backup", "-", "--verbosity", "0", DATABASE_URL=away)
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert "very-secret" not in ran.stderr + ran.stdout
    assert "refused" in ran.stderr


def test_the_manifest_is_plain_json(backup):
    with tarfile.open(backup.path) as tar:
        read = json.load(tar.extractfile(f"{archive.FOLDER}/{archive.MANIFEST}"))  # type: ignore[arg-type]
    assert read["format"] == "lyceum-backup"
    assert read["migrations"]["accounts"][0] == "0001_initial"
    assert {"path", "size", "sha256"} == set(read["parts"][0])
