"""Messages that wake a worker. What is to be done stands in a row, so one that gets lost costs a few seconds."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.module_loading import import_string

from library.core.faults.circuit_breaker import REDIS, Resting

if TYPE_CHECKING:
    from celery import Celery

log = logging.getLogger(__name__)


class TooLate(Exception):
    """The broker has not taken the message in time. Perhaps it still does."""


def wake(task: str, **options: Any) -> bool:
    """Send ``task`` to whichever worker takes it, within ``settings.WAKE_SECONDS``. False where the broker is away:
    the sweeps find the row all the same. ``options`` are those of Celery's ``send_task``. Errors: none.
    """
    try:
        with REDIS.tried(TooLate):
            _send(task, options)
    except Resting:
        return False
    except Exception as fault:  # every transport has its own errors; none may lose the row
        log.warning("No wake-up could be sent for %s: %s", task, type(fault).__name__)
        return False
    return True


def application() -> Celery:
    """The one Celery application. Loaded by whoever sends or works first; commands that do neither go without."""
    found: Celery = import_string(settings.TASK_APPLICATION)
    return found


def _send(task: str, options: dict[str, Any]) -> None:
    """In a thread of its own: a broker that is stopped would keep ours, whatever its limits, for several tries."""
    send_task = application().send_task
    faults: list[Exception] = []

    def send() -> None:
        try:
            send_task(task, retry=False, **options)
        except Exception as fault:
            faults.append(fault)

    thread = threading.Thread(target=send, name=f"wake-{task}", daemon=True)
    thread.start()
    thread.join(settings.WAKE_SECONDS)
    if thread.is_alive():
        raise TooLate
    if faults:
        raise faults[0]
