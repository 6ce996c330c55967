"""Row locks, always in the order patron, book, copy, hold, and the one way to try again.

``NO KEY`` locks: rows that only point at a locked one need not wait. A copy's trigger counts in its book's row, so
the book is locked before the copy; whoever holds a book's lock has all its copies and holds to themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import QuerySet

from accounts.models import Patron
from catalog.merged import kept_id
from catalog.models import Book, Copy
from circulation.errors import ChangedMeanwhile
from circulation.models import Hold
from library.core.errors import NotFound

DEADLOCK = "40P01"
_Given = ParamSpec("_Given")
_Gives = TypeVar("_Gives")


def locking(rows: QuerySet[Any]) -> QuerySet[Any]:
    """``rows``, locked until the transaction ends. The race tests replace it, to show what it is good for."""
    return rows.select_for_update(no_key=True, of=("self",))


def patron(pk: UUID) -> Patron:
    """The patron, locked, with user and tier."""
    row: Patron = locking(Patron.objects.select_related("user", "tier")).get(pk=pk)
    return row


def book(pk: int) -> Book:
    """The book, locked; the one that it was merged into where that happened. Errors: ``NotFound`` where it is gone."""
    row: Book | None = locking(Book.objects.filter(pk=pk)).first()
    if row is not None:
        return row
    kept = kept_id(pk)
    if kept is None:
        raise NotFound
    return book(kept)


def copies(pks: Collection[int]) -> dict[int, Copy]:
    """The copies by id, locked in the order of their ids."""
    return {row.pk: row for row in locking(Copy.objects.filter(pk__in=pks).order_by("pk"))}


def copy(pk: int) -> Copy:
    """The copy, locked."""
    return copies([pk])[pk]


def holds(rows: QuerySet[Hold]) -> list[Hold]:
    """``rows``, locked in the order of their ids."""
    return list(locking(rows.order_by("pk")))


def transaction_tried_twice(work: Callable[_Given, _Gives]) -> Callable[_Given, _Gives]:
    """Run ``work`` in a transaction; after a deadlock, or where another was first, run it once more.

    The second time the rules see what the other one did and can say it. A third party in the same instant:
    ``ChangedMeanwhile``.
    """

    @wraps(work)
    def tried_twice(*args: _Given.args, **kwargs: _Given.kwargs) -> _Gives:
        try:
            return _once(work, *args, **kwargs)
        except _LostRace:
            pass
        try:
            return _once(work, *args, **kwargs)
        except _LostRace as lost:
            raise ChangedMeanwhile from lost.__cause__

    return tried_twice


class _LostRace(Exception):
    """Another transaction was first."""


def _once(work: Callable[_Given, _Gives], *args: _Given.args, **kwargs: _Given.kwargs) -> _Gives:
    try:
        with transaction.atomic():
            return work(*args, **kwargs)
    except IntegrityError as fault:
        raise _LostRace from fault
    except OperationalError as fault:
        if getattr(fault.__cause__, "sqlstate", None) == DEADLOCK:
            raise _LostRace from fault
        raise
