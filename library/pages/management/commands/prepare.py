"""What `up` does before the web process starts: tables, static files, and in embedded mode the demonstration."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from catalog.semantic import vectors
from library.core.database import other_layouts
from rag.indexes import rebuilding, reports


class Command(BaseCommand):
    help = "Migrate, collect static files and, in embedded mode, load the demonstration collection once."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            other_layouts.refuse()
        except other_layouts.OtherLayout as refusal:
            raise CommandError(str(refusal)) from None
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Making the tables …")
            call_command("migrate", verbosity=0, interactive=False)
        vectors.check()  # another model in the settings begins its generation of book vectors now
        if rebuilding.catch_up():  # … and new indexes of books beside those that answer
            self.stdout.write(reports.sentence(rebuilding.standing()))
        stamp = Path(settings.STATIC_ROOT) / ".collected"
        wanted = _static_fingerprint()
        if not stamp.exists() or stamp.read_text() != wanted:
            self.stdout.write("Collecting the static files …")
            call_command("collectstatic", verbosity=0, interactive=False, clear=True)
            stamp.write_text(wanted)
        if settings.EMBEDDED:
            call_command("load_demo")


def _static_fingerprint() -> str:
    """Changes when any static file does; reads names and times, not contents."""
    seen = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = Path(storage.path(path)).stat()
            seen.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return seen.hexdigest()
