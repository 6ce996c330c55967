"""The calendar in the admin. 2026-03-02 is a Monday."""

from __future__ import annotations

from datetime import time, timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from accounts.tests.factories import make_librarian, make_patron
from catalog.tests.factories import make_branch
from circulation.models import CalendarException, OpeningHours, RedatedLoan, Redating, Term
from circulation.rules import public_holidays
from circulation.rules.opening_hours import Hours
from circulation.services import redating
from circulation.state import calendars
from circulation.tests.calendar_rows import WEEKDAYS, make_exception, make_term, open_on
from circulation.tests.calendars import FRI, MON, SAT, TUE, clock, day
from circulation.tests.factories import make_loan
from library.activity.models import Activity
from library.core.errors import InvalidInput
from library.jobs.models import Job, JobState
from library.jobs.tasks import perform
from tests.html import assert_valid

pytestmark = pytest.mark.django_db
OVERVIEW = reverse("admin:circulation_openinghours_changelist")
EXCEPTIONS, ADD_EXCEPTION = (reverse(f"admin:circulation_calendarexception_{page}") for page in ("changelist", "add"))
HOLIDAYS = reverse("admin:circulation_calendarexception_holidays")
PREVIEW, ORDERS = (reverse(f"admin:circulation_redating_{page}") for page in ("preview", "changelist"))
TERMS, ADD_TERM = (reverse(f"admin:circulation_term_{page}") for page in ("changelist", "add"))
NINE_TO_SIX = Hours(time(9), time(18))


@pytest.fixture(autouse=True)
def _library_time(settings):
    settings.TIME_ZONE = "Europe/Berlin"


@pytest.fixture
def staff(librarian) -> Client:
    client = Client()
    client.force_login(librarian)
    return client


@pytest.fixture
def branch():
    return open_on(*WEEKDAYS, branch=make_branch(name="Harbour"))


def week_of(branch, term=None):
    return reverse("admin:circulation_openinghours_week", args=[branch.pk]) + (f"?term={term.pk}" if term else "")


def month_of(branch, month=""):
    address = reverse("admin:circulation_openinghours_month", args=[branch.pk])
    return f"{address}?month={month}" if month else address


def preview_of(branch, first, last=None, **more):
    return (
        f"{PREVIEW}?{urlencode({'branch': branch.pk if branch else '', 'first': first, 'last': last or first} | more)}"
    )


def grid(**times: str) -> dict[str, str]:
    """``mon="09:00-12:00 14:00-18:00"`` as the grid sends it."""
    sent = {f"{what}_{weekday}_{slot}": "" for what in ("opens", "closes") for weekday in range(7) for slot in range(3)}
    for weekday, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun")):
        for slot, pair in enumerate(times.get(name, "").split()):
            sent[f"opens_{weekday}_{slot}"], sent[f"closes_{weekday}_{slot}"] = pair.split("-")
    return sent


def queries(client, address):
    """Of a page whose process has looked up before what it keeps."""
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


# Who may


@pytest.mark.parametrize("address", [OVERVIEW, EXCEPTIONS, ADD_EXCEPTION, HOLIDAYS, PREVIEW, ORDERS, TERMS, ADD_TERM])
def test_readers_and_strangers_are_sent_away(client, staff, branch, address):
    for page in (address, week_of(branch), month_of(branch)):
        assert staff.get(page).status_code == 200
        assert client.get(page).status_code == 302
    client.force_login(make_patron().user)
    assert client.get(address).status_code == 302


def test_without_the_permission_nothing_is_changed(staff, librarian, branch):
    group = librarian.groups.get()
    group.permissions.remove(
        *group.permissions.filter(codename__regex="(add|change)_(openinghours|calendarexc|redating)")
    )
    for page in (week_of(branch), HOLIDAYS, PREVIEW, ADD_EXCEPTION):
        assert staff.get(page).status_code == 403
        assert staff.post(page, {}).status_code == 403
    assert "Change the week" not in staff.get(OVERVIEW).text
    assert ADD_EXCEPTION not in staff.get(month_of(branch)).text


# The week


