"""The demonstration collection, once."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from demo import load

FILES = {"whole": None, "small": 1}  # digital books, by the setting


class Command(BaseCommand):
    help = "Load the demonstration collection into an empty library (embedded mode only)."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMBEDDED:
            raise CommandError("The demonstration collection and its accounts exist only in embedded mode.")
        if load.is_loaded():
            return
        self.stdout.write("Loading the demonstration collection …")
        number = load.load(files=FILES[settings.DEMONSTRATION])
        self.stdout.write(f"{number} books are in the catalogue; the digital ones are being indexed.")
