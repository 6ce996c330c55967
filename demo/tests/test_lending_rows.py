"""Each kind of row in the lending of a collection, and what becomes of it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.models import Patron, PatronBlock
from catalog.models import Book, Copy, CopyStatus
from circulation.models import CalendarException, Hold, HoldState, LendingSettings, Loan, LoanRule, OpeningHours, Term
from demo import load

pytestmark = pytest.mark.django_db
WEDNESDAY = datetime(2026, 10, 14, 9, 30, tzinfo=timezone.get_default_timezone())
TODAY = WEDNESDAY.date()


@pytest.fixture
def lent(collection):
    """Loads the collection with these rows more."""

    def load_with(**rows):
        for part, more in rows.items():
            collection.lending[part] = [*collection.lending[part], *more]
        collection.write()
        load.load(at=WEDNESDAY)

    return load_with


def patron(username) -> Patron:
    return Patron.objects.get(user__username=username)


# -- the calendar --------------------------------------------------------------------------------------------------


def test_each_day_of_a_week_has_each_of_its_openings(lent):
    lent()
    week = OpeningHours.objects.filter(branch__code="central", term=None)
    assert week.count() == 14
    assert set(week.values_list("opens", "closes")) == {(time(9), time(12, 30)), (time(14), time(18))}
    assert set(OpeningHours.objects.filter(branch__code="north").values_list("weekday", flat=True)) == {0, 1}


def test_terms_come_this_year_and_the_next_with_hours_of_their_own(lent):
    lent()
    assert list(Term.objects.order_by("first_day").values_list("name", "first_day", "last_day")) == [
        ("Autumn 2026", date(2026, 9, 7), date(2026, 12, 18)),
        ("Autumn 2027", date(2027, 9, 7), date(2027, 12, 18)),
    ]
    for term in Term.objects.all():
        assert set(term.opening_hours.values_list("opens", flat=True)) == {time(8)}


def test_public_holidays_of_two_years_close_every_branch(lent):
    lent()
    days = CalendarException.objects.filter(branch=None)
    assert {year for (year,) in days.values_list("first_day__year")} == {2026, 2027}
    christmas = days.get(first_day=date(2026, 12, 25))
    assert (christmas.name, christmas.is_open) == ("Christmas Day", False)


def test_an_exception_falls_on_the_first_such_weekday_after_so_many_days(lent):
    lent()
    fair, shelves = CalendarException.objects.get(name="Book fair"), CalendarException.objects.get(name="New shelves")
    assert fair.first_day.weekday() == 6
    assert TODAY + timedelta(days=20) <= fair.first_day < TODAY + timedelta(days=27)
    assert (fair.is_open, fair.opens, fair.closes, fair.last_day) == (True, time(12), time(17), fair.first_day)
    assert shelves.first_day == TODAY + timedelta(days=42), "a Wednesday that is itself far enough away"
    assert (shelves.is_open, shelves.last_day - shelves.first_day) == (False, timedelta(days=3))


# -- rules and readers ---------------------------------------------------------------------------------------------


def test_several_tiers_in_a_line_are_as_many_rules(lent):
    lent()
    assert set(LoanRule.objects.filter(loan_period=28).values_list("tier__code", flat=True)) == {"student", "reader"}
    dvd, north = LoanRule.objects.get(loan_period=7), LoanRule.objects.get(loan_period=5)
    assert (str(dvd.item_type), dvd.tier, dvd.branch) == ("DVD", None, None)
    assert (str(north.branch), north.tier, north.item_type) == ("North Branch", None, None)


def test_the_librarys_settings_are_those_of_the_collection(lent):
    lent()
    assert LendingSettings.objects.get().overdue_policy == "confirm"


def test_readers_have_their_tier_card_and_age(lent):
    lent()
    kofi = patron("kofi")
    assert (kofi.card_number, kofi.tier.code, kofi.user.full_name) == ("L-11", "student", "Kofi Mensah")
    assert kofi.birth_date == date(2006, 1, 1)
    assert patron("aoife").expires_on == TODAY - timedelta(days=30)
    assert patron("sam").birth_date is None


def test_what_stands_against_a_reader_says_why_and_until_when(lent):
    lent()
    (restricted,) = PatronBlock.objects.filter(patron=patron("ingrid"))
    assert (restricted.code, restricted.until, restricted.note) == (
        "patron_restricted",
        TODAY + timedelta(days=10),
        "A bath.",
    )
    assert [block.code for block in PatronBlock.objects.filter(patron=patron("sam"))] == ["card_lost"]
    assert not PatronBlock.objects.filter(patron=patron("kofi")).exists()


# -- what was lent -------------------------------------------------------------------------------------------------


def test_what_was_lent_before_is_over_and_counted(lent):
    lent(history=[{"reader": "kofi", "copies": ["C-1", "C-2"]}, {"reader": "reader", "copies": ["C-1"]}])
    loans = Loan.objects.order_by("checked_out_at")
    assert loans.count() == 3
    assert all(loan.returned_at and loan.returned_at < WEDNESDAY for loan in loans)
    assert not loans.exclude(checked_out_at__lt=F("returned_at"), returned_at__lte=F("due_at")).exists()
    assert Book.objects.get(title="The Cell").popularity == 3
    assert Copy.objects.get(barcode="C-1").status == CopyStatus.AVAILABLE


def test_a_loan_began_so_many_days_ago(lent):
    lent(loans=[{"reader": "kofi", "copy": "C-1", "ago": 6}])
    loan = Loan.objects.get()
    assert loan.checked_out_at == WEDNESDAY - timedelta(days=6)
    assert loan.due_at.date() == TODAY + timedelta(days=22), "28 days for students"
    assert (loan.patron, loan.copy.status) == (patron("kofi"), CopyStatus.ON_LOAN)


def test_a_loan_is_renewed_claimed_or_lost_when_the_file_says(lent):
    lent(
        loans=[
            {"reader": "kofi", "copy": "C-1", "ago": 25, "renewed": [9, 2]},
            {"reader": "reader", "copy": "C-2", "ago": 24, "claimed": 4},
            {"reader": "kofi", "copy": "C-5", "ago": 23, "lost": 6},
        ]
    )
    loans = {loan.copy.barcode: loan for loan in Loan.objects.select_related("copy")}
    assert loans["C-1"].renewals == 2
    assert loans["C-2"].claimed_returned_at == WEDNESDAY - timedelta(days=4)
    assert loans["C-5"].lost_at == WEDNESDAY - timedelta(days=6)
    assert Copy.objects.get(barcode="C-5").status == CopyStatus.LOST


def test_a_loan_that_is_refused_on_such_a_day_is_left_out_and_the_others_stay(lent):
    lent(
        loans=[
            {"reader": "sam", "copy": "C-1", "ago": 6},  # whose card is lost
            {"reader": "kofi", "copy": "C-2", "ago": 5},
            {"reader": "reader", "copy": "C-2", "ago": 4},  # which is lent
        ]
    )
    assert [loan.copy.barcode for loan in Loan.objects.all()] == ["C-2"]
    assert Copy.objects.get(barcode="C-1").status == CopyStatus.AVAILABLE


def test_a_loan_whose_renewal_is_refused_is_left_out_as_a_whole(lent):
    lent(loans=[{"reader": "kofi", "copy": "C-1", "ago": 25, "renewed": [24, 23, 22, 21, 20, 19, 18, 17, 16, 15]}])
    assert not Loan.objects.exists()
    assert Copy.objects.get(barcode="C-1").status == CopyStatus.AVAILABLE


def test_a_request_waits_is_ready_or_was_refused(lent):
    lent(
        requests=[
            {"reader": "kofi", "copy": "C-5", "ago": 2},
            {"reader": "reader", "copy": "C-1", "ago": 2, "ready": True},
            {"reader": "reader", "copy": "D-1", "ago": 3, "refused": "It is not on its shelf."},
        ]
    )
    states = {(hold.patron.user.username, hold.book.title): hold.state for hold in Hold.objects.all()}
    assert states == {
        ("kofi", "Tom Sawyer"): HoldState.REQUESTED,
        ("reader", "The Cell"): HoldState.READY,
        ("reader", "Tom Sawyer"): HoldState.REFUSED,
    }
    assert Copy.objects.get(barcode="C-1").status == CopyStatus.ON_SHELF_FOR_HOLD


@pytest.mark.parametrize("part", ["loans", "requests"])
def test_a_reader_or_copy_that_nobody_has_is_a_fault_of_the_file(lent, part):
    with pytest.raises(KeyError):
        lent(**{part: [{"reader": "nobody", "copy": "C-1", "ago": 2}]})
    assert not load.is_loaded()