def test_overview_shows_every_week_in_words(staff, branch):
    open_on(SAT, branch=branch, opens=10, closes=14)
    make_branch(name="Annexe")
    open_on(TUE, branch=branch, term=make_term("2999-07-01/2999-08-31", name="Summer"))
    page = staff.get(OVERVIEW)
    assert_valid(page.content)
    assert [(str(row["branch"]), row["week"]) for row in page.context["rows"]] == [
        ("Annexe", [("Every day", "all day")]),
        ("Harbour", [("Monday – Friday", "09:00–18:00"), ("Saturday", "10:00–14:00")]),
    ]
    for words in ("Summer", "Tuesday", "as in the ordinary week", week_of(branch), month_of(branch)):
        assert words in page.text


def test_overview_runs_as_many_queries_for_many_branches(staff, branch):
    make_term("2999-07-01/2999-08-31")
    few = queries(staff, OVERVIEW)
    for _ in range(10):
        open_on(*WEEKDAYS)
    assert queries(staff, OVERVIEW) == few


def test_week_is_typed_as_a_grid(staff, branch):
    page = staff.get(week_of(branch))
    assert_valid(page.content)
    assert page.context["form"]["opens_0_0"].value() == time(9)
    sent = grid(mon="14:00-18:00 09:00-12:00", sat="10:00-23:59")
    assert staff.post(week_of(branch), sent).status_code == 302
    assert calendars.calendar_of(branch.pk).weekly == {
        MON: (Hours(time(9), time(12)), Hours(time(14), time(18))),
        SAT: (Hours(time(10), time(23, 59)),),
    }
    deed = Activity.objects.get(verb="calendar.week_changed")
    assert deed.data["hours.new"] == "Monday 09:00–12:00, 14:00–18:00; Saturday 10:00–midnight"
    staff.post(week_of(branch), sent)
    assert Activity.objects.filter(verb="calendar.week_changed").count() == 1  # nothing was changed the second time


def test_week_of_a_term_leaves_the_ordinary_one(staff, branch):
    term = make_term("2999-07-01/2999-08-31", name="Summer")
    page = staff.get(week_of(branch, term))
    assert_valid(page.content)
    assert page.context["form"]["opens_0_0"].value() is None
    staff.post(week_of(branch, term), grid(tue="10:00-12:00"))
    found = calendars.calendar_of(branch.pk)
    assert found.hours(day("2999-07-02")) == (Hours(time(10), time(12)),)
    assert found.hours(day("2999-07-01")) == ()
    assert found.hours(day("2999-09-02")) == (NINE_TO_SIX,)
    other = make_term("2999-07-01/2999-08-31", make_branch())
    for wrong in (f"?term={other.pk}", "?term=nine", "?term=99999999999999999999"):
        assert staff.get(week_of(branch) + wrong).status_code == 404


def test_empty_grid_means_always_open(staff, branch):
    staff.post(week_of(branch), grid())
    assert calendars.calendar_of(branch.pk).weekly is None


@pytest.mark.parametrize(
    ("times", "field", "says"),
    [
        ({"mon": "18:00-09:00"}, "closes_0_0", "It closes after it opens, on the same day; for midnight say 23:59."),
        ({"mon": "09:00-09:00"}, "closes_0_0", "It closes after it opens, on the same day; for midnight say 23:59."),
        ({"tue": "09:00-"}, "closes_1_0", "Say both from when and until when."),
        ({"tue": "-18:00"}, "opens_1_0", "Say both from when and until when."),
        ({"wed": "09:00-13:00 12:00-18:00"}, "opens_2_1", "These hours overlap or touch others of the day."),
        ({"sun": "nine-18:00"}, "opens_6_0", "Enter a valid time."),
    ],
)
def test_hours_that_cannot_be_are_said_beside_their_field(staff, branch, times, field, says):
    page = staff.post(week_of(branch), grid(**times))
    assert page.status_code == 422
    assert_valid(page.content)
    assert page.context["form"].errors == {field: [says]}
    assert says in page.text
    assert calendars.calendar_of(branch.pk).weekly == dict.fromkeys(WEEKDAYS, (NINE_TO_SIX,))


def test_a_week_that_closes_days_leads_to_the_loans_due_on_them(staff, branch):
    today = timezone.localdate()
    friday = today + timedelta(days=7 + (FRI - today.weekday()) % 7)
    make_loan(branch=branch, checked_out_at=clock(f"{today} 00:00"), due_at=clock(f"{friday} 23:59"))
    sent = dict.fromkeys(("mon", "tue", "wed", "thu"), "09:00-18:00")
    address = staff.post(week_of(branch), grid(**sent)).url
    assert address.startswith(PREVIEW)
    assert staff.get(address).context["count"] == 1
    assert staff.post(week_of(branch), grid(**sent, fri="09:00-18:00")).url == OVERVIEW


