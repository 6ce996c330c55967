"""The lines of the ledger: new charges take free credit at once, credit goes to charges, and comes off them again.

Whoever calls holds the accounts (``state.ledger.lock_accounts``). Every sum is in the library's currency.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from accounts.models import User
from circulation.models import Charge, ChargeKind, Credit, CreditKind, Loan, PaymentKind
from circulation.rules.amounts import NOTHING, oldest_first
from library.core.database.ids import uuid7
from library.core.database.raw_rows import execute, fetch

FREE = """
SELECT id, patron_id, amount - used - refunded FROM circulation_credit
WHERE patron_id = ANY(%s) AND amount > used + refunded ORDER BY at, id"""
OPEN = """
SELECT id, patron_id, amount - settled FROM circulation_charge
WHERE id = ANY(%s) AND settled < amount ORDER BY at, id"""
ALLOCATE = """
INSERT INTO circulation_allocation (id, charge_id, credit_id, amount, at)
SELECT unnest(%s::uuid[]), unnest(%s::uuid[]), unnest(%s::uuid[]), unnest(%s::numeric[]), %s"""
# What each credit has given to a charge; money first, so that it is what becomes free, and the newest before the older.
GIVEN = """
SELECT credit.id, sum(given.amount) FROM circulation_allocation AS given
JOIN circulation_credit AS credit ON credit.id = given.credit_id
WHERE given.charge_id = %s GROUP BY credit.id HAVING sum(given.amount) > 0
ORDER BY credit.kind <> 'payment', credit.at DESC, credit.id DESC"""
GIVEN_UP = """
SELECT coalesce(sum(given.amount), 0) FROM circulation_allocation AS given
JOIN circulation_credit AS credit ON credit.id = given.credit_id
WHERE given.charge_id = %s AND credit.kind <> 'payment'"""
# A number after the last one: whoever takes the next waits, so that none is left out.
NUMBER = """
INSERT INTO circulation_receiptnumber (id, last) VALUES (1, 1)
ON CONFLICT (id) DO UPDATE SET last = circulation_receiptnumber.last + 1 RETURNING last"""


class CreditShare(NamedTuple):
    """So much of a credit for a charge; below 0: taken off it."""

    charge: UUID
    credit: UUID
    amount: Decimal


def add_charge(
    *,
    patron: UUID,
    kind: ChargeKind,
    amount: Decimal,
    by: User | None,
    at: datetime,
    loan: Loan | None = None,
    text: str = "",
) -> Charge:
    """A new line, which takes what free credit there is."""
    made = Charge.objects.create(patron_id=patron, kind=kind, amount=amount, loan=loan, text=text, at=at, by=by)
    take_credit([made.pk], patrons=[patron], at=at)
    made.refresh_from_db(fields=["settled"])
    return made


def add_credit(
    *,
    patron: UUID,
    kind: CreditKind,
    amount: Decimal,
    by: User | None,
    at: datetime,
    payment_kind: PaymentKind | None = None,
    reason: str = "",
) -> Credit:
    """A new credit, all of it free; a payment gets the next number."""
    number = next_number() if kind == CreditKind.PAYMENT else None
    return Credit.objects.create(
        patron_id=patron,
        kind=kind,
        amount=amount,
        payment_kind=payment_kind,
        number=number,
        reason=reason,
        at=at,
        by=by,
    )


def next_number() -> int:
    """That of the next receipt."""
    ((number,),) = fetch(NUMBER, [])
    return int(number)


def take_credit(charges: Collection[UUID], *, patrons: Collection[UUID], at: datetime) -> None:
    """Let these charges have what free credit their patrons have, the oldest credit and the oldest charge first."""
    credit_of: dict[UUID, dict[UUID, Decimal]] = defaultdict(dict)
    for pk, patron, left in fetch(FREE, [list(patrons)]) if charges else ():
        credit_of[patron][pk] = left
    if not credit_of:
        return
    shares: list[CreditShare] = []
    for pk, patron, left in fetch(OPEN, [list(charges)]):
        for credit, amount in oldest_first(left, credit_of[patron]).items():
            shares.append(CreditShare(pk, credit, amount))
            credit_of[patron][credit] -= amount
    allocate(shares, at=at)


def allocate(shares: Iterable[CreditShare], *, at: datetime) -> None:
    """Write who settles what; the database counts it, and refuses more than there is."""
    rows = [share for share in shares if share.amount]
    if rows:
        charges, credits_, amounts = zip(*rows, strict=True)
        execute(ALLOCATE, [[uuid7() for _row in rows], list(charges), list(credits_), list(amounts), at])


def release(charge: UUID, amount: Decimal, *, at: datetime) -> None:
    """Take ``amount`` off a charge again: it becomes free credit of what paid it, the newest payment first."""
    given = dict(fetch(GIVEN, [charge]))
    allocate((CreditShare(charge, credit, -share) for credit, share in oldest_first(amount, given).items()), at=at)


def given_up(charge: UUID) -> Decimal:
    """What of a charge was waived or cancelled."""
    ((amount,),) = fetch(GIVEN_UP, [charge])
    return Decimal(amount)


def give_up(
    charge: Charge, amount: Decimal, *, kind: CreditKind, reason: str, by: User | None, at: datetime
) -> Decimal:
    """Let the library have ``amount`` of a charge no longer, paid or not; gives what of it had been paid, now free."""
    paid = max(NOTHING, amount - charge.left)
    release(charge.pk, paid, at=at)
    credit = add_credit(patron=charge.patron_id, kind=kind, amount=amount, by=by, at=at, reason=reason)
    allocate([CreditShare(charge.pk, credit.pk, amount)], at=at)
    return paid
