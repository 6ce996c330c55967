"""A small library of its own on the test run's server, and empty places to restore it into."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from library.backup import archive, making
from library.backup.archive import Checked
from library.backup.places import Place
from library.backup.progress import Progress
from library.backup.server.databases import with_database
from library.backup.targets import target
from tests import template
from tests.stack import ROOT

AT = datetime(2026, 11, 30, 20, 0, tzinfo=UTC)
KEY = "tests-only-" + "x" * 64
SERVER = os.environ["DATABASE_URL"]
SILENT = Progress(None)
_numbers = count(1)


@dataclass(frozen=True)
class Library:
    """A library by its place, and what asks its database."""

    place: Place

    def sql(self, query: str, values: Any = ()) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.place.database_url, autocommit=True) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def manage(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment | more,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.backup.settings",
            "DATABASE_URL": self.place.database_url,
            "LYCEUM_SECRET_KEY": KEY,
            "LYCEUM_VAR": str(self.place.var),
            "LIBRARY_MEDIA": str(self.place.media),
        }

    @property
    def files(self) -> dict[str, bytes]:
        """Every stored file by its name."""
        media = self.place.media
        return {str(path.relative_to(media)): path.read_bytes() for path in media.rglob("*") if path.is_file()}

    def everything(self) -> tuple[dict[str, Any], dict[str, bytes]]:
        """All rows of the tables that people fill, and all files."""
        tables = ["accounts_user", "catalog_book", "catalog_copy", "catalog_bookfile", "accounts_session"]
        return {table: sorted(self.sql(f"TABLE {table}"), key=str) for table in tables}, self.files


def databases() -> set[str]:
    with psycopg.connect(SERVER, autocommit=True) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


def execute(words: str, *names: str) -> None:
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(sql.SQL(words).format(*map(sql.Identifier, names)))


def drop(name: str) -> None:
    for each in (name, f"{name}_restoring", f"{name}_replaced"):
        execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", each)


def make_library(folder: Path) -> Library:
    """A library whose database is not made yet."""
    name = f"backup_{os.environ.get('PYTEST_XDIST_WORKER', 'gw')}_{next(_numbers)}"
    drop(name)
    for each in ("media", "var"):
        (folder / each).mkdir(parents=True, exist_ok=True)
    return Library(
        Place(
            database_url=with_database(SERVER, name),
            redis_url=os.environ["REDIS_URL"],
            secret_key=KEY,
            embedded=False,
            var=folder / "var",
            media=folder / "media",
            time_zone="Europe/Berlin",
        )
    )


def name_of(library: Library) -> str:
    return library.place.database_url.split("/")[-1].split("?")[0]


@pytest.fixture(scope="session")
def new_library(tmp_path_factory) -> Iterator[Library]:
    """As it is once its tables are made."""
    made = make_library(tmp_path_factory.mktemp("new"))
    template.wait(SERVER)
    execute("CREATE DATABASE {} TEMPLATE {}", name_of(made), template.NAME)
    yield made
    drop(name_of(made))


@pytest.fixture(scope="session")
def filled(new_library, tmp_path_factory) -> Iterator[Library]:
    """With people, books and their files; tests only read it."""
    made = make_library(tmp_path_factory.mktemp("filled"))
    execute("CREATE DATABASE {} TEMPLATE {}", name_of(made), name_of(new_library))
    ran = made.manage("shell", "-v", "0", "-c", "from tests.backup.fill import fill; fill()")
    assert ran.returncode == 0, ran.stderr
    yield made
    drop(name_of(made))


@pytest.fixture
def copy_of(tmp_path) -> Iterator[Callable[[Library], Library]]:
    """Copies of a library, for tests that change it."""
    made: list[Library] = []

    def copied(library: Library) -> Library:
        copy = make_library(tmp_path / f"copy-{len(made)}")
        made.append(copy)
        execute("CREATE DATABASE {} TEMPLATE {}", name_of(copy), name_of(library))
        for name, content in library.files.items():
            (copy.place.media / name).parent.mkdir(parents=True, exist_ok=True)
            (copy.place.media / name).write_bytes(content)
        return copy

    yield copied
    for library in made:
        drop(name_of(library))


@pytest.fixture
def elsewhere(tmp_path) -> Iterator[Library]:
    """Where no library is yet, nor a database."""
    made = make_library(tmp_path / "elsewhere")
    yield made
    drop(name_of(made))


def back_up(library: Library, path: Path) -> Checked:
    with target(str(path)) as out:
        making.make(library.place, out, at=AT, progress=SILENT)
    return archive.check(path, lambda count: None)


@pytest.fixture(scope="session")
def backup(filled, tmp_path_factory) -> Checked:
    """A backup of the filled library."""
    return back_up(filled, tmp_path_factory.mktemp("backup") / "library.tar")
