"""Build the demonstration collection's PDFs from their texts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from demo import FOLDER
from demo.build import build_book


class Command(BaseCommand):
    help = "Set the demonstration collection's texts as PDFs. The same texts give the same bytes."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        for source in sorted((FOLDER / "books").glob("*.md")):
            target = FOLDER / "files" / f"{source.stem}.pdf"
            pages = build_book(source, target)
            self.stdout.write(f"{target.name}: {pages} pages")
