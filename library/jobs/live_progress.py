"""The progress of a job as a feed: ``ws/jobs/<id>/``."""

from __future__ import annotations

from hashlib import blake2s
from typing import Any
from uuid import UUID

from library.jobs import queries
from library.jobs.models import Job
from library.live.feeds import FeedEntry

SHOWN = ("kind", "state", "done", "total", "message", "error")


def topic_of(pk: UUID) -> str:
    return f"job:{pk}"


def topic(user: Any, *, pk: UUID) -> str:
    return topic_of(pk)


def since(user: Any, *, after: str, pk: UUID) -> list[FeedEntry]:
    """How the job stands, unless the client knows it; its end in any case. Errors: ``NotFound``, as for its page."""
    job = queries.get_job(pk, user)
    entry = FeedEntry(id=_stand(job), body={"job": _shown(job)}, is_last=not job.is_open)
    return [] if job.is_open and entry.id == after else [entry]


def _shown(job: Job) -> dict[str, Any]:
    return {"id": str(job.pk), **{name: getattr(job, name) for name in SHOWN}}


def _stand(job: Job) -> str:
    """A name for exactly what is shown."""
    return blake2s(repr(_shown(job)).encode(), digest_size=8).hexdigest()
