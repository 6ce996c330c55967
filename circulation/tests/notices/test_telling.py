"""What the library tells of due dates by itself: once for each cause, whenever and however often it runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.tests.factories import make_patron
from catalog.tests.factories import make_book, make_copy
from circulation import services
from circulation.models import LendingSettings, LoanRenewal, RedatedLoan, Redating
from circulation.notices import reminders
from circulation.tests.factories import make_loan
from library.core import days
from library.jobs.models import NightlyReport, RunState
from library.notices import bell, outbox
from library.notices import services as notices
from library.notices.models import Notice, NoticeState

pytestmark = pytest.mark.django_db
DUE = date(2026, 3, 16)
TEN = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)  # in Berlin
DAY = timedelta(days=1)


def lent(due=DUE, **values):
    """A loan that is due on a day, of a book with a name."""
    copy = values.pop("copy", None) or make_copy(book=make_book(title=values.pop("title", "The cell")))
    return make_loan(copy=copy, due_at=days.end_of(due), checked_out_at=TEN - 200 * DAY, **values)


def run(at=TEN):
    return reminders.tell_due_dates(at=at)


def told(loan):
    return list(
        Notice.objects.filter(dedupe__startswith=f"loan:{loan.pk}:").order_by("pk").values_list("kind", flat=True)
    )


def test_due_soon_is_told_once_and_in_one_letter():
    patron = make_patron()
    loans = [lent(title="One", patron=patron), lent(DUE + DAY, title="Two", patron=patron)]
    far = lent(DUE + 3 * DAY, patron=patron)
    for at in (TEN, TEN + timedelta(hours=1), TEN + DAY / 2):
        run(at)
    assert [told(loan) for loan in (*loans, far)] == [["due_soon"], ["due_soon"], []]
    assert outbox.send_due(at=TEN + DAY / 2) == 1
    assert "– “One” is due on 16 March 2026.\n– “Two” is due on 17 March 2026." in mail.outbox[0].body


def test_the_report_says_how_many_were_told():
    lent()
    lent(DUE - 10 * DAY)
    lent(DUE + 9 * DAY)
    report = run()
    assert (report.state, report.done, report.skipped, report.failed) == (RunState.DONE, 2, 0, 0)
    assert run().done == 0


@pytest.mark.parametrize(
    ("runs", "steps"),
    [
        ([6, 9], {9: "overdue_1"}),
        ([6, 9, 15], {9: "overdue_1", 15: "overdue_2"}),
        ([15], {15: "overdue_2"}),
        ([7, 8, 13, 14, 15, 27, 28, 40], {7: "overdue_1", 14: "overdue_2", 28: "overdue_3"}),
        ([300], {300: "overdue_3"}),
    ],
    ids=lambda value: str(value),
)
def test_overdue_steps_are_told_in_their_order_and_late_runs_tell_the_newest_alone(runs, steps):
    loan = lent()
    for late in runs:
        run(TEN + late * DAY)
    assert told(loan) == list(steps.values())
    written = {(row.created_at - TEN).days: row.kind for row in Notice.objects.all()}
    assert written == steps


def test_a_step_is_not_told_after_a_graver_one_when_the_settings_change():
    loan = lent()
    run(TEN + 15 * DAY)
    LendingSettings.objects.update(overdue_2_days=20)
    run(TEN + 16 * DAY)
    assert told(loan) == ["overdue_2"]


def test_a_renewed_loan_is_told_again_of_its_new_date(librarian):
    loan = lent()
    run()
    services.renew(loan=loan, by=loan.patron.user, due_at=None, at=TEN)
    loan.refresh_from_db()
    new = days.date_of(loan.due_at)
    assert new > DUE
    run(days.moment(new, reminders.FROM))
    run(days.moment(new + 8 * DAY, reminders.FROM))
    assert told(loan) == ["due_soon", "due_soon", "overdue_1"]


@pytest.mark.parametrize("values", [{"claimed_returned_at": TEN}, {"lost_at": TEN}, {"returned_at": TEN}])
def test_what_is_claimed_lost_or_back_is_not_told(values):
    loan = lent(DUE - 8 * DAY, **values)
    run()
    assert told(loan) == []


def test_a_book_that_comes_back_before_the_letter_goes_is_not_told(librarian):
    loan = lent(DUE - 8 * DAY)
    run()
    services.check_in(copy=loan.copy, by=librarian, at=TEN + timedelta(minutes=1))
    assert outbox.send_due(at=TEN + timedelta(minutes=10)) == 0
    assert Notice.objects.get().state == NoticeState.OVERTAKEN
    assert bell.state_of(loan.patron.user).unread == 0
    assert mail.outbox == []


def test_a_reader_without_an_address_is_told_on_paper():
    loan = lent(patron=make_patron(email=None))
    run()
    assert Notice.objects.get(user=loan.patron.user).state == NoticeState.PAPER


def test_a_loan_by_the_hour_is_told_with_its_hour():
    loan = lent(is_hourly=True)
    run()
    assert [row.text for row in bell.since(loan.patron.user, 0)] == ["“The cell” is due on 16 March 2026, 23:59."]


def test_one_that_fails_leaves_the_others_and_stands_in_the_report(monkeypatch):
    loans = sorted([lent() for _n in range(3)], key=lambda loan: loan.pk)
    queue = notices.queue

    def fails_for_one(**given):
        if given["loan"] == str(loans[1].pk):
            raise ZeroDivisionError
        return queue(**given)

    monkeypatch.setattr(notices, "queue", fails_for_one)
    report = run()
    assert (report.done, report.failed, report.faults[0]["row"]) == (2, 1, str(loans[1].pk))
    monkeypatch.undo()
    assert run().done == 1


def test_it_asks_as_often_for_one_overdue_loan_as_for_many(django_assert_max_num_queries):
    for _n in range(20):
        lent(DUE - 100 * DAY)
    run()
    with django_assert_max_num_queries(12):
        run()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_tell_each_cause_once():
    patron = make_patron()
    for _n in range(5):
        lent(patron=patron)

    def one(_n):
        try:
            return run()
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(one, range(3)))
    assert Notice.objects.count() == 5
    assert bell.state_of(patron.user).newest == 5


# Another date


def moved_by_closure(loan, to):
    order = Redating.objects.create(first_day=DUE, last_day=DUE, ordered_at=TEN)
    before, loan.due_at = loan.due_at, days.end_of(to)
    loan.save(update_fields=["due_at"])
    RedatedLoan.objects.create(redating=order, loan=loan, due_before=before, due_after=loan.due_at)


def moved_by(loan, user, to):
    before, loan.due_at = loan.due_at, days.end_of(to)
    loan.save(update_fields=["due_at"])
    LoanRenewal.objects.create(loan=loan, at=TEN, by=user, due_before=before, due_after=loan.due_at)


def tell_moved():
    return reminders.tell_moved_dates(at=timezone.now())


@pytest.fixture
def far():
    return lent(days.today() + 20 * DAY)


def test_a_date_moved_by_a_closure_is_told_once_of_each_new_date(far):
    assert tell_moved().done == 0
    moved_by_closure(far, days.today() + 30 * DAY)
    tell_moved()
    tell_moved()
    moved_by_closure(far, days.today() + 40 * DAY)
    tell_moved()
    assert told(far) == ["due_moved", "due_moved"]


def test_a_date_moved_by_staff_or_the_library_is_told_but_not_ones_own_renewal(far, librarian):
    own, automatic = lent(days.today() + 20 * DAY), lent(days.today() + 20 * DAY)
    moved_by(far, librarian, days.today() + 30 * DAY)
    moved_by(own, own.patron.user, days.today() + 30 * DAY)
    moved_by(automatic, None, days.today() + 30 * DAY)
    tell_moved()
    assert [told(loan) for loan in (far, own, automatic)] == [["due_moved"], [], ["due_moved"]]


def test_a_date_that_is_told_as_due_soon_is_not_told_as_moved_too(librarian):
    loan = lent(days.today() - DAY)
    moved_by(loan, librarian, days.today() + DAY)
    run(timezone.now())
    tell_moved()
    assert told(loan) == ["due_soon"]


# Once a day, from ten on


def test_it_begins_at_ten_by_the_librarys_clock_and_runs_once():
    loan = lent()
    assert reminders.tell_of_today(at=TEN - timedelta(minutes=1)) == []
    assert len(reminders.tell_of_today(at=TEN)) == 2
    assert reminders.tell_of_today(at=TEN + timedelta(hours=5)) == []
    assert told(loan) == ["due_soon"]
    assert len(reminders.tell_of_today(at=TEN + DAY)) == 2


def test_a_run_that_did_not_come_to_its_end_is_made_up_for():
    first, *_rest = reminders.tell_of_today(at=TEN)
    first.state, first.ended_at = RunState.INTERRUPTED, TEN
    first.save()
    assert [report.task for report in reminders.tell_of_today(at=TEN + timedelta(minutes=15))] == [reminders.TASK]


@pytest.mark.parametrize(
    ("before", "ten"),
    [
        (datetime(2026, 3, 29, 7, 59, tzinfo=UTC), datetime(2026, 3, 29, 8, 0, tzinfo=UTC)),
        (datetime(2026, 10, 25, 8, 59, tzinfo=UTC), datetime(2026, 10, 25, 9, 0, tzinfo=UTC)),
    ],
)
def test_on_the_days_when_clocks_change_it_is_ten_by_the_clock_on_the_wall(before, ten):
    assert reminders.tell_of_today(at=before) == []
    assert len(reminders.tell_of_today(at=ten)) == 2


# The days that are set


@pytest.mark.parametrize(
    "values",
    [
        {"overdue_1_days": 0},
        {"overdue_1_days": 14},
        {"overdue_2_days": 28},
        {"overdue_2_days": None, "overdue_1_days": 28},
        {"overdue_3_days": 366},
        {"due_soon_days": 61},
    ],
)
def test_the_database_refuses_steps_that_do_not_rise(values):
    with pytest.raises(IntegrityError), transaction.atomic():
        LendingSettings.objects.update(**values)


def test_steps_can_be_left_out():
    LendingSettings.objects.update(overdue_1_days=None, overdue_2_days=3, overdue_3_days=None, due_soon_days=None)
    loan, soon = lent(), lent(DUE + 5 * DAY)
    run(TEN + 5 * DAY)
    assert (told(loan), told(soon)) == (["overdue_2"], [])


def test_what_failed_is_tried_again_the_same_day(monkeypatch):
    """A book that is due today would never be called due soon tomorrow."""
    loan, write, broken = lent(), reminders._write, [True]

    def fails_once(*given, **more):
        if broken.pop() if broken else False:
            raise RuntimeError("the disk is full")
        write(*given, **more)

    monkeypatch.setattr(reminders, "_write", fails_once)
    for hours in range(3):
        reminders.tell_of_today(at=TEN + timedelta(hours=hours))
    assert told(loan) == ["due_soon"]
    runs = NightlyReport.objects.filter(task="tell_due_dates").order_by("pk")
    assert [(run.done, run.failed) for run in runs] == [(0, 1), (1, 0)]