def test_one_row_leads_to_its_week(staff, branch):
    row = OpeningHours.objects.filter(branch=branch).first()
    assert row is not None
    assert staff.get(reverse("admin:circulation_openinghours_change", args=[row.pk])).url == week_of(branch)
    assert staff.get(reverse("admin:circulation_openinghours_change", args=[10**9])).status_code == 404


# The month


def test_month_shows_open_and_closed_days_and_why(staff, branch):
    make_exception("2026-04-06", name="Easter Monday")
    make_exception("2026-04-11", branch, is_open=True, opens=time(10), closes=time(16))
    make_term("2026-04-20/2026-06-30", name="Summer term")
    page = staff.get(month_of(branch, "2026-04"))
    assert_valid(page.content)
    days = {one.date.day: one for week in page.context["weeks"] for one in week if one}
    assert len(days) == 30
    assert (days[2].hours, days[2].why_closed, days[2].is_exception) == ("09:00–18:00", "", False)
    assert (days[5].why_closed, days[6].why_closed) == ("closed on Sundays", "Easter Monday")
    assert (days[11].hours, days[11].is_exception) == ("10:00–16:00", True)
    for words in ("closed: Easter Monday", "Summer term", "April 2026", "?month=2026-03", "?month=2026-05"):
        assert words in page.text
    assert "first_day=2026-04-07" in days[7].add_exception
    assert staff.get(days[7].add_exception).context["adminform"].form.initial["first_day"] == "2026-04-07"


@pytest.mark.parametrize("month", ["", "2026", "2026-13", "x-y", "99999-01", "-", "२०२६-०४"])
def test_month_that_is_none_is_this_month(staff, branch, month):
    page = staff.get(month_of(branch) + "?" + urlencode({"month": month}))
    assert page.status_code == 200
    assert page.context["shown"] == f"{timezone.localdate():%Y-%m}"


def test_month_of_no_branch_is_not_found(staff):
    assert staff.get(reverse("admin:circulation_openinghours_month", args=[10**9])).status_code == 404


def test_month_runs_as_many_queries_whatever_is_in_it(staff, branch):
    make_exception("2026-04-01", branch)
    few = queries(staff, month_of(branch, "2026-04"))
    for number in range(2, 12):
        make_exception(f"2026-04-{number:02}", branch)
    open_on(*WEEKDAYS)
    assert queries(staff, month_of(branch, "2026-04")) == few


# Terms and exceptions


def exception(branch=None, **values) -> dict[str, str]:
    sent = {"name": "Storm", "branch": branch.pk if branch else "", "first_day": "2026-03-16", "last_day": ""}
    return sent | {"opens": "", "closes": ""} | values


def test_closing_days_leads_to_the_preview(staff, librarian, branch):
    assert_valid(staff.get(ADD_EXCEPTION).content)
    sent = staff.post(ADD_EXCEPTION, exception(branch))
    row = CalendarException.objects.get()
    assert (row.first_day, row.last_day, row.is_open) == (day("2026-03-16"), day("2026-03-16"), False)
    assert sent.url == preview_of(branch, "2026-03-16")
    assert "Storm is saved." in staff.get(sent.url).text
    deed = Activity.objects.get(verb="calendar.exception_added")
    assert (deed.actor, deed.data["branch"], deed.data["first_day"]) == (librarian, "Harbour", "2026-03-16")
    change = reverse("admin:circulation_calendarexception_change", args=[row.pk])
    assert staff.post(change, exception(branch, last_day="2026-03-18")).url == preview_of(
        branch, "2026-03-16", "2026-03-18"
    )
    assert Activity.objects.filter(verb="calendar.exception_changed").count() == 1


def test_closing_every_branch_leads_to_the_preview_of_all(staff):
    assert staff.post(ADD_EXCEPTION, exception()).url == preview_of(None, "2026-03-16")


