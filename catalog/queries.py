"""What others ask of the catalogue."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from catalog.models import Book
from library.core.errors import NotFound


def get_book(pk: int, user: User | AnonymousUser) -> Book:
    """The book with its people, shelves and digital file. Errors: ``NotFound``, also where it is hidden from ``user``."""
    book = Book.objects.visible_to(user).select_related("digital_file").filter(pk=pk).first()
    if book is None:
        raise NotFound
    return book
