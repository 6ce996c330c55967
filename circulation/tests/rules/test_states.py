"""What is read for the rules: the same few queries, however much a patron has at home."""

from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Tier
from accounts.tests.factories import make_patron
from catalog.models import ItemType
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation import queries, rules
from circulation.models import HoldState, LendingSettings, LoanRule, OpeningHours
from circulation.rules import BlockState
from circulation.tests.blocks import DEBT, put
from circulation.tests.factories import MONDAY, make_hold, make_loan
from library.core.errors import Level

pytestmark = pytest.mark.django_db


def state_of(copy, patron, **values):
    return queries.check_out_state(barcode=copy.barcode, card=patron.card_number, copy=copy, patron=patron, **values)


def seen_of(patron):
    return state_of(make_copy(), patron).patron


def count_queries(work):
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


def test_shipped_row_for_everyone_is_14_days_3_loans_2_renewals():
    (row,) = queries.rule_rows()
    assert (row.branch, row.tier, row.item_type) == (None, None, None)
    assert (row.loan_period, row.max_loans, row.renewals_allowed) == (14, 3, 2)
    assert row.label == "any branch · any tier · any item type"


def test_rows_of_other_tiers_are_not_read_and_those_of_all_types_and_branches_are():
    ours, other = Tier.objects.all()[0], Tier.objects.create(code="other", name="Other")
    dvd = ItemType.objects.create(code="dvd", name="DVD")
    LoanRule.objects.create(tier=other, loan_period=1)
    LoanRule.objects.create(tier=ours, branch=make_branch(name="North"), item_type=dvd, loan_period=2)
    rows = queries.rule_rows(tier=ours.pk)
    assert [row.loan_period for row in rows] == [14, 2]
    assert rows[1].label == f"North · {ours.name} · DVD"


def test_check_out_state_takes_as_many_queries_with_two_hundred_loans_as_with_one():
    patron, copy = make_patron(), make_copy()
    make_loan(patron=patron)
    state_of(copy, patron)
    with_one = count_queries(lambda: state_of(copy, patron))
    book, branch = make_book(), make_branch()
    for number in range(199):
        make_loan(patron=patron, copy=make_copy(book=book, branch=branch, barcode=f"X-{number}"))
    assert len(seen_of(patron).loans) == 200
    assert count_queries(lambda: state_of(copy, patron)) == with_one
    assert with_one <= 8


def test_renewal_state_takes_as_many_queries_with_many_loans_as_with_one():
    patron = make_patron()
    loan = make_loan(patron=patron)
    queries.renewal_state(loan)
    with_one = count_queries(lambda: queries.renewal_state(loan))
    for _ in range(20):
        make_loan(patron=patron)
    assert count_queries(lambda: queries.renewal_state(loan)) == with_one


def test_patron_is_seen_with_card_and_standing():
    patron = make_patron()
    patron.expires_on, patron.birth_date, patron.wants_auto_renewal = date(2027, 1, 1), date(2010, 1, 1), False
    put(patron, "patron_restricted", until=date(2026, 4, 1), note="Torn pages", at=MONDAY)
    put(patron, DEBT, owner="fees", level=Level.ALERT, at=MONDAY - timedelta(days=1))
    put(make_patron(), "card_lost")
    state = seen_of(patron)
    assert (state.expires_on, state.birth_date, state.wants_auto_renewal) == (
        date(2027, 1, 1),
        date(2010, 1, 1),
        False,
    )
    assert state.blocks == [
        BlockState(DEBT, Level.ALERT),
        BlockState("patron_restricted", Level.OVERRIDABLE, date(2026, 4, 1), "Torn pages"),
    ]


def test_open_loan_is_seen_with_branch_type_book_and_claim():
    dvd = ItemType.objects.create(code="dvd", name="DVD")
    loan = make_loan(copy=make_copy(item_type=dvd), claimed_returned_at=MONDAY + timedelta(days=1))
    make_loan(patron=loan.patron, returned_at=MONDAY + timedelta(days=1))
    (seen,) = seen_of(loan.patron).loans
    assert (seen.id, seen.barcode, seen.due_at) == (str(loan.pk), loan.copy.barcode, loan.due_at)
    assert (seen.branch, seen.item_type, seen.book) == (loan.copy.branch_id, dvd.pk, loan.copy.book_id)
    assert seen.is_claimed


def test_rules_are_those_of_the_copys_branch_and_the_calendar_that_of_the_desk():
    """The branch is the copy's home branch. The calendar that moves due dates is that of the branch where the loan is
    made."""
    home, desk, patron = make_branch(name="Home"), make_branch(name="Desk"), make_patron()
    LoanRule.objects.create(branch=home, loan_period=7)
    LoanRule.objects.create(branch=desk, loan_period=1)
    for weekday in range(7):
        if weekday != 0:  # the desk's branch is closed on Mondays
            OpeningHours.objects.create(branch=desk, weekday=weekday, opens=time(9), closes=time(18))
    copy = make_copy(branch=home)
    here = rules.decide_check_out(state_of(copy, patron), at=MONDAY).due_at
    there = rules.decide_check_out(state_of(copy, patron, branch=desk), at=MONDAY).due_at
    assert here is not None
    assert there is not None
    assert (here.date(), there.date()) == (date(2026, 3, 9), date(2026, 3, 10))


def test_renewal_reads_the_calendar_of_the_branch_where_the_loan_was_made():
    home, desk = make_branch(name="Home"), make_branch(name="Desk")
    loan = make_loan(copy=make_copy(branch=home), branch=desk)
    assert queries.renewal_state(loan).calendar.branch == "Desk"


def test_claims_of_others_on_copy_and_book_are_seen():
    hold = make_hold(state=HoldState.REQUESTED)
    other = make_patron()
    make_hold(state=HoldState.QUEUED, book=hold.book, patron=other)
    make_hold(state=HoldState.SUSPENDED, book=hold.book)
    seen = state_of(hold.copy, make_patron()).copy
    assert (seen.hold_for, seen.hold_state) == (hold.patron.card_number, "requested")
    assert (seen.queued_on_book, seen.queued_for_copy) == (1, 1)
    assert state_of(hold.copy, other).copy.queued_on_book == 0


def test_queued_hold_is_not_served_by_a_copy_that_is_not_for_loan():
    hold = make_hold(state=HoldState.QUEUED)
    seen = state_of(make_copy(book=hold.book, not_for_loan=True), make_patron()).copy
    assert (seen.queued_on_book, seen.queued_for_copy) == (1, 0)


def test_changed_settings_hold_from_the_next_scan_on():
    patron, copy = make_patron(), make_copy()
    assert state_of(copy, patron).library == rules.LibrarySettings()
    LendingSettings.objects.update(overdue_policy="ignore")
    assert state_of(copy, patron).library.overdue_policy == "ignore"
    assert queries.lending_settings().overdue_policy == "ignore"


def test_unknown_copy_or_card_is_told_without_reading_rules():
    patron = make_patron()
    state = queries.check_out_state(barcode="x", card=patron.card_number, copy=None, patron=patron)
    assert [reason.code for reason in rules.decide_check_out(state, at=MONDAY).reasons] == ["copy_unknown"]
    assert state.rules == ()


@pytest.mark.parametrize("scanned", ["c-77", " C-77 ", "C-77\t"])
def test_barcodes_and_card_numbers_are_compared_without_surrounding_space_and_case(scanned):
    copy, patron = make_copy(barcode="C-77"), make_patron(card_number="L-77")
    assert queries.find_copy(scanned) == copy
    assert queries.find_patron(scanned.replace("c", "l").replace("C", "L")) == patron
