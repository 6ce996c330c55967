"""Rows of a statement written by hand, as instances of models: for the few places where composing it would cost more
than running it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.db import connection, models

Columns = Sequence[str]
Parameters = Sequence[Any] | Mapping[str, Any]


class Joined:
    """The columns of several models under their aliases in one statement, and a row of it as their instances.

    For models whose columns the database's driver gives as they are: none with JSON. ``without``: columns that are
    not read, as ``book.description``; asked for, they are read then.
    """

    def __init__(self, *, without: Columns = (), **aliases: type[models.Model]) -> None:
        self._parts: list[tuple[type[models.Model], list[str]]] = []
        columns = []
        for alias, model in aliases.items():
            fields = [field for field in model._meta.concrete_fields if f"{alias}.{field.name}" not in without]
            self._parts.append((model, [field.attname for field in fields]))
            columns += [f'{alias}."{field.column}"' for field in fields]
        self.columns = ", ".join(columns)
        self.width = len(columns)

    def read(self, row: Sequence[Any]) -> list[Any]:
        """The instances in the order of the aliases; None for an outer join that found nothing."""
        found, start = [], 0
        for model, names in self._parts:
            values = row[start : start + len(names)]
            start += len(names)
            is_there = values[names.index(model._meta.pk.attname)] is not None
            found.append(model.from_db(connection.alias, names, values) if is_there else None)
        return found


def fetch(statement: str, parameters: Parameters) -> list[tuple[Any, ...]]:
    """All rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def execute(statement: str, parameters: Parameters) -> None:
    """Run a statement that gives no rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


@cache
def _inserting(model: type[models.Model]) -> tuple[str, list[models.Field[Any, Any]]]:
    """The statement that writes a whole row of a model that makes its own ids, and its fields in that order."""
    fields = list(model._meta.local_concrete_fields)
    names = ", ".join(f'"{field.column}"' for field in fields)
    places = ", ".join(["%s"] * len(fields))
    return f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({places})', fields  # noqa: S608 (names of columns)


def insert(row: models.Model) -> None:
    """Write a new row as ``save`` does, for a model without parents whose ids we make; nobody is told by a signal.

    The statement is put together once. A value may not be an expression of the database.
    """
    statement, fields = _inserting(type(row))
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    execute(statement, values)
    row._state.adding, row._state.db = False, connection.alias
