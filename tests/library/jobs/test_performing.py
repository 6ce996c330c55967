"""How a worker does a job: one way to end whatever happens, a heartbeat beside it, and turns between long ones."""

from __future__ import annotations

import logging
from threading import Event
from uuid import uuid4

import pytest
from django.db import OperationalError

from accounts.models import Tier
from accounts.tests.factories import make_user
from library.core.privacy.registry import Person
from library.jobs import errors, privacy, services, tasks, turns
from library.jobs.from_the_start import Replaced
from library.jobs.job_run import JobRun
from library.jobs.models import Job, JobState
from library.jobs.tasks import perform, sweep_jobs
from library.jobs.turns import YieldingJobRun
from tests.library.jobs.made import AT, SECOND, changed, make_job, make_running

pytestmark = pytest.mark.django_db


def row(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


@pytest.mark.parametrize("values", [{"state": JobState.DONE, "ended_at": AT}, {"cancel_requested": True}])
def test_what_has_ended_or_was_stopped_is_not_begun(values):
    perform(make_job(**values).pk, lambda run: pytest.fail("it was begun"))


def test_a_message_of_a_job_that_there_is_not_is_no_fault():
    perform(uuid4(), lambda run: pytest.fail("it was begun"))


def test_a_worker_that_lost_its_job_ends_without_a_word_to_anybody(caplog):
    job = make_job()

    def lose(run: JobRun) -> None:
        changed(job, lease_id=uuid4())
        run.progress(done=1, total=2)

    with caplog.at_level(logging.WARNING):
        perform(job.pk, lose)
    assert (row(job).state, row(job).error, row(job).done) == ("running", "", 0)
    assert f"Job {job.pk} went to another worker." in caplog.text


def test_a_job_that_lets_others_go_first_waits_again():
    job = make_job()

    def give_way(run: JobRun) -> None:
        run.progress(done=1, total=2)
        raise errors.YieldJob

    perform(job.pk, give_way)
    assert (row(job).state, row(job).attempt, row(job).done) == ("queued", 0, 1)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (ZeroDivisionError("secret words"), "Something unforeseen went wrong (ZeroDivisionError)."),
        (Replaced("secret words"), "Something unforeseen went wrong (Replaced)."),
        (OSError(122, "Disk quota exceeded"), "The library's storage is full. Make room and try again."),
        (OSError(5, "Input/output error"), "Something unforeseen went wrong (OSError)."),
    ],
)
def test_what_nobody_foresaw_is_told_without_its_words(fault, sentence, settings, caplog):
    settings.JOB_ATTEMPTS = 1
    job = make_job()

    def break_down(run: JobRun) -> None:
        raise fault

    perform(job.pk, break_down)
    assert row(job).error.startswith(sentence)
    assert "secret words" not in row(job).error
    assert type(fault).__name__ in caplog.text  # the trace is for whoever looks after the machine


def test_the_lease_is_renewed_beside_the_work_even_after_the_database_was_away(settings, monkeypatch, caplog):
    settings.JOB_HEARTBEAT_SECONDS = 0.01
    tried, twice = [], Event()

    def away(*, job: Job) -> bool:
        tried.append(job.pk)
        if len(tried) == 2:
            twice.set()
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(services, "renew", away)
    job = make_job()

    def work(run: JobRun) -> None:
        assert twice.wait(10), "it gave up after the first fault"

    perform(job.pk, work)
    assert row(job).state == "done"
    assert set(tried) == {job.pk}
    assert "could not be renewed" in caplog.text


def test_the_sweeper_s_task_brings_back_what_lost_its_worker(monkeypatch):
    monkeypatch.setattr(tasks, "close_old_connections", lambda: None)  # the test's own is in use
    job = make_running()  # since a day that is long past
    sweep_jobs()
    assert row(job).state == "queued"


# -- writing


def test_what_is_written_at_a_checkpoint_and_how_far_it_is_are_one():
    job = make_running()
    with JobRun(job).checkpoint(done=1, total=2, message="Half"):
        Tier.objects.create(code="made", name="Made")
    assert (row(job).done, row(job).message, Tier.objects.filter(code="made").exists()) == (1, "Half", True)


def test_nothing_is_written_after_somebody_stopped_it():
    job = make_running(cancel_requested=True)
    with pytest.raises(errors.Cancelled), JobRun(job).checkpoint(done=1, total=2):
        pytest.fail("the block was run")
    assert row(job).done == 0


# -- turns


@pytest.fixture
def long_turn(monkeypatch):
    """A minute has gone by as soon as a job begins."""
    monkeypatch.setattr(turns, "LONGEST_TURN", -1.0)


def test_after_a_minute_a_job_lets_others_go_first_with_what_it_wrote(long_turn):
    job, _other = make_running(), make_job()
    with pytest.raises(errors.YieldJob):
        YieldingJobRun(job).progress(done=1, total=2, message="Half")
    assert (row(job).done, row(job).message) == (1, "Half")


def test_the_last_step_is_taken_whoever_waits(long_turn):
    job, _other = make_running(), make_job()
    YieldingJobRun(job).progress(done=2, total=2)
    assert row(job).done == 2


def test_where_nobody_waits_a_job_goes_on(long_turn):
    YieldingJobRun(make_running()).progress(done=1, total=2)


def test_within_its_minute_a_job_goes_on_whoever_waits():
    job, _other = make_running(), make_job()
    YieldingJobRun(job).progress(done=1, total=2)


# -- what it knows of people


def test_a_person_gets_the_jobs_that_they_asked_for_oldest_first_and_no_other_s():
    ada, eve = make_user(), make_user()
    second = make_job(kind="summary", requested_by=ada, created_at=AT + SECOND)
    first = make_job(requested_by=ada, created_at=AT, state=JobState.DONE, ended_at=AT)
    make_job(requested_by=eve)
    given = privacy.exported(Person(ada.pk))["jobs"]
    assert [(one["kind"], one["state"], one["ended_at"]) for one in given] == [
        ("test", "done", AT),
        ("summary", "queued", None),
    ]
    assert [one["subject_id"] for one in given] == [first.subject_id, second.subject_id]


def test_who_asked_is_forgotten_and_the_work_stays():
    ada, eve = make_user(), make_user()
    hers, another = make_job(requested_by=ada), make_running(requested_by=eve)
    privacy.erase(Person(ada.pk))
    assert (row(hers).requested_by, row(hers).state) == (None, "queued")
    assert row(another).requested_by == eve
