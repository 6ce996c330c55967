"""``manage.py settle_restored``: part of ``restore``, run on the database that is not in use yet."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from library.backup.signals import library_restored


class Command(BaseCommand):
    help = "Part of restore: bring a restored database to this version, and name the steps that took."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        call_command("migrate", verbosity=0, interactive=False)
        with transaction.atomic():
            library_restored.send(sender=None, at=timezone.now())
        for migration, _backwards in plan:
            self.stdout.write(f"{migration.app_label}.{migration.name}")
