"""Jobs in every state, and who hears when a worker is woken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models

from accounts.tests.factories import make_user
from library.jobs import services
from library.jobs.models import Job

AT = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ATOM = timedelta(microseconds=1)


def make_job(subject: models.Model | None = None, *, kind: str = "test", **values: Any) -> Job:
    """A waiting job; ``values`` are what its row says besides."""
    job = services.enqueue(kind=kind, subject=subject or make_user())
    return changed(job, **values)


def make_running(at: datetime = AT, **values: Any) -> Job:
    """A job in the hands of a worker since ``at``."""
    held = services.claim(job_id=make_job().pk, at=at)
    assert held is not None
    return changed(held, **values)


def changed(job: Job, **values: Any) -> Job:
    """``job`` as its row is, once it says ``values``."""
    if values:
        Job.objects.filter(pk=job.pk).update(**values)
    return Job.objects.get(pk=job.pk)


class Calls(list[tuple[str, dict[str, Any]]]):
    """In the place of what sends a message to a worker: which tasks were woken, and with what."""

    def __call__(self, task: str, **options: Any) -> bool:
        self.append((task, options))
        return True

    @property
    def ids(self) -> list[str]:
        return [options["args"][0] for _task, options in self]
