"""Reading jobs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models

from library.core.errors import NotFound
from library.jobs.models import Job


def latest(kind: str, subject: models.Model) -> Job | None:
    """The newest job of a kind on one row, whatever its state."""
    return Job.objects.about(subject).filter(kind=kind).order_by("-created_at", "-id").first()


def get_job(pk: UUID, user: Any) -> Job:
    """A job by its id, for anybody signed in: who knows the id was shown it. Errors: ``NotFound``."""
    job = Job.objects.filter(pk=pk).first()
    if job is None or not getattr(user, "is_authenticated", False):
        raise NotFound
    return job


def counted() -> dict[tuple[str, ...], float]:
    """How many jobs there are by kind and state; one query."""
    rows = Job.objects.order_by().values_list("kind", "state").annotate(count=models.Count("pk"))
    return {(kind, state): count for kind, state, count in rows}


def may_cancel(job: Job, user: Any) -> bool:
    """Whether ``user`` may stop it: whoever asked first, and staff who may change jobs."""
    return (
        job.is_open
        and bool(user.is_authenticated)
        and (job.requested_by_id == user.pk or user.has_perm("jobs.change_job"))
    )