def test_opening_days_or_wanting_to_go_on_does_not_lead_there(staff, branch):
    assert staff.post(ADD_EXCEPTION, exception(branch, is_open="on")).url == EXCEPTIONS
    assert staff.post(ADD_EXCEPTION, exception(branch, _addanother="1")).url == ADD_EXCEPTION


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"last_day": "2026-03-15"}, "last_day"),
        ({"first_day": "", "last_day": "2026-03-15"}, "first_day"),
        ({"opens": "09:00", "closes": "12:00"}, "opens"),
        ({"is_open": "on", "opens": "09:00"}, "closes"),
        ({"is_open": "on", "closes": "09:00"}, "opens"),
        ({"is_open": "on", "opens": "12:00", "closes": "09:00"}, "closes"),
        ({"name": ""}, "name"),
    ],
)
def test_exception_that_cannot_be_is_refused_beside_its_field(staff, values, field):
    page = staff.post(ADD_EXCEPTION, exception(**values))
    assert page.status_code == 200
    assert list(page.context["adminform"].form.errors) == [field]
    assert not CalendarException.objects.exists()


def test_term_is_added_and_refused_beside_its_field(staff, branch):
    assert_valid(staff.get(ADD_TERM).content)
    sent = {"name": "Spring", "branch": "", "first_day": "2026-02-01", "last_day": "2026-06-30"}
    assert staff.post(ADD_TERM, sent).url == TERMS
    assert Term.objects.get().name == "Spring"
    wrong = staff.post(ADD_TERM, sent | {"last_day": "2026-01-31"})
    assert list(wrong.context["adminform"].form.errors) == ["last_day"]
    assert Activity.objects.filter(verb="calendar.term_added").count() == 1


def test_what_is_deleted_is_written_down(staff, branch):
    row, others = make_exception("2936-03-16", branch), [make_exception("2936-03-17") for _ in range(2)]
    staff.post(reverse("admin:circulation_calendarexception_delete", args=[row.pk]), {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [one.pk for one in others], "post": "yes"}
    staff.post(EXCEPTIONS, chosen)
    assert not CalendarException.objects.exists()
    assert Activity.objects.filter(verb="calendar.exception_deleted").count() == 3


@pytest.mark.parametrize("address", [EXCEPTIONS, TERMS])
def test_lists_run_as_many_queries_for_many_rows(staff, branch, address):
    def add(count):
        for _ in range(count):
            make_exception("2026-03-16", branch)
            make_term("2026-03-01/2026-06-30", branch)

    add(2)
    few = queries(staff, address)
    add(20)
    assert queries(staff, address) == few


def test_list_says_what_the_days_are(staff, branch):
    make_exception("2026-03-16", branch)
    make_exception("2026-03-17", is_open=True)
    make_exception("2026-03-18", is_open=True, opens=time(10), closes=time(12))
    page = staff.get(EXCEPTIONS)
    for words in ("Harbour", "every branch", "closed", "open as in the week", "10:00–12:00", HOLIDAYS, PREVIEW):
        assert words in page.text


# Public holidays


@pytest.fixture
def this_year():
    return timezone.localdate().year


def test_holidays_are_shown_first_and_then_added(staff, branch, this_year):
    assert_valid(staff.get(HOLIDAYS).content)
    given = {"country": "DE", "shown": "DE", "subdivision": "BY", "year": this_year, "branch": branch.pk}
    make_exception(f"{this_year}-12-25", branch, name="Closed anyway")
    page = staff.get(HOLIDAYS, given)
    assert_valid(page.content)
    names = {row["holiday"].name: row for row in page.context["rows"]}
    assert {"New Year's Day", "Epiphany", "Corpus Christi", "German Unity Day"} <= names.keys()
    assert [name for name, row in names.items() if row["is_closed"]] == ["Christmas Day"]
    assert CalendarException.objects.count() == 1

    chosen = [f"{this_year}-01-06", f"{this_year}-12-25", f"{this_year}-07-14", "no day"]
    sent = staff.post(HOLIDAYS, given | {"day": chosen})
    assert sent.url == preview_of(branch, f"{this_year}-01-06")
    assert "1 closed day was added." in staff.get(sent.url).text
    added = CalendarException.objects.exclude(name="Closed anyway").get()
    assert (added.name, added.branch, str(added.first_day), added.is_open) == (
        "Epiphany",
        branch,
        f"{this_year}-01-06",
        False,
    )
    again = staff.post(HOLIDAYS, given | {"day": chosen})
    assert again.url.startswith(HOLIDAYS)
    assert CalendarException.objects.count() == 2


def test_holidays_of_the_whole_country_have_none_of_its_parts(staff, this_year):
    page = staff.get(HOLIDAYS, {"country": "DE", "year": this_year})
    names = {row["holiday"].name for row in page.context["rows"]}
    assert "Epiphany" not in names
    assert "Labor Day" in names
    assert ("BY", "Bayern") in page.context["form"].fields["subdivision"].choices


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"country": "XX"}, "country"),
        ({"country": ""}, "country"),
        ({"country": "DE", "shown": "DE", "subdivision": "ZZ"}, "subdivision"),
        ({"country": "DE", "year": "1999"}, "year"),
        ({"country": "DE", "year": "soon"}, "year"),
        ({"country": "DE", "branch": "0"}, "branch"),
    ],
)
def test_only_what_is_known_can_be_chosen(staff, this_year, values, field):
    for send in (staff.get, staff.post):
        page = send(HOLIDAYS, {"year": str(this_year), "day": f"{this_year}-01-01"} | values)
        assert page.status_code == 422
        assert list(page.context["form"].errors) == [field]
        assert_valid(page.content)
    assert not CalendarException.objects.exists()


