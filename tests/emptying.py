"""After a test that commits, its database is emptied quickly: only tables that have something, and by deleting.

Django truncates every table and makes permissions, groups and grants anew each time, which takes half a second of two
processes. The outcome is the same: what is there after Django's own way, once in a run, is kept and put back.
"""

from __future__ import annotations

from typing import Any, LiteralString

from django.db import connection, transaction
from django.test import TransactionTestCase
from psycopg import sql

KEPT = "kept_after_emptying"  # a schema
LARGE = 512 * 1024  # bytes; what is larger is truncated, so that dead rows do not pile up
SIZES = """
    SELECT c.relname, pg_relation_size(c.oid) FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname = ANY(%s) AND pg_relation_size(c.oid) > 0
"""
TABLES = "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(%s) AND relkind = 'r'"
_djangos_own = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]  # of no stub


def use() -> None:
    """From here on, for all tests of this process."""
    TransactionTestCase._fixture_teardown = _teardown  # type: ignore[attr-defined]


def _teardown(case: TransactionTestCase) -> None:
    if case.available_apps is not None or case.serialized_rollback:
        _djangos_own(case)
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regnamespace(%s) IS NOT NULL", [KEPT])
        (is_known,) = cursor.fetchone()
    if is_known:
        _empty()
    else:
        _djangos_own(case)
        _keep()


def _keep() -> None:
    """Copies of all rows that are there now."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(KEPT)))
        for table in _sizes(cursor):
            _run(cursor, "CREATE TABLE {} AS TABLE {}", (KEPT, table), ("public", table))


def _empty() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger forbids it, and none counts it
        for table, size in _sizes(cursor).items():
            _run(cursor, "TRUNCATE {} CASCADE" if size > LARGE else "DELETE FROM {}", ("public", table))
        cursor.execute(TABLES, [KEPT])
        for (table,) in cursor.fetchall():
            _run(cursor, "INSERT INTO {} TABLE {}", ("public", table), (KEPT, table))


def _run(cursor: Any, words: LiteralString, *names: tuple[str, str]) -> None:
    cursor.execute(sql.SQL(words).format(*(sql.Identifier(*name) for name in names)))


def _sizes(cursor: Any) -> dict[str, int]:
    """Bytes of each table of a model that has rows, or had some."""
    tables = connection.introspection.django_table_names(only_existing=False, include_views=False)
    cursor.execute(SIZES, [tables])
    return dict(cursor.fetchall())
