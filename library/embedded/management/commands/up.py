"""The whole library in one terminal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from library.core.config.model import ConfigError, config
from library.embedded.supervisor import Supervisor


class Command(BaseCommand):
    help = "Start everything that Lyceum needs, and stop all of it on Ctrl-C or SIGTERM."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        def say(line: str) -> None:
            self.stdout.write(line)
            self.stdout.flush()

        try:
            Supervisor(config(), say).run()
        except ConfigError as fault:
            raise CommandError(str(fault)) from None
