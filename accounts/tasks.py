"""What the workers do for people: send codes. Messages carry ids, never a code or an address."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from accounts.limits import services as limits
from accounts.sessions import services as sessions
from accounts.sign_in import codes


@shared_task(name="send_code")
def send_code(code_id: str) -> None:
    """Make, mail and hash one code. Harmless where that was done already, or where the code expired."""
    codes.send_or_leave(code_id=UUID(code_id))


@shared_task(name="send_waiting_codes")
def send_waiting_codes() -> None:
    """Every 5 s: send the codes whose wake-up was lost."""
    codes.send_waiting()


@shared_task(name="forget_ended_sessions")
def forget_ended_sessions() -> None:
    """Every hour: delete sessions, tokens and tickets that are over."""
    sessions.forget_ended()


@shared_task(name="tell_locked_out")
def tell_locked_out() -> None:
    """After a lock-out, and every 20 s: tell the owners who do not know yet."""
    limits.tell_locked_out()


@shared_task(name="sweep_limits")
def sweep_limits() -> None:
    """Every ten minutes: forget what is no longer counted."""
    limits.sweep()
