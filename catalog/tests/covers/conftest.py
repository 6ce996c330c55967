from __future__ import annotations

import pytest

from catalog.covers import first_pages
from catalog.models import Book
from catalog.tests.covers.images import content
from catalog.tests.factories import make_book


@pytest.fixture
def book() -> Book:
    return make_book(isbn="9780306406157")


@pytest.fixture
def first_page(monkeypatch) -> list[bytes | None]:
    """A reader of files that draws what the test wants."""
    drawn: list[bytes | None] = [content(colour="purple")]
    monkeypatch.setattr(first_pages, "drawn", lambda book_file, watch: drawn[0])
    return drawn
