"""How a worker does a job: lease, heartbeat, checkpoints, and one way to end whatever happens."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from functools import wraps
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from library.core.background.schedule import task
from library.core.errors import LibraryError
from library.core.faults.outages import is_disk_full
from library.jobs import errors, services
from library.jobs.job_run import JobRun as JobRun
from library.jobs.models import Job
from library.jobs.nightly import runs

log = logging.getLogger(__name__)


def job_task(kind: str, *, queue: str) -> Callable[[Callable[[JobRun], None]], Callable[[str], None]]:
    """Make ``function(run)`` the task that does jobs of this kind, waiting in ``queue``.

    A ``LibraryError`` ends the job *failed* with its sentence. Anything else unforeseen is tried again with a pause,
    twice, then fails. A lost lease ends silently: another worker has it. ``function`` must be idempotent: it is
    called again from its last checkpoint after a crash, or after ``YieldJob``, by which it lets others go first.
    """

    def decorate(function: Callable[[JobRun], None]) -> Callable[[str], None]:
        @wraps(function, assigned=("__name__", "__qualname__", "__doc__", "__module__"))
        def do(job_id: str) -> None:
            perform(UUID(job_id), function)

        return task(kind, queue=queue)(do)

    return decorate


def perform(job_id: UUID, function: Callable[[JobRun], None]) -> None:
    """Take the lease of a job, do it, and end it one way or another."""
    job = services.claim(job_id=job_id)
    if job is None:
        return
    with heartbeat(job):
        try:
            function(JobRun(job))
            services.finish(job=job)
        except errors.LeaseLost:
            log.warning("Job %s went to another worker.", job.pk)
        except errors.YieldJob:
            services.yield_turn(job=job)
        except errors.Cancelled:
            services.end_cancelled(job=job)
        except LibraryError as refusal:
            services.fail(job=job, sentence=refusal.detail)
        except Exception as fault:
            log.exception("Job %s (%s) broke", job.pk, job.kind)
            services.retry_or_fail(job=job, sentence=_sentence(fault))


def _sentence(fault: Exception) -> str:
    if is_disk_full(fault):
        return _("The library's storage is full. Make room and try again.")
    return _("Something unforeseen went wrong ({kind}). The details are in the worker's log.").format(
        kind=type(fault).__name__
    )


@contextlib.contextmanager
def heartbeat(job: Job) -> Iterator[None]:
    """Renew the lease from a thread of its own while the block runs."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(settings.JOB_HEARTBEAT_SECONDS):
            try:
                if not services.renew(job=job):
                    return
            except Exception as fault:  # the database may be restarting; the lease tells in the end
                log.warning("The lease of job %s could not be renewed: %s", job.pk, fault)
            finally:
                connection.close()

    thread = threading.Thread(target=beat, name=f"heartbeat-{job.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@task("sweep_jobs", every=20)
def sweep_jobs() -> None:
    """Every 20 s: bring back what lost its worker."""
    close_old_connections()
    services.sweep()


@task("forget_nightly_reports", every=3600)
def forget_nightly_reports() -> None:
    """Every hour: delete reports that nobody needs any more."""
    runs.forget_old(at=timezone.now())
