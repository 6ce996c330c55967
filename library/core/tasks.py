"""What the workers do for what every app keeps."""

from __future__ import annotations

from celery import shared_task

from library.core.http import idempotency


@shared_task(name="sweep_kept_answers")
def sweep_kept_answers() -> None:
    """Every 10 min: forget what requests were answered more than a day ago."""
    while idempotency.sweep() == idempotency.SWEPT_AT_ONCE:
        pass
