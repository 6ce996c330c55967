"""One moment of the database, as every part of a backup sees it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from library.backup import stored_files
from library.backup.errors import NothingToBackUp
from library.backup.stored_files import FileColumn, StoredFile

TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1, 2
"""
SYSTEM = """
SELECT current_setting('server_version'), current_database(),
       (SELECT extversion FROM pg_extension WHERE extname = 'vector')
"""


@dataclass(frozen=True)
class Snapshot:
    """What the database held at one moment. ``id``: how pg_dump finds the same moment."""

    id: str
    server: str
    pgvector: str
    migrations: list[tuple[str, str]]
    files: list[StoredFile]


@contextlib.contextmanager
def taken(connection: psycopg.Connection[Any], known: list[FileColumn]) -> Iterator[Snapshot]:
    """The moment in which this is called; it can be dumped until the block ends. Errors: ``NothingToBackUp``."""
    connection.execute("SET statement_timeout = 0")  # whatever this server sets: it takes as long as it takes
    connection.execute("SET idle_in_transaction_session_timeout = 0")
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        (name,) = _row(connection, "SELECT pg_export_snapshot()")
        server, database, pgvector = _row(connection, SYSTEM)
        migrations = recorded_migrations(connection)
        if not migrations:
            raise NothingToBackUp(where=database)
        yield Snapshot(
            id=name,
            server=server,
            pgvector=pgvector or "",
            migrations=migrations,
            files=stored_files.named(connection, known),
        )
    finally:
        with contextlib.suppress(psycopg.OperationalError):
            connection.execute("ROLLBACK")


def recorded_migrations(connection: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    """(application, name) of every step that the database has gone through."""
    if _row(connection, "SELECT to_regclass('django_migrations')") == (None,):
        return []
    return connection.execute("SELECT app, name FROM django_migrations ORDER BY app, name").fetchall()


def count_rows(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """How many rows each table has."""
    counted = {}
    for schema, table in connection.execute(TABLES).fetchall():
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))
        row = connection.execute(query).fetchone()
        counted[f"{schema}.{table}"] = int(row[0]) if row else 0
    return counted


def _row(connection: psycopg.Connection[Any], query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return tuple(row)
