"""What rag knows of a person: how far they have read, and what they marked and noted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from library.core.privacy.registry import Person, rows
from rag.models import Highlight, ReadingPosition

FIELDS = ("rag.ReadingPosition.user", "rag.Highlight.user")


def exported(person: Person) -> Mapping[str, Any]:
    """Where they read; what they marked, with their notes."""
    reading = ReadingPosition.objects.filter(user=person.id).order_by("read_at", "id")
    marked = Highlight.objects.filter(user=person.id).order_by("created_at", "id")
    return {
        "reading": rows(reading, "document__book__title", "page", "read_at"),
        "highlights": rows(marked, "document__book__title", "page", "quote", "note", "created_at", "changed_at"),
    }


def erase(person: Person) -> None:
    """Nobody else goes on there, or may read what they noted."""
    Highlight.objects.filter(user=person.id).delete()
    ReadingPosition.objects.filter(user=person.id).delete()
