"""``manage.py ask BOOK "question"``: the passages that come back, their pages and scores, and the answer."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.models import Book
from library.core.errors import LibraryError
from rag import queries
from rag.answers.services import DEFAULT_PASSAGES, answer


class _Staff:
    """Whoever can run commands on the machine may read every book."""

    is_authenticated = is_staff = is_active = True
    pk = None


class Command(BaseCommand):
    help = "Asks a book a question and shows what the answer stands on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("book", type=int, help="The id of the book.")
        parser.add_argument("question")
        parser.add_argument("--num-chunks", type=int, default=DEFAULT_PASSAGES, help="How many passages to use.")

    def handle(self, *args: Any, **options: Any) -> None:
        book = Book.objects.filter(pk=options["book"]).first()
        if book is None:
            raise CommandError(f"There is no book {options['book']}.")
        staff = _Staff()
        try:
            found = answer(
                document=queries.document_of(book, viewer=staff),
                question=options["question"],
                viewer=staff,
                num_chunks=options["num_chunks"],
            )
        except LibraryError as refusal:
            raise CommandError(" ".join(refusal.sentences)) from None
        for passage in found.passages:
            opening = " ".join(passage.text.split())[:100]
            self.stdout.write(f"{passage.place:<7} {passage.score:.3f}  {opening}…")
        self.stdout.write(f"\n{found.text}")
        for source in found.sources:
            answering = "; ".join(piece for piece, answers in source.pieces if answers)
            told = f" “{answering}”" if answering else ""
            self.stdout.write(f"[{source.number}] {source.place} ({source.score:.3f}) {source.url}{told}")
        if found.by_meaning:
            self.stdout.write("From the cache." if found.cached else f"Written now ({found.writer}).")
