"""``manage.py covers``: make the covers that are missing, and say how far it is."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from catalog.covers import making, missing
from catalog.models import Book, Cover, CoverSource, CoverState, WhyNone

PAUSE = 3.1  # seconds between two questions: Open Library allows 100 in five minutes


class Command(BaseCommand):
    help = (
        "Draws the first pages of files and looks covers up by ISBN, for all books whose covers are missing. What it "
        "has done stays, so it can be stopped and begun again. Workers do the same by and by."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, default=0, help="At most so many covers.")
        parser.add_argument("--pause", type=float, default=PAUSE, help="Seconds between two questions to a source.")
        parser.add_argument(
            "--only", choices=[CoverSource.FIRST_PAGE.value, CoverSource.LOOKED_UP.value], help="Only from this source."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        wanted, total = _wanted(options["only"], options["limit"])
        done = made = 0
        for book, source in wanted:
            cover = _made(book, source, max(0.0, options["pause"]))
            done += 1
            made += cover is not None and cover.state == CoverState.READY
            self.stdout.write(f"{done} of {max(done, total)}: {book.title[:60]}: {_said(cover)}")
            if cover is not None and cover.why_none == WhyNone.BUSY:
                self.stdout.write(
                    "The source wants to be asked more slowly: go on in an hour, or with a longer --pause."
                )
                break
        self.stdout.write(f"{made} covers made, {done - made} not." if done else "No cover is missing.")


def _wanted(only: str | None, limit: int) -> tuple[Iterator[tuple[Book, CoverSource]], int]:
    """What is to be made, and how much that is."""
    at = timezone.now()
    counts = {
        CoverSource.FIRST_PAGE: missing.without_first_page(at=at).count(),
        CoverSource.LOOKED_UP: missing.to_look_up(at=at).count(),
    }
    total = sum(count for source, count in counts.items() if only in {None, source})
    found = (one for one in missing.all_missing(at=at) if only in {None, one[1]})
    return (islice(found, limit), min(total, limit)) if limit > 0 else (found, total)


def _made(book: Book, source: CoverSource, pause: float) -> Cover | None:
    cover, _is_new = Cover.objects.get_or_create(book=book, source=source)
    return making.make_now(cover.pk, pause=lambda: time.sleep(pause))


def _said(cover: Cover | None) -> str:
    if cover is None:
        return "the book is gone"
    if cover.state == CoverState.READY:
        return f"there ({cover.get_source_display()})"
    return cover.get_why_none_display() or "being made"
