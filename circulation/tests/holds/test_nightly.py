"""What the days that pass do to holds: run twice, late, side by side or killed half-way, it comes to the same."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.tests.factories import make_librarian
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation import services, tasks
from circulation.models import Hold, HoldState, LoanRule
from circulation.services.holds import nightly
from circulation.tests.blocks import put
from circulation.tests.calendar_rows import WEEKDAYS, make_exception, open_on
from circulation.tests.factories import MONDAY, make_hold, make_loan, queue_up
from library.core.background import schedule
from library.jobs.models import NightlyReport
from library.notices.models import Notice

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NIGHT = MONDAY.replace(hour=1)


@pytest.fixture(autouse=True)
def _library_time(settings):
    settings.TIME_ZONE = "UTC"


def night(days: int = 0) -> None:
    nightly.tend(at=NIGHT + days * DAY)


def state(hold: Hold) -> tuple[str, int | None]:
    row = Hold.objects.get(pk=hold.pk)
    return row.state, row.position


def told(hold: Hold) -> list[str]:
    return list(Notice.objects.filter(user=hold.patron_id).order_by("created_at", "id").values_list("kind", flat=True))


def ready(until: date, **values: Any) -> Any:
    return make_hold(state=HoldState.READY, shelf_until=until, ready_at=MONDAY - 7 * DAY, **values)


# Ending


def test_unfetched_hold_expires_the_day_after_its_last_and_the_next_is_served():
    hold = ready(date(2026, 3, 2))
    following = queue_up(hold.book, branch=hold.pickup_branch)
    night(0)
    assert state(hold) == ("ready", None)  # the last day is included
    night(1)
    assert state(hold) == ("expired", None)
    assert (state(following), Hold.objects.get(pk=following.pk).copy) == (("requested", None), hold.copy)
    assert told(hold)[-1] == "hold_expired"


def test_nothing_expires_on_a_closed_day_of_the_pickup_branch():
    branch = open_on(*WEEKDAYS)
    make_exception("2026-03-03/2026-03-04", branch)
    hold = ready(date(2026, 3, 2), branch=branch)
    for days, expected in ((1, "ready"), (2, "ready"), (3, "expired")):
        night(days)
        assert state(hold)[0] == expected


def test_copy_on_the_shelf_of_another_branch_goes_on_to_the_next_in_line():
    hold = ready(date(2026, 3, 1), branch=make_branch())
    following = queue_up(hold.book)
    night()
    assert state(following) == ("in_transit", None)


@pytest.mark.parametrize("was", ["queued", "suspended", "requested", "in_transit"])
def test_holds_past_their_readers_last_day_are_cancelled(was):
    status = "on_loan" if was in {"queued", "suspended"} else "available"
    hold = make_hold(state=was, wanted_until=date(2026, 3, 1), copy=make_copy(status=status))
    night(-1)
    assert state(hold)[0] == was
    night()
    assert state(hold) == ("cancelled", None)
    (letter,) = Notice.objects.filter(user=hold.patron_id)
    assert (letter.kind, letter.context["reason"]) == ("hold_cancelled", "You wanted it until 1 March 2026.")


def test_readers_earlier_date_ends_a_ready_hold_before_the_shelf_does():
    hold = ready(date(2026, 3, 9), wanted_until=date(2026, 3, 1))
    night()
    assert state(hold)[0] == "expired"


def test_reader_who_comes_after_the_last_day_and_before_the_job_has_the_book():
    hold, librarian = ready(date(2026, 3, 1)), make_librarian()
    services.check_out(copy=hold.copy, patron=hold.patron, by=librarian, at=MONDAY)
    night()
    assert state(hold)[0] == "fulfilled"


# Sleeping


def test_suspended_holds_resume_on_their_day_and_are_served():
    copy = make_copy()
    hold = queue_up(copy.book, state=HoldState.SUSPENDED, suspended_until=date(2026, 3, 9))
    night(6)
    assert state(hold) == ("suspended", 1)
    night(7)
    assert state(hold) == ("requested", None)


def test_hold_falls_asleep_on_the_day_that_was_said():
    hold = queue_up(make_book())
    services.suspend_hold(hold=hold, by=hold.patron.user, from_day=date(2026, 3, 5), until=date(2026, 3, 9), at=MONDAY)
    assert state(hold) == ("queued", 1)
    night(3)
    assert state(hold) == ("suspended", 1)


def test_sleep_that_is_over_before_the_job_came_leaves_no_trace():
    hold = queue_up(make_book())
    services.suspend_hold(hold=hold, by=hold.patron.user, from_day=date(2026, 3, 5), until=date(2026, 3, 9), at=MONDAY)
    night(20)
    row = Hold.objects.get(pk=hold.pk)
    assert (row.state, row.suspended_from, row.suspended_until) == ("queued", None, None)


# Serving


def test_who_may_be_served_again_has_the_free_copy_in_the_morning():
    copy = make_copy()
    hold = queue_up(copy.book)
    put(hold.patron, "patron_restricted", until=date(2026, 3, 2), at=MONDAY)
    night(0)
    assert state(hold) == ("queued", 1)
    night(1)
    assert state(hold) == ("requested", None)


def test_rules_that_have_changed_are_made_up_for():
    copy = make_copy()
    hold = queue_up(copy.book)
    row = LoanRule.objects.create(tier=hold.patron.tier, holds_allowed=0)
    night()
    assert state(hold) == ("queued", 1)
    row.delete()
    night()
    assert state(hold) == ("requested", None)


# Reminding


def test_reader_is_reminded_once_the_day_before_the_last():
    hold = ready(date(2026, 3, 4))
    for days, letters in ((0, []), (1, ["hold_expiring"]), (1, ["hold_expiring"]), (2, ["hold_expiring"])):
        night(days)
        assert told(hold) == letters


def test_who_does_not_want_it_any_more_or_was_told_today_is_not_reminded():
    unwanted = ready(date(2026, 3, 3), cancel_requested=True)
    fresh = make_hold(state=HoldState.READY, shelf_until=date(2026, 3, 2), ready_at=MONDAY)
    nightly.tend(at=MONDAY + timedelta(hours=2))
    assert (told(unwanted), told(fresh)) == ([], [])


# However often, late, or half


def test_twice_is_as_good_as_once():
    holds = [ready(date(2026, 3, 1)) for _ in range(3)]
    following = [queue_up(hold.book) for hold in holds]
    for _twice in range(2):
        night()
    assert [state(hold)[0] for hold in (*holds, *following)] == ["expired"] * 3 + ["requested"] * 3
    assert Notice.objects.filter(kind="hold_expired").count() == 3


def test_three_nights_late_comes_to_the_same():
    hold = ready(date(2026, 3, 1))
    sleeper = queue_up(make_loan().copy.book, state=HoldState.SUSPENDED, suspended_until=date(2026, 3, 4))
    night(3)
    assert (state(hold)[0], state(sleeper)) == ("expired", ("queued", 1))


@pytest.mark.parametrize("bad", [0, 7, 14], ids=["first", "in the middle", "last"])
def test_one_bad_row_leaves_the_others(bad, monkeypatch):
    holds = sorted((ready(date(2026, 3, 1)) for _ in range(15)), key=lambda hold: hold.pk)
    broken, end_over = holds[bad].pk, nightly.end_over

    def breaks(pk, *, at):
        if pk == broken:
            raise RuntimeError("a fault of one row")
        return end_over(pk, at=at)

    monkeypatch.setattr(nightly, "end_over", breaks)
    night()
    assert [state(hold)[0] for hold in holds].count("expired") == 14
    report = NightlyReport.objects.get(task="end_holds")
    assert (report.done, report.failed) == (14, 1)


def test_what_was_left_half_is_done_by_the_next_run():
    """The worker is killed after the first of two rows."""
    holds = sorted((ready(date(2026, 3, 1)) for _ in range(2)), key=lambda hold: hold.pk)
    assert nightly.end_over(holds[0].pk, at=NIGHT) is True
    night()
    assert [state(hold)[0] for hold in holds] == ["expired", "expired"]


def test_row_that_is_not_fit_any_more_is_left_alone():
    hold, suspended = ready(date(2026, 3, 9)), queue_up(make_book(), state=HoldState.SUSPENDED)
    assert nightly.end_over(hold.pk, at=NIGHT) is False
    assert nightly.turn(suspended.pk, at=NIGHT) is False
    assert nightly.serve(make_book().pk, at=NIGHT) is False
    assert nightly.remind(make_hold().pk, at=NIGHT) is False


def test_task_is_declared_and_runs():
    hold = ready(timezone.localdate() - 2 * DAY)
    tasks.tend_holds()
    assert state(hold)[0] == "expired"
    assert "tend_holds" in schedule.declared_tasks()
