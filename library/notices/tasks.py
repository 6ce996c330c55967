"""What the workers do about notices. Messages carry ids, never an address."""

from __future__ import annotations

from celery import shared_task

from library.notices import outbox


@shared_task(name="send_notices")
def send_notices() -> None:
    """Woken by every new notice, and every 20 s besides: send what is due in the outbox."""
    outbox.send_due()
