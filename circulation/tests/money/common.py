"""What the tests of money share: sums, moments, rules, and what the ledger says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts.models import Patron
from circulation.models import Charge, Credit, LoanRule, PaymentKind
from circulation.money import fines
from circulation.state import ledger

DAY = timedelta(days=1)
DUE = datetime(2026, 3, 2, 23, 59, 59, 999999, tzinfo=UTC)  # a Monday


def sum_of(text: str | int) -> Decimal:
    return Decimal(text)


def after(days: int) -> datetime:
    """Ten o'clock so many days after the due date."""
    return datetime(2026, 3, 2, 10, tzinfo=UTC) + days * DAY


def cash() -> PaymentKind:
    return PaymentKind.objects.get_or_create(code="cash", defaults={"name": "Cash"})[0]


def rule(**values: Any) -> None:
    """Change the row for everyone."""
    LoanRule.objects.filter(branch=None, tier=None, item_type=None).update(**values)


def nightly(at: datetime, *patrons: Patron) -> None:
    """What the nightly run does for these readers."""
    pks = [patron.pk for patron in patrons]
    ledger.lock_accounts(pks)
    fines.set_fines(pks, fines.reckoner(at=at))


def lines_of(patron: Patron) -> list[tuple[str, str, str]]:
    """Kind, amount and what is open of each charge, the oldest first."""
    rows = Charge.objects.filter(patron=patron).oldest_first()
    return [(line.kind, f"{line.amount:.2f}", f"{line.left:.2f}") for line in rows]


def owed(patron: Patron) -> Decimal:
    return ledger.owed(patron.pk)


def balances() -> None:
    """What must be true of the whole ledger at any time, to the last unit."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT (SELECT count(*) FROM circulation_charge AS c WHERE settled <>
                 coalesce((SELECT sum(amount) FROM circulation_allocation WHERE charge_id = c.id), 0)),
               (SELECT count(*) FROM circulation_credit AS c WHERE used <>
                 coalesce((SELECT sum(amount) FROM circulation_allocation WHERE credit_id = c.id), 0)
                 OR refunded <> coalesce((SELECT sum(amount) FROM circulation_refund WHERE credit_id = c.id), 0))"""
        )
        assert cursor.fetchone() == (0, 0)
    for patron in Patron.objects.all():
        open_ = Charge.objects.filter(patron=patron).total_open()
        free = sum((credit.left for credit in Credit.objects.filter(patron=patron)), Decimal(0))
        assert owed(patron) == open_ - free
