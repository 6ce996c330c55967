"""What the catalogue knows of a person: which files they added. Who changed a record, the record of activity says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.models import BookFile
from library.core.privacy.registry import Person, rows

FIELDS = ("catalog.BookFile.added_by",)


def exported(person: Person) -> Mapping[str, Any]:
    """The files that they added."""
    added = BookFile.objects.filter(added_by=person.id).order_by("added_at", "id")
    return {"files": rows(added, "book__title", "original_name", "added_at")}


def erase(person: Person) -> None:
    """The files are the library's."""
    BookFile.objects.filter(added_by=person.id).update(added_by=None)
