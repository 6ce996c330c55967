"""Jobs: one open per subject, leases, checkpoints that a lost lease makes worthless, and the sweeper."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Tier
from accounts.tests.factories import make_librarian, make_user
from library.core.errors import LibraryError, NotAllowed
from library.jobs import errors, services
from library.jobs.models import Job, JobState
from library.jobs.tasks import JobRun, perform

pytestmark = pytest.mark.django_db
LEASE = timedelta(seconds=20)


class Refused(LibraryError):
    code = "file_encrypted"
    message = "The file is encrypted."


@pytest.fixture
def subject():
    """Any row with a UUID may be a subject."""
    return make_user()


def make_job(subject, **values):
    job = services.enqueue(kind="test", subject=subject)
    Job.objects.filter(pk=job.pk).update(**values)
    job.refresh_from_db()
    return job


def claimed(subject):
    job = services.claim(job_id=make_job(subject).pk)
    assert job is not None
    return job


def test_asking_twice_joins_the_open_job(subject):
    assert services.enqueue(kind="index", subject=subject) == services.enqueue(kind="index", subject=subject)
    assert services.enqueue(kind="summary", subject=subject).kind == "summary"
    assert Job.objects.count() == 2


def test_database_refuses_a_second_open_job(subject):
    job = make_job(subject)
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(kind="test", subject_label=job.subject_label, subject_id=job.subject_id)
    Job.objects.filter(pk=job.pk).update(state=JobState.CANCELLED, ended_at=timezone.now())
    Job.objects.create(kind="test", subject_label=job.subject_label, subject_id=job.subject_id)


@pytest.mark.parametrize(
    "impossible",
    [
        {"state": "running"},
        {"state": "done"},
        {"ended_at": timezone.now()},
        {"done": 2, "total": 1},
    ],
)
def test_database_refuses_impossible_rows(subject, impossible):
    job = make_job(subject)
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(**impossible)


def test_work_runs_and_ends_done(subject):
    seen = []

    def work(run: JobRun) -> None:
        run.progress(done=1, total=4, message="One of four")
        seen.append(Job.objects.get(pk=run.job.pk).percent)

    job = make_job(subject)
    perform(job.pk, work)
    job.refresh_from_db()
    assert (seen, job.state, job.percent, job.lease_id) == ([25], "done", 100, None)


def test_only_one_worker_gets_a_job(subject):
    job = make_job(subject)
    assert services.claim(job_id=job.pk) is not None
    assert services.claim(job_id=job.pk) is None


def test_progress_never_goes_back(subject):
    job = claimed(subject)
    run = JobRun(job)
    run.progress(done=50, total=100)
    run.progress(done=1, total=10)
    job.refresh_from_db()
    assert job.percent == 50
    run.progress(done=6, total=10)
    job.refresh_from_db()
    assert job.percent == 60


def test_refusal_ends_the_job_with_its_sentence(subject):
    def work(run: JobRun) -> None:
        raise Refused

    job = make_job(subject)
    perform(job.pk, work)
    job.refresh_from_db()
    assert (job.state, job.error, job.attempt) == ("failed", "The file is encrypted.", 1)


def test_what_breaks_is_tried_twice_more_with_pauses(subject):
    def work(run: JobRun) -> None:
        raise ZeroDivisionError

    job = make_job(subject)
    for attempt in (1, 2):
        perform(job.pk, work)
        job.refresh_from_db()
        assert (job.state, job.attempt) == ("queued", attempt)
        assert job.not_before > timezone.now()
        assert services.claim(job_id=job.pk) is None, "taken before its pause was over"
        Job.objects.filter(pk=job.pk).update(not_before=timezone.now())
    perform(job.pk, work)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "ZeroDivisionError" in job.error


def test_disk_full_is_told_as_such(subject, settings):
    settings.JOB_ATTEMPTS = 1

    def work(run: JobRun) -> None:
        raise OSError(28, "No space left on device")

    job = make_job(subject)
    perform(job.pk, work)
    job.refresh_from_db()
    assert "storage is full" in job.error


def test_killed_workers_job_comes_back_after_its_lease(subject):
    job = make_job(subject)
    held = services.claim(job_id=job.pk)
    assert held is not None
    assert services.sweep() == 0
    services.sweep(at=timezone.now() + LEASE + timedelta(seconds=1))
    job.refresh_from_db()
    assert job.state == "queued"
    assert services.renew(job=held) is False


def test_writes_of_a_worker_that_lost_its_lease_do_not_count(subject):
    held = claimed(subject)
    services.sweep(at=timezone.now() + LEASE + timedelta(seconds=1))
    with pytest.raises(errors.LeaseLost), JobRun(held).checkpoint(done=1, total=2):
        Tier.objects.create(code="ghost", name="Ghost")
    assert not Tier.objects.filter(code="ghost").exists()


def test_checkpoint_that_breaks_leaves_nothing(subject):
    held = claimed(subject)
    with pytest.raises(ZeroDivisionError), JobRun(held).checkpoint(done=1, total=2):
        Tier.objects.create(code="ghost", name="Ghost")
        raise ZeroDivisionError
    held.refresh_from_db()
    assert held.done == 0
    assert not Tier.objects.filter(code="ghost").exists()


def test_worker_that_dies_each_time_makes_the_job_fail(subject):
    job = make_job(subject)
    at = timezone.now()
    for _ in range(3):
        assert services.claim(job_id=job.pk, at=at) is not None
        at += LEASE + timedelta(minutes=2)
        services.sweep(at=at)
        at += timedelta(minutes=2)
    job.refresh_from_db()
    assert job.state == "failed"
    assert job.error


def test_stalled_work_loses_its_lease(subject, settings):
    held = claimed(subject)
    assert services.renew(job=held)
    assert not services.renew(job=held, at=timezone.now() + timedelta(seconds=settings.JOB_STALL_SECONDS + 1))


def test_sweeper_wakes_what_nobody_took_at_doubling_gaps(subject):
    job = make_job(subject, woken_at=timezone.now(), wakes=1)
    now = job.woken_at
    assert services.sweep(at=now + timedelta(seconds=29)) == 0
    assert services.sweep(at=now + timedelta(seconds=31)) == 1
    job.refresh_from_db()
    assert job.wakes == 2
    assert services.sweep(at=job.woken_at + timedelta(seconds=45)) == 0
    assert services.sweep(at=job.woken_at + timedelta(seconds=61)) == 1


def test_lost_broker_loses_no_job(subject, settings):
    celery: Any = current_app
    was = celery.conf.broker_url
    celery.conf.broker_url = "redis+socket:///nowhere/redis.sock"
    celery._after_fork()  # forget the connections, as a new worker process does
    try:
        job = make_job(subject)
        assert services.wake(job) is False
    finally:
        celery.conf.broker_url = was
        celery._after_fork()  # forget the connections, as a new worker process does
    assert Job.objects.get(pk=job.pk).state == "queued"
    assert services.sweep(at=timezone.now() + timedelta(seconds=31)) == 1


def test_waiting_job_stops_at_once_and_running_one_at_its_next_checkpoint(subject):
    asker = make_user()
    waiting = services.enqueue(kind="test", subject=subject, requested_by=asker)
    assert services.cancel(job=waiting, by=asker).state == "cancelled"

    def work(run: JobRun) -> None:
        services.cancel(job=run.job, by=asker)
        run.progress(done=1, total=2)
        pytest.fail("went on after it was stopped")

    running = services.enqueue(kind="test", subject=subject, requested_by=asker)
    perform(running.pk, work)
    running.refresh_from_db()
    assert running.state == "cancelled"
    with pytest.raises(errors.JobAlreadyEnded):
        services.cancel(job=running, by=asker)


def test_strangers_cannot_stop_a_job_but_librarians_can(subject):
    job = services.enqueue(kind="test", subject=subject, requested_by=make_user())
    with pytest.raises(NotAllowed):
        services.cancel(job=job, by=make_user())
    assert services.cancel(job=job, by=make_librarian()).state == "cancelled"


def test_api_tells_state_and_stops(subject, client):
    asker = make_user()
    job = services.enqueue(kind="test", subject=subject, requested_by=asker)
    address = f"/api/v1/jobs/{job.pk}/"
    assert client.get(address).status_code == 401
    client.force_login(make_user())
    assert client.get(address).json() == {
        "id": str(job.pk),
        "kind": "test",
        "state": "queued",
        "done": 0,
        "total": 0,
        "message": "",
        "error": "",
    }
    assert client.post(address + "cancel/").status_code == 403
    client.force_login(asker)
    assert client.post(address + "cancel/").json()["state"] == "cancelled"
    assert client.post(address + "cancel/").json()["code"] == "job_already_ended"
    assert client.get("/api/v1/jobs/0191f000-0000-7000-8000-000000000000/").status_code == 404


def test_part_polls_while_open_and_reloads_the_page_at_the_end(subject, client):
    asker = make_user()
    job = services.enqueue(kind="test", subject=subject, requested_by=asker)
    client.force_login(asker)
    address = f"/jobs/{job.pk}/"
    part = client.get(address, headers={"HX-Request": "true"})
    assert f'hx-get="{address}"' in part.text
    assert "HX-Refresh" not in part
    stopped = client.post(address + "cancel/", {"next": "https://elsewhere.example/"})
    assert stopped["Location"] == address
    ended = client.get(address, headers={"HX-Request": "true"})
    assert ended["HX-Refresh"] == "true"
    assert "hx-get" not in ended.text


def test_heartbeat_closes_its_own_connection(subject, settings):
    settings.JOB_HEARTBEAT_SECONDS = 0.05
    import time

    def work(run: JobRun) -> None:
        time.sleep(0.2)

    job = make_job(subject)
    perform(job.pk, work)
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM jobs_job WHERE id = %s", [job.pk])
        assert cursor.fetchone() == ("done",)
