"""A job that lets others go first: short ones pass long ones."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from library.jobs import services
from library.jobs.errors import YieldJob
from library.jobs.job_run import JobRun
from library.jobs.models import Job

LONGEST_TURN = 60.0  # seconds of a job while others wait


class YieldingJobRun(JobRun):
    """The run of a long job. It lets others go first after a minute's work."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._began = time.monotonic()

    @contextlib.contextmanager
    def checkpoint(self, *, done: int, total: int, message: str = "") -> Iterator[None]:
        """As ``JobRun.checkpoint``. Errors: ``YieldJob`` as well, behind what was written."""
        with super().checkpoint(done=done, total=total, message=message):
            yield
        if done < total and time.monotonic() - self._began > LONGEST_TURN and services.others_wait(self.job):
            raise YieldJob