def test_another_country_forgets_the_part_of_the_one_before(staff, this_year):
    page = staff.get(HOLIDAYS, {"country": "FR", "shown": "DE", "subdivision": "BY", "year": this_year})
    assert page.status_code == 200
    assert page.context["form"].cleaned_data["subdivision"] == ""
    assert page.context["rows"]


def test_names_come_in_the_language_of_the_reader_where_it_is_known():
    def new_year(language):
        with translation.override(language):
            return public_holidays.holidays_of(country="DE", year=2026)[0].name

    assert [new_year(language) for language in ("en", "de", "xx")] == ["New Year's Day", "Neujahr", "Neujahr"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"country": "XX", "year": 2026}, "country"),
        ({"country": "DE", "subdivision": "ZZ", "year": 2026}, "subdivision"),
        ({"country": "DE", "year": 1700}, "year"),
    ],
)
def test_unknown_holidays_are_refused(given, field):
    with pytest.raises(InvalidInput) as refused:
        public_holidays.holidays_of(**given)
    assert list(refused.value.fields) == [field]


def test_the_desk_does_not_load_the_holidays():
    import subprocess
    import sys

    code = "import django, sys; django.setup(); import circulation.admin; assert 'holidays' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


# Due dates on closed days


def test_preview_shows_which_and_from_when_to_when_and_the_order_moves_them(staff, librarian, branch):
    make_exception("2026-03-16", branch, name="Storm")
    loan = make_loan(branch=branch, due_at=clock("2026-03-16 23:59"))
    hourly = make_loan(branch=branch, due_at=clock("2026-03-16 15:00"), is_hourly=True)
    page = staff.get(preview_of(branch, "2026-03-16", "2026-03-20"))
    assert_valid(page.content)
    for words in ("2 loans are due on closed days.", loan.copy.barcode, "Storm", "Move 2 due dates", "09:00", "15:00"):
        assert words in page.text
    assert not Redating.objects.exists()

    sent = staff.post(PREVIEW, {"branch": branch.pk, "first": "2026-03-16", "last": "2026-03-20"})
    order, job = Redating.objects.get(), Job.objects.get()
    assert sent.url == reverse("admin:circulation_redating_change", args=[order.pk])
    assert (order.branch, order.ordered_by, order.is_for_week) == (branch, librarian, False)
    page = staff.get(sent.url)
    assert_valid(page.content)
    assert reverse("jobs:progress", args=[job.pk]) in page.text

    perform(job.pk, redating.carry_out)
    for one, due in ((loan, "2026-03-17 23:59"), (hourly, "2026-03-17 09:00")):
        one.refresh_from_db()
        assert one.due_at == clock(due)
    page = staff.get(sent.url)
    assert_valid(page.content)
    assert "2 loans moved" in page.text
    assert loan.copy.barcode in page.text
    page = staff.get(ORDERS)
    assert [(row.moved_count, row.state_of_job) for row in page.context["cl"].result_list] == [(2, JobState.DONE)]
    assert "No loan is due on these closed days." in staff.get(preview_of(branch, "2026-03-16")).text


def test_preview_goes_by_pages_with_as_many_queries(staff, branch):
    make_exception("2026-03-16", branch)

    def add(count):
        for _ in range(count):
            make_loan(branch=branch, due_at=clock("2026-03-16 23:59"))

    add(2)
    address = preview_of(branch, "2026-03-16")
    staff.get(address)  # its calendar is kept from now on
    few = queries(staff, address)
    add(28)
    assert queries(staff, address) == few
    first, second = (staff.get(f"{address}&page={number}").context["moves"] for number in (1, 2))
    assert (len(first), len(second)) == (25, 5)
    assert not {move.loan.pk for move in first} & {move.loan.pk for move in second}


