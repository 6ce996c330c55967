"""Readers and copies of a running library, for the journeys and races at its desk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.stack import Stack

PASSWORD = "lyceum-demo"
MAKE = """
import json, os
from accounts.services.people import create_user
for row in json.loads(os.environ["READERS"]):
    create_user(password="lyceum-demo", **row)
"""
FREE = """
SELECT DISTINCT ON (book.id) copy.barcode, book.title FROM catalog_copy AS copy
JOIN catalog_book AS book ON book.id = copy.book_id JOIN catalog_branch AS branch ON branch.id = copy.branch_id
WHERE copy.status = 'available' AND copy.not_for_loan = %s AND copy.item_type_id IS NULL AND branch.code = 'central'
  AND book.language = 'en' AND NOT book.is_suppressed
ORDER BY book.id DESC, copy.barcode LIMIT %s
"""


@dataclass(frozen=True)
class Reader:
    name: str
    email: str
    card: str


def make_readers(stack: Stack, *names: str) -> list[Reader]:
    """New readers of the ordinary tier, in one process. They can sign in with ``PASSWORD``."""
    run = uuid4().hex[:6]
    made = [
        Reader(name, f"{name.split()[0].lower()}-{run}@example.net", f"T-{run}-{n}") for n, name in enumerate(names)
    ]
    rows = [
        {"email": one.email, "username": one.email.split("@")[0], "full_name": one.name, "card_number": one.card}
        for one in made
    ]
    stack.environment["READERS"] = json.dumps(rows)
    ran = stack.manage("shell", "-v", "0", "-c", MAKE)
    del stack.environment["READERS"]
    assert ran.returncode == 0, ran.stderr
    return made


def free_copies(stack: Stack, number: int, *, not_for_loan: bool = False) -> list[tuple[str, str]]:
    """Barcodes and titles of ordinary English books that stand at the Central Library, one of each book."""
    found = stack.sql(FREE, [not_for_loan, number])
    assert len(found) == number
    return [(str(barcode), str(title)) for barcode, title in found]


def move_clock(stack: Stack, card: str, *, days: int) -> None:
    """Let as many days go by for the open loans of a reader: all their dates are that much longer ago."""
    stack.sql(
        "UPDATE circulation_loan SET checked_out_at = checked_out_at - make_interval(days => %(days)s),"
        " due_at = due_at - make_interval(days => %(days)s), renewed_at = renewed_at - make_interval(days => %(days)s)"
        " FROM accounts_patron AS patron WHERE patron.user_id = patron_id AND card_number = %(card)s"
        " AND returned_at IS NULL RETURNING id",
        {"days": days, "card": card},
    )


def open_loans(stack: Stack, card: str) -> list[str]:
    """The barcodes that a reader has, by the database."""
    rows: list[Any] = stack.sql(
        "SELECT barcode FROM circulation_loan JOIN catalog_copy ON catalog_copy.id = copy_id"
        " JOIN accounts_patron ON user_id = patron_id WHERE card_number = %s AND returned_at IS NULL ORDER BY barcode",
        [card],
    )
    return [barcode for (barcode,) in rows]
