"""What lending knows of a person: what they had at home and waited for, and what they did at the desk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from circulation import queries
from circulation.explain import due_words
from circulation.models import CalendarAddress, Hold, Loan, LoanRenewal, Override, Redating
from circulation.money import persons
from library.core.privacy.registry import Person, rows

FIELDS = (
    "circulation.CalendarAddress.patron",
    "circulation.Hold.confirmed_by",
    "circulation.Hold.patron",
    "circulation.Loan.checked_out_by",
    "circulation.Loan.patron",
    "circulation.Loan.returned_by",
    "circulation.LoanRenewal.by",
    "circulation.Override.by",
    "circulation.Redating.ordered_by",
    *persons.FIELDS,
)
COPY = ("copy__barcode", "copy__book__title")
LOAN = ("branch__name", "checked_out_at", "due_at", "returned_at", "renewals", "claimed_returned_at", "lost_at")
HOLD = (
    "book__title",
    "pickup_branch__name",
    "copy__barcode",
    "is_copy_level",
    "state",
    "position",
    "placed_at",
    "wanted_until",
    "suspended_from",
    "suspended_until",
    "ready_at",
    "shelf_until",
    "cancel_requested",
    "ended_at",
    "refusal_reason",
)
SET_ASIDE = ("loan__copy__barcode", "hold__book__title")
SCRUBBED = "–"  # in place of a comment: there was one


def exported(person: Person) -> Mapping[str, Any]:
    """Loans and holds with all that was said of them, and what they did for other readers, without these."""
    loans = Loan.objects.filter(patron=person.id).order_by("checked_out_at", "id")
    renewals = LoanRenewal.objects.filter(loan__patron=person.id).order_by("at", "id")
    overrides = _about(person.id).order_by("at", "id")
    return {
        "loans": rows(loans, *COPY, *LOAN),
        "renewals": rows(renewals, "loan__copy__barcode", "at", "is_automatic", "due_before", "due_after"),
        "overrides": rows(overrides, *SET_ASIDE, "verb", "at", "reasons", "comment", "due_at"),
        "holds": rows(Hold.objects.filter(patron=person.id).order_by("placed_at", "id"), *HOLD),
        "calendar_addresses": rows(CalendarAddress.objects.filter(patron=person.id), "created_at"),
        "at_the_desk": _at_the_desk(person),
        **persons.exported(person),
    }


def _about(patron: UUID) -> QuerySet[Override]:
    """What was set aside for a reader."""
    return Override.objects.filter(Q(loan__patron=patron) | Q(hold__patron=patron))


def _at_the_desk(person: Person) -> dict[str, list[dict[str, Any]]]:
    """What they did with loans and holds of others, and for which copies."""
    pk = person.id
    return {
        "lent": rows(Loan.objects.filter(checked_out_by=pk).exclude(patron=pk), "copy__barcode", "checked_out_at"),
        "taken_back": rows(Loan.objects.filter(returned_by=pk).exclude(patron=pk), "copy__barcode", "checked_in_at"),
        "renewed": rows(LoanRenewal.objects.filter(by=pk).exclude(loan__patron=pk), "loan__copy__barcode", "at"),
        "set_aside": rows(Override.objects.filter(by=pk), *SET_ASIDE, "at", "comment"),
        "confirmed": rows(Hold.objects.filter(confirmed_by=pk), "book__title", "state"),
        "re_dated": rows(Redating.objects.filter(ordered_by=pk), "first_day", "last_day", "ordered_at"),
    }


def blockers(person: Person) -> Iterable[str]:
    """What they have at home and wait for."""
    still_open = due_words.still_open(queries.home_loans_of(person.id), queries.open_holds_of(person.id))
    return [*still_open, *persons.blockers(person)]


def erase(person: Person) -> None:
    """Past loans stay, as the library counts them, on a card that says nothing; what was written about them goes."""
    pk = person.id
    persons.erase(person)
    CalendarAddress.objects.filter(patron=pk).delete()
    Hold.objects.filter(patron=pk, ended_at__isnull=False).delete()
    for override in _about(pk):
        override.comment = SCRUBBED
        override.reasons = [{**reason, "detail": ""} for reason in override.reasons]  # they name the card
        override.save(update_fields=["comment", "reasons"])
    Loan.objects.filter(checked_out_by=pk).update(checked_out_by=None)
    Loan.objects.filter(returned_by=pk).update(returned_by=None)
    LoanRenewal.objects.filter(by=pk).update(by=None)
    Override.objects.filter(by=pk).update(by=None)
    Hold.objects.filter(confirmed_by=pk).update(confirmed_by=None)
    Redating.objects.filter(ordered_by=pk).update(ordered_by=None)
