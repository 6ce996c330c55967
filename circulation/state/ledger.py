"""A patron's account: the lock that is taken last, and what they owe, as one more column of other statements."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from uuid import UUID

from circulation.state import locks
from library.core.database.raw_rows import execute, fetch

# What the patron ``%(patron)s`` owes: open charges less free credit. The function is the only place that says so.
OWED = "circulation_owed(%(patron)s)"


def owed(patron: UUID) -> Decimal:
    """Open charges less free credit; below 0 where the library owes."""
    ((amount,),) = fetch(f"SELECT {OWED}", {"patron": patron})
    return Decimal(amount)


def lock_accounts(patrons: Collection[UUID]) -> None:
    """Hold the accounts of these patrons, in the order of their ids, after all other locks: nobody else changes their
    lines until the transaction ends, and what is read from now on is what stands."""
    wanted = sorted(set(patrons))
    lock = "SELECT account.patron_id FROM circulation_ledgeraccount AS account WHERE account.patron_id = ANY(%s)"
    lock += f" ORDER BY account.patron_id{locks.for_update_of('account')}"
    if len(fetch(lock, [wanted])) < len(wanted):
        new = "INSERT INTO circulation_ledgeraccount (patron_id) SELECT unnest(%s::uuid[]) ON CONFLICT DO NOTHING"
        execute(new, [wanted])
        fetch(lock, [wanted])
