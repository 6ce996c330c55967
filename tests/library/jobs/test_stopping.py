"""Who may stop a job, what is stopped at once, and what the sweeper brings back."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from accounts.models import Role
from accounts.tests.factories import make_librarian, make_user
from library.core.errors import NotAllowed
from library.jobs import errors, queries, services
from library.jobs.models import Job, JobState
from tests.library.jobs.made import AT, ATOM, SECOND, changed, make_job, make_running

pytestmark = pytest.mark.django_db
GAP = timedelta(seconds=30)


def row(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def lease_end(job: Job) -> datetime:
    assert job.lease_until is not None
    return job.lease_until


# -- stopping


@pytest.mark.parametrize("make", [make_librarian, lambda: make_user(Role.ADMINISTRATOR)], ids=["librarian", "admin"])
def test_staff_stop_what_a_reader_asked_for(make, ended):
    job = make_job(requested_by=make_user())
    assert services.cancel(job=job, by=make(), at=AT).state == "cancelled"
    assert (row(job).ended_at, row(job).cancel_requested) == (AT, True)
    assert ended == [(str(job.pk), "cancelled")]


def test_nobody_but_staff_stops_what_the_library_itself_asked_for():
    job = make_job()
    with pytest.raises(NotAllowed) as refusal:
        services.cancel(job=job, by=make_user())
    assert refusal.value.detail == "Only whoever asked for this, or a librarian, can stop it."
    assert row(job).state == "queued"


def test_a_running_job_goes_on_to_its_next_checkpoint(ended):
    asker = make_user()
    job = make_running(requested_by=asker)
    stopped = services.cancel(job=job, by=asker)
    assert (stopped.state, row(job).cancel_requested, ended) == ("running", True, [])
    services.cancel(job=job, by=asker)  # pressed twice
    assert row(job).state == "running"


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.CANCELLED])
def test_what_has_ended_is_not_stopped(state):
    asker = make_user()
    job = make_job(requested_by=asker, state=state, ended_at=AT)
    with pytest.raises(errors.JobAlreadyEnded) as refusal:
        services.cancel(job=job, by=asker)
    assert refusal.value.detail == "This job has already ended."
    assert row(job).state == state


def test_it_counts_how_the_job_is_and_not_how_it_was_when_the_page_was_shown():
    asker = make_user()
    shown = make_job(requested_by=asker)
    changed(shown, state=JobState.DONE, ended_at=AT)
    with pytest.raises(errors.JobAlreadyEnded):
        services.cancel(job=shown, by=asker)


def test_who_is_offered_to_stop_it():
    asker, stranger = make_user(), make_user()
    job = make_job(requested_by=asker)
    assert [queries.may_cancel(job, user) for user in (asker, stranger, make_librarian())] == [True, False, True]
    ended = changed(job, state=JobState.DONE, ended_at=AT)
    assert not queries.may_cancel(ended, asker)


def test_work_that_is_wanted_no_more_is_withdrawn_whoever_asked_for_it(ended):
    waiting, running = make_job(requested_by=make_user()), make_running()
    done = make_job(state=JobState.DONE, ended_at=AT)
    for job in (waiting, running, done):
        services.withdraw(job=job, at=AT + SECOND)
    assert [row(job).state for job in (waiting, running, done)] == ["cancelled", "running", "done"]
    assert [row(job).cancel_requested for job in (waiting, running, done)] == [True, True, False]
    assert (row(waiting).ended_at, row(done).ended_at) == (AT + SECOND, AT)
    assert ended == [(str(waiting.pk), "cancelled")]


def test_withdrawing_what_is_gone_harms_nobody():
    gone = make_job()
    Job.objects.all().delete()
    services.withdraw(job=gone)
    assert not Job.objects.exists()


# -- the sweeper


@pytest.mark.parametrize(("late", "state"), [(timedelta(0), "running"), (ATOM, "queued")])
def test_a_lease_lasts_to_its_very_end(late, state, woken):
    job = make_running()
    services.sweep(at=lease_end(job) + late)
    assert row(job).state == state


def test_what_lost_its_worker_waits_for_its_pause_like_any_that_broke(woken):
    job = make_running()
    at = lease_end(job) + SECOND
    assert services.sweep(at=at) == 1
    assert (row(job).attempt, row(job).not_before) == (1, at + timedelta(seconds=5))
    assert woken == []  # not before its pause is over
    assert services.sweep(at=at + timedelta(seconds=5)) == 1
    assert woken.ids == [str(job.pk)]


def test_what_lost_its_worker_again_and_again_fails_in_words(ended):
    job = make_running(attempt=3)
    services.sweep(at=lease_end(job) + SECOND)
    assert row(job).error == "The work stopped several times without a word. Try again, or tell us about the file."
    assert ended == [(str(job.pk), "failed")]


def test_what_lost_its_worker_after_somebody_stopped_it_is_stopped(woken):
    job = make_running(cancel_requested=True)
    assert services.sweep(at=lease_end(job) + SECOND) == 1
    assert (row(job).state, woken) == ("cancelled", [])


def test_what_was_never_woken_is_woken_at_once(woken):
    job = make_job(woken_at=None)
    assert services.sweep(at=AT) == 1
    assert (woken.ids, row(job).wakes) == ([str(job.pk)], 1)


@pytest.mark.parametrize(
    ("wakes", "times"), [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 64), (8, 64), (30, 64)], ids=str
)
def test_the_time_between_two_wake_ups_doubles_up_to_half_an_hour(wakes, times, woken):
    make_job(woken_at=AT, wakes=wakes)
    assert services.sweep(at=AT + times * GAP - ATOM) == 0
    assert services.sweep(at=AT + times * GAP) == 1


@pytest.mark.parametrize(("pause", "touched"), [(ATOM, 0), (timedelta(0), 1)])
def test_a_retry_is_not_woken_during_its_pause(pause, touched, woken):
    make_job(not_before=AT + pause, woken_at=None)
    assert services.sweep(at=AT) == touched


def test_the_longest_waiting_is_woken_first_and_what_has_ended_never(woken):
    young, old = make_job(woken_at=None, created_at=AT), make_job(woken_at=None, created_at=AT - SECOND)
    make_job(state=JobState.DONE, ended_at=AT, woken_at=None)
    assert services.sweep(at=AT) == 2
    assert woken.ids == [str(old.pk), str(young.pk)]


# -- looking one up


def test_the_newest_of_its_kind_on_one_thing_whatever_its_state():
    subject = make_user()
    old = make_job(subject, state=JobState.FAILED, ended_at=AT, created_at=AT)
    assert queries.latest("test", subject) == old
    new = make_job(subject, created_at=AT + SECOND)
    make_job(subject, kind="summary", created_at=AT + 2 * SECOND)
    make_job(make_user(), created_at=AT + 2 * SECOND)
    assert queries.latest("test", subject) == new
    assert queries.latest("cards", subject) is None


def test_an_id_that_nobody_was_shown_is_no_job():
    from django.contrib.auth.models import AnonymousUser

    from library.core.errors import NotFound

    job = make_job()
    assert queries.get_job(job.pk, make_user()) == job
    for pk, user in ((uuid4(), make_user()), (job.pk, AnonymousUser()), (job.pk, None)):
        with pytest.raises(NotFound):
            queries.get_job(pk, user)
