"""What the workers do for what every app keeps."""

from __future__ import annotations

from library.core.background.schedule import task
from library.core.http import idempotency


@task("sweep_kept_answers", every=600)
def sweep_kept_answers() -> None:
    """Every 10 min: forget what requests were answered more than a day ago."""
    while idempotency.sweep() == idempotency.SWEPT_AT_ONCE:
        pass
