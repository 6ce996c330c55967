"""``manage.py follow_time_zone``: after the library's time zone was changed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from circulation.services import clocks


class Command(BaseCommand):
    help = (
        "Let open loans end with their day by the clock of the library's new time zone. Run again it changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        old = clocks.clock_of_due_dates()
        if old == settings.TIME_ZONE:
            clocks.follow_time_zone()
            self.stdout.write(f"Due dates are by the clock of {old} already.")
            return
        count = clocks.follow_time_zone()
        self.stdout.write(
            f"{count} open loans keep their day, and end with it by {settings.TIME_ZONE} (before: {old})."
        )
