"""Whether this process can serve."""

from __future__ import annotations

from typing import cast

import psycopg
import psycopg_pool
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.postgresql.base import DatabaseWrapper

from library.core.faults import deadline

TIMEOUT_SECONDS = 2.0


def database_answers(*, alias: str = DEFAULT_DB_ALIAS, timeout: float = TIMEOUT_SECONDS) -> bool:
    """Whether the database behind ``alias`` answers a trivial question within about ``timeout`` seconds.

    It asks through the pool that every page uses, so that a dry pool counts as away too.
    """
    connection = cast("DatabaseWrapper", connections[alias])
    try:
        with deadline.within(deadline.Deadline(timeout)):  # one that is stopped takes a question and never answers
            _ask(connection, timeout)
    except (psycopg.Error, psycopg_pool.PoolTimeout, DatabaseError):
        return False
    return True


def _ask(connection: DatabaseWrapper, timeout: float) -> None:
    if connection.pool:
        connection.pool.open()  # as Django does before each use: nobody may have asked the database yet
        with connection.pool.connection(timeout=timeout) as opened:
            opened.execute("SELECT 1")
    else:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
