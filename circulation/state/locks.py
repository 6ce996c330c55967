"""Row locks, always in the order patron, book, copy, hold, and the one way to try again.

``NO KEY`` locks: rows that only point at a locked one need not wait. A copy's trigger counts in its book's row, so
the book is locked before the copy; whoever holds a book's lock has all its copies, loans and holds to themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import Patron, Tier, User
from catalog.models import Book, Branch, Copy, ItemType
from catalog.redirects import kept_id
from circulation.errors import ChangedMeanwhile
from circulation.models import Hold, Loan
from library.core.database.raw_rows import Joined, fetch
from library.core.database.transactions import TRIES, again_after_deadlock
from library.core.errors import NotFound
from library.core.typed import folded

# A record's folded text and prose are long, and nothing at the desk reads them.
LONG_TEXTS = [f"book.search_{weight}" for weight in "abcd"] + ["book.description"]
PEOPLE = Joined(patron=Patron, person=User, tier=Tier)
PATRON_TABLES = """accounts_patron AS patron JOIN accounts_user AS person ON person.id = patron.user_id
JOIN accounts_tier AS tier ON tier.id = patron.tier_id"""
PATRON = f"SELECT {PEOPLE.columns} FROM {PATRON_TABLES}"
LOCK_PATRON = "SELECT patron.user_id FROM accounts_patron AS patron"
LOCK_COPY = "SELECT copy.id, copy.book_id FROM catalog_copy AS copy JOIN catalog_book AS book ON book.id = copy.book_id"
THINGS = Joined(copy=Copy, book=Book, branch=Branch, item_type=ItemType, without=LONG_TEXTS)
COPY_TABLES = """catalog_copy AS copy JOIN catalog_book AS book ON book.id = copy.book_id
JOIN catalog_branch AS branch ON branch.id = copy.branch_id
LEFT JOIN catalog_itemtype AS item_type ON item_type.id = copy.item_type_id"""
COPY = f"SELECT {THINGS.columns} FROM {COPY_TABLES}"
_Given = ParamSpec("_Given")
_Gives = TypeVar("_Gives")


class CopyRow(NamedTuple):
    """A copy that is locked with its book, and is yet to be read."""

    pk: int
    book: int


def locking(rows: QuerySet[Any]) -> QuerySet[Any]:
    """``rows``, locked until the transaction ends. The race tests replace it, to show what it is good for."""
    return rows.select_for_update(no_key=True, of=("self",))


def for_update_of(*tables: str) -> str:
    """As ``locking``, at the end of a statement: the rows of these tables, one after the other in this order."""
    return f" FOR NO KEY UPDATE OF {', '.join(tables)}"


def patron(scanned: Patron | UUID | str) -> Patron | None:
    """The patron, locked, with user and tier: by a card's number, however it was scanned."""
    found = _patrons(*_whom(scanned))
    return found[0] if found else None


def patron_row(scanned: Patron | UUID | str) -> UUID | None:
    """As ``patron``, but only the lock: whoever takes more locks reads once, after the last of them."""
    locked = _lock_patrons(*_whom(scanned))
    return locked[0] if locked else None


def _whom(scanned: Patron | UUID | str) -> tuple[str, object]:
    if isinstance(scanned, str):
        return "patron.card_folded = %s", folded(scanned)
    return "patron.user_id = %s", scanned.pk if isinstance(scanned, Patron) else scanned


def patron_and_borrower(scanned: Patron | str, copy: Copy | str) -> tuple[Patron | None, UUID | None]:
    """The patron, and who has the copy now: both locked in the order of their ids. The borrower may be nobody."""
    cards = {"card_folded": scanned} if isinstance(scanned, str) else {"pk": scanned.pk}
    known = Patron.objects.filter(**cards).values_list("pk", flat=True).first()
    copies = {"copy__barcode_folded": copy} if isinstance(copy, str) else {"copy": copy.pk}
    borrower: UUID | None = Loan.objects.open().filter(**copies).values_list("patron", flat=True).first()
    pks = [pk for pk in (known, borrower) if pk is not None]
    locked = {row.pk: row for row in _patrons("patron.user_id = ANY(%s)", pks)}
    return (locked.get(known) if known else None), borrower


def _patrons(where: str, what: object) -> list[Patron]:
    """Locked in the order of their ids, and read only then, with all that is joined to them.

    A statement that waits for a lock sees the row that it waited for as it is now, but all rows joined to it as they
    were when it began: a patron whose tier was changed meanwhile would not be found at all.
    """
    locked = _lock_patrons(where, what)
    if not locked:
        return []
    found = fetch(f"{PATRON} WHERE patron.user_id = ANY(%s) ORDER BY patron.user_id", [locked])
    return [read_patron(PEOPLE.read(row)) for row in found]


def _lock_patrons(where: str, what: object) -> list[UUID]:
    rows = fetch(f"{LOCK_PATRON} WHERE {where} ORDER BY patron.user_id{for_update_of('patron')}", [what])
    return [pk for (pk,) in rows]


def read_patron(found: Sequence[Any]) -> Patron:
    """The first of ``PEOPLE``, holding the others."""
    patron, user, tier = found
    patron.user, patron.tier = user, tier
    return cast(Patron, patron)


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
    """The copy with book, branch and item type; book and copy locked in this order. By a barcode as ``patron`` by a
    card."""
    locked = copy_row(scanned)
    return read_copy(THINGS.read(*fetch(f"{COPY} WHERE copy.id = %s", [locked.pk]))) if locked else None


def copy_row(scanned: Copy | int | str) -> CopyRow | None:
    """As ``copy_and_book``, but only the locks: all that is joined is read after them."""
    what: str | int
    if isinstance(scanned, str):
        where, what = "copy.barcode_folded = %s", folded(scanned)
    else:
        where, what = "copy.id = %s", scanned.pk if isinstance(scanned, Copy) else scanned
    for _ in range(TRIES):
        locked = fetch(f"{LOCK_COPY} WHERE {where}{for_update_of('book', 'copy')}", [what])
        if locked:
            return CopyRow(*locked[0])
        if not fetch(f"{LOCK_COPY} WHERE {where}", [what]):
            return None
        # Its record was merged into another while we waited: the next look finds it there.
    raise LostRace


def read_copy(found: Sequence[Any]) -> Copy:
    """The first of ``THINGS``, holding the others."""
    copy, its_book, branch, item_type = found
    copy.book, copy.branch, copy.item_type = its_book, branch, item_type
    return cast(Copy, copy)


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
    pause; then ``ChangedMeanwhile``. Within a larger transaction a savepoint is what is tried again: the locks that it
    took go with it.
    """

    return again_after_deadlock(transaction.atomic(work), also=(LostRace, IntegrityError), at_last=ChangedMeanwhile)
