"""The whole library in one terminal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from library.core.config.model import ConfigError
from library.embedded import supervisor


class Command(BaseCommand):
    """`manage.py` itself takes the shorter way to the supervisor; this is for `manage.py help` and for options."""

    help = "Start everything that Lyceum needs, and stop all of it on Ctrl-C or SIGTERM."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            supervisor.main()
        except ConfigError as fault:
            raise CommandError(str(fault)) from None
