"""Beat as a thread of a worker, where exactly one such worker runs: ``celery worker --keep-time``."""

from __future__ import annotations

import logging
import os
import signal
import threading
from typing import Any

from celery import Celery, bootsteps
from celery.beat import PersistentScheduler
from click import Option

log = logging.getLogger(__name__)
LONGEST_SLEEP = 60.0  # seconds; the schedule has nothing rarer than hourly, and its file shows that it is kept

KeepTime = Option(["--keep-time"], is_flag=True, help="Send what is due as well: beat as a thread of this worker.")


class Beat(threading.Thread):
    """Celery's own scheduler over its file. Where it breaks, so does the worker: whoever watches that starts both."""

    def __init__(self, app: Celery) -> None:
        super().__init__(name="beat", daemon=True)
        self.app = app
        self._stopped = threading.Event()

    def run(self) -> None:
        self.app.set_current()
        try:
            self._keep_time()
        except Exception:
            log.exception("Beat broke; its worker ends with it.")
            os.kill(os.getpid(), signal.SIGTERM)

    def _keep_time(self) -> None:
        scheduler = PersistentScheduler(app=self.app, schedule_filename=self.app.conf.beat_schedule_filename)
        try:
            while not self._stopped.wait(min(scheduler.tick() or 0, LONGEST_SLEEP)):
                if scheduler.should_sync():
                    scheduler.sync()
        finally:
            scheduler.close()

    def stop(self, *, seconds: float = 1) -> None:
        """End it before its next tick. One that waits for a broker that is away ends with the process."""
        self._stopped.set()
        self.join(seconds)


class BeatThread(bootsteps.StartStopStep):
    """Starts and stops the thread with its worker."""

    conditional = True

    def __init__(self, worker: Any, keep_time: bool = False, **options: Any) -> None:
        self.enabled = keep_time
        super().__init__(worker, **options)

    def create(self, worker: Any) -> Any:
        return Beat(worker.app)
