"""The database of which each test worker's own is a copy: tables are made once in a run, while tests are collected."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from library.embedded.postgres import wheel_folder

NAME, UNFINISHED = "lyceum_template", "lyceum_template_unfinished"
MOST_SECONDS = 300


class TemplateMissing(Exception):
    """The tables could not be made; the sentence holds what was said."""


def begin(server: str, root: Path) -> threading.Thread:
    """Starts to make it on ``server``, an address of PostgreSQL; it has its name once it is whole."""
    making = threading.Thread(target=_make, args=(server, root), daemon=True)
    making.start()
    return making


def _make(server: str, root: Path) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(UNFINISHED)))
        environment = os.environ | {"DATABASE_URL": urlsplit(server)._replace(path=f"/{UNFINISHED}").geturl()}
        order = [sys.executable, "-W", "ignore", "manage.py", "migrate", "--verbosity", "0"]
        ran = subprocess.run(order, cwd=root, env=environment, capture_output=True, text=True, check=False)
        if ran.returncode:
            words = sql.Literal(ran.stderr[-2_000:])
            connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(UNFINISHED), words))
            return
        connection.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(UNFINISHED), sql.Identifier(NAME))
        )


def copy_into(server: str, name: str) -> None:
    """All of it into the empty database ``name``, which may have another locale. Errors: ``CalledProcessError``."""
    programs = wheel_folder() / "bin"
    source, target = (urlsplit(server)._replace(path=f"/{each}").geturl() for each in (NAME, name))
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run([programs / "pg_dump", "-Fc", "-Z0", "-f", file.name, source], check=True)
        subprocess.run([programs / "pg_restore", "--exit-on-error", "-d", target, file.name], check=True)


def wait(server: str, *, seconds: float = MOST_SECONDS) -> None:
    """Returns once it is whole. Errors: ``TemplateMissing`` where it could not be made, or is not within ``seconds``."""
    end = time.monotonic() + seconds
    statement = "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database"
    with psycopg.connect(server, autocommit=True) as connection:
        while time.monotonic() < end:
            found: dict[str, str | None] = dict(connection.execute(statement).fetchall())
            if NAME in found:
                return
            if words := found.get(UNFINISHED):
                raise TemplateMissing(words)
            time.sleep(0.1)
    raise TemplateMissing(f"The tables were not made within {seconds:.0f} s.")
