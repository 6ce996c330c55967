"""What the outbox holds of a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from library.core.privacy.registry import Person, rows
from library.notices.models import Notice

FIELDS = ("notices.Notice.user", "notices.Notice.to")


def exported(person: Person) -> Mapping[str, Any]:
    """Every letter to them, also to their address before they had an account."""
    columns = ("kind", "to", "state", "context", "created_at", "sent_at")
    return {"notices": rows(_of(person).order_by("created_at", "id"), *columns)}


def erase(person: Person) -> None:
    """Nobody else is told by them."""
    _of(person).delete()


def _of(person: Person) -> QuerySet[Notice]:
    by_address = Q(to__iexact=person.email) if person.email else Q(pk__in=[])
    return Notice.objects.filter(Q(user=person.id) | by_address)
