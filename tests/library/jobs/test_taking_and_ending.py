"""A job from the moment it is asked for to its end: who takes it, what it says, and how it ends."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from uuid import uuid4

import pytest
from django.db import connection, transaction

from accounts.models import User
from accounts.tests.factories import make_user
from library.jobs import errors, services
from library.jobs.models import Job, JobState
from tests.library.jobs.made import AT, ATOM, SECOND, changed, make_job, make_running

pytestmark = pytest.mark.django_db
LEASE = timedelta(seconds=20)


def row(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


# -- asking for one


def test_a_worker_is_woken_once_for_a_new_job_and_only_when_it_is_sure_to_be_there(
    woken, django_capture_on_commit_callbacks
):
    subject = make_user()
    with django_capture_on_commit_callbacks(execute=True):
        job = services.enqueue(kind="test", subject=subject)
        assert woken == []
        services.enqueue(kind="test", subject=subject)
    assert woken == [("test", {"args": [str(job.pk)]})]
    assert (row(job).wakes, row(job).woken_at is not None) == (1, True)


def test_whoever_asks_second_does_not_become_the_one_who_asked():
    subject, first, second = make_user(), make_user(), make_user()
    services.enqueue(kind="test", subject=subject, requested_by=first)
    assert services.enqueue(kind="test", subject=subject, requested_by=second).requested_by == first


def test_a_running_job_is_joined_as_well_and_an_ended_one_is_not():
    running = make_running()
    subject = User.objects.get(pk=running.subject_id)
    assert services.enqueue(kind=running.kind, subject=subject) == running
    services.finish(job=running)
    assert services.enqueue(kind=running.kind, subject=subject) != running


def test_the_same_work_on_two_things_is_two_jobs():
    assert make_job(make_user()).pk != make_job(make_user()).pk


# -- taking it


def test_whoever_takes_a_job_has_it_for_the_time_of_a_lease():
    job = make_job()
    held = services.claim(job_id=job.pk, at=AT)
    assert held is not None
    assert (held.state, held.attempt, held.lease_until) == ("running", 1, AT + LEASE)
    assert (held.started_at, held.moved_at) == (AT, AT)
    assert row(job).lease_id == held.lease_id


def test_the_moment_of_the_first_beginning_stays_and_each_try_is_counted_under_a_lease_of_its_own():
    first = make_running()
    services.retry_or_fail(job=first, sentence="Broke.", at=AT)
    later = AT + timedelta(minutes=1)
    second = services.claim(job_id=first.pk, at=later)
    assert second is not None
    assert (second.attempt, second.started_at, second.moved_at) == (2, AT, later)
    assert second.lease_id != first.lease_id


@pytest.mark.parametrize(("early", "is_taken"), [(ATOM, False), (timedelta(0), True), (-SECOND, True)])
def test_a_retry_is_taken_when_its_pause_is_over_and_not_before(early, is_taken):
    job = make_job(not_before=AT + early)
    assert (services.claim(job_id=job.pk, at=AT) is not None) is is_taken


def test_a_job_that_somebody_stopped_meanwhile_ends_instead_of_beginning(ended):
    job = make_job(cancel_requested=True)
    assert services.claim(job_id=job.pk, at=AT) is None
    assert (row(job).state, row(job).ended_at, row(job).attempt) == ("cancelled", AT, 0)
    assert ended == [(str(job.pk), "cancelled")]


def test_a_job_that_there_is_not_is_nobody_s():
    assert services.claim(job_id=uuid4()) is None


@pytest.mark.django_db(transaction=True)
def test_whoever_comes_while_another_takes_it_does_not_wait(woken):
    job = make_job()
    taken: list[Job | None] = []

    def come() -> None:
        try:
            taken.append(services.claim(job_id=job.pk))
        finally:
            connection.close()

    with transaction.atomic():
        assert services.claim(job_id=job.pk) is not None
        second = Thread(target=come)
        second.start()
        second.join(10)
    assert taken == [None]


# -- saying how far it is


def test_progress_prolongs_the_lease_and_says_when_something_moved():
    job, later = make_running(), AT + timedelta(seconds=15)
    services.progress(held=job, done=1, total=4, message="Seite ١ من ٤", at=later)
    said = row(job)
    assert (said.done, said.total, said.message, said.moved_at) == (1, 4, "Seite ١ من ٤", later)
    assert said.lease_until == later + LEASE


@pytest.mark.parametrize(
    ("before", "said", "kept"),
    [
        ((0, 0), (0, 0), (0, 0)),
        ((3, 10), (0, 0), (3, 10)),  # no whole to speak of
        ((3, 10), (3, 10), (3, 10)),
        ((3, 10), (6, 20), (6, 20)),  # the same share of another whole
        ((3, 10), (5, 20), (3, 10)),  # less
        ((3, 10), (7, 20), (7, 20)),
        ((0, 0), (9, 5), (5, 5)),  # more than there is
        ((5, 5), (5, 6), (5, 5)),
    ],
)
def test_the_share_that_is_done_never_falls(before, said, kept):
    job = make_running(done=before[0], total=before[1])
    services.progress(held=job, done=said[0], total=said[1], message="On it")
    assert (row(job).done, row(job).total, row(job).message) == (*kept, "On it")


def test_a_message_longer_than_there_is_room_for_is_cut():
    job = make_running()
    services.progress(held=job, done=0, total=1, message="ж" * 301)
    assert row(job).message == "ж" * 300


@pytest.mark.parametrize(("done", "total", "percent"), [(0, 0, 0), (0, 9, 0), (1, 3, 33), (2, 3, 67), (9, 9, 100)])
def test_percent_of_a_job(done, total, percent):
    assert make_job(done=done, total=total).percent == percent


# -- the lease


def test_a_lease_is_renewed_for_as_long_as_it_was():
    job, later = make_running(), AT + timedelta(seconds=10)
    assert services.renew(job=job, at=later)
    assert row(job).lease_until == later + LEASE


def test_a_lease_that_another_has_is_not_renewed():
    job = make_running()
    stolen = changed(job, lease_id=uuid4())
    assert not services.renew(job=job, at=AT)
    assert row(job).lease_until == stolen.lease_until


@pytest.mark.parametrize(("late", "is_kept"), [(-ATOM, True), (timedelta(0), False)])
def test_work_that_does_not_move_for_ten_minutes_is_given_up(settings, late, is_kept):
    job = make_running()
    moment = AT + timedelta(seconds=settings.JOB_STALL_SECONDS) + late
    assert services.renew(job=job, at=moment) is is_kept


def test_what_is_written_counts_only_for_whoever_holds_it_and_only_while_nobody_stopped_it():
    job = make_running()
    assert services.lock_held(job).pk == job.pk
    changed(job, cancel_requested=True)
    with pytest.raises(errors.Cancelled):
        services.lock_held(job)
    changed(job, lease_id=uuid4())
    with pytest.raises(errors.LeaseLost):
        services.lock_held(job)


# -- the end


def test_a_job_that_is_done_is_whole_and_says_no_more(ended):
    job = make_running(done=3, total=10, message="Page 3")
    services.finish(job=job, at=AT + SECOND)
    said = row(job)
    assert (said.state, said.done, said.total, said.message) == ("done", 10, 10, "")
    assert (said.ended_at, said.lease_id, said.lease_until) == (AT + SECOND, None, None)
    assert ended == [(str(job.pk), "done")]


def test_a_job_without_steps_is_whole_at_its_end():
    job = make_running()
    services.finish(job=job)
    assert (row(job).done, row(job).total, row(job).percent) == (1, 1, 100)


def test_a_job_that_was_stopped_is_not_done():
    job = make_running(cancel_requested=True)
    with pytest.raises(errors.Cancelled):
        services.finish(job=job)
    assert row(job).state == "running"


def test_a_failed_job_says_why_and_how_far_it_came(ended):
    job = make_running(done=3, total=10, message="Page 3")
    services.fail(job=job, sentence="é" * 501, at=AT + SECOND)
    said = row(job)
    assert (said.state, said.error, said.message, said.percent) == ("failed", "é" * 500, "Page 3", 30)
    assert said.ended_at == AT + SECOND
    assert ended == [(str(job.pk), "failed")]


ENDS = {
    "fail": lambda job: services.fail(job=job, sentence="Broke.", at=AT),
    "retry": lambda job: services.retry_or_fail(job=job, sentence="Broke.", at=AT),
    "cancelled": lambda job: services.end_cancelled(job=job, at=AT),
    "yield": lambda job: services.yield_turn(job=job, at=AT),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_whatever_goes_wrong_on_the_way_a_job_that_was_stopped_ends_as_stopped(end, ended):
    job = make_running(cancel_requested=True)
    end(job)
    assert (row(job).state, row(job).error, row(job).ended_at) == ("cancelled", "", AT)
    assert ended == [(str(job.pk), "cancelled")]


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_whoever_lost_the_job_ends_nothing(end, ended):
    mine = make_running()
    theirs = changed(mine, lease_id=uuid4())
    end(mine)
    assert (row(mine).state, row(mine).lease_id) == ("running", theirs.lease_id)
    assert ended == []


# -- tries


@pytest.mark.parametrize(("attempt", "pause"), [(1, 5), (2, 30), (3, 30), (4, 30)])
def test_the_pause_before_the_next_try_grows_and_then_stays(settings, attempt, pause):
    settings.JOB_ATTEMPTS = 9
    job = make_running(attempt=attempt, woken_at=AT, wakes=3)
    services.retry_or_fail(job=job, sentence="Broke.", at=AT)
    said = row(job)
    assert (said.state, said.not_before) == ("queued", AT + timedelta(seconds=pause))
    assert (said.lease_id, said.lease_until, said.woken_at, said.wakes) == (None, None, None, 0)


@pytest.mark.parametrize(("attempt", "state"), [(2, "queued"), (3, "failed"), (4, "failed")])
def test_the_last_try_is_the_third(attempt, state):
    job = make_running(attempt=attempt)
    services.retry_or_fail(job=job, sentence="Broke again.", at=AT)
    assert (row(job).state, row(job).error) == (state, "Broke again." if state == "failed" else "")


def test_the_worker_of_the_next_try_is_woken_when_the_pause_is_over(woken, django_capture_on_commit_callbacks):
    job = make_running()
    with django_capture_on_commit_callbacks(execute=True):
        services.retry_or_fail(job=job, sentence="Broke.", at=AT)  # long ago: the pause is over
    assert woken == [("test", {"args": [str(job.pk)], "countdown": 0.5})]


# -- turns


def test_a_job_that_lets_others_go_first_has_lost_no_try(woken, django_capture_on_commit_callbacks, ended):
    job = make_running(wakes=4, woken_at=AT, done=3, total=10)
    with django_capture_on_commit_callbacks(execute=True):
        services.yield_turn(job=job, at=AT)
    said = row(job)
    assert (said.state, said.attempt, said.wakes) == ("queued", 0, 1)
    assert (said.lease_id, said.lease_until, said.not_before) == (None, None, None)
    assert (said.done, said.total) == (3, 10)
    assert (woken.ids, ended) == ([str(job.pk)], [])


def test_only_what_waits_counts_as_others_that_wait():
    mine = make_job()
    assert not services.others_wait(mine)
    make_running()
    changed(make_job(), state=JobState.FAILED, ended_at=AT)
    assert not services.others_wait(mine)
    make_job()
    assert services.others_wait(mine)
