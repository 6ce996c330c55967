"""What a reader owes and has paid, as pages, letters and the API show it: reads only."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Patron
from circulation.models import Charge, ChargeQuerySet, Credit, CreditQuerySet, PaymentKind, Refund
from circulation.rules import amounts
from circulation.state import ledger
from library.profile import services as profile

MOST_OPEN = 200  # open lines that a page lists; the rest is counted in the sum


@dataclass(frozen=True)
class Balance:
    """What is owed in all, in ``currency``; below 0: the library owes it. ``digits``: of the currency."""

    owed: Decimal
    currency: str
    digits: int

    @property
    def in_words(self) -> str:
        """As a person reads it: 3.50 EUR."""
        return in_words(self.owed, self.currency, self.digits)

    @property
    def credit_in_words(self) -> str:
        """What the library owes."""
        return in_words(max(-self.owed, Decimal(0)), self.currency, self.digits)


def in_words(amount: Decimal, currency: str, digits: int) -> str:
    """A sum with its currency."""
    return f"{amounts.plain(amount, digits)}\u00a0{currency}"


def balance_of(patron: UUID) -> Balance:
    """Open charges less free credit. Two queries."""
    library = profile.current()
    return Balance(ledger.owed(patron), library.currency, library.digits)


def open_charges(patron: Patron) -> list[Charge]:
    """What is still to be paid, the oldest first."""
    return list(Charge.objects.with_names().filter(patron=patron).open().oldest_first()[:MOST_OPEN])


def charges_of(patron: Patron) -> ChargeQuerySet:
    """Every charge, the newest first."""
    return Charge.objects.with_names().filter(patron=patron)


def credits_of(patron: Patron) -> CreditQuerySet:
    """Every payment and waiver, the newest first."""
    return Credit.objects.select_related("payment_kind").filter(patron=patron)


def refunds_of(patron: Patron) -> QuerySet[Refund]:
    """What was paid back, the newest first."""
    return Refund.objects.select_related("payment_kind", "credit").filter(credit__patron=patron)


def kinds_in_use() -> QuerySet[PaymentKind]:
    """How money comes in at the desk."""
    return PaymentKind.objects.filter(is_active=True).exclude(code="online")


def visible_charges(user: Any) -> ChargeQuerySet:
    """Staff who may see charges see all, everybody else their own."""
    rows = Charge.objects.with_names()
    return rows if user.has_perm("circulation.view_charge") else rows.filter(patron_id=user.pk)


def visible_credits(user: Any) -> CreditQuerySet:
    """As ``visible_charges``."""
    rows = Credit.objects.select_related("patron__user", "payment_kind")
    return rows if user.has_perm("circulation.view_credit") else rows.filter(patron_id=user.pk)
