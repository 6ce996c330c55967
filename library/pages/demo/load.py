"""Puts the demonstration collection into an empty library."""

from __future__ import annotations

import json
from typing import Any

from django.core.files import File
from django.db import transaction

from accounts.models import Role, User
from accounts.services import create_user
from catalog import services as catalog
from catalog.models import Author, AuthorAlias, Authorship, Book, Branch, Category, Series
from catalog.names import sort_name
from catalog.services.names import authors
from library.pages.demo import FOLDER
from library.search.fold import fold

PASSWORD = "lyceum-demo"  # noqa: S105 (told to everybody; embedded mode alone, which answers only on this machine)
PEOPLE = [
    ("reader@example.org", "reader", "Amina Diallo", Role.PATRON, "L-000000001"),
    ("librarian@example.org", "librarian", "Jun Ito", Role.LIBRARIAN, "L-000000002"),
    ("admin@example.org", "admin", "Miriam Okafor", Role.ADMINISTRATOR, "L-000000003"),
]


def is_loaded() -> bool:
    """Whether the collection was loaded before: it is all or nothing."""
    return User.objects.filter(email__iexact=PEOPLE[0][0]).exists()


@transaction.atomic
def load() -> int:
    """Load people, branches, records, copies and files; returns the number of books. Indexing follows by itself."""
    for email, username, name, role, card in PEOPLE:
        create_user(email=email, username=username, password=PASSWORD, full_name=name, role=role, card_number=card)
    librarian = User.objects.get(email__iexact="librarian@example.org")
    records = json.loads((FOLDER / "records.json").read_text())
    branches = {row["code"]: Branch.objects.create(**row) for row in records["branches"]}
    _add_categories(records["categories"])
    _add_authors(records["authors"])
    for record in records["books"]:
        _add(record, branches, librarian)
    return len(records["books"])


def _add_categories(rows: list[dict[str, str]]) -> None:
    """The wider category stands before those within it."""
    made: dict[str, Category] = {}
    for row in rows:
        made[row["name"]] = Category.objects.create(name=row["name"], parent=made.get(row.get("parent", "")))


def _add_authors(rows: list[dict[str, Any]]) -> None:
    """People whose years or other names are known. The records then find them by name."""
    for row in rows:
        author = Author.objects.create(
            name=row["name"], sort_name=sort_name(row["name"]), birth_year=row["birth"], death_year=row["death"]
        )
        AuthorAlias.objects.bulk_create(
            AuthorAlias(author=author, name=name, sort_name=sort_name(name)) for name in row["aliases"]
        )


def _add(record: dict[str, Any], branches: dict[str, Branch], by: User) -> None:
    copies, name, people = record.pop("copies"), record.pop("file", None), record.pop("authors")
    series, is_suppressed = record.pop("series", None), record.pop("is_suppressed", False)
    record |= {"isbn": record["isbn"] or "", "authors": [row["name"] for row in people if "role" not in row]}
    if name:
        with (FOLDER / "files" / name).open("rb") as opened:
            book = catalog.create_book(**record, by=by, file=File(opened, name=name)).book
    else:
        book = catalog.create_book(**record, by=by).book
    contributors = [row for row in people if "role" in row]
    _add_contributors(book, contributors)
    if series or is_suppressed:
        book.series = _series(series["name"]) if series else None
        book.series_position = series["position"] if series else None
        book.is_suppressed = is_suppressed
        book.save(update_fields=["series", "series_position", "is_suppressed"])
    if series or contributors:  # which searching reads too
        catalog.refresh_search_text(book)
    for copy in copies:
        catalog.add_copy(
            book=book, branch=branches[copy["branch"]], barcode=copy["barcode"], shelf_mark=copy["shelf_mark"],
            status=copy["status"], not_for_loan=not copy["for_loan"],
        )  # fmt: skip


def _add_contributors(book: Book, people: list[dict[str, str]]) -> None:
    """Editors, translators, illustrators."""
    for place, (person, row) in enumerate(zip(authors([row["name"] for row in people]), people, strict=True)):
        Authorship.objects.create(book=book, author=person, role=row["role"], position=place)


def _series(name: str) -> Series:
    return Series.objects.get_or_create(name=name, defaults={"sort_name": fold(name)})[0]
