"""Shelves of the catalogue: what is new, what is borrowed, what is like a book; each book with the reason in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from catalog import queries
from catalog.models import Book, BookQuerySet
from catalog.semantic import similar as likeness

LONGEST = 50  # books on one shelf
WORDS: dict[str, Callable[[str], str]] = {
    "series": lambda name: _("In the same series, {name}").format(name=name),
    "author": lambda name: _("Also by {name}").format(name=name),
    "subject": lambda name: _("Also about {name}").format(name=name),
    "meaning": lambda name: _("Reads alike"),
}


@dataclass(frozen=True)
class Shelved:
    """A book on a shelf, and why it stands there, in words for readers."""

    book: Book
    reason: str


def newest(user: Any, n: int, *, at: datetime | None = None) -> list[Shelved]:
    """The ``n`` books last added that ``user`` may see, newest first; three queries."""
    today = timezone.localdate(at)
    books = queries.for_list(_books(user)).order_by("-created_at", "-id")[: min(n, LONGEST)]
    return [Shelved(book, _added((today - timezone.localdate(book.created_at)).days, book)) for book in books]


def popular(user: Any, n: int) -> list[Shelved]:
    """The ``n`` books borrowed most that ``user`` may see, of those borrowed more than once; three queries."""
    books = queries.for_list(_books(user).filter(popularity__gt=1))
    rows = books.order_by("-popularity", "-id")[: min(n, LONGEST)]
    return [Shelved(book, _("Borrowed {n} times").format(n=book.popularity)) for book in rows]


def newest_of(books: BookQuerySet, n: int, *, reason: str) -> list[Shelved]:
    """The ``n`` of ``books`` last added, each for the same ``reason``; three queries."""
    rows = queries.for_list(books).order_by("-created_at", "-id")[: min(n, LONGEST)]
    return [Shelved(book, reason) for book in rows]


def similar(book: Book, user: Any, n: int) -> list[Shelved]:
    """At most ``n`` books like ``book``, the likest first: never itself, a hidden one or a place.

    A constant number of queries. Without vectors what the records share decides alone.
    """
    found = likeness.like(book)
    rows = _by_id(one.book_id for one in found)
    return [Shelved(rows[one.book_id], WORDS[one.why](one.name)) for one in found if one.book_id in rows][:n]


def _books(user: Any) -> BookQuerySet:
    """The books that ``user`` may see; a place that is lent, such as a study room, is none."""
    return Book.objects.visible_to(user).without_places()


def _added(days: int, book: Book) -> str:
    if days <= 0:
        return _("Added today")
    if days == 1:
        return _("Added yesterday")
    return _("Added on {date}").format(date=date_format(timezone.localtime(book.created_at), "DATE_FORMAT"))


def _by_id(ids: Iterable[int]) -> dict[int, Book]:
    """The books by their ids; what became hidden since is left out."""
    return {book.pk: book for book in queries.for_list(Book.objects.filter(pk__in=list(ids), is_suppressed=False))}
