from datetime import UTC, datetime, timedelta

import pytest

from accounts.tests.factories import make_patron
from catalog.models import CopyStatus
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation import errors, services
from circulation.models import HoldState, Loan, LoanRule
from circulation.tests.factories import MONDAY, make_hold, make_loan

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _library_time(settings):
    settings.TIME_ZONE = "UTC"


def status_of(copy):
    copy.refresh_from_db()
    return copy.status


def test_free_copy_is_lent_and_counted(librarian):
    copy, patron = make_copy(), make_patron()
    loan = services.check_out(copy=copy, patron=patron, by=librarian, at=MONDAY)

    assert loan.due_at == datetime(2026, 3, 16, 23, 59, 59, 999999, tzinfo=UTC)
    assert (loan.checked_out_at, loan.checked_out_by, loan.alerts) == (MONDAY, librarian, ())
    assert status_of(copy) == CopyStatus.ON_LOAN
    copy.book.refresh_from_db()
    assert (copy.book.total_copies, copy.book.available_copies, copy.book.popularity) == (1, 0, 1)


def test_day_ends_by_the_clock_of_the_library(librarian, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    loan = services.check_out(copy=make_copy(), patron=make_patron(), by=librarian, at=MONDAY + timedelta(days=20))
    assert loan.due_at == datetime.fromisoformat("2026-04-05T23:59:59.999999+02:00")


def test_scanned_codes_are_compared_without_space_and_case(librarian):
    copy, patron = make_copy(barcode="C-ab7"), make_patron(card_number="L-Xy")
    loan = services.check_out(copy="  c-AB7 \n", patron=" l-xY ", by=librarian)
    assert (loan.copy, loan.patron) == (copy, patron)


def test_unknown_barcode_and_unknown_card_are_both_told(librarian):
    with pytest.raises(errors.CopyUnknown) as refused:
        services.check_out(copy=" nothing ", patron="nobody", by=librarian)
    assert refused.value.sentences == ["No copy has the barcode nothing.", "No reader has the card nobody."]


def test_every_reason_is_told_and_nothing_changes(librarian):
    patron = make_patron()
    for _ in range(3):
        make_loan(patron=patron)
    copy = make_copy(not_for_loan=True, status=CopyStatus.IN_REPAIR)
    with pytest.raises(errors.CopyNotForLoan) as refused:
        services.check_out(copy=copy, patron=patron, by=librarian, at=MONDAY)
    assert [reason.code for reason in refused.value.reasons] == [
        "copy_not_for_loan",
        "copy_in_repair",
        "loan_limit_reached",
    ]
    assert Loan.objects.count() == 3
    assert status_of(copy) == CopyStatus.IN_REPAIR


def test_closed_account_borrows_nothing(librarian):
    patron = make_patron()
    patron.user.is_active = False
    patron.user.save()
    with pytest.raises(errors.PatronInactive):
        services.check_out(copy=make_copy(), patron=patron, by=librarian)


def test_copy_on_loan_is_refused_to_its_reader_and_to_others(librarian):
    loan = make_loan()
    with pytest.raises(errors.AlreadyLentToPatron):
        services.check_out(copy=loan.copy, patron=loan.patron, by=librarian)
    with pytest.raises(errors.AlreadyLentToAnother):
        services.check_out(copy=loan.copy, patron=make_patron(), by=librarian)


def test_fourth_loan_is_refused_by_the_shipped_rule(librarian):
    patron = make_patron()
    for _ in range(3):
        services.check_out(copy=make_copy(), patron=patron, by=librarian)
    with pytest.raises(errors.LoanLimitReached) as refused:
        services.check_out(copy=make_copy(), patron=patron, by=librarian)
    assert refused.value.sentences == ["This reader has 3 of 3 loans already."]


def test_total_of_the_tier_counts_beside_the_rule(librarian):
    patron = make_patron()
    patron.tier.max_loans = 1
    patron.tier.save()
    make_loan(patron=patron)
    with pytest.raises(errors.TotalLoanLimitReached):
        services.check_out(copy=make_copy(), patron=patron, by=librarian)


def test_returned_loans_do_not_count(librarian):
    patron = make_patron()
    for _ in range(3):
        make_loan(patron=patron, returned_at=MONDAY + timedelta(days=1))
    assert services.check_out(copy=make_copy(), patron=patron, by=librarian)


def test_rule_of_the_copys_branch_decides(librarian):
    branch = make_branch()
    LoanRule.objects.create(branch=branch, loan_period=2)
    loan = services.check_out(copy=make_copy(branch=branch), patron=make_patron(), by=librarian, at=MONDAY)
    assert loan.due_at == datetime(2026, 3, 4, 23, 59, 59, 999999, tzinfo=UTC)


def test_without_a_rule_nothing_is_lent(librarian):
    LoanRule.objects.all().delete()
    with pytest.raises(errors.NoRuleDefined):
        services.check_out(copy=make_copy(), patron=make_patron(), by=librarian)


@pytest.mark.parametrize(
    ("status", "alert"),
    [("lost", "copy_was_lost"), ("missing", "copy_was_missing"), ("in_transit", "copy_in_transit")],
)
def test_copy_that_turns_up_is_lent_with_an_alert(librarian, status, alert):
    copy = make_copy(status=status)
    loan = services.check_out(copy=copy, patron=make_patron(), by=librarian)
    assert [reason.code for reason in loan.alerts] == [alert]
    assert status_of(copy) == CopyStatus.ON_LOAN


@pytest.mark.parametrize(
    ("state", "refusal"),
    [(HoldState.READY, errors.CopyHeldForAnother), (HoldState.REQUESTED, errors.CopyRequestedByAnother)],
)
def test_copy_kept_for_a_reader_goes_only_to_that_reader(librarian, state, refusal):
    hold = make_hold(state=state)
    with pytest.raises(refusal):
        services.check_out(copy=hold.copy, patron=make_patron(), by=librarian)

    services.check_out(copy=hold.copy, patron=hold.patron, by=librarian, at=MONDAY + timedelta(days=1))
    hold.refresh_from_db()
    assert (hold.state, hold.ended_at) == (HoldState.FULFILLED, MONDAY + timedelta(days=1))
    assert status_of(hold.copy) == CopyStatus.ON_LOAN


@pytest.mark.parametrize("state", [HoldState.READY, HoldState.REQUESTED])
def test_any_copy_fulfils_the_hold_and_frees_the_bound_one(librarian, state):
    book = make_book()
    hold, other = make_hold(book=book, state=state), make_copy(book=book)
    bound = hold.copy
    services.check_out(copy=other, patron=hold.patron, by=librarian)
    hold.refresh_from_db()
    assert (hold.state, hold.copy) == (HoldState.FULFILLED, other)
    assert (status_of(bound), status_of(other)) == (CopyStatus.AVAILABLE, CopyStatus.ON_LOAN)


def test_bound_copy_that_was_marked_missing_meanwhile_stays_missing(librarian):
    book = make_book()
    hold, other = make_hold(book=book), make_copy(book=book)
    hold.copy.status = CopyStatus.MISSING
    hold.copy.save()
    services.check_out(copy=other, patron=hold.patron, by=librarian)
    assert status_of(hold.copy) == CopyStatus.MISSING
