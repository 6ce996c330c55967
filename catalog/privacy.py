"""What the catalogue knows of a person: which files and covers they added. Who changed a record, the
record of activity says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.models import BookFile, Cover
from library.core.privacy.registry import Person, rows

FIELDS = ("catalog.BookFile.added_by", "catalog.Cover.added_by")


def exported(person: Person) -> Mapping[str, Any]:
    """The files and covers that they added."""
    added = BookFile.objects.filter(added_by=person.id).order_by("added_at", "id")
    covers = Cover.objects.filter(added_by=person.id).order_by("added_at", "id")
    return {
        "files": rows(added, "book__title", "original_name", "added_at"),
        "covers": rows(covers, "book__title", "added_at"),
    }


def erase(person: Person) -> None:
    """The files and covers are the library's."""
    Cover.objects.filter(added_by=person.id).update(added_by=None)
    BookFile.objects.filter(added_by=person.id).update(added_by=None)
