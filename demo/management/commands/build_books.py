"""Build the demonstration collection's PDFs and EPUBs from their texts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from demo import FOLDER
from demo.build import build_book
from demo.epub import build_epub
from demo.manuscript import parse
from demo.wording import wording


class Command(BaseCommand):
    help = (
        "Set the demonstration collection's texts as PDFs, or as EPUBs where they run from right to left. The same "
        "texts give the same bytes."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        for source in sorted((FOLDER / "books").glob("*.md")):
            target = FOLDER / "files" / source.stem
            if wording(parse(source.read_text(encoding="utf-8")).language).direction == "rtl":
                target = target.with_suffix(".epub")
                said = f"{build_epub(source, target)} chapters"
            else:
                target = target.with_suffix(".pdf")
                said = f"{build_book(source, target)} pages"
            self.stdout.write(f"{target.name}: {said}")
