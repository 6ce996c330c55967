"""What `manage.py check --database default`, and `migrate`, say about lending."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DatabaseError

from circulation.services.clocks import clock_of_due_dates


@register(Tags.database)
def due_dates_by_another_clock(app_configs: Any, databases: Any = None, **options: Any) -> list[CheckMessage]:
    """A warning after the library's time zone was changed, until due dates have followed it."""
    if not databases:
        return []
    try:
        old = clock_of_due_dates()
    except DatabaseError:  # before the first migration
        return []
    if old == settings.TIME_ZONE:
        return []
    sentence = (
        f"The library's time zone is {settings.TIME_ZONE}, but open loans are due by the clock of {old}: "
        "their days are shown wrongly."
    )
    return [Warning(sentence, hint="Run `manage.py follow_time_zone`.", id="lyceum.W002")]
