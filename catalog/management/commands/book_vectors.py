"""``manage.py book_vectors``: let a worker embed what is missing; ``--status``: how far it is."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from catalog.models import BookGeneration
from catalog.semantic import generations, vectors
from library.jobs.queries import latest


class Command(BaseCommand):
    help = "Has a worker embed every record whose vector is missing or old, and begins anew where the model changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--status", action="store_true", help="Only say how far each generation is.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["status"]:
            job = vectors.continue_building()
            self.stdout.write(f"Job {job.pk} embeds them." if job else "Every record has a vector of its present text.")
            if options["verbosity"] < 2:
                return
        found = BookGeneration.objects.order_by("created_at", "id")
        for generation in found:
            self.stdout.write(self._line(generation))
        if not found:
            self.stdout.write("There is no generation yet.")

    def _line(self, generation: BookGeneration) -> str:
        share, job = generations.share(generation), latest(vectors.KIND, generation)
        words = f"{generation}, {generation.dimensions} dimensions: {share.done} of {share.total} records"
        return f"{words}; job {job.state} {job.percent} %{f': {job.error}' if job.error else ''}" if job else words
