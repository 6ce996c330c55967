"""Whatever happens to a job and in whatever order: it ends once, stays ended, and never says less than before."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from accounts.tests.factories import make_user
from library.jobs import errors, services
from library.jobs.models import Job
from tests.library.jobs.made import AT

pytestmark = pytest.mark.django_db
ENDS = {"done", "failed", "cancelled"}


class Life:
    """One job, its workers as they last knew it, and a clock that only goes on."""

    def __init__(self, asker: User) -> None:
        Job.objects.all().delete()
        self.asker, self.at = asker, AT
        self.job = services.enqueue(kind="test", subject=asker, requested_by=asker)
        self.hands: list[Job] = []  # every worker that ever held it, some of which have lost it since

    def row(self) -> Job:
        return Job.objects.get(pk=self.job.pk)

    def claim(self) -> None:
        held = services.claim(job_id=self.job.pk, at=self.at)
        if held is not None:
            self.hands.append(held)

    def by_each(self, work: Callable[[Job], object]) -> None:
        for held in self.hands:
            with suppress(errors.LeaseLost, errors.Cancelled):
                work(held)

    def progress(self) -> None:
        def forward(held: Job) -> None:
            locked = services.lock_held(held)
            services.progress(held=locked, done=locked.done + 1, total=9, message="On it", at=self.at)

        self.by_each(forward)

    def renew(self) -> None:
        self.by_each(lambda held: services.renew(job=held, at=self.at))

    def finish(self) -> None:
        self.by_each(lambda held: services.finish(job=held, at=self.at))

    def fail(self) -> None:
        self.by_each(lambda held: services.fail(job=held, sentence="Broke.", at=self.at))

    def retry(self) -> None:
        self.by_each(lambda held: services.retry_or_fail(job=held, sentence="Broke.", at=self.at))

    def give_way(self) -> None:
        self.by_each(lambda held: services.yield_turn(job=held, at=self.at))

    def cancel(self) -> None:
        with suppress(errors.JobAlreadyEnded):
            services.cancel(job=self.row(), by=self.asker, at=self.at)

    def withdraw(self) -> None:
        services.withdraw(job=self.job, at=self.at)

    def sweep(self) -> None:
        services.sweep(at=self.at)

    def wait(self) -> None:
        self.at += timedelta(seconds=15)

    def wait_long(self) -> None:
        self.at += timedelta(minutes=11)


DEEDS = [name for name in vars(Life) if not name.startswith("_") and name not in {"row", "by_each"}]


def share(row: Job) -> Fraction:
    return Fraction(row.done, row.total) if row.total else Fraction(0)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(DEEDS), max_size=18))
def test_a_job_ends_once_and_its_share_never_falls(woken, deeds):
    life = Life(User.objects.first() or make_user())
    before = life.row()
    for deed in deeds:
        getattr(life, deed)()
        after = life.row()
        if before.state in ENDS:
            assert vars(after).keys() == vars(before).keys()
            assert after.state == before.state, deed
            assert (after.ended_at, after.error, after.done, after.total) == (
                before.ended_at,
                before.error,
                before.done,
                before.total,
            )
        assert share(after) >= share(before), deed
        assert 0 <= after.attempt <= 3
        assert (after.ended_at is not None) is (after.state in ENDS)
        before = after


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(DEEDS), max_size=12))
def test_whatever_happened_a_job_comes_to_an_end_once_workers_do_nothing_but_break(woken, deeds):
    life = Life(User.objects.first() or make_user())
    for deed in deeds:
        getattr(life, deed)()
    for _ in range(5):  # three tries, and what was under way
        life.wait_long()
        life.sweep()
        life.wait_long()
        life.claim()
        life.retry()
    assert life.row().state in ENDS
    assert Job.objects.open().count() == 0


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(DEEDS), max_size=15))
def test_at_no_time_do_two_workers_hold_it(woken, deeds):
    life = Life(User.objects.first() or make_user())
    for deed in deeds:
        getattr(life, deed)()
        held = 0
        for hand in life.hands:
            with suppress(errors.LeaseLost):
                with suppress(errors.Cancelled):
                    services.lock_held(hand)
                held += 1
        assert held <= 1, deed
