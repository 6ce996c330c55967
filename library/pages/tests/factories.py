from __future__ import annotations

from typing import Any

from django.core.files.base import ContentFile

from catalog.models import Author, Authorship, Book, BookFile, Category
from catalog.tests.factories import make_book


def make_whole_book(**values: Any) -> Book:
    """A book with people and a category."""
    book = make_book(**{"year": 1871, "description": "A study of <b>provincial</b> life & its people."} | values)
    for position, name in enumerate(["George Eliot", "A. N. Editor"]):
        author, _ = Author.objects.get_or_create(name=name, defaults={"sort_name": name.casefold()})
        Authorship.objects.create(book=book, author=author, position=position, role="editor" if position else "author")
    book.categories.add(Category.objects.get_or_create(name="Fiction & letters")[0])
    return book


def make_digital_book(**values: Any) -> Book:
    """A book with a digital file, not indexed yet."""
    book = make_whole_book(**values)
    BookFile.objects.create(
        book=book,
        file=ContentFile(b"%PDF-1.7", name="a.pdf"),
        original_name="a.pdf",
        media_type="application/pdf",
        size=8,
        sha256="0" * 64,
    )
    return book
