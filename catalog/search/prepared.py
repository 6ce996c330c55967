"""Statements that a connection plans once, however often they are run: planning takes as long as running most of them.

Left to itself PostgreSQL plans a prepared statement anew each time, where a plan for these very values looks a little
better. Behind a pooler that hands out another connection each time they are planned each time, as they were before.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from weakref import WeakKeyDictionary

from django.db import ProgrammingError, connection
from django.db.backends.utils import CursorWrapper
from psycopg.errors import DuplicatePreparedStatement, InvalidSqlStatementName

AT_MOST = 32  # statements that a connection keeps with their plans
PLAN_ONCE = {"plan_cache_mode": "force_generic_plan"}
_kept: WeakKeyDictionary[Any, OrderedDict[str, None]] = WeakKeyDictionary()  # by connection, the names; the latest last


def name_of(sql: str) -> str:
    """What a statement is called in every connection: the same name always means the same statement."""
    return f"lyceum_{sha256(sql.encode()).hexdigest()[:24]}"


def execute(cursor: CursorWrapper, sql: str, params: Mapping[str, Any], settings: Mapping[str, str]) -> None:
    """Run ``sql``, outside a transaction, with ``settings`` that hold for it alone: what it gives is in the second
    result of ``cursor``. All that changes from one run to the next must be in ``params``.
    """
    name = _prepare(cursor, sql, list(params))
    values = ", ".join(f"%({one})s" for one in params)
    try:
        cursor.execute(f"{setting({**settings, **PLAN_ONCE})}EXECUTE {name}{f' ({values})' if values else ''}", params)
    except ProgrammingError as fault:
        if not isinstance(fault.__cause__, InvalidSqlStatementName):
            raise
        cursor.execute(setting(settings) + sql, params)  # a pooler gave us another connection than the one that has it


def setting(settings: Mapping[str, str]) -> str:
    """A statement that sets them until the transaction ends, to be sent in one message with what they are for."""
    ours = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in settings.items())
    return f"SELECT {ours or 'NULL'};\n"


def _prepare(cursor: CursorWrapper, sql: str, params: list[str]) -> str:
    connection.ensure_connection()
    names = _kept.setdefault(connection.connection, OrderedDict())
    name = name_of(sql)
    if name not in names:
        placed = {one: f"${place}" for place, one in enumerate(params, 1)}
        _unless(DuplicatePreparedStatement, cursor, f"PREPARE {name} AS {sql % placed}")
        names[name] = None
        if len(names) > AT_MOST:
            _unless(InvalidSqlStatementName, cursor, f"DEALLOCATE {names.popitem(last=False)[0]}")
    names.move_to_end(name)
    return name


def _unless(already: type[Exception], cursor: CursorWrapper, sql: str) -> None:
    """Run ``sql``; behind a pooler it may have been done on this connection."""
    try:
        cursor.execute(sql)
    except ProgrammingError as fault:
        if not isinstance(fault.__cause__, already):
            raise
