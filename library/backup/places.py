"""Where the library lies that is backed up or restored: its database, stored files, data folder and secret key."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from library.backup import stored_files
from library.backup.errors import NothingToBackUp
from library.core.config.model import Config, ConfigError, services
from library.embedded import folders
from library.embedded.postgres import Postgres
from library.embedded.supervisor import secret_key


@dataclass(frozen=True)
class Place:
    """A library with its database server running."""

    database_url: str
    redis_url: str
    secret_key: str
    embedded: bool
    var: Path
    media: Path
    time_zone: str


@contextlib.contextmanager
def to_back_up(config: Config) -> Iterator[Place]:
    """The library as it is, running or not; an embedded PostgreSQL is started where none runs.

    Errors: ``ConfigError``, ``NothingToBackUp``.
    """
    if not config.embedded:
        yield _own(config)
        return
    os.umask(0o077)
    if not config.var.is_dir():
        raise NothingToBackUp(where=config.var)
    lock = folders.try_lock(config.var)
    if lock is None:
        yield _running(config)
        return
    with lock:
        if not (Postgres(config.var).data / "PG_VERSION").exists():
            raise NothingToBackUp(where=config.var)
        with _started(config) as place:
            yield place


@contextlib.contextmanager
def to_restore(config: Config) -> Iterator[Place]:
    """Where a backup is to go. An embedded library must not run; its folder is made where there is none.

    Errors: ``ConfigError``.
    """
    os.umask(0o077)  # what is written here is for us alone
    folders.prepare_var(config.var)
    if not config.embedded:
        yield _own(config)
        return
    with folders.lock(config.var), _started(config) as place:
        yield place


def _own(config: Config) -> Place:
    return _place(config, config.database_url, config.redis_url, config.secret_key)


def _running(config: Config) -> Place:
    found = services()
    if found is None:
        raise ConfigError("The library is just starting or stopping; try again in a moment.")
    return _place(config, found.database_url, found.redis_url, found.secret_key)


@contextlib.contextmanager
def _started(config: Config) -> Iterator[Place]:
    postgres = Postgres(config.var)
    postgres.start()
    try:
        yield _place(config, postgres.url, "", secret_key(config.var))
    finally:
        postgres.stop()
        shutil.rmtree(folders.socket_folder(config.var), ignore_errors=True)


def _place(config: Config, database_url: str, redis_url: str, key: str) -> Place:
    return Place(
        database_url=database_url,
        redis_url=redis_url,
        secret_key=key,
        embedded=config.embedded,
        var=config.var,
        media=stored_files.media_folder(),
        time_zone=config.time_zone,
    )
