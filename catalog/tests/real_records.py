"""The real records of ``../shared/data/catalogue`` as books, loaded in bulk."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from catalog.models import Author, Authorship, Book, Category, Subject
from catalog.values import isbn
from catalog.values.filing import display_name, sort_name, sort_title
from library.search.cut import recorded, spaced
from library.search.fold import fold

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "catalogue"
LANGUAGES = {"eng": "en", "fre": "fr", "spa": "es", "ara": "ar", "ger": "de", "ind": "id", "por": "pt", "nl": "nl"}
Row = dict[str, Any]


def rows(folder: Path = FOLDER) -> Iterator[Row]:
    """Every record as its file has it, that has a title."""
    for path in sorted(folder.glob("*.jsonl.gz"), reverse=True):
        for line in gzip.decompress(path.read_bytes()).decode().split("\n"):
            if line and (row := json.loads(line))["title"]:
                yield row


def book_of(row: Row) -> Book:
    """The record without what lies in other tables."""
    title = " ".join(row["title"].split())[:500]
    language = str(row.get("language") or "en")
    language = LANGUAGES.get(language, language[:2].lower())
    ten, found = str(row.get("isbn10") or ""), None
    if ten:
        found = isbn.normalise(ten.zfill(10))
    year = re.search(r"-?\d{3,4}", str(row.get("year") or row.get("date") or ""))
    return Book(
        title=title,
        language=language if re.fullmatch("[a-z]{2}", language) else "en",
        isbn=found,
        year=int(year[0]) if year and -3000 <= int(year[0]) <= 2200 and int(year[0]) else None,
        publisher=(row.get("publisher") or "")[:200],
        popularity=max(0, 5000 - int(row["id"])) if ten else 0,
        sort_title=sort_title(title, language),
    )


def people(row: Row) -> list[str]:
    """Names in the order of the title page."""
    names = [entry if isinstance(entry, str) else entry["name"] or "" for entry in row["authors"]]
    return list(dict.fromkeys(display_name(name)[:200] for name in names if name.strip()))[:8]


def headings(row: Row) -> tuple[list[str], list[str]]:
    """Categories and subjects."""
    shelves = [shelf.removeprefix("Category: ")[:80] for shelf in row.get("bookshelves") or []]
    return list(dict.fromkeys(shelves))[:6], list(dict.fromkeys(name[:200] for name in row.get("lcsh") or []))[:10]


def load(chosen: Iterable[Row]) -> dict[int, Row]:
    """Store the records; by book id, what each was made from."""
    kept = list(chosen)
    books: list[Book] = []
    taken: set[str] = set()
    for row in kept:
        book = book_of(row)
        if book.isbn in taken:
            book.isbn = None
        taken.add(book.isbn or "")
        shelf_names, subject_names = headings(row)
        book.search_a, book.search_b = recorded(book.title), recorded(" ".join(people(row)))
        book.search_c = recorded(" ".join([*shelf_names, *subject_names]))
        book.search_d = spaced(book.publisher)
        books.append(book)
    Book.objects.bulk_create(books, batch_size=5000)
    authors = _named(
        Author,
        (name for row in kept for name in people(row)),
        lambda name: {"sort_name": sort_name(name) or name.casefold()[:200]},
    )
    shelves = _named(Category, (name for row in kept for name in headings(row)[0]), lambda name: {})
    subjects = _named(
        Subject, (name for row in kept for name in headings(row)[1]), lambda name: {"sort_name": fold(name)[:200]}
    )
    pairs = list(zip(books, kept, strict=True))
    Authorship.objects.bulk_create(
        [
            Authorship(book=book, author=authors[name], position=place)
            for book, row in pairs
            for place, name in enumerate(people(row))
        ],
        batch_size=5000,
    )
    Book.categories.through.objects.bulk_create(
        [
            Book.categories.through(book_id=book.pk, category_id=shelves[name].pk)
            for book, row in pairs
            for name in headings(row)[0]
        ],
        batch_size=5000,
    )
    Book.subjects.through.objects.bulk_create(
        [
            Book.subjects.through(book_id=book.pk, subject_id=subjects[name].pk)
            for book, row in pairs
            for name in headings(row)[1]
        ],
        batch_size=5000,
    )
    return {book.pk: row for book, row in pairs}


def _named(model: Any, names: Iterable[str], more: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    made = model.objects.bulk_create([model(name=name, **more(name)) for name in dict.fromkeys(names)], batch_size=5000)
    return {row.name: row for row in made}
