"""Due dates that a closure moves. 2026-03-02 is a Monday; loans of the factory are due two weeks after it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, BrokenBarrierError

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext, override_settings
from hypothesis import assume, given
from hypothesis import strategies as st

from accounts.models import Tier
from accounts.tests.factories import make_librarian
from catalog.tests.factories import make_branch
from circulation import services, tasks
from circulation.errors import NeverOpens
from circulation.explain import sentences
from circulation.models import CalendarException, Loan, LoanRenewal, LoanRule, RedatedLoan, Redating
from circulation.rules.due_date import day_end
from circulation.services import redating
from circulation.services.redating import Closure, Preview
from circulation.state import locks
from circulation.tests.calendar_rows import WEEKDAYS, make_exception, open_on
from circulation.tests.calendars import BERLIN, MON, TUE, clock, day
from circulation.tests.factories import make_hold, make_loan
from circulation.tests.rules.test_due import near_days
from circulation.tests.rules.test_opening import calendars, unhurried
from library.activity.models import Activity
from library.core.days import ENDS
from library.core.errors import InvalidInput
from library.jobs import services as jobs
from library.jobs.models import Job, JobState
from library.jobs.tasks import perform

pytestmark = pytest.mark.django_db
MARCH = (day("2026-03-16"), day("2026-03-20"))
EVENING = "2026-03-16 23:59"
SHIPPED = {"loan_period": 14, "max_loans": 3, "renewals_allowed": 2}


@pytest.fixture(autouse=True)
def _library_time(settings):
    settings.TIME_ZONE = "Europe/Berlin"


@pytest.fixture
def branch():
    return open_on(*WEEKDAYS)


def lent(branch, due=EVENING, **values):
    return make_loan(branch=branch, due_at=clock(due), **values)


def ordered(branch, first=MARCH[0], last=MARCH[0], *, by=None, **more):
    return redating.order(closure=Closure(branch, first, last, **more), by=by or make_librarian())


def carried_out(*given, **more):
    """The order after its job."""
    made, job = ordered(*given, **more)
    perform(job.pk, redating.carry_out)
    job.refresh_from_db()
    return made, job


def due(loan):
    loan.refresh_from_db()
    return loan.due_at.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M")


# The preview


def test_preview_says_how_many_which_and_from_when_to_when(branch):
    make_exception("2026-03-16", branch, name="Storm")
    loans = [lent(branch) for _ in range(2)]
    lent(branch, "2026-03-17 23:59")
    preview = Preview(Closure(branch, *MARCH))
    assert [(d.branch, d.day, d.to, d.loans, d.why) for d in preview.days()] == [
        (branch.name, day("2026-03-16"), day("2026-03-17"), 2, "Storm")
    ]
    assert [(move.loan, move.to, move.why) for move in preview.moves(preview.loans())] == [
        (loan, clock("2026-03-17 23:59"), "Storm") for loan in sorted(loans, key=lambda loan: loan.pk)
    ]
    assert {due(loan) for loan in loans} == {EVENING}


def test_preview_of_every_branch_goes_by_each_calendar(branch):
    other = open_on(MON, TUE)
    make_exception("2026-03-17")  # everywhere
    make_exception("2026-03-17", other, is_open=True)
    here, _there = lent(branch, "2026-03-17 23:59"), lent(other, "2026-03-17 23:59")
    assert list(Preview(Closure(None, *MARCH)).loans()) == [here]


def test_calendar_is_that_of_the_branch_where_it_was_lent(branch):
    make_exception("2026-03-16", branch)
    lent_elsewhere = lent(make_branch())
    lent_here = lent(branch)
    assert lent_elsewhere.branch != branch
    assert lent_here.copy.branch != branch
    assert list(Preview(Closure(branch, *MARCH)).loans()) == [lent_here]


@pytest.mark.parametrize(
    ("due_at", "moves"),
    [
        ("2026-03-15 23:59", False),
        ("2026-03-16 00:00", True),
        ("2026-03-16 23:59", True),
        ("2026-03-17 00:00", False),
    ],
)
def test_days_begin_and_end_by_the_clock_of_the_library(branch, due_at, moves):
    make_exception("2026-03-16", branch)
    lent(branch, due_at)
    assert Preview(Closure(branch, *MARCH)).loans().exists() is moves


def test_days_that_the_week_closes_only_where_that_is_asked_for(branch):
    sunday = lent(branch, "2026-03-15 23:59")
    days = day("2026-03-09"), day("2026-03-20")
    assert not Preview(Closure(branch, *days)).loans().exists()
    assert list(Preview(Closure(branch, *days, is_for_week=True)).loans()) == [sunday]


def test_returned_loans_stay_as_they_were(branch):
    make_exception("2026-03-16", branch)
    lent(branch, returned_at=clock("2026-03-10 10:00"))
    assert not Preview(Closure(branch, *MARCH)).loans().exists()


@pytest.mark.parametrize("branches", [1, 8])
def test_preview_takes_as_many_queries_for_many_branches_and_loans(branches):
    make_exception("2026-03-16")
    for _ in range(branches):
        lent(open_on(*WEEKDAYS))
    with CaptureQueriesContext(connection) as captured:
        preview = Preview(Closure(None, *MARCH))
        assert sum(d.loans for d in preview.days()) == branches
        assert len(list(preview.moves(preview.loans()))) == branches
    assert len(captured) == 6  # the calendars, the days, the loans


@pytest.mark.parametrize(("first", "last"), [("2026-03-16", "2026-03-15"), ("2026-03-16", "2028-03-17")])
def test_days_that_cannot_be_are_refused(branch, first, last):
    with pytest.raises(InvalidInput) as refused:
        ordered(branch, day(first), day(last))
    assert list(refused.value.fields) == ["last"]
    assert not Redating.objects.exists()


# The order


MOVES = "open loans on that day move to the next day that is really open"
SCENARIOS = [
    # (exceptions to Monday to Friday, 9 to 18), due, hourly, due afterwards. All long ago: overdue loans move, too.
    pytest.param(["2026-03-16"], EVENING, False, "2026-03-17 23:59", id=MOVES),
    pytest.param(
        ["2026-03-16/2026-03-18", "2026-03-19"], EVENING, False, "2026-03-20 23:59", id=f"{MOVES}: more are closed"
    ),
    pytest.param(["2026-03-16/2026-03-20"], EVENING, False, "2026-03-23 23:59", id=f"{MOVES}: not a weekend"),
    pytest.param(
        ["2026-03-16/2026-03-20", "+2026-03-18"], EVENING, False, "2026-03-18 23:59", id=f"{MOVES}: by an exception"
    ),
    pytest.param(["2026-03-16", "+2026-03-16"], EVENING, False, EVENING, id="on that day: it is open after all"),
    pytest.param(["2026-03-17"], EVENING, False, EVENING, id="on that day: the day after is closed"),
    pytest.param(["2026-03-13"], EVENING, False, EVENING, id="on that day: the day before is closed"),
    pytest.param(
        ["2026-03-16"], "2026-03-16 15:00", True, "2026-03-17 09:00", id=f"{MOVES}: by the hour, to its opening"
    ),
    pytest.param(["2026-03-16"], "2026-03-16 07:00", True, "2026-03-17 09:00", id=f"{MOVES}: by the hour, early"),
    pytest.param(
        ["2026-03-20"], "2026-03-20 15:00", True, "2026-03-23 09:00", id=f"{MOVES}: by the hour, over a weekend"
    ),
]


@pytest.mark.parametrize(("exceptions", "due_at", "is_hourly", "due_after"), SCENARIOS)
def test_when_a_closure_is_added_later(branch, exceptions, due_at, is_hourly, due_after):
    for days in exceptions:
        make_exception(days.removeprefix("+"), branch, is_open=days.startswith("+"))
    loan = lent(branch, due_at, is_hourly=is_hourly)
    made, job = carried_out(branch, day("2026-03-13"), day("2026-03-20"))
    assert due(loan) == due_after
    assert job.state == JobState.DONE
    moved = [(one.redating, one.loan, one.due_before, one.due_after) for one in RedatedLoan.objects.all()]
    assert moved == ([(made, loan, clock(due_at), clock(due_after))] if due_after != due_at else [])


def test_the_loan_remembers_why_it_moved(branch):
    make_exception("2026-03-16", branch, name="Storm")
    loan = lent(branch, explanation={"values": {"loan_period": {"value": 14}}, "steps": [{"code": "period"}]})
    carried_out(branch)
    loan.refresh_from_db()
    step = {"from": "2026-03-16", "to": "2026-03-17", "exception": "Storm", "weekday": "0"}
    assert loan.explanation == {
        "values": {"loan_period": {"value": 14}},
        "steps": [{"code": "period"}, {"code": "closure", "values": step}],
    }
    assert sentences.step_lines({"values": {}, "steps": loan.explanation["steps"][1:]}) == [
        "A closure that was added later (Storm) moved it from Monday 16 March 2026 to Tuesday 17 March 2026."
    ]


def test_across_a_change_of_the_clock(branch):
    make_exception("2026-03-27/2026-03-30", branch)
    loan = lent(branch, "2026-03-27 23:59")
    carried_out(branch, day("2026-03-27"), day("2026-03-30"))
    assert due(loan) == "2026-03-31 23:59"


def test_an_order_is_written_down_with_who_gave_it(branch, librarian):
    make_exception("2026-03-16", branch)
    lent(branch)
    made, job = ordered(branch, by=librarian)
    deed = Activity.objects.get(verb="due_dates.ordered")
    assert (deed.actor, deed.object_id) == (librarian, str(made.pk))
    assert deed.data == {
        "branch": branch.name,
        "first_day": "2026-03-16",
        "last_day": "2026-03-16",
        "loans": 1,
        "holds": 0,
    }
    assert (made.ordered_by, job.requested_by, job.kind) == (librarian, librarian, "redate_loans")


def test_last_days_on_the_hold_shelf_move_to_the_day_that_is_really_open(branch):
    make_exception("2026-03-16/2026-03-17", branch)
    kept = make_hold(branch=branch, state="ready", shelf_until=day("2026-03-16"))
    elsewhere = make_hold(branch=make_branch(), state="ready", shelf_until=day("2026-03-16"))
    (moved,) = Preview(Closure(branch, day("2026-03-16"), day("2026-03-17"))).shelf_days()
    assert (moved.loans, moved.to) == (1, day("2026-03-18"))
    for _twice in range(2):
        carried_out(branch, day("2026-03-16"), day("2026-03-17"))
    for hold, until in ((kept, "2026-03-18"), (elsewhere, "2026-03-16")):
        hold.refresh_from_db()
        assert hold.shelf_until == day(until)


def test_twice_the_same_order_moves_once(branch):
    make_exception("2026-03-16", branch)
    loan = lent(branch)
    made, _job = carried_out(branch)
    again = jobs.enqueue(kind=redating.KIND, subject=made)
    perform(again.pk, redating.carry_out)
    carried_out(branch)
    assert due(loan) == "2026-03-17 23:59"
    assert RedatedLoan.objects.count() == 1


def test_an_order_moves_a_loan_once_even_if_its_new_day_is_closed_later(branch):
    make_exception("2026-03-16", branch)
    loan = lent(branch)
    made, _job = carried_out(branch, *MARCH)
    make_exception("2026-03-17", branch)
    perform(jobs.enqueue(kind=redating.KIND, subject=made).pk, redating.carry_out)
    assert due(loan) == "2026-03-17 23:59"
    carried_out(branch, *MARCH)  # the later closure has an order of its own
    assert due(loan) == "2026-03-18 23:59"


def test_a_closure_that_is_taken_back_before_the_job_moves_nothing(branch):
    closure = make_exception("2026-03-16", branch)
    loan = lent(branch)
    _made, job = ordered(branch)
    closure.delete()
    perform(job.pk, redating.carry_out)
    assert due(loan) == EVENING


def test_a_library_that_never_opens_again_is_told_before_and_by_the_job(branch):
    make_exception("2026-03-16/2029-03-16", branch)
    lent(branch)
    with pytest.raises(NeverOpens):
        ordered(branch)
    CalendarException.objects.update(last_day=day("2026-03-16"))
    _made, job = ordered(branch)
    CalendarException.objects.update(last_day=day("2029-03-16"))
    perform(job.pk, redating.carry_out)
    job.refresh_from_db()
    assert (job.state, job.error) == (
        JobState.FAILED,
        f"{branch.name} has no open day in two years, so no due date can be found. Mend its opening hours.",
    )


def test_a_branch_that_goes_takes_its_orders_along(branch):
    made, job = ordered(branch)
    branch.delete()
    perform(job.pk, redating.carry_out)
    job.refresh_from_db()
    assert job.state == JobState.DONE
    assert not Redating.objects.filter(pk=made.pk).exists()


def test_batches_and_a_stop_between_them(branch, monkeypatch):
    monkeypatch.setattr(redating, "BATCH", 2)
    make_exception("2026-03-16", branch)
    loans = [lent(branch) for _ in range(5)]
    made, job = ordered(branch)
    lock, batches = redating.lock_loans, []

    def lock_then_stop(pks):
        lock(pks)
        batches.append(len(pks))
        if len(batches) == 2:
            jobs.cancel(job=job, by=made.ordered_by)

    monkeypatch.setattr(redating, "lock_loans", lock_then_stop)
    perform(job.pk, redating.carry_out)
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == (JobState.CANCELLED, 4, 5)
    assert sum(due(loan) != EVENING for loan in loans) == RedatedLoan.objects.count() == 4

    again = jobs.enqueue(kind=redating.KIND, subject=made)
    perform(again.pk, redating.carry_out)
    again.refresh_from_db()
    assert batches == [2, 2, 1]
    assert (again.state, again.done, again.total) == (JobState.DONE, 5, 5)
    assert {due(loan) for loan in loans} == {"2026-03-17 23:59"}


def test_a_worker_that_dies_leaves_whole_batches_and_the_next_goes_on(branch, monkeypatch):
    monkeypatch.setattr(redating, "BATCH", 2)
    make_exception("2026-03-16", branch)
    loans = [lent(branch) for _ in range(3)]
    _made, job = ordered(branch)
    lock = redating.lock_loans

    def lock_then_break(pks):
        lock(pks)
        if RedatedLoan.objects.exists():
            raise MemoryError

    monkeypatch.setattr(redating, "lock_loans", lock_then_break)
    perform(job.pk, redating.carry_out)
    assert RedatedLoan.objects.count() == 2
    monkeypatch.setattr(redating, "lock_loans", lock)
    Job.objects.filter(pk=job.pk).update(not_before=None)
    perform(job.pk, redating.carry_out)
    job.refresh_from_db()
    assert job.state == JobState.DONE
    assert {due(loan) for loan in loans} == {"2026-03-17 23:59"}


def test_the_queries_of_a_batch_do_not_grow_with_it(branch):
    make_exception("2026-03-16", branch)

    def queries(loans):
        for _ in range(loans):
            lent(branch)
        _made, job = ordered(branch)
        with CaptureQueriesContext(connection) as captured:
            perform(job.pk, redating.carry_out)
        return len(captured)

    assert queries(2) == queries(30)


def test_a_loan_is_moved_once_by_an_order_and_forward(branch):
    made, _job = ordered(branch)
    loan = lent(branch)
    RedatedLoan.objects.create(redating=made, loan=loan, due_before=loan.due_at, due_after=loan.due_at + timedelta(1))
    for constraint, other in (("redated_once_per_order", loan), ("redated_forward", lent(branch))):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            RedatedLoan.objects.create(
                redating=made, loan=other, due_before=loan.due_at, due_after=loan.due_at + timedelta(other == loan)
            )


def test_the_task_is_known_by_the_kind_of_the_job(branch):
    make_exception("2026-03-16", branch)
    loan = lent(branch)
    _made, job = ordered(branch)
    assert tasks.redate_loans.name == job.kind  # type: ignore[attr-defined]
    tasks.redate_loans(str(job.pk))
    assert due(loan) == "2026-03-17 23:59"


@unhurried
@given(calendars, near_days, st.times(), st.booleans())
def test_a_moved_loan_is_due_later_and_while_somebody_is_there(cal, on, at, is_hourly):
    assume(not cal.is_open(on))
    with override_settings(TIME_ZONE=str(cal.time_zone)):
        loan = Loan(due_at=cal.moment(on, at if is_hourly else ENDS), is_hourly=is_hourly)
        try:
            moved = redating.moved_due(loan, cal)
        except NeverOpens:
            assume(False)
    assert moved > loan.due_at
    day_of_it = moved.astimezone(cal.time_zone).date()
    assert cal.is_open(day_of_it)
    assert not any(cal.is_open(on + timedelta(days=n)) for n in range((day_of_it - on).days))
    assert cal.is_open_at(moved) if is_hourly else moved == day_end(day_of_it, cal)


# Two at once


@pytest.fixture
def committed(transactional_db):
    Tier.objects.get_or_create(code="reader", defaults={"name": "Reader"})
    branch = open_on(*WEEKDAYS)
    make_exception("2026-03-16", branch)
    return branch


def at_once(*calls):
    def run(call):
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.fixture(params=["with lock", "without lock"])
def locked(request, monkeypatch):
    if request.param == "without lock":
        monkeypatch.setattr(locks, "locking", lambda rows, *tables: rows)
    return request.param == "with lock"


def meeting(together, work):
    """``work``, after whose first results both threads wait for each other; with locks in vain."""

    def wrapped(*given, **more):
        result = work(*given, **more)
        try:
            together.wait()
        except BrokenBarrierError:
            pass
        return result

    return wrapped


def test_two_orders_at_once_move_each_loan_once(committed, locked, monkeypatch):
    loans = [lent(committed) for _ in range(6)]
    pending = [ordered(committed)[1] for _ in range(2)]
    together = Barrier(2, timeout=0.5 if locked else 10)
    monkeypatch.setattr(redating, "moved_due", meeting(together, redating.moved_due))
    at_once(*(lambda job=job: perform(job.pk, redating.carry_out) for job in pending))
    assert {due(loan) for loan in loans} == {"2026-03-17 23:59"}
    assert {job.state for job in Job.objects.all()} == {JobState.DONE}
    # Without the locks both have read the old date, and both say that they moved it.
    assert RedatedLoan.objects.count() == (6 if locked else 12)


def test_a_renewal_at_the_same_moment_is_not_undone(committed, locked, monkeypatch):
    """The desk holds patron, book and copy while it renews; the order waits, looks again and leaves the loan alone."""
    loan = lent(committed)
    _made, job = ordered(committed)
    together = Barrier(2, timeout=0.5 if locked else 10)
    monkeypatch.setattr(redating, "moved_due", meeting(together, redating.moved_due))
    renewed = clock("2026-03-30 23:59")

    @transaction.atomic
    def renew():
        locks.locking(type(loan.copy.book).objects.filter(pk=loan.copy.book_id)).first()
        locks.copies([loan.copy_id])
        row = Loan.objects.get(pk=loan.pk)
        try:
            together.wait()
        except BrokenBarrierError:
            pass
        row.due_at = renewed
        row.save(update_fields=["due_at"])

    at_once(renew, lambda: perform(job.pk, redating.carry_out))
    if locked:
        assert due(loan) == "2026-03-30 23:59"
        assert RedatedLoan.objects.count() in {0, 1}  # 1: the order was first, and the renewal came after it
    else:
        assert RedatedLoan.objects.count() == 1  # it moved what was being renewed


def test_returns_and_renewals_while_an_order_is_carried_out(committed, monkeypatch):
    """Small batches and real verbs: nothing is lost, nothing stands still, nobody is told of a deadlock."""
    monkeypatch.setattr(redating, "BATCH", 2)
    LoanRule.objects.update_or_create(branch=None, tier=None, item_type=None, defaults=SHIPPED)
    librarian = make_librarian()
    loans = [lent(committed) for _ in range(12)]
    _made, job = ordered(committed, by=librarian)
    at = clock("2026-03-10 10:00")

    def desk(some, deed):
        return lambda: [deed(loan) for loan in some]

    at_once(
        lambda: perform(job.pk, redating.carry_out),
        desk(loans[::3], lambda loan: services.check_in(copy=loan.copy, by=librarian, at=at)),
        desk(loans[1::3], lambda loan: services.renew(loan=loan, by=librarian, at=at)),
    )
    job.refresh_from_db()
    assert (job.state, job.error, job.attempt) == (JobState.DONE, "", 1)
    assert Loan.objects.open().count() == 8
    for loan in loans[1::3]:
        renewal = LoanRenewal.objects.get(loan=loan)
        assert renewal.due_before in {clock(EVENING), clock("2026-03-17 23:59")}
        loan.refresh_from_db()
        assert loan.due_at == renewal.due_after  # fourteen days on, whichever came first
    assert {due(loan) for loan in loans[2::3]} == {"2026-03-17 23:59"}
