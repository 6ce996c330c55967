"""``manage.py backup FILE``: the whole library in one file."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from library.backup import interrupts, making, places
from library.backup.making import Made
from library.backup.progress import Progress, size
from library.backup.targets import STANDARD_OUTPUT, target
from library.core.config.model import ConfigError, config
from library.core.errors import LibraryError


class Command(BaseCommand):
    help = "Write the whole library (database and files of books) to one file, while it runs or not."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="Where to; - is standard output. A file of that name is replaced at the end.")

    def handle(self, *args: Any, **options: Any) -> None:
        progress = Progress(None if options["verbosity"] == 0 else self.stderr)
        try:
            with interrupts.heeded(), places.to_back_up(config()) as place, target(options["file"]) as out:
                made = making.make(place, out, at=timezone.now(), progress=progress)
        except interrupts.Interrupted:
            progress.drop()
            raise CommandError(_("Stopped. No backup was written, and nothing was left."), returncode=130) from None
        except (LibraryError, ConfigError, psycopg.Error) as fault:
            progress.drop()
            raise CommandError(str(fault)) from None
        self._tell(options["file"], made)

    def _tell(self, file: str, made: Made) -> None:
        say = self.stderr.write if file == STANDARD_OUTPUT else self.stdout.write
        style = self.style.SUCCESS if file != STANDARD_OUTPUT else None
        say(
            _("%(file)s: %(size)s, SHA-256 %(sha256)s")
            % {"file": file, "size": size(made.size), "sha256": made.sha256},
            style,
        )
        for name in made.manifest.lost:
            self.stderr.write(_("Lost before: the stored file %(name)s is not in the backup.") % {"name": name})
        for name in made.manifest.altered:
            words = _("Altered before: the stored file %(name)s is in the backup, but is not what was added.")
            self.stderr.write(words % {"name": name})
        say(_("Not in it, to be kept elsewhere:"), None)
        for secret in made.manifest.secrets:
            say(f"  {secret.name} ({secret.where})", None)
        say(_("Redis holds nothing that must be kept."), None)
