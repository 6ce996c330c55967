"""What Django's checks of the database say about indexes: before ``migrate``, and ``check --database default``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, transaction


@register(Tags.database)
def indexes_by_another_recipe(
    app_configs: Any, databases: Sequence[str] | None = None, **options: Any
) -> list[CheckMessage]:
    """A warning where books answer from indexes by another model, or cut in another way, than the settings want."""
    from rag.indexes import rebuilding, reports

    if not databases:
        return []
    try:
        with transaction.atomic():
            sentence = reports.sentence(rebuilding.standing())
    except (DatabaseError, ImproperlyConfigured):  # no tables yet, or a fault that its own check tells
        return []
    return [Warning(sentence, id="rag.W001")] if sentence else []
