"""The lock that every change of a record or of its copies starts with."""

from __future__ import annotations

from catalog.models import Book
from catalog.redirects import moved_to
from library.core.errors import NotFound


def lock_book(pk: int) -> Book:
    """The book, locked. Errors: ``NotFound`` where it is gone, ``BookMerged`` where it went into another one."""
    book = Book.objects.select_for_update(no_key=True).filter(pk=pk).first()
    if book is None:
        raise moved_to(pk) or NotFound
    return book
