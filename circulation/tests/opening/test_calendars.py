"""Calendars out of rows, and what is kept of them. 2026-03-02 is a Monday."""

from datetime import time
from threading import Barrier
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import make_librarian
from catalog.tests.factories import make_branch
from circulation.models import CalendarException, CalendarVersion, OpeningHours, Redating, Term
from circulation.rules.opening_hours import ALL_DAY, Hours
from circulation.services import opening as opening_services
from circulation.state import calendars
from circulation.tests.calendar_rows import WEEKDAYS, make_exception, make_term, open_on
from circulation.tests.calendars import MON, SAT, SUN, TUE, closed, day, opened, term
from circulation.tests.opening.test_redating import MARCH, at_once

pytestmark = pytest.mark.django_db
NINE_TO_SIX = Hours(time(9), time(18))


@pytest.fixture(autouse=True)
def _library_time(settings):
    settings.TIME_ZONE = "Europe/Berlin"


def calendar_of(branch):
    return calendars.calendar_of(branch.pk)


def test_branch_without_a_row_is_always_open():
    branch = make_branch(name="Harbour")
    found = calendar_of(branch)
    assert (found.branch, found.weekly, found.exceptions, found.terms) == ("Harbour", None, (), ())
    assert found.time_zone == ZoneInfo("Europe/Berlin")
    assert found.hours(day("2026-03-08")) == (ALL_DAY,)


def test_week_with_several_openings_a_day_in_their_order():
    branch = open_on(MON, opens=14, closes=18)
    open_on(MON, branch=branch, opens=9, closes=12)
    assert calendar_of(branch).weekly == {MON: (Hours(time(9), time(12)), Hours(time(14), time(18)))}


def test_hours_of_a_term_belong_to_its_branch_alone():
    holidays = make_term("2026-07-01/2026-08-31", name="Summer")
    one, other = open_on(*WEEKDAYS), open_on(*WEEKDAYS)
    open_on(TUE, branch=one, term=holidays)
    assert calendar_of(one).terms == (term("2026-07-01/2026-08-31", {TUE: (NINE_TO_SIX,)}, name="Summer"),)
    assert calendar_of(other).terms == (term("2026-07-01/2026-08-31", name="Summer"),)
    assert not calendar_of(one).is_open(day("2026-07-06"))
    assert calendar_of(other).is_open(day("2026-07-06"))


def test_what_a_branch_says_of_itself_counts_for_more_and_of_that_the_shorter():
    branch = open_on(*WEEKDAYS)
    make_exception("2026-07-01/2026-07-31", branch, name="Building works")
    make_exception("2026-07-14", branch, name="Summer fair", is_open=True, opens=time(10), closes=time(14))
    make_exception("2026-07-14/2026-07-16", name="Everywhere", is_open=True)
    make_exception("2026-07-15", make_branch(), name="Elsewhere", is_open=True)
    assert calendar_of(branch).exceptions == (
        opened("2026-07-14", Hours(time(10), time(14)), name="Summer fair"),
        closed("2026-07-01/2026-07-31", "Building works"),
        opened("2026-07-14/2026-07-16", name="Everywhere"),
    )
    assert [calendar_of(branch).is_open(day(f"2026-07-{n}")) for n in (13, 14, 15)] == [False, True, False]


def test_of_two_like_exceptions_the_newer_counts():
    branch = make_branch()
    make_exception("2026-07-14", branch)
    make_exception("2026-07-14", branch, is_open=True)
    assert calendar_of(branch).is_open(day("2026-07-14"))


def test_several_terms_on_a_day_the_branchs_own_and_the_shorter_first():
    branch = make_branch()
    make_term("2026-01-01/2026-12-31", name="Year")
    make_term("2026-02-01/2026-06-30", branch, name="Own")
    make_term("2026-03-01/2026-03-31", name="March")
    assert [one.name for one in calendar_of(branch).terms] == ["Own", "March", "Year"]


def test_what_ended_years_ago_is_left_out():
    branch = make_branch()
    make_exception("2016-03-02", branch)
    make_term("2016-01-01/2016-03-31")
    assert (calendar_of(branch).exceptions, calendar_of(branch).terms) == ((), ())


def test_one_query_while_nothing_changes_and_as_many_for_all_branches_as_for_one():
    branch = open_on(*WEEKDAYS)
    make_exception("2026-07-14", branch)

    def queries(work):
        with CaptureQueriesContext(connection) as captured:
            work()
        return len(captured)

    assert queries(lambda: calendar_of(branch)) == 4
    assert queries(lambda: calendar_of(branch)) == 1
    for _ in range(10):
        open_on(*WEEKDAYS)
    assert queries(calendars.calendars_of) == 4
    assert queries(calendars.calendars_of) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda branch: OpeningHours.objects.filter(branch=branch, weekday=MON).delete(),
        lambda branch: OpeningHours.objects.filter(branch=branch, weekday=MON).update(weekday=SUN),
        lambda branch: make_exception("2026-03-02", branch),
        lambda branch: make_exception("2026-03-02"),
        lambda branch: CalendarException.objects.update(is_open=False),
        lambda branch: CalendarException.objects.all().delete(),
        lambda branch: Term.objects.update(last_day=day("2026-12-31")),
        lambda branch: Term.objects.all().delete(),
    ],
)
def test_every_change_counts_at_once_whoever_makes_it(change):
    branch = open_on(*WEEKDAYS)
    make_exception("2026-03-01/2026-03-03", branch, is_open=True)
    open_on(SAT, branch=branch, term=make_term("2026-02-01/2026-02-28"))
    before = calendar_of(branch)
    assert calendar_of(branch) == before
    change(branch)
    assert calendar_of(branch) != before


