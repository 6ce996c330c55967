"""``manage.py hot_spots``: where the time of a measured request went."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from library.core.measuring import profiles


class Command(BaseCommand):
    help = (
        "Show where the time of a request went that staff had measured (header X-Profile: 1, or ?profile=1), "
        "the newest one where none is named."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "name", nargs="?", default="", help="A file of the folder profiles, or how its name begins."
        )
        parser.add_argument("--list", action="store_true", help="Show the names that there are, the newest first.")
        parser.add_argument("--by", choices=profiles.SORTS, default="own", help="What the functions are sorted by.")
        parser.add_argument("--top", type=int, default=25, help="How many functions are shown.")

    def handle(self, *args: Any, **options: Any) -> None:
        found = [path for path in profiles.kept() if path.name.startswith(options["name"])]
        if options["list"]:
            self.stdout.write("\n".join(path.name for path in found) or "No request has been measured yet.")
            return
        if not found:
            raise CommandError(
                f"No profile of that name in {profiles.folder()}: --list shows them."
                if options["name"]
                else f"No request has been measured yet: {profiles.folder()} is empty."
            )
        try:
            table = profiles.hot_spots(found[0], by=options["by"], top=max(1, options["top"]))
        except profiles.UnreadableProfile as fault:
            raise CommandError(f"{found[0]} holds no profile that can be read.") from fault
        self.stdout.write(f"{found[0].name}\n{table}")
