"""Which pg_dump is taken, and what is said where none fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from library.backup.errors import ProgramFailed, ProgramsMissing, ProgramsTooOld
from library.backup.server import programs


def install(folder: Path, version: str, *, with_restore: bool = True) -> Path:
    """Programs that say which version they are, as PostgreSQL's do."""
    folder.mkdir(parents=True)
    for name in ("pg_dump", "pg_restore") if with_restore else ("pg_dump",):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def nothing_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(programs, "DEBIAN", tmp_path / "debian")
    monkeypatch.setattr(programs, "_wheel", list)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


def test_none_is_told_with_what_to_install(nothing_here):
    with pytest.raises(ProgramsMissing, match="postgresql-client-18"):
        programs.for_server(18, embedded=False)


def test_all_too_old_is_told_with_the_newest_that_is_here(nothing_here):
    install(nothing_here / "bin", "15.18 (Debian 15.18-0+deb12u1)")
    install(nothing_here / "debian" / "16" / "bin", "16.10")
    with pytest.raises(ProgramsTooOld, match=r"PostgreSQL 18, .* is 16\.10 .*16/bin"):
        programs.for_server(18, embedded=False)


def test_the_same_version_is_taken_before_a_newer_one_and_the_path_s_first(nothing_here):
    on_path = install(nothing_here / "bin", "16.10")
    for version in ("16", "17", "18"):
        install(nothing_here / "debian" / version / "bin", f"{version}.1")
    assert programs.for_server(16, embedded=False).folder == on_path
    assert programs.for_server(17, embedded=False).version == "17.1"
    assert programs.for_server(15, embedded=False).folder == on_path


def test_pg_dump_without_pg_restore_is_no_use(nothing_here):
    install(nothing_here / "bin", "18.4", with_restore=False)
    with pytest.raises(ProgramsMissing):
        programs.for_server(18, embedded=False)


def test_a_program_that_says_something_else_is_left_out(nothing_here):
    folder = install(nothing_here / "bin", "18.4")
    (folder / "pg_dump").write_text("#!/bin/sh\necho 'Error: no cluster'\nexit 1\n")
    with pytest.raises(ProgramsMissing):
        programs.for_server(18, embedded=False)


def test_embedded_mode_takes_the_wheel_s_whatever_the_path_has(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(install(tmp_path / "bin", "18.9")))
    found = programs.for_server(18, embedded=True)
    assert found.folder == programs._wheel()[0]
    assert found.major == 18


def test_the_password_is_in_no_list_of_processes():
    bare, environment = programs.without_password("postgresql://lyceum:p%40ss%20word@db:5433/lyceum?sslmode=require")
    assert "ss" not in bare.replace("sslmode", "")
    assert environment["PGPASSWORD"] == "p@ss word"
    assert {"host=db", "port=5433", "dbname=lyceum", "user=lyceum", "sslmode=require"} <= set(bare.split())


def test_a_socket_s_folder_is_kept():
    bare, environment = programs.without_password("postgresql://lyceum@/lyceum?host=%2Ftmp%2Fx%2Fpg")
    assert "host=/tmp/x/pg" in bare
    assert "PGPASSWORD" not in environment or environment["PGPASSWORD"]


def test_what_a_program_says_is_told(tmp_path):
    found = programs.for_server(18, embedded=True)
    with pytest.raises(ProgramFailed, match=r"pg_dump ended with an error: .*no-such-folder"):
        found.dump(
            "postgresql://lyceum@/lyceum?host=%2Fno-such-folder", tmp_path / "x", snapshot="0", watch=lambda: None
        )


def test_who_watches_may_end_it(tmp_path):
    """An exception while a program runs ends the program too."""
    folder = install(tmp_path / "bin", "18.4")
    (folder / "pg_dump").write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nsleep 60\n")

    def stop() -> None:
        if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text():
            raise InterruptedError

    with pytest.raises(InterruptedError):
        programs.Programs(folder, "18.4").dump("postgresql:///x", tmp_path / "x", snapshot="0", watch=stop)
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()
