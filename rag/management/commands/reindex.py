"""``manage.py reindex``: have books read anew, delete their indexes, or see how all of them stand."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from catalog.models import Book
from library.core.errors import LibraryError
from library.jobs import services as jobs
from library.jobs.models import Job, JobState
from rag import recipes, services
from rag.indexes import rebuilding, reports
from rag.models import Document

PAUSE = 0.5  # seconds between two looks at a job


class Command(BaseCommand):
    help = (
        "Has books read anew by a worker and shows how far it is; what there is answers until then. Without a book: "
        "how the indexes of the library stand."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("books", nargs="*", type=int, metavar="BOOK", help="The ids of the books.")
        parser.add_argument("--all", action="store_true", help="Every book that has a digital file.")
        parser.add_argument(
            "--stale",
            action="store_true",
            help="What another model or another way of cutting made: go on with it all.",
        )
        parser.add_argument("--delete", action="store_true", help="Delete the indexes of the books instead.")
        parser.add_argument("--stop", action="store_true", help="Stop the rebuilding of all indexes.")
        parser.add_argument("--no-wait", action="store_true", help="Ask for it, and do not stay to see how far it is.")
        parser.add_argument("--no-input", action="store_true", help="Do not ask before the indexes of all are deleted.")

    def handle(self, *args: Any, **options: Any) -> None:
        given = [name for name in ("all", "stale", "stop") if options[name]] + (["books"] if options["books"] else [])
        if len(given) > 1:
            raise CommandError("Name books, or one of --all, --stale and --stop.")
        if options["stop"]:
            stopped = rebuilding.stop(by=None)
            self.stdout.write("It is being stopped." if stopped else "Nothing is being rebuilt.")
        elif options["stale"]:
            self._rebuild(wait=not options["no_wait"])
        elif not given:
            self._status()
        elif options["delete"]:
            self._delete(self._books(options), ask=options["all"] and not options["no_input"])
        else:
            self._reindex(self._books(options), wait=not options["no_wait"])

    def _books(self, options: dict[str, Any]) -> Sequence[Book]:
        if options["all"]:
            with_file = Book.objects.exclude(digital_file=None) | Book.objects.exclude(document=None)
            return list(with_file.select_related("digital_file").order_by("pk").distinct())
        found = Book.objects.select_related("digital_file").in_bulk(options["books"])
        missing = [str(pk) for pk in options["books"] if pk not in found]
        if missing:
            raise CommandError(f"There is no book {', '.join(missing)}.")
        return [found[pk] for pk in dict.fromkeys(options["books"])]

    # -- one book after another ------------------------------------------------------------------------------------

    def _reindex(self, books: Sequence[Book], *, wait: bool) -> None:
        asked: dict[UUID, Book] = {}
        refused = 0
        for book in books:
            try:
                asked[services.reindex(book=book, by=None).pk] = book
            except LibraryError as refusal:
                refused += 1
                self.stderr.write(f"{book.pk} {book.title}: {refusal.detail}")
        if not wait:
            self.stdout.write(f"{len(asked)} books will be read by a worker.")
        else:
            refused += self._watch(asked)
        if refused:
            raise CommandError(f"{refused} of {len(books)} books could not be read.")

    def _watch(self, asked: dict[UUID, Book]) -> int:
        """Show how far the jobs are until all have ended; gives how many ended otherwise than well."""
        try:
            return sum(not self._follow(job, book) for job, book in asked.items())
        except KeyboardInterrupt:
            for job in Job.objects.open().filter(pk__in=asked):
                jobs.withdraw(job=job)
            raise CommandError("Stopped. What answered before answers still.", returncode=130) from None

    def _follow(self, pk: UUID, book: Book) -> bool:
        name = f"{book.pk} {book.title[:50]}"
        for job in looks(pk):
            if not job.is_open:
                break
            self._show(f"{name}: {job.percent} % {job.message}" if job.message else f"{name}: waiting for a worker")
        else:
            return False
        self._show("")
        self.stdout.write(f"{name}: {job.get_state_display()}{f'. {job.error}' if job.error else ''}")
        return job.state == JobState.DONE

    def _delete(self, books: Sequence[Book], *, ask: bool) -> None:
        if ask and input(f"Delete the indexes of all {len(books)} books? Type yes: ").strip() != "yes":
            raise CommandError("Nothing was deleted.")
        deleted = 0
        for book in books:
            try:
                services.delete_index(book=book, by=None)
                deleted += 1
            except LibraryError as refusal:
                if not ask:
                    self.stderr.write(f"{book.pk} {book.title}: {refusal.detail}")
        self.stdout.write(f"The indexes of {deleted} books were deleted.")

    # -- all of them -----------------------------------------------------------------------------------------------

    def _rebuild(self, *, wait: bool) -> None:
        if rebuilding.resume(by=None) is None:
            self.stdout.write(f"Every index is by {recipes.wanted()}.")
            return
        try:
            while wait and (now := rebuilding.standing()).is_running:
                self._show(f"{now.outdated - now.ready} to go: {now.job.message if now.job else ''}")
                time.sleep(PAUSE)
        except KeyboardInterrupt:
            rebuilding.stop(by=None)
            raise CommandError("Stopped. What answered before answers still.", returncode=130) from None
        self._show("")
        self._status()

    def _status(self) -> None:
        now = rebuilding.standing()
        self.stdout.write(reports.sentence(now) or f"Every index is by {now.recipe}.")
        deleted = Document.objects.exclude(index_deleted_at=None).count()
        self.stdout.write(f"{now.indexes} books can be asked; the indexes of {deleted} were deleted.")

    def _show(self, line: str) -> None:
        """A line that the next one replaces; nothing where nobody looks."""
        if self.stdout.isatty():
            self.stdout.write(f"\r\x1b[2K{line[:160]}", ending="")
            self.stdout.flush()


def looks(pk: UUID) -> Iterator[Job]:
    """A job as it is now, again and again, until it has ended or is gone."""
    while (job := Job.objects.filter(pk=pk).first()) is not None:
        yield job
        if not job.is_open:
            return
        time.sleep(PAUSE)
