"""Where records are that were merged into others."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from catalog.errors import BookMerged
from catalog.models import Book, BookMerge, BookQuerySet


def kept_id(pk: int) -> int | None:
    """The record that the merged record ``pk`` went into, if it did."""
    return BookMerge.objects.filter(old_id=pk).values_list("book_id", flat=True).first()


def visible_book(pk: int, user: User | AnonymousUser) -> Book | None:
    """The book ``pk`` that ``user`` may see, or the one that it went into: for whoever still has its old number."""
    books = Book.objects.visible_to(user)
    return books.filter(pk=pk).first() or books.filter(merges__old_id=pk).first()


def moved_to(pk: int, *, among: BookQuerySet | None = None) -> BookMerged | None:
    """The refusal that knows where record ``pk`` went; ``None`` where it was not merged, or into none of ``among``."""
    kept = (Book.objects.all() if among is None else among).filter(merges__old_id=pk).only("id", "title").first()
    if kept is None:
        return None
    return BookMerged(old=f"/books/{pk}/", new=f"/books/{kept.pk}/", title=kept.title, fields={"book": [str(kept.pk)]})
