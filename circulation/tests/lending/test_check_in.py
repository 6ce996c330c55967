from datetime import timedelta

import pytest

from catalog.models import CopyStatus
from catalog.tests.factories import make_copy
from circulation import errors, services
from circulation.models import HoldState
from circulation.services import Action
from circulation.tests.factories import MONDAY, make_hold, make_loan
from library.activity.models import Activity

pytestmark = pytest.mark.django_db


def status_of(copy):
    copy.refresh_from_db()
    return copy.status


def test_return_ends_the_loan_and_frees_the_copy(librarian):
    loan, at = make_loan(), MONDAY + timedelta(days=3)
    result = services.check_in(copy=f" {loan.copy.barcode.lower()} ", by=librarian, at=at)
    loan.refresh_from_db()
    assert (loan.returned_at, loan.returned_by) == (at, librarian)
    assert (result.loan, result.action, result.hold, result.branch) == (loan, Action.SHELVE, None, loan.copy.branch)
    assert status_of(loan.copy) == CopyStatus.AVAILABLE
    loan.copy.book.refresh_from_db()
    assert loan.copy.book.available_copies == 1


def test_copy_can_be_lent_again_at_once(librarian):
    loan = make_loan()
    services.check_in(copy=loan.copy, by=librarian)
    assert services.check_out(copy=loan.copy, patron=loan.patron, by=librarian).pk != loan.pk


def test_unknown_barcode_is_told(librarian):
    with pytest.raises(errors.CopyUnknown, match="No copy has the barcode X-1"):
        services.check_in(copy=" X-1", by=librarian)


@pytest.mark.parametrize(
    ("status", "action"), [("available", Action.SHELVE), ("in_repair", Action.REPAIR), ("damaged", Action.REPAIR)]
)
def test_copy_that_is_where_it_belongs_stays_there_and_the_desk_is_told(librarian, status, action):
    copy = make_copy(status=status)
    result = services.check_in(copy=copy, by=librarian)
    assert (result.action, result.loan, result.nothing_changed) == (action, None, True)
    assert [reason.code for reason in result.alerts] == ["not_on_loan"]
    assert status_of(copy) == status
    assert not Activity.objects.filter(object_id=str(copy.pk), verb="copy.checked_in").exists()


def test_withdrawn_copy_is_refused_and_unchanged(librarian):
    copy = make_copy(status="withdrawn")
    with pytest.raises(errors.NotOnLoan, match="is not on loan: its status is"):
        services.check_in(copy=copy, by=librarian)
    assert status_of(copy) == "withdrawn"


def test_second_scan_changes_nothing_and_says_so(librarian):
    loan = make_loan()
    first = services.check_in(copy=loan.copy, by=librarian, at=MONDAY + timedelta(days=1))
    again = services.check_in(copy=loan.copy, by=librarian, at=MONDAY + timedelta(days=2))
    assert (first.nothing_changed, again.nothing_changed, again.loan) == (False, True, None)
    loan.refresh_from_db()
    assert loan.returned_at == MONDAY + timedelta(days=1)


@pytest.mark.parametrize("status", ["missing", "lost", "in_transit"])
def test_copy_that_turns_up_is_free(librarian, status):
    copy = make_copy(status=status)
    result = services.check_in(copy=copy, by=librarian)
    assert (result.loan, result.action) == (None, Action.SHELVE)
    assert status_of(copy) == CopyStatus.AVAILABLE


def test_requested_copy_on_the_desk_goes_to_the_hold_shelf(librarian):
    hold = make_hold()
    result = services.check_in(copy=hold.copy, by=librarian, at=MONDAY)
    hold.refresh_from_db()
    assert (result.action, result.hold, result.loan) == (Action.HOLD_SHELF, hold, None)
    assert (hold.state, hold.ready_at, hold.confirmed_by) == (HoldState.READY, MONDAY, librarian)
    assert status_of(hold.copy) == CopyStatus.ON_SHELF_FOR_HOLD


def test_second_scan_of_a_copy_on_the_hold_shelf_says_the_same_and_changes_nothing(librarian):
    hold = make_hold(state=HoldState.READY, ready_at=MONDAY)
    result = services.check_in(copy=hold.copy, by=librarian, at=MONDAY + timedelta(days=1))
    hold.refresh_from_db()
    assert (result.action, hold.ready_at, hold.confirmed_by) == (Action.HOLD_SHELF, MONDAY, None)


def test_damaged_copy_with_a_request_does_not_reach_the_hold_shelf(librarian):
    hold = make_hold()
    copy = hold.copy
    copy.status = CopyStatus.DAMAGED
    copy.save()
    result = services.check_in(copy=copy, by=librarian)
    hold.refresh_from_db()
    assert (result.action, result.hold) == (Action.REPAIR, None)
    assert (hold.state, hold.copy, status_of(copy)) == (HoldState.QUEUED, None, CopyStatus.DAMAGED)


def test_copy_that_the_reader_said_was_back_is_found_with_an_alert(librarian):
    loan = make_loan()
    services.claim_returned(loan=loan, by=librarian)
    result = services.check_in(copy=loan.copy, by=librarian)
    assert [reason.code for reason in result.alerts] == ["copy_was_claimed_returned"]
    assert str(loan.patron.user) in result.alerts[0].detail
    assert services.check_in(copy=loan.copy, by=librarian).alerts[0].code == "not_on_loan"
