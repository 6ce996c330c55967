from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from catalog import services
from catalog.models import Book, Branch, Copy

_numbers = count(1)


def make_branch(**values: Any) -> Branch:
    number = next(_numbers)
    return Branch.objects.create(**{"code": f"branch-{number}", "name": f"Branch {number}"} | values)


def make_book(**values: Any) -> Book:
    return Book.objects.create(**{"title": f"Book {next(_numbers)}"} | values)


def make_copy(**values: Any) -> Copy:
    number = next(_numbers)
    values.setdefault("book", None)
    return Copy.objects.create(
        **values
        | {
            "book": values["book"] or make_book(),
            "branch": values.get("branch") or make_branch(),
            "barcode": values.get("barcode") or f"C-{number:05d}",
        }
    )


PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def pdf(content: bytes = PDF, name: str = "the cell.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def stored(media: Path) -> list[Path]:
    """Every file that is kept."""
    return [path for path in media.rglob("*") if path.is_file()] if media.exists() else []


def record(title: str, *authors: str, **values: Any) -> Book:
    """A book made as librarians make it, so that a search finds it."""
    return services.create_book(title=title, authors=authors, by=None, **values).book