def test_a_change_that_is_taken_back_was_never_told_to_anybody_else():
    branch = open_on(*WEEKDAYS)
    before = calendar_of(branch)
    with pytest.raises(RuntimeError), transaction.atomic():
        make_exception("2026-03-02", branch)
        assert not calendar_of(branch).is_open(day("2026-03-02"))  # kept under a version that never comes true
        raise RuntimeError
    assert calendar_of(branch) == before
    assert calendar_of(branch).is_open(day("2026-03-02"))


def test_a_new_name_and_another_time_zone_count_at_once(settings):
    branch = open_on(*WEEKDAYS)
    calendar_of(branch)
    branch.name = "Harbour"
    branch.save()
    settings.TIME_ZONE = "America/Sao_Paulo"
    assert (calendar_of(branch).branch, calendar_of(branch).time_zone) == ("Harbour", ZoneInfo("America/Sao_Paulo"))


def test_without_a_version_nothing_is_kept():
    branch = open_on(*WEEKDAYS)
    CalendarVersion.objects.all().delete()
    calendar_of(branch)
    assert cache.get(f"calendar:{calendars.FORMAT}:None:{branch.pk}") is None
    OpeningHours.objects.filter(branch=branch, weekday=MON).delete()
    assert CalendarVersion.objects.count() == 1
    assert not calendar_of(branch).is_open(day("2026-03-02"))


def test_branch_that_is_gone_is_open():
    assert calendars.calendar_of(10**9).is_open(day("2026-03-08"))
    assert calendars.calendars_of([]) == {}


def test_there_is_one_version():
    with pytest.raises(IntegrityError, match="calendar_version_one_row"), transaction.atomic():
        CalendarVersion.objects.create(pk=2, token=uuid4())


@pytest.mark.parametrize(
    ("make", "constraint"),
    [
        (lambda: open_on(MON, opens=18, closes=18), "opening_closes_after_it_opens"),
        (lambda: open_on(7), "opening_weekday_known"),
        (lambda: open_on(MON, branch=open_on(MON)), "opening_once"),
        (lambda: make_exception("2026-03-02/2026-03-01"), "exception_ends_after_it_begins"),
        (lambda: make_exception("2026-03-02", opens=time(9), closes=time(10)), "exception_hours_only_when_open"),
        (lambda: make_exception("2026-03-02", is_open=True, opens=time(9)), "exception_hours_only_when_open"),
        (
            lambda: make_exception("2026-03-02", is_open=True, opens=time(9), closes=time(9)),
            "exception_hours_only_when",
        ),
        (lambda: make_term("2026-03-02/2026-03-01"), "term_ends_after_it_begins"),
        (
            lambda: Redating.objects.create(first_day=MARCH[1], last_day=MARCH[0], ordered_at="2026-03-01T00:00Z"),
            "redating_ends_after_it_begins",
        ),
    ],
)
def test_the_database_refuses(make, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make()


def test_closed_spans_by_exceptions_alone_or_by_the_week_too():
    branch = open_on(*WEEKDAYS)
    make_exception("2026-03-10/2026-03-12", branch)
    make_exception("2026-03-11", branch, is_open=True)
    found = calendar_of(branch)
    days = day("2026-03-02"), day("2026-03-15")
    alone = [("2026-03-10", "2026-03-10"), ("2026-03-12", "2026-03-12")]
    weekends = [("2026-03-07", "2026-03-08"), *alone, ("2026-03-14", "2026-03-15")]
    assert calendars.closed_spans(found, *days) == [(day(first), day(last)) for first, last in alone]
    assert calendars.closed_spans(found, *days, is_for_week=True) == [(day(a), day(b)) for a, b in weekends]
    assert calendars.closed_spans(found, day("2026-03-12"), day("2026-03-12")) == [(day("2026-03-12"),) * 2]


@pytest.mark.django_db(transaction=True)
def test_two_who_save_a_week_at_once_save_one_after_the_other():
    branch, librarian = open_on(*WEEKDAYS), make_librarian()
    together = Barrier(2, timeout=10)

    def save(weekday):
        def call():
            together.wait()
            return opening_services.set_week(
                branch=branch, term=None, week={weekday: [NINE_TO_SIX], SUN: [NINE_TO_SIX]}, by=librarian
            )

        return call

    assert at_once(save(MON), save(TUE)) == [True, True]
    weekly = calendar_of(branch).weekly
    assert weekly in ({MON: (NINE_TO_SIX,), SUN: (NINE_TO_SIX,)}, {TUE: (NINE_TO_SIX,), SUN: (NINE_TO_SIX,)})
