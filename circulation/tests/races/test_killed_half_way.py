"""Each task that lending does by itself, ended in the middle in three ways, then run twice, then twice at once.

A kill comes at the n-th statement that writes, whatever that was about. What was committed before stays, what was not
is done by the next run, nothing is done twice, and staff can read of every run.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import DataError, connection

from accounts.models import Tier
from accounts.people.nobody import NOBODY
from accounts.tests.factories import make_patron
from catalog.tests.factories import make_book, make_copy
from circulation import forgetting, services, tasks
from circulation.models import (
    Charge,
    Credit,
    Hold,
    HoldState,
    LendingSettings,
    Loan,
    LoanRenewal,
    LoanRule,
    MonthlyLoans,
    PaymentAttempt,
)
from circulation.money import nightly as fines
from circulation.money.online import services as online
from circulation.notices import reminders
from circulation.services.holds import nightly as holds
from circulation.tests.factories import make_hold, make_loan, queue_up
from circulation.tests.money import stripe_server
from circulation.tests.money.common import balances
from library.core.background import schedule
from library.jobs.models import NightlyReport, RunState
from library.jobs.nightly import walks
from library.notices.models import Notice

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)
NOW = datetime(2026, 3, 16, 11, tzinfo=UTC)  # a Monday, late enough for reminders
TODAY = NOW.date()
ROWS = 6
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)


def due(days: int) -> datetime:
    return datetime(2026, 3, 16, 23, 59, 59, 999999, tzinfo=UTC) + days * DAY


def late(days: int) -> list[Loan]:
    return [make_loan(due_at=due(-days), checked_out_at=due(-days - 14)) for _n in range(ROWS)]


# -- what there is to do, and how much of it is done ----------------------------------------------------------------


def fines_to_set() -> None:
    LoanRule.objects.update(fine_amount=Decimal("0.50"), fine_cap=4)
    late(3)


def fines_set() -> Counter[Any]:
    return Counter(f"{amount:.2f}" for amount in Charge.objects.values_list("amount", flat=True))


def soon_due() -> None:
    for _n in range(ROWS):
        make_loan(due_at=due(1), checked_out_at=due(-13))


def overdue_in_three_steps() -> None:
    for step in (8, 15, 29):
        late(step)


def dates_moved() -> None:
    for _n in range(ROWS):
        loan = make_loan(due_at=due(12), checked_out_at=due(-9), renewals=1)
        LoanRenewal.objects.create(loan=loan, at=NOW - DAY, by=None, due_before=due(5), due_after=due(12))
        Loan.objects.filter(pk=loan.pk).update(due_changed_at=NOW - DAY)


def letters() -> Counter[Any]:
    return Counter(Notice.objects.values_list("kind", flat=True))


def holds_over() -> None:
    for _n in range(ROWS):
        hold = make_hold(state=HoldState.READY, shelf_until=TODAY - DAY, ready_at=NOW - 9 * DAY)
        queue_up(hold.book, branch=hold.pickup_branch)


def sleepers() -> None:
    for _n in range(ROWS):
        queue_up(make_copy().book, state=HoldState.SUSPENDED, suspended_until=TODAY)


def waiting_beside_free_copies() -> None:
    for _n in range(ROWS):
        queue_up(make_copy().book)
        queue_up(make_book())


def nearly_over() -> None:
    for _n in range(ROWS):
        make_hold(state=HoldState.READY, shelf_until=TODAY + DAY, ready_at=NOW - 5 * DAY)


def states() -> Counter[Any]:
    return Counter(Hold.objects.values_list("state", flat=True)) + letters()


def loans_to_renew() -> None:
    LoanRule.objects.update(auto_renew=True)
    for _n in range(ROWS):
        make_loan(due_at=due(0), checked_out_at=due(-14))


def renewed() -> Counter[Any]:
    assert LoanRenewal.objects.count() == sum(Loan.objects.values_list("renewals", flat=True))
    return Counter(Loan.objects.values_list("renewals", flat=True))


def past_loans_and_holds() -> None:
    LendingSettings.objects.update(anonymise_after_days=10)
    for _n in range(ROWS):
        patron, back = make_patron(), NOW - 20 * DAY
        make_loan(patron=patron, checked_out_at=back - 9 * DAY, returned_at=back, checked_in_at=back)
        make_hold(patron=patron, state=HoldState.FULFILLED, ended_at=back)


def forgotten() -> Counter[Any]:
    assert sum(MonthlyLoans.objects.values_list("loans", flat=True)) in {0, ROWS}
    gone = Counter("loan" if patron == NOBODY else "kept" for patron in Loan.objects.values_list("patron", flat=True))
    return gone + Counter({"hold": Hold.objects.count()})


def payments_that_nobody_told_of() -> None:
    stripe = Task.stripe
    for number in range(ROWS):
        patron, pk = make_patron(), f"cs_{number}"
        attempt = PaymentAttempt.objects.create(
            patron=patron,
            key="press",
            amount=5,
            currency="EUR",
            state="open",
            provider_id=pk,
            created_at=NOW - timedelta(hours=2),
        )
        told = stripe_server.paid_event(attempt, units=500, intent=f"pi_{number}")
        stripe.sessions[pk] = json.loads(told)["data"]["object"]


def entered() -> Counter[Any]:
    assert Credit.objects.count() == PaymentAttempt.objects.filter(state="paid").count()
    return Counter(PaymentAttempt.objects.values_list("state", flat=True))


@dataclass
class Task:
    """``ends``: what is done in the end, by its kind. ``nth``: the write at which it ends in the middle."""

    prepare: Callable[[], Any]
    run: Callable[[], Any]
    done: Callable[[], Counter[Any]]
    ends: dict[Any, int]
    nth: int = 5
    reports: tuple[str, ...] = field(default_factory=tuple)
    stripe = stripe_server.Stripe()


def of_holds(prepare: Callable[[], Any], task: str, ends: dict[Any, int], nth: int = 9) -> Task:
    return Task(prepare, lambda: holds.tend(at=NOW), states, ends, nth, (task,))


def tell() -> Any:
    return reminders.tell_of_today(at=NOW)


TASKS = {
    "fines": Task(fines_to_set, lambda: fines.set_all(at=NOW, batch=2), fines_set, {"1.50": ROWS}, 3, ("set_fines",)),
    "due soon": Task(soon_due, tell, letters, {"due_soon": ROWS}, reports=("tell_due_dates",)),
    "overdue 1, 2, 3": Task(
        overdue_in_three_steps, tell, letters, {f"overdue_{step}": ROWS for step in (1, 2, 3)}, 7, ("tell_due_dates",)
    ),
    "dates that moved": Task(dates_moved, tell, letters, {"due_moved": ROWS}, reports=("tell_moved_dates",)),
    "holds that are over": of_holds(
        holds_over, "end_holds", {"expired": ROWS, "requested": ROWS, "hold_expired": ROWS}, 25
    ),
    "holds that wake": of_holds(sleepers, "turn_holds", {"requested": ROWS}),
    "holds that can be served": of_holds(
        waiting_beside_free_copies, "serve_holds", {"requested": ROWS, "queued": ROWS}
    ),
    "holds that are nearly over": of_holds(nearly_over, "remind_holds", {"ready": ROWS, "hold_expiring": ROWS}),
    "automatic renewal": Task(
        loans_to_renew, lambda: services.renew_automatically(at=NOW), renewed, {1: ROWS}, 9, ("renew_loans",)
    ),
    "anonymisation": Task(
        past_loans_and_holds,
        lambda: forgetting.forget_past(at=NOW),
        forgotten,
        {"loan": ROWS},
        30,
        ("forget_past_loans",),
    ),
    "online payments": Task(
        payments_that_nobody_told_of, lambda: online.look_after(at=NOW), entered, {"paid": ROWS}, 25
    ),
}


# -- how it ends in the middle --------------------------------------------------------------------------------------


class Killed(BaseException):
    """As the worker is told to end, wherever it is."""


def session_ends() -> None:
    """Another session ends ours, as a restart of the database does, or the death of the worker."""
    pid = connection.connection.info.backend_pid
    with ThreadPoolExecutor(1) as other:
        other.submit(_end_session, pid).result()


def _end_session(pid: int) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    finally:
        connection.close()


def worker_ends() -> None:
    raise Killed


def row_fails() -> None:
    """As it does again where it is tried by itself."""
    raise DataError("out of range")


WRITES_THAT_FAIL = {row_fails: 2}  # one after the other, from the n-th on


@contextmanager
def ends_at(nth: int, how: Callable[[], None]) -> Iterator[list[int]]:
    """Let the ``nth`` write of this session, reports aside, be its end; gives the writes that there were."""
    seen: list[int] = []

    def execute(go_on: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if WRITES.match(sql) and "nightlyreport" not in sql:
            seen.append(1)
            if nth <= len(seen) < nth + WRITES_THAT_FAIL.get(how, 1):
                how()
        return go_on(sql, params, many, context)

    with connection.execute_wrapper(execute):
        yield seen


def in_a_session(work: Callable[[], Any]) -> Future[Any]:
    """In a thread, as a worker of its own does it."""

    def done() -> Any:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as worker:
        return worker.submit(done)


def killed(task: Task, nth: int, how: Callable[[], None]) -> int:
    """How many writes there were before the end."""

    def work() -> int:
        with ends_at(nth, how) as seen:
            try:
                task.run()
            except Killed:
                pass
            except Exception:
                assert how is session_ends
        return len(seen)

    return int(in_a_session(work).result())


@pytest.fixture(autouse=True)
def _library(settings, monkeypatch) -> Iterator[None]:
    settings.TIME_ZONE = "UTC"
    Tier.objects.get_or_create(code="reader", defaults={"name": "Reader"})
    LoanRule.objects.get_or_create(branch=None, tier=None, item_type=None)
    LoanRule.objects.update(loan_period=14, renewals_allowed=2)
    LendingSettings.objects.update_or_create(pk=1)
    monkeypatch.setattr(walks, "BATCH", 2)
    with stripe_server.running() as stripe:
        monkeypatch.setattr(Task, "stripe", stripe)
        settings.STRIPE_URL, settings.STRIPE_KEY = stripe.url, stripe_server.KEY
        settings.STRIPE_WEBHOOK_SECRETS = [stripe_server.SECRET]
        yield


HOW = [session_ends, *(pytest.param(how, marks=pytest.mark.slow) for how in (worker_ends, row_fails))]


@pytest.mark.parametrize("how", HOW, ids=lambda how: how.__name__)
@pytest.mark.parametrize("name", TASKS)
def test_task_that_ends_in_the_middle_is_done_by_the_next_once(name, how):
    task = TASKS[name]
    task.prepare()
    begun = task.done()
    assert killed(task, task.nth, how) >= task.nth, "it came to its end before"
    half = task.done()
    assert half != Counter(task.ends), "nothing is left to do"
    assert half != begun, "nothing was done before"

    assert killed(task, 2, how) >= 2  # and once more, nearer to its beginning
    assert in_a_session(task.run).exception() is None
    assert task.done() == Counter(task.ends)
    assert in_a_session(task.run).exception() is None
    two_at_once(task)
    assert task.done() == Counter(task.ends)
    balances()
    staff_can_read_of_it(task, how)


def two_at_once(task: Task) -> None:
    both = Barrier(2)

    def run() -> None:
        both.wait(10)
        task.run()

    with ThreadPoolExecutor(2) as workers:
        runs = [workers.submit(in_a_session, run) for _worker in range(2)]
    assert [one.result().exception() for one in runs] == [None, None]


def staff_can_read_of_it(task: Task, how: Callable[[], None]) -> None:
    for name in task.reports:
        told = NightlyReport.objects.filter(task=name).order_by("started_at", "id")
        states = [report.state for report in told]
        assert RunState.RUNNING not in states
        if how is row_fails:
            assert told[0].failed
            assert {line["error"] for line in told[0].faults} <= {"DataError"}  # of who is forgotten nothing is said
        else:
            assert states[0] in {RunState.INTERRUPTED, RunState.FAILED}
        assert RunState.DONE in states


def test_every_task_of_lending_is_in_the_table():
    """One that is new has to be ended in the middle as well."""
    declared = {name for name, one in schedule.declared_tasks().items() if one.every and tasks.__name__ in one.function}
    of_table = {"forget_past_loans", "renew_loans", "tell_due_dates", "tend_holds", "set_fines"}
    assert declared == of_table | {"check_online_payments"}
