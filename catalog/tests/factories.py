from __future__ import annotations

from itertools import count
from typing import Any

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
    return Copy.objects.create(**values | {
        "book": values["book"] or make_book(), "branch": values.get("branch") or make_branch(),
        "barcode": values.get("barcode") or f"C-{number:05d}",
    })  # fmt: skip
