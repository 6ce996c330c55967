"""Row locks, always in the order patron, book, copy, hold, and the one way to try again.

``NO KEY`` locks: rows that only point at a locked one need not wait. A copy's trigger counts in its book's row, so
the book is locked before the copy; whoever holds a book's lock has all its copies, loans and holds to themselves.
"""

from __future__ import annotations

import random
import time
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
from library.core.transactions import DEADLOCK, PAUSE, TRIES

# A record's folded text and prose are long, and nothing at the desk reads them.
LONG_TEXTS = [f"book__search_{weight}" for weight in "abcd"] + ["book__description"]
_Given = ParamSpec("_Given")
_Gives = TypeVar("_Gives")


def locking(rows: QuerySet[Any], *tables: str) -> QuerySet[Any]:
    """``rows``, locked until the transaction ends; of joined ``tables`` in their order, else the rows themselves.

    The race tests replace it, to show what it is good for.
    """
    return rows.select_for_update(no_key=True, of=tables or ("self",))


def patron(scanned: Patron | UUID | str) -> Patron | None:
    """The patron, locked, with user and tier: by a card's number, whatever its case and the space around it."""
    return next(iter(locking(_patrons(scanned))), None)


def patron_and_borrower(scanned: Patron | str, copy: Copy | str) -> tuple[Patron | None, UUID | None]:
    """The patron, and who has the copy now: both locked in the order of their ids. The borrower may be nobody."""
    known = _patrons(scanned).values_list("pk", flat=True).first()
    loans = _copies(copy).filter(loans__returned_at=None, loans__patron__isnull=False)
    borrower: UUID | None = loans.values_list("loans__patron", flat=True).first()
    people = Patron.objects.select_related("user", "tier").filter(pk__in={known, borrower} - {None})
    locked = {row.pk: row for row in locking(people.order_by("pk"))}
    return (locked.get(known) if known else None), borrower


def _patrons(scanned: Patron | UUID | str) -> QuerySet[Patron]:
    rows = Patron.objects.select_related("user", "tier")
    if isinstance(scanned, str):
        return rows.filter(card_number__iexact=scanned.strip())
    return rows.filter(pk=scanned.pk if isinstance(scanned, Patron) else scanned)


def book(pk: int) -> Book:
    """The book, locked; the one that it was merged into where that happened. Errors: ``NotFound`` where it is gone."""
    row: Book | None = locking(Book.objects.filter(pk=pk)).first()
    if row is not None:
        return row
    kept = kept_id(pk)
    if kept is None:
        raise NotFound
    return book(kept)


def copy_and_book(scanned: Copy | int | str) -> Copy | None:
    """The copy with its book, both locked, the book first, in one query; by a barcode, as ``patron`` by a card."""
    rows = _copies(scanned).select_related("book", "branch", "item_type").defer(*LONG_TEXTS)
    for _ in range(TRIES):
        found = next(iter(locking(rows, "book", "self")), None)
        if found is not None or not rows.exists():
            return found
        # Its record was merged into another while we waited: the next look finds it there.
    raise LostRace


def _copies(scanned: Copy | int | str) -> QuerySet[Copy]:
    if isinstance(scanned, str):
        return Copy.objects.filter(barcode__iexact=scanned.strip()).order_by()
    return Copy.objects.filter(pk=scanned.pk if isinstance(scanned, Copy) else scanned).order_by()


def copies(pks: Collection[int]) -> dict[int, Copy]:
    """The copies by id, locked in the order of their ids."""
    return {row.pk: row for row in locking(Copy.objects.filter(pk__in=pks).order_by("pk"))}


def copy(pk: int) -> Copy:
    """The copy, locked."""
    return copies([pk])[pk]


def holds(rows: QuerySet[Hold]) -> list[Hold]:
    """``rows``, locked in the order of their ids."""
    return list(locking(rows.order_by("pk")))


class LostRace(Exception):
    """Another transaction was first: what was read is no longer true, and all is to be done again."""


def transaction_tried_again(work: Callable[_Given, _Gives]) -> Callable[_Given, _Gives]:
    """Run ``work`` in a transaction; after a deadlock, or where another was first, run it again.

    The next time the rules see what the other one did and can say it. At most ``TRIES`` times in all, each after a
    pause of chance length, as ``library.core.transactions``; then ``ChangedMeanwhile``. Within a larger transaction a
    savepoint is what is tried again: the locks that it took go with it.
    """

    @wraps(work)
    def tried_again(*args: _Given.args, **kwargs: _Given.kwargs) -> _Gives:
        for tried in range(1, TRIES):
            try:
                return _once(work, *args, **kwargs)
            except LostRace:
                time.sleep(PAUSE * tried * (1 + random.random()))  # noqa: S311 (no secret)
        try:
            return _once(work, *args, **kwargs)
        except LostRace as lost:
            raise ChangedMeanwhile from lost.__cause__

    return tried_again


def _once(work: Callable[_Given, _Gives], *args: _Given.args, **kwargs: _Given.kwargs) -> _Gives:
    try:
        with transaction.atomic():
            return work(*args, **kwargs)
    except IntegrityError as fault:
        raise LostRace from fault
    except OperationalError as fault:
        if getattr(fault.__cause__, "sqlstate", None) == DEADLOCK:
            raise LostRace from fault
        raise
