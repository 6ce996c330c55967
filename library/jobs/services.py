"""What happens to jobs. The row is the truth; a message only wakes a worker."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from library.core.background import wake as waking
from library.core.database.ids import uuid7
from library.jobs import errors
from library.jobs.live_progress import topic_of
from library.jobs.models import Job, JobState
from library.jobs.signals import job_ended
from library.live.nudges import nudge

if TYPE_CHECKING:
    from accounts.models import User

FIRST_WAKE_GAP = timedelta(seconds=30)
LONGEST_WAKE_DOUBLING = 6


@transaction.atomic
def enqueue(*, kind: str, subject: models.Model, requested_by: User | None = None) -> Job:
    """Ask for ``kind`` of work on ``subject``: joins the open job of that kind if there is one, else starts one.

    ``kind`` is the name of a Celery task made with ``library.jobs.tasks.job_task``. A worker is woken on commit.
    """
    job, is_new = Job.objects.get_or_create(
        kind=kind,
        subject_label=subject._meta.label_lower,
        subject_id=subject.pk,
        state__in=[JobState.QUEUED, JobState.RUNNING],
        defaults={"requested_by": requested_by, "state": JobState.QUEUED},
    )
    if is_new:
        transaction.on_commit(lambda: wake(job))
    return job


def wake(job: Job) -> bool:
    """Send the message that makes a worker look at ``job``. False where the broker is away: the sweeper tries again."""
    Job.objects.filter(pk=job.pk).update(woken_at=timezone.now(), wakes=F("wakes") + 1)
    return waking.wake(job.kind, args=[str(job.pk)])


@transaction.atomic
def claim(*, job_id: UUID, at: datetime | None = None) -> Job | None:
    """Take the lease of a waiting job. ``None`` where there is nothing to do (running elsewhere, ended, too early)."""
    at = at or timezone.now()
    job = Job.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=job_id, state=JobState.QUEUED).first()
    if job is None or (job.not_before and job.not_before > at):
        return None
    if job.cancel_requested:
        _end(job, JobState.CANCELLED, at=at)
        return None
    job.state = JobState.RUNNING
    job.attempt += 1
    job.lease_id = uuid7()
    job.lease_until = at + timedelta(seconds=settings.JOB_LEASE_SECONDS)
    job.started_at = job.started_at or at
    job.moved_at = at
    job.save()
    nudge(topic_of(job.pk))
    return job


def renew(*, job: Job, at: datetime | None = None) -> bool:
    """Keep the lease. False where it is lost, or where nothing has moved for so long that it should be."""
    at = at or timezone.now()
    still = at - timedelta(seconds=settings.JOB_STALL_SECONDS)
    return bool(
        Job.objects.filter(pk=job.pk, lease_id=job.lease_id, moved_at__gt=still).update(
            lease_until=at + timedelta(seconds=settings.JOB_LEASE_SECONDS)
        )
    )


def lock_held(job: Job) -> Job:
    """Lock the row of a job that we hold (inside a transaction), so that what is written with it counts.

    Errors: ``LeaseLost`` where another worker has it or nobody may; ``Cancelled`` where somebody asked for an end.
    """
    held = Job.objects.select_for_update(no_key=True).filter(pk=job.pk, lease_id=job.lease_id).first()
    if held is None:
        raise errors.LeaseLost
    if held.cancel_requested:
        raise errors.Cancelled
    return held


def progress(*, held: Job, done: int, total: int, message: str, at: datetime | None = None) -> None:
    """Write progress on a locked job. Its share of the whole never goes back, whatever the attempt."""
    at = at or timezone.now()
    if total and done * held.total >= held.done * total:
        held.done, held.total = min(done, total), total
    held.message = message[:300]
    held.moved_at = at
    held.lease_until = at + timedelta(seconds=settings.JOB_LEASE_SECONDS)
    held.save(update_fields=["done", "total", "message", "moved_at", "lease_until"])
    nudge(topic_of(held.pk))


@transaction.atomic
def finish(*, job: Job, at: datetime | None = None) -> None:
    """The work is done. Errors: ``LeaseLost``, ``Cancelled``."""
    held = lock_held(job)
    held.total = held.total or 1
    held.done = held.total
    _end(held, JobState.DONE, at=at or timezone.now())


@transaction.atomic
def fail(*, job: Job, sentence: str, at: datetime | None = None) -> None:
    """The work cannot be done; ``sentence`` tells a person why."""
    held = Job.objects.select_for_update(no_key=True).filter(pk=job.pk, lease_id=job.lease_id).first()
    if held is not None and held.cancel_requested:  # whatever went wrong on the way to the end that was asked for
        _end(held, JobState.CANCELLED, at=at or timezone.now())
    elif held is not None:
        _end(held, JobState.FAILED, at=at or timezone.now(), error=sentence)


@transaction.atomic
def retry_or_fail(*, job: Job, sentence: str, at: datetime | None = None) -> None:
    """Something unforeseen broke: back into the queue with a pause, or failed after the last attempt."""
    at = at or timezone.now()
    held = Job.objects.select_for_update(no_key=True).filter(pk=job.pk, lease_id=job.lease_id).first()
    if held is not None:
        _requeue_or_fail(held, sentence=sentence, at=at)


@transaction.atomic
def end_cancelled(*, job: Job, at: datetime | None = None) -> None:
    """The worker noticed that somebody asked for an end."""
    held = Job.objects.select_for_update(no_key=True).filter(pk=job.pk, lease_id=job.lease_id).first()
    if held is not None:
        _end(held, JobState.CANCELLED, at=at or timezone.now())


def others_wait(job: Job) -> bool:
    """Whether any other job waits for a worker."""
    return Job.objects.filter(state=JobState.QUEUED).exclude(pk=job.pk).exists()


@transaction.atomic
def yield_turn(*, job: Job, at: datetime | None = None) -> None:
    """Give back a job that we hold, to go on behind those that wait; it is no failed attempt."""
    held = Job.objects.select_for_update(no_key=True).filter(pk=job.pk, lease_id=job.lease_id).first()
    if held is None:
        return
    if held.cancel_requested:
        _end(held, JobState.CANCELLED, at=at or timezone.now())
        return
    held.state, held.attempt = JobState.QUEUED, held.attempt - 1
    held.lease_id = held.lease_until = held.not_before = held.woken_at = None
    held.wakes = 0
    held.save()
    nudge(topic_of(held.pk))
    transaction.on_commit(lambda: wake(held))


@transaction.atomic
def cancel(*, job: Job, by: User, at: datetime | None = None) -> Job:
    """Stop a job: at once if it waits, at its next checkpoint if it runs.

    Whoever asked for it first may, and staff who may change jobs. Errors: ``NotAllowed``, ``JobAlreadyEnded``.
    """
    from library.core.errors import NotAllowed

    if job.requested_by_id != by.pk and not by.has_perm("jobs.change_job"):
        raise NotAllowed(_("Only whoever asked for this, or a librarian, can stop it."))
    held = Job.objects.select_for_update(no_key=True).get(pk=job.pk)
    if not held.is_open:
        raise errors.JobAlreadyEnded
    held.cancel_requested = True
    if held.state == JobState.QUEUED:
        _end(held, JobState.CANCELLED, at=at or timezone.now())
    else:
        held.save(update_fields=["cancel_requested"])
    return held


@transaction.atomic
def withdraw(*, job: Job, at: datetime | None = None) -> None:
    """Stop a job whose result is not wanted any more, whoever asked for it; harmless where it has ended."""
    held = Job.objects.select_for_update(no_key=True).filter(pk=job.pk).first()
    if held is None or not held.is_open:
        return
    held.cancel_requested = True
    if held.state == JobState.QUEUED:
        _end(held, JobState.CANCELLED, at=at or timezone.now())
    else:
        held.save(update_fields=["cancel_requested"])


def sweep(*, at: datetime | None = None) -> int:
    """Bring back what lost its worker, and wake what nobody took. Returns how many jobs it touched.

    Waiting jobs are woken again 30 s after their last wake-up and then at doubling gaps, so that a backlog does not
    flood the broker.
    """
    at = at or timezone.now()
    touched = 0
    for job_id in Job.objects.forsaken(at).values_list("pk", flat=True)[:500]:
        touched += _bring_back(job_id, at=at)
    waiting = Job.objects.filter(state=JobState.QUEUED).filter(Q(not_before=None) | Q(not_before__lte=at))
    for job in waiting.order_by("created_at")[:500]:
        gap = FIRST_WAKE_GAP * 2 ** min(max(job.wakes - 1, 0), LONGEST_WAKE_DOUBLING)
        if job.woken_at is None or job.woken_at + gap <= at:
            wake(job)
            touched += 1
    return touched


@transaction.atomic
def _bring_back(job_id: UUID, *, at: datetime) -> bool:
    job = Job.objects.forsaken(at).select_for_update(no_key=True, skip_locked=True).filter(pk=job_id).first()
    if job is None:
        return False
    sentence = _("The work stopped several times without a word. Try again, or tell us about the file.")
    _requeue_or_fail(job, sentence=sentence, at=at)
    return True


def _requeue_or_fail(job: Job, *, sentence: str, at: datetime) -> None:
    if job.cancel_requested:
        _end(job, JobState.CANCELLED, at=at)
        return
    if job.attempt >= settings.JOB_ATTEMPTS:
        _end(job, JobState.FAILED, at=at, error=sentence)
        return
    pauses = settings.JOB_RETRY_SECONDS
    job.state = JobState.QUEUED
    job.lease_id = job.lease_until = None
    job.not_before = at + timedelta(seconds=pauses[min(job.attempt, len(pauses)) - 1])
    job.woken_at, job.wakes = None, 0
    job.save()
    nudge(topic_of(job.pk))
    transaction.on_commit(lambda: _wake_later(job))


def _wake_later(job: Job) -> None:
    delay = max((job.not_before - timezone.now()).total_seconds(), 0) + 0.5 if job.not_before else 0
    waking.wake(job.kind, args=[str(job.pk)], countdown=delay)


def _end(job: Job, state: JobState, *, at: datetime, error: str = "") -> None:
    job.state = state
    job.error = error[:500]
    job.message = "" if state == JobState.DONE else job.message
    job.ended_at = at
    job.lease_id = job.lease_until = None
    job.save()
    nudge(topic_of(job.pk))
    job_ended.send(sender=Job, job=job)
