"""What Django's own checks (`manage.py check`, and before `migrate`) say about our settings."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register

from library.core.config.report import unknown_names


@register(Tags.compatibility)
def names_that_nobody_reads(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """A warning for each name in the environment or ``.env`` that looks like a setting of ours and is none."""
    return [Warning(sentence, id="lyceum.W001") for sentence in unknown_names()]
