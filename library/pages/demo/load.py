"""Puts the demonstration collection into an empty library."""

from __future__ import annotations

import json
from typing import Any

from django.core.files import File
from django.db import transaction

from accounts.models import Role, User
from accounts.services import create_user
from catalog import services as catalog
from catalog.models import Branch
from library.pages.demo import FOLDER

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
    for record in records["books"]:
        _add(record, branches, librarian)
    return len(records["books"])


def _add(record: dict[str, Any], branches: dict[str, Branch], by: User) -> None:
    copies, name = record.pop("copies"), record.pop("file", None)
    record["authors"] = [author["name"] for author in record["authors"]]
    record["isbn"] = record["isbn"] or ""
    if name:
        with (FOLDER / "files" / name).open("rb") as opened:
            book = catalog.create_book(**record, by=by, file=File(opened, name=name)).book
    else:
        book = catalog.create_book(**record, by=by).book
    for copy in copies:
        catalog.add_copy(
            book=book, branch=branches[copy["branch"]], barcode=copy["barcode"], shelf_mark=copy["shelf_mark"],
            status=copy["status"], not_for_loan=not copy["for_loan"],
        )  # fmt: skip
