"""``manage.py restore FILE``: the library as it was when the backup was made."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from library.backup import archive, interrupts, places, restoring
from library.backup.archive import Checked
from library.backup.progress import Progress, size
from library.backup.restoring import Restored
from library.core.config.model import ConfigError, config
from library.core.errors import LibraryError

WORDS = "replace everything"


class Command(BaseCommand):
    help = "Put a backup in place of the library here. Nothing is touched before the whole backup is found sound."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="A file that `manage.py backup` wrote.")
        parser.add_argument("--check", action="store_true", help="Only read it, and tell what it holds.")
        parser.add_argument("--replace", action="store_true", help="Where a library is here already: replace it …")
        parser.add_argument("--yes-replace-everything", action="store_true", help="… without asking once more.")

    def handle(self, *args: Any, **options: Any) -> None:
        progress = Progress(None if options["verbosity"] == 0 else self.stderr)
        try:
            with interrupts.heeded():
                backup = self._checked(options["file"], progress)
                self._describe(backup)
                if not options["check"]:
                    self._restore(backup, options, progress)
        except interrupts.Interrupted:
            progress.drop()
            raise CommandError(_("Stopped. The library is as it was."), returncode=130) from None
        except (LibraryError, ConfigError, psycopg.Error) as fault:
            progress.drop()
            raise CommandError(str(fault)) from None

    def _checked(self, file: Path, progress: Progress) -> Checked:
        progress.begin(_("Reading the backup"), total=file.stat().st_size if file.is_file() else 0)
        backup = archive.check(file, progress.add)
        progress.end()
        restoring.refuse_newer(file, backup.manifest)
        return backup

    def _restore(self, backup: Checked, options: dict[str, Any], progress: Progress) -> None:
        def may_replace(what: str) -> bool:
            return options["replace"] and (options["yes_replace_everything"] or self._typed(what))

        with places.to_restore(config()) as place:
            restored = restoring.restore(
                place, backup, may_replace=may_replace, progress=progress, on_last_step=interrupts.ignore
            )
        self._tell(restored)

    def _typed(self, what: str) -> bool:
        if not sys.stdin.isatty():
            return False
        self.stderr.write(_("There is a library here already: %(what)s. All of it will be gone.") % {"what": what})
        self.stderr.write(_("To replace it, type: %(words)s") % {"words": WORDS})
        return input("> ").strip() == WORDS

    def _describe(self, backup: Checked) -> None:
        made = backup.manifest
        self.stdout.write(
            _(
                "A backup of %(at)s by Lyceum %(lyceum)s, PostgreSQL %(postgresql)s: %(files)d files of books,"
                " %(rows)d rows."
            )
            % {
                "at": f"{made.made_at:%Y-%m-%d %H:%M} UTC",
                "lyceum": made.lyceum,
                "postgresql": made.postgresql,
                "files": len(backup.media),
                "rows": sum(made.rows.values()),
            }
        )
        self.stdout.write(
            _("%(size)s, every byte as it was written; SHA-256 %(sha256)s")
            % {"size": size(backup.path.stat().st_size), "sha256": backup.sha256}
        )
        for name in made.lost:
            self.stdout.write(_("It was made without the stored file %(name)s, which was lost.") % {"name": name})

    def _tell(self, restored: Restored) -> None:
        self.stdout.write(self.style.SUCCESS(_("The library is restored. Everybody signs in anew.")))
        if restored.steps:
            words = _("The backup was of an older version; %(count)d steps brought it to this one: %(steps)s.")
            self.stdout.write(words % {"count": len(restored.steps), "steps": ", ".join(restored.steps)})
        if restored.is_other_key:
            words = _(
                "The secret key here is not the one of the backup: readers' calendar addresses and open invitations"
                " have ended. With the old key in place they work again."
            )
            self.stdout.write(words)
        if restored.is_other_zone:
            words = _("The time zone was %(zone)s: set LYCEUM_TIME_ZONE to it, or run manage.py follow_time_zone.")
            self.stdout.write(words % {"zone": restored.manifest.time_zone})
        if restored.is_cache_kept:
            self.stdout.write(
                _("Redis could not be asked: empty it before you start, for its cache is of another library.")
            )
