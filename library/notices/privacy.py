"""What the outbox holds of a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from library.core.privacy.registry import Person, rows
from library.notices.models import AddressMark, Bell, BellRow, LetterText, Notice, NoticePreference

FIELDS = (
    "notices.AddressMark.address",
    "notices.AddressMark.lifted_by",
    "notices.Bell.user",
    "notices.BellRow.user",
    "notices.LetterText.changed_by",
    "notices.Notice.to",
    "notices.Notice.user",
    "notices.NoticePreference.user",
)


def exported(person: Person) -> Mapping[str, Any]:
    """Every letter to them, also to their address before they had an account."""
    columns = ("kind", "to", "state", "context", "created_at", "sent_at")
    return {
        "notices": rows(_of(person).order_by("created_at", "id"), *columns),
        "bell": rows(BellRow.objects.filter(user=person.id).order_by("number"), "kind", "context", "at", "read_at"),
        "wishes": rows(NoticePreference.objects.filter(user=person.id).order_by("group"), "group", "letters", "bell"),
        "address_marks": rows(_marks(person).order_by("at", "id"), "address", "about", "reason", "at", "lifted_at"),
        "texts_of_letters": rows(LetterText.objects.filter(changed_by=person.id), "kind", "language", "changed_at"),
        "marks_lifted": rows(AddressMark.objects.filter(lifted_by=person.id), "reason", "lifted_at"),
    }


def erase(person: Person) -> None:
    """Nobody else is told by them."""
    _of(person).delete()
    BellRow.objects.filter(user=person.id).delete()
    Bell.objects.filter(user=person.id).delete()
    NoticePreference.objects.filter(user=person.id).delete()
    _marks(person).delete()
    LetterText.objects.filter(changed_by=person.id).update(changed_by=None)
    AddressMark.objects.filter(lifted_by=person.id).update(lifted_by=None)


def _of(person: Person) -> QuerySet[Notice]:
    by_address = Q(to__iexact=person.email) if person.email else Q(pk__in=[])
    return Notice.objects.filter(Q(user=person.id) | by_address)


def _marks(person: Person) -> QuerySet[AddressMark]:
    return AddressMark.objects.filter(address__iexact=person.email) if person.email else AddressMark.objects.none()
