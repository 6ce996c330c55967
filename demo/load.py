"""Puts the demonstration collection into an empty library."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.core.files import File
from django.db import transaction

from accounts.models import Role, User
from accounts.services.people import create_user
from catalog import services as catalog
from catalog import validation
from catalog.models import Author, AuthorAlias, Authorship, Book, Branch, Category, Copy, ItemType, Series
from catalog.services import authorities
from catalog.values.filing import sort_name
from demo import FOLDER, lending
from library.search.fold import fold

Pairs = list[tuple[Book, dict[str, Any]]]
PLAIN = ("title", "subtitle", "isbn", "publisher", "year", "language", "description", "page_count")
PASSWORD = "lyceum-demo"  # noqa: S105 (told to everybody; embedded mode alone, which answers only on this machine)
PEOPLE = [
    ("reader@example.org", "reader", "Amina Diallo", Role.PATRON, "L-000000001"),
    ("librarian@example.org", "librarian", "Jun Ito", Role.LIBRARIAN, "L-000000002"),
    ("admin@example.org", "admin", "Miriam Okafor", Role.ADMINISTRATOR, "L-000000003"),
]


def is_loaded() -> bool:
    """Whether somebody is here: the collection before, which is all or nothing, or a library that was restored."""
    return User.objects.exists()


@transaction.atomic
def load(*, at: datetime | None = None, files: int | None = None) -> int:
    """Load people, branches, records, copies, files and, as of ``at``, lending; returns the number of books.

    ``files``: of so many books alone, the first ones. Indexing follows by itself.
    """
    for email, username, name, role, card in PEOPLE:
        create_user(email=email, username=username, password=PASSWORD, full_name=name, role=role, card_number=card)
    librarian = User.objects.get(email__iexact="librarian@example.org")
    records = json.loads((FOLDER / "records.json").read_text())
    branches = {row["code"]: Branch.objects.create(**row) for row in records["branches"]}
    categories = _add_categories(records["categories"])
    _add_authors(records["authors"])
    books = Book.objects.bulk_create(_book(row) for row in records["books"])
    pairs = list(zip(books, records["books"], strict=True))
    _add_people(pairs)
    _file_under(pairs, categories)
    catalog.refresh_search_texts(books)
    types = lending.make_item_types(lending.read()["item_types"])
    Copy.objects.bulk_create(_copy(book, row, branches, types) for book, record in pairs for row in record["copies"])
    for book, record in [pair for pair in pairs if "file" in pair[1]][:files]:
        with (FOLDER / "files" / record["file"]).open("rb") as opened:
            catalog.attach_file(book=book, upload=File(opened, name=record["file"]), by=librarian)
    lending.load(by=librarian, password=librarian.password, at=at)
    return len(books)


def _add_categories(rows: list[dict[str, str]]) -> dict[str, Category]:
    """The wider category stands before those within it."""
    made: dict[str, Category] = {}
    for row in rows:
        made[row["name"]] = Category.objects.create(name=row["name"], parent=made.get(row.get("parent", "")))
    return made


def _add_authors(rows: list[dict[str, Any]]) -> None:
    """People whose years or other names are known. The records then find them by name."""
    for row in rows:
        author = Author.objects.create(
            name=row["name"], sort_name=sort_name(row["name"]), birth_year=row["birth"], death_year=row["death"]
        )
        AuthorAlias.objects.bulk_create(
            AuthorAlias(author=author, name=name, sort_name=sort_name(name)) for name in row["aliases"]
        )


def _book(record: dict[str, Any]) -> Book:
    """The record alone, checked as ``create_book`` checks it; hundreds are written together."""
    book = Book(**validation.checked({name: record[name] for name in PLAIN}, validation.BOOK))
    book.is_public = record.get("is_public", True)
    book.is_suppressed = record.get("is_suppressed", False)
    if series := record.get("series"):
        book.series, _ = Series.objects.get_or_create(name=series["name"], defaults={"sort_name": fold(series["name"])})
        book.series_position = series["position"]
    return book


def _copy(book: Book, row: dict[str, Any], branches: dict[str, Branch], types: dict[str, ItemType]) -> Copy:
    kept = validation.checked({"barcode": row["barcode"], "shelf_mark": row["shelf_mark"]}, validation.COPY)
    return Copy(
        book=book,
        branch=branches[row["branch"]],
        item_type=types.get(row.get("item_type", "")),
        status=row["status"],
        not_for_loan=not row["for_loan"],
        **kept,
    )


def _add_people(pairs: Pairs) -> None:
    people = authorities.authors([person["name"] for _, record in pairs for person in record["authors"]])
    known = {alias.sort_name: alias.author for alias in AuthorAlias.objects.select_related("author")}
    known |= {person.sort_name: person for person in people}
    Authorship.objects.bulk_create(
        Authorship(
            book=book,
            author=known[authorities.filing_name(person["name"])],
            role=person.get("role", Authorship.Position.AUTHOR),
            position=place,
        )
        for book, record in pairs
        for place, person in enumerate(record["authors"])
    )


def _file_under(pairs: Pairs, categories: dict[str, Category]) -> None:
    headings = authorities.subjects(list(dict.fromkeys(name for _, record in pairs for name in record["subjects"])))
    known = {fold(heading.name): heading for heading in headings}
    Book.categories.through.objects.bulk_create(
        Book.categories.through(book=book, category=categories[name])
        for book, record in pairs
        for name in record["categories"]
    )
    Book.subjects.through.objects.bulk_create(
        Book.subjects.through(book=book, subject=known[fold(name)])
        for book, record in pairs
        for name in record["subjects"]
    )
