"""What the ledger knows of a person. Its lines follow the retention of money: sums stay, the words about people go."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from circulation.models import Allocation, Charge, Credit, GivingBack, PaymentAttempt, Refund, TillClosing, TillCount
from circulation.rules import amounts
from circulation.state import ledger
from library.core.privacy.registry import Person, rows
from library.profile import services as profile

FIELDS = (
    "circulation.Charge.by",
    "circulation.Charge.patron",
    "circulation.Credit.by",
    "circulation.Credit.patron",
    "circulation.GivingBack.by",
    "circulation.LedgerAccount.patron",
    "circulation.PaymentAttempt.patron",
    "circulation.Refund.by",
    "circulation.TillClosing.closed_by",
    "circulation.TillCount.person",
)
SCRUBBED = "–"  # in place of a reason: there was one


def exported(person: Person) -> dict[str, list[dict[str, Any]]]:
    """Every line, and what they entered for others, without these."""
    pk = person.id
    charges = Charge.objects.filter(patron=pk).order_by("at", "id")
    paid = Credit.objects.filter(patron=pk).order_by("at", "id")
    refunds = Refund.objects.filter(credit__patron=pk).order_by("at", "id")
    settled = Allocation.objects.filter(charge__patron=pk).order_by("at", "id")
    attempts = PaymentAttempt.objects.filter(patron=pk).order_by("created_at", "id")
    given_back = GivingBack.objects.filter(attempt__patron=pk).order_by("created_at", "id")
    of_payment = ("id", "kind", "amount", "used", "refunded", "payment_kind__name", "number", "reason", "at")
    return {
        "charges": rows(charges, "id", "kind", "amount", "settled", "text", "at", "loan__copy__book__title"),
        "payments": rows(paid, *of_payment),
        "allocations": rows(settled, "charge", "credit", "amount", "at"),
        "refunds": rows(refunds, "credit", "amount", "payment_kind__name", "number", "reason", "at"),
        "online_payments": rows(attempts, "amount", "currency", "state", "created_at"),
        "refunds_asked_for": rows(given_back, "amount", "reason", "state", "created_at"),
        "money_entered": [
            *rows(Charge.objects.filter(by=pk).exclude(patron=pk), "kind", "amount", "at"),
            *rows(Credit.objects.filter(by=pk).exclude(patron=pk), "kind", "amount", "at"),
            *rows(Refund.objects.filter(by=pk).exclude(credit__patron=pk), "amount", "at"),
            *rows(GivingBack.objects.filter(by=pk).exclude(attempt__patron=pk), "amount", "created_at"),
            *rows(TillClosing.objects.filter(closed_by=pk), "closed_at", "note"),
            *rows(TillCount.objects.filter(person=pk), "closing__closed_at", "expected", "counted"),
        ],
    }


def blockers(person: Person) -> Iterable[str]:
    """A debt; or what the library owes them, which is paid back first."""
    owed = ledger.owed(person.id)
    words = {"amount": amounts.plain(abs(owed), profile.current().digits)}
    if owed > 0:
        yield _("They owe %(amount)s.") % words
    elif owed < 0:
        yield _("%(amount)s of theirs is credit: pay it back first.") % words


def erase(person: Person) -> None:
    """The sums stay, as the library has to account for them, on a card that says nothing."""
    pk = person.id
    scrub_words(Charge.objects.filter(patron=pk).values_list("pk", flat=True))
    Credit.objects.filter(patron=pk).exclude(reason="").update(reason=SCRUBBED)
    Refund.objects.filter(credit__patron=pk).update(reason=SCRUBBED)
    GivingBack.objects.filter(attempt__patron=pk).update(reason=SCRUBBED)
    for model in (Charge, Credit, GivingBack, Refund):
        model._default_manager.filter(by=pk).update(by=None)
    TillClosing.objects.filter(closed_by=pk).update(closed_by=None)
    TillCount.objects.filter(person=pk).update(person=None)


def scrub_words(charges: Iterable[UUID]) -> None:
    """What these charges say besides their sums goes."""
    Charge.objects.filter(pk__in=list(charges)).exclude(text="").update(text=SCRUBBED)


def cut_off(loans: Collection[UUID]) -> None:
    """Let no charge lead to these loans any more, nor say what they were of: their readers are forgotten, and the
    ledger keeps whose money it is for as long as money has to be accounted for. For loans of which nothing is owed."""
    Charge.objects.filter(loan__in=loans).update(loan=None, text=SCRUBBED)
