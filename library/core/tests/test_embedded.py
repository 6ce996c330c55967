"""The embedded services, started for real in folders of their own."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest

from library.core.config.model import ConfigError
from library.embedded import folders
from library.embedded.postgres import Postgres, wheel_folder
from library.embedded.redis import Redis
from library.embedded.supervisor import secret_key


@pytest.fixture
def var(tmp_path):
    tmp_path.chmod(0o755)
    folders.prepare_var(tmp_path)
    return tmp_path


def test_data_survives_a_restart_of_postgresql(var):
    first = Postgres(var, durable=False)
    first.start()
    with psycopg.connect(first.url) as connection:
        connection.execute(
            "CREATE EXTENSION vector; CREATE TABLE kept (embedding vector); INSERT INTO kept VALUES ('[1,2]')"
        )
    first.stop()
    second = Postgres(var, durable=False)
    second.start()
    try:
        with psycopg.connect(second.url) as connection:
            assert connection.execute("SELECT embedding::text FROM kept").fetchall() == [("[1,2]",)]
    finally:
        second.stop()


def test_server_of_a_killed_start_is_ended_and_its_socket_replaced(var):
    redis = Redis(var)
    redis.start()
    forgotten = redis.process
    assert forgotten is not None
    successor = Redis(var)
    assert successor.mend() is True
    assert forgotten.wait(5) is not None
    successor.start()
    assert successor.mend() is True  # it is found again by its process file
    successor.stop()


def test_process_file_that_names_a_stranger_harms_nobody(var):
    redis = Redis(var)
    redis.folder.mkdir()
    (redis.folder / "redis.pid").write_text(str(os.getppid()))
    assert redis.mend() is False
    os.kill(os.getppid(), 0)


def test_socket_folder_of_somebody_else_is_refused(var):
    folder = folders.socket_folder(var)
    folder.rmdir()
    folder.symlink_to(var)
    try:
        with pytest.raises(ConfigError):
            folders.socket_folder(var)
    finally:
        folder.unlink()


def test_data_moves_only_where_postgres_cannot_reach(tmp_path):
    account = folders.postgres_account()
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    if os.geteuid() == 0:
        assert folders.postgres_data(closed, account).is_relative_to(folders.ROOT_DATA)
    else:
        assert folders.postgres_data(closed, account) == closed / "postgres"


def test_data_of_a_folder_that_has_gone_is_noticed(tmp_path, monkeypatch):
    """As root a clone at the place of a deleted one finds that one's database, without its books' files."""
    monkeypatch.setattr(folders, "ROOT_DATA", tmp_path / "elsewhere")
    monkeypatch.setattr(folders, "reachable", lambda path, account: False)
    postgres = Postgres(tmp_path / "var")
    seen = [postgres.moved, postgres.is_orphaned]
    postgres.data.mkdir(parents=True)
    (postgres.data / "PG_VERSION").write_text("18")
    seen.append(postgres.is_orphaned)
    assert secret_key_made(tmp_path / "var")
    seen.append(postgres.is_orphaned)
    assert seen == [True, False, True, False], "nothing there, data without its folder, ours at the second start"


def secret_key_made(var: Path) -> str:
    var.mkdir()
    return secret_key(var)


def test_programs_out_of_reach_run_from_a_copy_with_their_libraries(var, monkeypatch):
    """As root with the virtual environment in a private home; as anybody else nothing is out of reach."""
    elsewhere = Path(tempfile.mkdtemp(prefix="lyceum-"))
    elsewhere.chmod(0o755)
    monkeypatch.setattr(folders, "ROOT_DATA", elsewhere)
    is_reachable = folders.reachable
    monkeypatch.setattr(
        folders, "reachable", lambda path, account: path != wheel_folder() and is_reachable(path, account)
    )
    postgres = Postgres(var, durable=False)
    postgres.start()
    try:
        assert elsewhere in postgres._program("postgres").parents
        with psycopg.connect(postgres.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        postgres.stop()
        shutil.rmtree(elsewhere)
