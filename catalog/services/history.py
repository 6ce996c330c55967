"""What changed in a record, by whom and when: written with the change, never afterwards."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from accounts.models import User
from catalog.models import Authorship, Book, Copy
from library.activity import services as activity
from library.activity.values import Value

PLAIN = (
    "title",
    "subtitle",
    "filing_title",
    "isbn",
    "publisher",
    "year",
    "language",
    "description",
    "page_count",
    "reading_level",
    "minimum_age",
    "is_public",
    "is_suppressed",
)
COPY = ("barcode", "branch", "shelf_mark", "status", "not_for_loan", "item_type", "condition", "price")
Snapshot = dict[str, Value]


def snapshots(pks: Collection[int]) -> dict[int, Snapshot]:
    """All that a librarian may have changed, by book, as it is stored now."""
    books = Book.objects.filter(pk__in=pks).select_related("series")
    return {
        book.pk: _snapshot(book)
        for book in books.prefetch_related("authorships__author", "categories", "subjects", "identifiers")
    }


def snapshot(pk: int) -> Snapshot:
    """The same for one book; empty where it does not exist yet."""
    return snapshots([pk]).get(pk, {})


def record_change(book: Book, before: Snapshot, *, by: User | None) -> None:
    """Write down what is different from ``before``, if anything is."""
    record_changes({book.pk: before}, by=by)


def record_changes(before: Mapping[int, Snapshot], *, by: User | None) -> None:
    """The same for many books."""
    now = snapshots(before)
    for pk, then in before.items():
        if pk in now and (changes := difference(then, now[pk])):
            activity.record(actor=by, verb="book.changed", object=Book(pk=pk), data=changes)


def record_added(book: Book, *, by: User | None) -> None:
    """Write down that a record came in."""
    activity.record(actor=by, verb="book.added", object=book, data={"title.new": book.title})


def copy_values(copy: Copy) -> Snapshot:
    """What a librarian may have changed of a copy."""
    return {name: _kept(getattr(copy, name)) for name in COPY}


def record_copy(verb: str, copy: Copy, before: Snapshot, now: Snapshot, *, by: User | None) -> None:
    """Write down at the book what became of one of its copies. ``verb``: added, changed, deleted, moved."""
    changes = difference(before, now)
    if changes or verb not in {"changed"}:
        named: dict[str, Value] = {"copy": copy.pk, "barcode": copy.barcode}
        activity.record(actor=by, verb=f"book.copy_{verb}", object=Book(pk=copy.book_id), data=named | changes)


def difference(before: Snapshot, now: Snapshot) -> dict[str, Value]:
    """``name.old`` and ``name.new`` of each value that is not the same."""
    changes: dict[str, Value] = {}
    for name in [*before, *(name for name in now if name not in before)]:
        old, new = before.get(name), now.get(name)
        if old != new and (old or new or None not in {old, new}):
            changes |= {f"{name}.old": old, f"{name}.new": new}
    return changes


def _snapshot(book: Book) -> Snapshot:
    people = sorted(book.authorships.all(), key=lambda row: (row.position, row.pk))
    authors = [row.author.name for row in people if row.role == Authorship.Position.AUTHOR]
    others = [f"{row.author.name} ({row.role})" for row in people if row.role != Authorship.Position.AUTHOR]
    lists: dict[str, Any] = {
        "authors": authors,
        "contributors": others,
        "categories": sorted(row.name for row in book.categories.all()),
        "subjects": sorted(row.name for row in book.subjects.all()),
        "identifiers": sorted(f"{row.kind} {row.value}" for row in book.identifiers.all()),
    }
    kept: Snapshot = {name: _kept(getattr(book, name)) for name in PLAIN}
    kept |= {"series": _kept(book.series), "series_position": _kept(book.series_place)}
    return kept | {name: "; ".join(rows) for name, rows in lists.items()}


def _kept(value: Any) -> Value:
    """As it can be written down. Numbers with a point lose their idle noughts."""
    if value is None or isinstance(value, bool | int):
        return value
    if hasattr(value, "normalize"):
        return f"{value.normalize():f}"
    return str(value)
