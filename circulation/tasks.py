"""What the workers do for lending."""

from __future__ import annotations

from celery import shared_task

from circulation import services


@shared_task(name="renew_loans")
def renew_loans() -> None:
    """Every hour: renew what the rules let the library renew by itself, on the day that it is due."""
    services.renew_automatically()
