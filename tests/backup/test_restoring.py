"""A restored library is the one that was backed up; until then the one that is there is as it was."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from django.core.cache import cache
from django_redis.cache import RedisCache
from redis.exceptions import RedisError

from library.backup import archive, manifest, restoring
from library.backup.archive import Checked
from library.backup.errors import (
    BackupBroken,
    BackupOfNewerLibrary,
    BackupOfNewerServer,
    LibraryInUse,
    LibraryThere,
    ProgramFailed,
    RestoredDiffers,
    RestoreUnderWay,
    RoleMayNotRestore,
    TargetUnusable,
)
from library.backup.places import Place
from library.backup.restoring import Restored
from library.backup.server import databases, programs, snapshot
from tests.backup.conftest import AT, SILENT, Library, back_up, drop, execute, name_of
from tests.backup.conftest import databases as all_databases
from tests.stack import ROOT, eventually

pytestmark = [pytest.mark.xdist_group("backup")]


def restore(library: Library, backup: Checked, *, replaces: bool = False, on_last_step=lambda: None) -> Restored:
    return restoring.restore(
        library.place, backup, may_replace=lambda what: replaces, progress=SILENT, on_last_step=on_last_step
    )


def leftovers(library: Library) -> list[str]:
    name = name_of(library)
    found = [other for other in all_databases() if other.startswith(f"{name}_")]
    found += map(str, [*library.place.media.glob(".*"), *library.place.var.glob(".*")])
    return found


def but_sessions(library: Library):
    rows, files = library.everything()
    users = [row[:1] for row in rows["accounts_user"]]  # each has another epoch: everybody was signed out
    return {name: rows[name] for name in rows if name not in {"accounts_user", "accounts_session"}}, users, files


def counted(library: Library) -> dict[str, int]:
    with psycopg.connect(library.place.database_url) as connection:
        return snapshot.count_rows(connection)


@pytest.fixture
def other(filled: Library, copy_of: Callable[[Library], Library]) -> Library:
    """A library that has gone on: a book more, one with another file, one file less."""
    library = copy_of(filled)
    media = library.place.media
    _same, _other, gone = sorted(library.files)
    (media / "books/later.txt").write_bytes(b"later")
    library.sql("UPDATE catalog_bookfile SET file = 'books/later.txt' WHERE file = %s", [gone])
    (media / gone).unlink()
    (media / "books/nobodys.txt").write_bytes(b"no row names it")
    library.sql("UPDATE catalog_book SET title = 'Later'")
    return library


@pytest.fixture
def untouched(other) -> Iterator[Library]:
    """The same; whatever the test does, it must still be there."""
    before = other.everything()
    yield other
    assert other.everything() == before
    assert leftovers(other) == []


def test_into_nothing(filled, backup, elsewhere):
    done = restore(elsewhere, backup)
    assert but_sessions(elsewhere) == but_sessions(filled)
    assert (done.steps, done.is_other_key, done.is_other_zone) == ([], False, False)
    assert elsewhere.sql("SELECT count(*) FROM accounts_session") == [(0,)]
    assert leftovers(elsewhere) == []
    modes = {path.stat().st_mode & 0o777 for path in elsewhere.place.media.rglob("*.txt")}
    assert modes == {0o600}


def test_what_comes_back_is_whole(filled, backup, elsewhere, tmp_path):
    """A backup of what was restored holds the same parts, and the same number of rows of everything but sessions."""
    restore(elsewhere, backup)
    again = back_up(elsewhere, tmp_path / "again.tar")
    assert {part.path: part.sha256 for part in again.media} == {part.path: part.sha256 for part in backup.media}
    rows = {name: [made.manifest.rows[name] for made in (backup, again)] for name in backup.manifest.rows}
    assert {name for name, (was, now) in rows.items() if was != now} == {"public.accounts_session"}
    statement = (
        "SELECT conrelid::regclass::text, conname, contype, convalidated FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"
    )
    assert elsewhere.sql(statement) == filled.sql(statement)
    triggers = "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2"
    assert elsewhere.sql(triggers) == filled.sql(triggers)


def test_into_a_library_that_is_still_new_nobody_is_asked(new_library, copy_of, backup):
    library = copy_of(new_library)
    assert databases.what_is_in(library.place.database_url) == {}
    filled = {name.partition(".")[2] for name, rows in counted(library).items() if rows}
    assert filled == databases.FILLED_FROM_THE_START  # no name too many: it would hide somebody's rows
    restore(library, backup)
    assert library.sql("SELECT count(*) FROM catalog_book") == [(3,)]


def test_a_library_that_is_there_is_not_replaced_unasked(untouched, backup):
    with pytest.raises(LibraryThere, match=r"\d+ rows in \d+ tables of the database"):
        restore(untouched, backup)


def test_a_single_user_makes_a_library(new_library, copy_of, backup):
    library = copy_of(new_library)
    made = library.manage(
        "shell",
        "-v",
        "0",
        "-c",
        "from accounts.services.people import create_user as c; c(email='a@b.org', username='abby', full_name='Abby', password='a quiet room 7')",
    )
    assert made.returncode == 0, made.stderr
    with pytest.raises(LibraryThere):
        restore(library, backup)


def test_said_twice_it_is_replaced_with_its_files(filled, other, backup):
    cache.set("of-the-old-library", True)
    restore(other, backup, replaces=True)
    rows, users, files = but_sessions(other)
    assert (rows, users) == but_sessions(filled)[:2]
    assert files == filled.files | {"books/nobodys.txt": b"no row names it"}  # what nobody knows is left alone
    assert leftovers(other) == []
    assert cache.get("of-the-old-library") is None


@pytest.mark.slow
def test_a_stored_file_that_was_altered_is_mended(filled, copy_of, backup):
    library = copy_of(filled)
    name = min(library.files)
    (library.place.media / name).write_bytes(b"altered")
    restore(library, backup, replaces=True)
    assert library.files == filled.files


@pytest.mark.slow
def test_settings_and_rights_of_the_database_stay(filled, copy_of, backup):
    library = copy_of(filled)
    name = name_of(library)
    execute("ALTER DATABASE {} SET statement_timeout = '77s'", name)
    execute("ALTER DATABASE {} SET search_path = public, pg_temp", name)
    execute("ALTER DATABASE {} CONNECTION LIMIT 33", name)
    execute("REVOKE CONNECT ON DATABASE {} FROM PUBLIC", name)
    execute("GRANT TEMPORARY ON DATABASE {} TO pg_monitor WITH GRANT OPTION", name)
    facts = (
        "SELECT datconnlimit, (SELECT array_agg(one::text ORDER BY one::text) FROM unnest(datacl) one), datcollate, datctype, datlocprovider, pg_encoding_to_char(encoding),"
        " (SELECT setconfig FROM pg_db_role_setting WHERE setdatabase = d.oid) FROM pg_database d WHERE datname = %s"
    )
    before = library.sql(facts, [name])
    restore(library, backup, replaces=True)
    assert library.sql(facts, [name]) == before
    assert library.sql("SHOW statement_timeout") == [("77s",)]
    assert library.sql("SHOW search_path") == [("public, pg_temp",)]


# -- what is refused ----------------------------------------------------------------------------------------------


class Fault(Exception):
    pass


def fail() -> None:
    raise Fault


def test_a_fault_before_the_last_step_leaves_what_was_there(untouched, backup):
    """All is made ready by then: database, files, steps."""
    media, added = untouched.place.media, []

    def look_and_fail() -> None:
        added.extend(sorted(untouched.files.keys()))
        raise Fault

    before = set(untouched.files)
    with pytest.raises(Fault):
        restore(untouched, backup, replaces=True, on_last_step=look_and_fail)
    more = set(untouched.files) - before
    assert len(more) == 1  # a file too many harms nobody; it is in place when its row comes
    (media / more.pop()).unlink()


def test_a_library_in_use_is_left_alone(untouched, backup):
    with psycopg.connect(untouched.place.database_url):
        with pytest.raises(LibraryInUse, match="1 connections"):
            restore(untouched, backup, replaces=True)


@pytest.mark.slow
def test_somebody_who_comes_at_the_last_moment_keeps_the_library(other, backup):
    before = other.everything()[0]
    late: list[psycopg.Connection] = []
    with pytest.raises(LibraryInUse):
        restore(
            other,
            backup,
            replaces=True,
            on_last_step=lambda: late.append(psycopg.connect(other.place.database_url)),
        )
    late[0].close()
    assert other.everything()[0] == before
    assert leftovers(other) == []


def test_two_restores_at_once_are_refused(untouched, backup):
    with databases.server(untouched.place.database_url):
        with pytest.raises(RestoreUnderWay):
            restore(untouched, backup, replaces=True)


def made_differently(backup: Checked, **values) -> Checked:
    return replace(backup, manifest=replace(backup.manifest, **values))


def test_a_backup_of_a_newer_lyceum_is_refused(untouched, backup):
    steps = [*backup.manifest.migrations, ("catalog", "9001_from_the_future"), ("catalog", "9002_and_more")]
    newer = made_differently(backup, lyceum="9.1", migrations=steps)
    with pytest.raises(BackupOfNewerLibrary, match=r"9\.1.*catalog\.9001_from_the_future, catalog\.9002_and_more"):
        restore(untouched, newer, replaces=True)


def test_a_backup_of_a_newer_server_is_refused(untouched, backup):
    with pytest.raises(BackupOfNewerServer, match=r"PostgreSQL 99\.1"):
        restore(untouched, made_differently(backup, postgresql="99.1"), replaces=True)


@pytest.mark.slow
def test_rows_that_are_missing_are_told(untouched, backup):
    rows = backup.manifest.rows | {"public.catalog_book": 4}
    with pytest.raises(RestoredDiffers, match=r"public\.catalog_book has 3 rows instead of 4"):
        restore(untouched, made_differently(backup, rows=rows), replaces=True)


@pytest.mark.slow
def test_a_file_that_a_row_names_and_the_backup_has_not_is_told(untouched, backup):
    lacking = [part for part in backup.manifest.parts if part != backup.media[0]]
    name = backup.media[0].path.removeprefix(archive.MEDIA)
    with pytest.raises(RestoredDiffers, match=name):
        restore(untouched, made_differently(backup, parts=lacking), replaces=True)
    assert restoring._names(untouched.place.database_url, []) == set()


@pytest.mark.slow
def test_a_file_that_was_lost_before_the_backup_is_known_to_be(filled, copy_of, elsewhere, tmp_path):
    library = copy_of(filled)
    lost = min(library.files)
    (library.place.media / lost).unlink()
    restore(elsewhere, back_up(library, tmp_path / "x.tar"))
    assert elsewhere.files == library.files


def test_a_backup_that_breaks_while_it_is_read_is_told(untouched, backup, tmp_path):
    path = tmp_path / "x.tar"
    path.write_bytes(backup.path.read_bytes())
    database = next(part for part in backup.manifest.parts if part.path == archive.DATABASE)
    with path.open("r+b") as file:
        file.seek(backup.places[database.path] + database.size // 2)
        file.write(b"\xff\x00\xff\x00")
    with pytest.raises(BackupBroken):
        restore(untouched, replace(backup, path=path), replaces=True)


def test_a_database_that_pg_restore_cannot_read_is_told(untouched, backup, monkeypatch):
    monkeypatch.setattr(
        programs.Programs,
        "restore",
        lambda *a, **k: programs.Programs._run(a[0], "pg_restore", ["/dev/null"], a[1], fail_never),
    )
    with pytest.raises(ProgramFailed, match="pg_restore ended with an error"):
        restore(untouched, backup, replaces=True)


def fail_never() -> None:
    pass


def test_stored_files_that_cannot_be_written_are_told(filled, copy_of, backup):
    library = copy_of(filled)
    blocked = library.place.media.parent / "file"
    blocked.write_bytes(b"")
    place = replace(library.place, media=blocked / "media")
    before = library.everything()
    with pytest.raises(TargetUnusable, match="not a directory"):
        restore(Library(place), backup, replaces=True)
    assert library.everything() == before
    assert leftovers(library) == []


@pytest.fixture
def role(request) -> Iterator[str]:
    name = "backup_role"
    execute("DROP ROLE IF EXISTS {}", name)
    execute("CREATE ROLE {} LOGIN", name)
    yield name
    execute("DROP OWNED BY {}", name)
    execute("DROP ROLE {}", name)


def acting_as(library: Library, role: str) -> Library:
    url = library.place.database_url
    return Library(replace(library.place, database_url=f"{url}&options=-crole%3D{role}"))


def test_a_role_that_makes_no_databases_is_told_what_it_lacks(untouched, backup, role):
    with pytest.raises(RoleMayNotRestore, match=f'ALTER ROLE "{role}" CREATEDB;'):
        restore(acting_as(untouched, role), backup, replaces=True)


def test_a_role_that_makes_no_extensions_is_told_what_it_lacks(untouched, backup, role):
    execute("ALTER ROLE {} CREATEDB", role)
    with pytest.raises(RoleMayNotRestore, match=f'ALTER ROLE "{role}" SUPERUSER;'):
        restore(acting_as(untouched, role), backup, replaces=True)


def test_a_role_that_does_not_own_the_database_is_told(untouched, backup, role):
    execute("ALTER ROLE {} SUPERUSER", role)
    with pytest.raises(RoleMayNotRestore, match="belongs to lyceum"):
        restore(acting_as(untouched, role), backup, replaces=True)


# -- what is said afterwards --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_another_key_and_another_time_zone_are_told(backup, elsewhere):
    place: Place = replace(elsewhere.place, secret_key="y" * 64, time_zone="Asia/Tokyo")
    done = restore(Library(place), backup)
    assert (done.is_other_key, done.is_other_zone) == (True, True)


def test_a_cache_that_cannot_be_emptied_is_told(backup, elsewhere, monkeypatch):
    def away(self) -> None:
        raise RedisError

    monkeypatch.setattr(RedisCache, "clear", away)
    assert restore(elsewhere, backup).is_cache_kept


# -- the command --------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_command_refuses_once_and_does_it_said_twice(other, filled, backup):
    before = other.everything()
    for words in ([], ["--replace"], ["--yes-replace-everything"]):
        refused = other.manage("restore", str(backup.path), "--verbosity", "0", *words)
        assert refused.returncode == 1
        assert "There is a library here already" in refused.stderr
        assert "Traceback" not in refused.stderr
    assert other.everything() == before
    done = other.manage("restore", str(backup.path), "--replace", "--yes-replace-everything")
    assert done.returncode == 0, done.stderr
    assert "The library is restored. Everybody signs in anew." in done.stdout
    assert but_sessions(other)[0] == but_sessions(filled)[0]


def test_the_command_checks_alone_and_touches_nothing(untouched, backup, tmp_path):
    told = untouched.manage("restore", "--check", str(backup.path))
    assert told.returncode == 0, told.stderr
    assert f"{AT:%Y-%m-%d %H:%M} UTC" in told.stdout
    assert f"SHA-256 {backup.sha256}" in told.stdout
    broken = tmp_path / "broken.tar"
    broken.write_bytes(backup.path.read_bytes()[:-512])
    told = untouched.manage("restore", "--replace", "--yes-replace-everything", str(broken), "--verbosity", "0")
    assert told.returncode == 1
    assert "is damaged" in told.stderr
    assert "Nothing was changed" in told.stderr


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, id="Ctrl-C", marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, id="SIGTERM", marks=pytest.mark.slow),
        pytest.param(signal.SIGKILL, id="SIGKILL"),
    ],
)
def test_stopped_half_way_the_library_is_as_it_was(other, filled, backup, number):
    before = other.everything()
    running = subprocess.Popen(
        [sys.executable, "manage.py", "restore", str(backup.path), "--replace", "--yes-replace-everything"],
        cwd=ROOT,
        env=other.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    eventually(lambda: f"{name_of(other)}_restoring" in all_databases(), seconds=60, pause=0.01)
    running.send_signal(number)
    _out, said = running.communicate(timeout=30)
    assert other.everything()[0] == before[0]
    assert {name: content for name, content in other.files.items() if name in before[1]} == before[1]
    if number == signal.SIGKILL:
        restore(other, backup, replaces=True)  # what it left is in nobody's way
        assert but_sessions(other)[0] == but_sessions(filled)[0]
    else:
        assert running.returncode == 130, said
        assert "Stopped. The library is as it was." in said.decode()
    assert leftovers(other) == []


def test_names_as_long_as_they_may_be(filled, backup, tmp_path):
    """The database beside has a name of its own even where the library's has no room for more letters."""
    with psycopg.connect(filled.place.database_url, autocommit=True) as connection:
        server = databases.Server(filled.place.database_url.replace(name_of(filled), "x" * 63), connection)
    assert len({server.name, server.restoring, server.replaced}) == 3
    assert max(len(server.restoring), len(server.replaced)) <= 63


def test_key_check_is_in_the_manifest(backup, filled):
    assert backup.manifest.key_check == manifest.key_check(filled.place.secret_key)


def test_no_database_is_left_behind(filled):
    assert [name for name in all_databases() if name.endswith(("_restoring", "_replaced"))] == []


def test_dropping_is_for_the_tests_own(tmp_path: Path):
    drop("backup_never_there")
