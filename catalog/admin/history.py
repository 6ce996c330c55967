"""What happened to a record, in rows that a librarian reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Book, BookMerge, CopyStatus, ReadingLevel
from catalog.models import Copy as CopyModel
from library.activity.models import Activity

SHOWN = 200
DEEDS = {
    "book.added": gettext_lazy("Record added"),
    "book.changed": gettext_lazy("Record changed"),
    "book.deleted": gettext_lazy("Record deleted"),
    "book.merged": gettext_lazy("Another record merged into it"),
    "book.file_attached": gettext_lazy("Digital file added"),
    "book.cover_uploaded": gettext_lazy("Cover uploaded"),
    "book.cover_removed": gettext_lazy("Uploaded cover removed"),
    "book.cover_refused": gettext_lazy("Cover refused"),
    "book.cover_allowed": gettext_lazy("Cover allowed again"),
    "book.copy_added": gettext_lazy("Copy added"),
    "book.copy_changed": gettext_lazy("Copy changed"),
    "book.copy_deleted": gettext_lazy("Copy deleted"),
    "book.copy_moved": gettext_lazy("Copy moved here from another record"),
    "book.copy_removed": gettext_lazy("Copy moved to another record"),
}
LABELS = {
    "contributors": gettext_lazy("contributors"),
    "identifiers": gettext_lazy("identifiers"),
    "file": gettext_lazy("file"),
}
CHOICES: dict[str, Any] = {"status": CopyStatus, "reading_level": ReadingLevel}


@dataclass(frozen=True)
class Change:
    """One value, before and after."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Deed:
    """Who did what, when; ``about`` is the copy or the other record that it was done to."""

    at: datetime
    who: str
    what: str
    about: str
    changes: tuple[Change, ...]


def of_book(pk: str) -> list[Deed]:
    """The newest 200 deeds on a book and on the records that went into it, the newest first."""
    number = int(pk) if pk.isascii() and pk.isdigit() and len(pk) < 19 else 0
    pks = [pk, *map(str, BookMerge.objects.filter(book=number).values_list("old_id", flat=True))]
    rows = Activity.objects.filter(object_label=Book._meta.label_lower, object_id__in=pks).select_related("actor")
    return [_deed(row, is_other=row.object_id != pk) for row in rows.order_by("-at", "-id")[:SHOWN]]


def _deed(row: Activity, *, is_other: bool) -> Deed:
    about = str(row.data.get("barcode") or row.data.get("title") or "")
    if is_other:
        about = " · ".join(filter(None, [about, _("in record %(number)s, merged since") % {"number": row.object_id}]))
    who = (row.actor.full_name or row.actor.username) if row.actor else _("the library itself")
    return Deed(row.at, who, str(DEEDS.get(row.verb, row.verb)), about, tuple(_changes(row.data)))


def _changes(data: Mapping[str, Any]) -> list[Change]:
    names = dict.fromkeys(key.rpartition(".")[0] for key in data if key.endswith((".old", ".new")))
    return [
        Change(capfirst(label(name)), words(name, data.get(f"{name}.old")), words(name, data.get(f"{name}.new")))
        for name in names
    ]


def label(name: str) -> str:
    """What a librarian calls the field."""
    if name in LABELS:
        return str(LABELS[name])
    for model in (Book, CopyModel):
        try:
            return str(getattr(model._meta.get_field(name), "verbose_name", name))
        except FieldDoesNotExist:
            continue
    return name


def words(name: str, value: Any) -> str:
    """A value as it is shown."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name in CHOICES and value in CHOICES[name].values:
        return str(CHOICES[name](value).label)
    return "" if value is None else str(value)