def test_order_and_list_run_as_many_queries_for_many_loans(staff, librarian, branch):
    orders = [
        Redating.objects.create(
            branch=branch,
            first_day=day("2026-03-16"),
            last_day=day("2026-03-16"),
            ordered_by=librarian,
            ordered_at=timezone.now(),
        )
        for _ in range(12)
    ]
    change = reverse("admin:circulation_redating_change", args=[orders[0].pk])

    def move(count, order):
        for _ in range(count):
            loan = make_loan(branch=branch)
            RedatedLoan.objects.create(
                redating=order, loan=loan, due_before=loan.due_at, due_after=loan.due_at + timedelta(days=1)
            )

    move(2, orders[0])
    few = queries(staff, change), queries(staff, ORDERS)
    move(15, orders[0])
    for order in orders[1:]:
        move(1, order)
    Redating.objects.filter(pk__in=[order.pk for order in orders[:6]]).update(branch=open_on(MON))
    assert (queries(staff, change), queries(staff, ORDERS)) == few


def test_days_that_the_week_closes_are_asked_for(staff, branch):
    make_loan(branch=branch, due_at=clock("2026-03-15 23:59"))
    assert staff.get(preview_of(branch, "2026-03-09", "2026-03-20")).context["count"] == 0
    page = staff.get(preview_of(branch, "2026-03-09", "2026-03-20", week="on"))
    assert (page.context["count"], page.context["days"][0].why) == (1, "closed on Sundays")
    staff.post(PREVIEW, {"branch": branch.pk, "first": "2026-03-09", "last": "2026-03-20", "week": "on"})
    assert Redating.objects.get().is_for_week


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"first": "2026-03-16", "last": "2026-03-15"}, "last"),
        ({"first": "2026-03-16", "last": "2036-03-15"}, "last"),
        ({"first": "soon", "last": "2026-03-15"}, "first"),
        ({"first": "2026-03-16", "last": "2026-03-17", "branch": "0"}, "branch"),
    ],
)
def test_days_that_cannot_be_are_refused_beside_their_field(staff, given, field):
    for send in (staff.get, staff.post):
        page = send(PREVIEW, given)
        assert page.status_code == 422
        assert_valid(page.content)
        assert list(page.context["form"].errors) == [field]
    assert not Redating.objects.exists()


def test_branch_that_never_opens_again_is_said_in_a_sentence(staff, branch):
    make_exception("2026-03-16/2029-03-16", branch)
    make_loan(branch=branch, due_at=clock("2026-03-16 23:59"))
    for page in (
        staff.get(preview_of(branch, "2026-03-16")),
        staff.post(PREVIEW, {"branch": branch.pk, "first": "2026-03-16", "last": "2026-03-16"}),
    ):
        assert page.status_code == 422
        assert "Harbour has no open day in two years" in page.text
    assert not Redating.objects.exists()


def test_orders_are_only_looked_at(staff, branch):
    order = Redating.objects.create(first_day=day("2026-03-16"), last_day=day("2026-03-16"), ordered_at=timezone.now())
    assert staff.get(reverse("admin:circulation_redating_add")).status_code == 403
    assert staff.post(reverse("admin:circulation_redating_delete", args=[order.pk]), {"post": "yes"}).status_code == 403
    assert "every branch" in staff.get(ORDERS).text


def test_whoever_asked_may_stop_it(staff, branch):
    make_exception("2026-03-16", branch)
    make_loan(branch=branch, due_at=clock("2026-03-16 23:59"))
    staff.post(PREVIEW, {"branch": branch.pk, "first": "2026-03-16", "last": "2026-03-16"})
    job = Job.objects.get()
    staff.post(reverse("jobs:cancel", args=[job.pk]))
    perform(job.pk, redating.carry_out)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert not RedatedLoan.objects.exists()


def test_librarian_starts_with_the_calendar():
    librarian = make_librarian()
    for what in ("openinghours", "term", "calendarexception"):
        assert librarian.has_perms([f"circulation.{may}_{what}" for may in ("view", "add", "change", "delete")])
    assert librarian.has_perms(["circulation.view_redating", "circulation.add_redating"])
