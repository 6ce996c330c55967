"""A search may take so long and no longer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg.errors import QueryCanceled

from catalog.errors import SearchTookTooLong

SECONDS = 5
# Rows that match are gathered in memory; compiling a statement that runs for milliseconds costs more than it saves.
SETTINGS = {
    "random_page_cost": "1.1", "enable_seqscan": "off",
    "statement_timeout": f"{SECONDS}s", "work_mem": "64MB", "jit": "off",
}  # fmt: skip
BEFORE = "SELECT " + ", ".join(f"current_setting('{name}')" for name in SETTINGS)
SET = "SELECT " + ", ".join(f"set_config('{name}', %s, true)" for name in SETTINGS)


@contextmanager
def bounded() -> Iterator[None]:
    """Everything in the block sees one state of settings. Errors: ``SearchTookTooLong``."""
    inside = connection.in_atomic_block
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            before = _ask(cursor, BEFORE) if inside else ()
            cursor.execute(SET, list(SETTINGS.values()))
            yield
            if before:  # the settings would outlive our part of the caller's transaction
                cursor.execute(SET, before)
    except OperationalError as fault:
        if isinstance(fault.__cause__, QueryCanceled):
            raise SearchTookTooLong from fault
        raise


def _ask(cursor: CursorWrapper, sql: str) -> tuple[str, ...]:
    cursor.execute(sql)
    return tuple(cursor.fetchone())
