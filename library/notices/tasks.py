"""What the workers do about notices. Messages carry ids, never an address."""

from __future__ import annotations

from library.core.background.schedule import task
from library.notices import outbox


@task("send_notices", every=20)
def send_notices() -> None:
    """Woken by every new notice, and every 20 s besides: send what is due in the outbox."""
    outbox.send_due()
