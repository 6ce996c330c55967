"""Who may read what a book holds."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from catalog.errors import BookConfidential
from catalog.models import Book


def may_read(user: User | AnonymousUser, book: Book) -> bool:
    """Whether ``user`` may read, ask and study the digital content of ``book``."""
    return book.is_public or user.is_staff


def check_may_read(user: User | AnonymousUser, book: Book) -> None:
    """Errors: ``BookConfidential`` (403) where the book is not public and ``user`` is no staff."""
    if not may_read(user, book):
        raise BookConfidential


def may_see_cover(user: User | AnonymousUser, book: Book) -> bool:
    """Whether ``user`` may see the picture of the cover of ``book``, which may be the first page of its file. The cover
    that is drawn, from what its record says, whoever sees the record may see."""
    return may_read(user, book) and (not book.is_suppressed or user.is_staff)
