"""What a reader has at home and waits for, as rows that the desk and their own page show: one statement each."""

from __future__ import annotations

from accounts.models import Patron
from catalog.models import Book, Branch, Copy
from circulation.models import Hold, HoldState, Loan
from circulation.state.locks import LONG_TEXTS
from library.core.database.raw_rows import Joined, fetch

LENT = Joined(loan=Loan, copy=Copy, book=Book, home=Branch, lent_at=Branch, without=["loan.explanation", *LONG_TEXTS])
LOANS = f"""
SELECT {LENT.columns} FROM circulation_loan AS loan
JOIN catalog_copy AS copy ON copy.id = loan.copy_id JOIN catalog_book AS book ON book.id = copy.book_id
JOIN catalog_branch AS home ON home.id = copy.branch_id JOIN catalog_branch AS lent_at ON lent_at.id = loan.branch_id
WHERE loan.patron_id = %s AND loan.returned_at IS NULL ORDER BY loan.due_at, loan.id"""
AWAITED = Joined(hold=Hold, book=Book, pickup=Branch, copy=Copy, without=LONG_TEXTS)
HOLDS = f"""
SELECT {AWAITED.columns} FROM circulation_hold AS hold JOIN catalog_book AS book ON book.id = hold.book_id
JOIN catalog_branch AS pickup ON pickup.id = hold.pickup_branch_id
LEFT JOIN catalog_copy AS copy ON copy.id = hold.copy_id
WHERE hold.patron_id = %s AND hold.ended_at IS NULL ORDER BY hold.state <> %s, hold.placed_at, hold.id"""


def loans_of(patron: Patron) -> list[Loan]:
    """The patron's open loans, what is due first at the head, each with its copy, book, branches and ``patron``."""
    found = []
    for row in fetch(LOANS, [patron.pk]):
        loan, copy, book, home, lent_at = LENT.read(row)
        copy.book, copy.branch = book, home
        loan.copy, loan.branch, loan.patron = copy, lent_at, patron
        found.append(loan)
    return found


def holds_of(patron: Patron) -> list[Hold]:
    """What the patron waits for, what is ready at the head, then in the order of asking; without their positions."""
    found = []
    for row in fetch(HOLDS, [patron.pk, HoldState.READY]):
        hold, book, pickup, copy = AWAITED.read(row)
        hold.book, hold.pickup_branch, hold.copy, hold.patron = book, pickup, copy, patron
        found.append(hold)
    return found
