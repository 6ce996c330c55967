"""What the workers do for people: send codes. Messages carry ids, never a code or an address."""

from __future__ import annotations

from uuid import UUID

from accounts.limits import services as limits
from accounts.sessions import services as sessions
from accounts.sign_in import codes
from library.core.background.schedule import task


@task("send_code")
def send_code(code_id: str) -> None:
    """Make, mail and hash one code. Harmless where that was done already, or where the code expired."""
    codes.send_or_leave(code_id=UUID(code_id))


@task("send_waiting_codes", every=5)
def send_waiting_codes() -> None:
    """Send the codes whose wake-up was lost, such as while Redis was away."""
    codes.send_waiting()


@task("forget_ended_sessions", every=3600)
def forget_ended_sessions() -> None:
    """Every hour: delete sessions, tokens and tickets that are over."""
    sessions.forget_ended()


@task("tell_locked_out", every=20)
def tell_locked_out() -> None:
    """After a lock-out, and every 20 s: tell the owners who do not know yet."""
    limits.tell_locked_out()


@task("sweep_limits", every=600)
def sweep_limits() -> None:
    """Every ten minutes: forget what is no longer counted."""
    limits.sweep()
