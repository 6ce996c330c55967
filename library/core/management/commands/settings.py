"""``manage.py settings``: what each setting is and where it came from."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from library.core.config import report
from library.core.config.model import config


class Command(BaseCommand):
    help = "Show every setting, its value (secrets hidden) and where it came from."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--markdown", action="store_true", help="Write docs/settings.md to standard output.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["markdown"]:
            self.stdout.write(report.markdown(), ending="")
            return
        self.stdout.write(report.table(config()))
        for sentence in report.unknown_names():
            self.stderr.write(self.style.WARNING(sentence))
