"""``manage.py migrate``: Django's own, after a look at whose database this is."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as Migrate

from library.core.database import other_layouts


class Command(Migrate):
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            other_layouts.refuse(options["database"])
        except other_layouts.OtherLayout as refusal:
            raise CommandError(str(refusal)) from None
        super().handle(*args, **options)
