"""A search may take so long and no longer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg.errors import QueryCanceled

from catalog.errors import SearchTookTooLong
from catalog.search import prepared

SECONDS = 5
# Rows that match are gathered in memory; compiling a statement that runs for milliseconds costs more than it saves.
SETTINGS = {
    "random_page_cost": "1.1",
    "enable_seqscan": "off",
    "statement_timeout": f"{SECONDS}s",
    "work_mem": "64MB",
    "jit": "off",
}
BEFORE = "SELECT " + ", ".join(f"current_setting('{name}')" for name in SETTINGS)
SET = "SELECT " + ", ".join(f"set_config('{name}', %s, true)" for name in SETTINGS)
Row = tuple[Any, ...]


@contextmanager
def bounded() -> Iterator[None]:
    """Everything in the block, the ORM's queries too, sees one state of settings. Errors: ``SearchTookTooLong``."""
    inside = connection.in_atomic_block
    with in_time(), transaction.atomic(), connection.cursor() as cursor:
        before = _ask(cursor, BEFORE) if inside else ()
        cursor.execute(SET, list(SETTINGS.values()))
        yield
        if before:  # the settings would outlive our part of the caller's transaction
            cursor.execute(SET, before)


def searching() -> AbstractContextManager[None]:
    """Around a whole search: ``bounded`` in a caller's transaction, else every statement of ``rows`` by itself."""
    return bounded() if connection.in_atomic_block else in_time()


@contextmanager
def in_time() -> Iterator[None]:
    """Says in a library's words that a statement was ended by its limit. Errors: ``SearchTookTooLong``."""
    try:
        yield
    except OperationalError as fault:
        if isinstance(fault.__cause__, QueryCanceled):
            raise SearchTookTooLong from fault
        raise


def rows(sql: str, params: Sequence[Any] | dict[str, Any], *, often: bool = False) -> list[Row]:
    """What one statement gives, within the bounds. Errors: ``SearchTookTooLong``.

    Outside a transaction the settings go with the statement in one message, which is a transaction of its own: one
    round trip where BEGIN, the settings, the statement and COMMIT are four. Inside one, ``searching`` has set them.
    ``often``: the same ``sql`` comes again and again with other ``params``, which have names, so it is planned once.
    """
    inside = connection.in_atomic_block
    with in_time(), connection.cursor() as cursor:
        if inside:
            cursor.execute(sql, params)
        elif often and isinstance(params, dict):
            prepared.execute(cursor, sql, params, SETTINGS)
            cursor.nextset()
        else:
            cursor.execute(prepared.setting(SETTINGS) + sql, params)
            cursor.nextset()
        found: list[Row] = cursor.fetchall()
    return found


def _ask(cursor: CursorWrapper, sql: str) -> tuple[str, ...]:
    cursor.execute(sql)
    return tuple(cursor.fetchone())
