"""A job in the hands of a worker, for whoever does its work: no task and no queue is needed to know it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db import transaction

from library.jobs import services
from library.jobs.models import Job


class JobRun:
    """A job that this worker holds. Every write goes through ``checkpoint``."""

    def __init__(self, job: Job) -> None:
        self.job = job

    @contextlib.contextmanager
    def checkpoint(self, *, done: int, total: int, message: str = "") -> Iterator[None]:
        """A transaction whose writes count only while the lease is ours; progress is written with them.

        Errors: ``LeaseLost`` and ``Cancelled`` before anything in the block ran; both end the job's function.
        """
        with transaction.atomic():
            held = services.lock_held(self.job)
            yield
            services.progress(held=held, done=done, total=total, message=message)

    def check_still_held(self) -> None:
        """Whether the lease is ours, where there is nothing to write. Errors: ``LeaseLost``, ``Cancelled``."""
        with transaction.atomic():
            services.lock_held(self.job)

    def progress(self, *, done: int, total: int, message: str = "") -> None:
        """Say how far it is, where there is nothing to write."""
        with self.checkpoint(done=done, total=total, message=message):
            pass
