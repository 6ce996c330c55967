"""The fine that runs: one line for each loan, set to what the rules say, until return or renewal lets it stand.

The ids quote the library's circulation rules.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from accounts.models import PatronBlock
from accounts.tests.factories import make_librarian, make_patron
from catalog.models import ItemType
from catalog.tests.factories import make_branch, make_copy
from circulation import money, services
from circulation.models import CalendarException, Charge, LendingSettings, LoanRule
from circulation.tests.factories import make_loan
from circulation.tests.money.common import DAY, DUE, after, balances, cash, lines_of, nightly, owed, rule, sum_of

pytestmark = pytest.mark.django_db
SCENARIOS: list[Any] = []


def clause(words: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A row of the table: what follows shows the clause."""

    def row(shows: Callable[..., None]) -> Callable[..., None]:
        SCENARIOS.append(pytest.param(shows, id=words))
        return shows

    return row


@pytest.fixture(autouse=True)
def _library_time(settings):
    settings.TIME_ZONE = "UTC"


@pytest.fixture
def staff():
    return make_librarian()


@pytest.fixture
def reader():
    rule(fine_amount=sum_of("0.50"))
    return make_patron()


def late(reader, **values):
    given: dict[str, Any] = {"patron": reader, "due_at": DUE, "checked_out_at": DUE - 14 * DAY} | values
    return make_loan(**given)


@clause("The amount is recomputed and set, never added")
def _set(reader, staff):
    late(reader)
    for days in (1, 2, 2, 5):  # twice on one day, and not for three days
        nightly(after(days), reader)
    assert lines_of(reader) == [("fine", "2.50", "2.50")]


@clause("on one open line that return freezes")
def _return_freezes(reader, staff):
    loan = late(reader)
    nightly(after(2), reader)
    services.check_in(copy=loan.copy, by=staff, at=after(3))
    nightly(after(9), reader)
    assert lines_of(reader) == [("fine", "1.50", "1.50")]
    assert not Charge.objects.filter(is_running=True).exists()


@clause("on one open line that renewal freezes: the running fine is closed as it stands and stays owed")
def _renewal_freezes(reader, staff):
    loan = late(reader)
    nightly(after(2), reader)
    services.renew(loan=loan, by=staff, at=after(3), override=["has_overdue_loans"], comment="So")
    assert lines_of(reader) == [("fine", "1.50", "1.50")]
    loan.refresh_from_db()
    nightly(loan.due_at + DAY, reader)
    assert lines_of(reader) == [("fine", "1.50", "1.50"), ("fine", "0.50", "0.50")]


@clause("units ≤ grace: nothing, and no empty line")
def _no_empty_line(reader, staff):
    rule(grace_period=3)
    loan = late(reader)
    nightly(after(3), reader)
    assert lines_of(reader) == []
    services.check_in(copy=loan.copy, by=staff, at=after(3))
    assert lines_of(reader) == []


@clause("a return that no nightly run has seen is charged all the same")
def _without_nightly(reader, staff):
    loan = late(reader)
    result = services.check_in(copy=loan.copy, by=staff, at=after(4))
    assert lines_of(reader) == [("fine", "2.00", "2.00")]
    assert [(reason.code, reason.values["amount"]) for reason in result.alerts] == [("lateness_charged", "2.00")]


@clause("Back-dated returns correct it")
def _back_dated(reader, staff):
    loan = late(reader)
    nightly(after(6), reader)
    services.check_in(copy=loan.copy, by=staff, returned_at=date(2026, 3, 4), at=after(6))
    assert lines_of(reader) == [("fine", "1.00", "1.00")]


@clause("Back-dated returns correct it - to nothing, and no empty line stays")
def _back_dated_in_time(reader, staff):
    loan = late(reader)
    nightly(after(6), reader)
    services.check_in(copy=loan.copy, by=staff, returned_at=date(2026, 3, 2), at=after(6))
    assert lines_of(reader) == []


@clause("what was already paid becomes credit")
def _paid_becomes_credit(reader, staff):
    loan = late(reader)
    nightly(after(6), reader)
    money.pay(patron=reader, amount=sum_of("2.50"), kind=cash(), by=staff, at=after(6))
    services.check_in(copy=loan.copy, by=staff, returned_at=date(2026, 3, 4), at=after(6))
    assert (lines_of(reader), owed(reader)) == ([("fine", "1.00", "0.00")], sum_of("-1.50"))


@clause("What is paid on a running line stays on it")
def _paid_while_running(reader, staff):
    loan = late(reader)
    nightly(after(4), reader)
    money.pay(patron=reader, amount=sum_of("2.00"), kind=cash(), by=staff, at=after(4))
    services.check_in(copy=loan.copy, by=staff, at=after(6))
    assert lines_of(reader) == [("fine", "3.00", "1.00")]


@clause("a new charge takes free credit at once - as a running one grows")
def _grows_into_credit(reader, staff):
    money.pay(patron=reader, amount=sum_of("1.20"), kind=cash(), by=staff, at=DUE)
    late(reader)
    for days in (1, 2, 3):
        nightly(after(days), reader)
    assert (lines_of(reader), owed(reader)) == ([("fine", "1.50", "0.30")], sum_of("0.30"))


@clause("max_total_fines caps the sum of amounts set on loans still open, in the order (due, id)")
def _total(reader, staff):
    LendingSettings.objects.update(max_total_fines=5)
    first, second = late(reader), late(reader, due_at=DUE + timedelta(seconds=-1))
    for _twice in range(2):
        nightly(after(8), reader)
        assert {line.loan_id: line.amount for line in Charge.objects.all()} == {second.pk: 4, first.pk: 1}


@clause("paid or not: paying makes no room for more")
def _paying_makes_no_room(reader, staff):
    LendingSettings.objects.update(max_total_fines=5)
    late(reader, due_at=DUE + timedelta(seconds=-1))
    late(reader)
    nightly(after(8), reader)
    money.pay(patron=reader, amount=sum_of("4.00"), kind=cash(), by=staff, at=after(8))
    nightly(after(9), reader)
    assert sum(line.amount for line in Charge.objects.all()) == 5
    assert owed(reader) == 1


@clause("on loans still open - one that came back makes room")
def _returning_makes_room(reader, staff):
    LendingSettings.objects.update(max_total_fines=5)
    first = late(reader, due_at=DUE + timedelta(seconds=-1))
    late(reader)
    nightly(after(8), reader)
    services.check_in(copy=first.copy, by=staff, at=after(8))
    nightly(after(8), reader)
    assert sorted(line.amount for line in Charge.objects.all()) == [4, 4]


@clause("max_total_fines - a line that a renewal closed counts while its loan is out")
def _renewed_counts(reader, staff):
    LendingSettings.objects.update(max_total_fines=5)
    loan = late(reader)
    services.renew(loan=loan, by=staff, at=after(8), override=["has_overdue_loans"], comment="So")
    late(reader, due_at=DUE + 6 * DAY)
    nightly(after(10), reader)
    assert sorted(line.amount for line in Charge.objects.all()) == [1, 4]


@clause("Days late are counted by the calendar of the branch of check-out, also after a renewal elsewhere")
def _calendar_of_check_out(reader, staff):
    rule(fine_skips_closed_days=True)
    lender, other = make_branch(), make_branch()
    CalendarException.objects.create(
        branch=lender, name="Closed", first_day=date(2026, 3, 4), last_day=date(2026, 3, 5)
    )
    loan = late(reader, copy=make_copy(branch=other), branch=lender)
    services.check_in(copy=loan.copy, by=staff, branch=other, at=after(5))
    assert lines_of(reader) == [("fine", "1.50", "1.50")]


@clause("past exceptions are hidden, not deleted, and a running line moves by an edit of the past only with a preview")
def _past_is_edited(reader, staff):
    rule(fine_skips_closed_days=True)
    loan = late(reader)
    closure = CalendarException.objects.create(
        branch=loan.branch, name="Closed", first_day=date(2026, 3, 3), last_day=date(2026, 3, 6)
    )
    nightly(after(6), reader)
    assert lines_of(reader) == [("fine", "1.00", "1.00")]
    closure.delete()
    nightly(after(7), reader)
    assert lines_of(reader) == [("fine", "1.50", "1.50")]
    services.check_in(copy=loan.copy, by=staff, at=after(8))
    assert lines_of(reader) == [("fine", "2.00", "2.00")]


@clause("the replacement price (copy's, else item type's)")
def _replacement_price(reader, staff):
    rule(cap_at_replacement_price=True)
    kind = ItemType.objects.create(code="leaflet", name="Leaflet", price=2)
    late(reader, copy=make_copy(price=1))
    late(reader, copy=make_copy(item_type=kind))
    late(reader)
    nightly(after(8), reader)
    assert sorted(line.amount for line in Charge.objects.all()) == [1, 2, 4]


@clause("the branch is the copy's home branch - its rules say what being late costs")
def _rules_of_home(reader, staff):
    home = make_branch()
    LoanRule.objects.create(branch=home, fine_amount=2)
    late(reader, copy=make_copy(branch=home), branch=make_branch())
    nightly(after(1), reader)
    assert lines_of(reader) == [("fine", "2.00", "2.00")]


@clause("units late = hours")
def _hours(reader, staff):
    loan = late(reader, is_hourly=True)
    services.check_in(copy=loan.copy, by=staff, at=DUE + timedelta(hours=3, minutes=30))
    assert lines_of(reader) == [("fine", "1.50", "1.50")]


@clause("a due date that was moved sets the line anew - that day's fine is voided")
def _due_date_moved(reader, staff):
    loan = late(reader)
    nightly(after(2), reader)
    loan.due_at = DUE + DAY
    loan.save()
    nightly(after(2), reader)
    assert lines_of(reader) == [("fine", "0.50", "0.50")]
    loan.due_at = DUE + 5 * DAY
    loan.save()
    nightly(after(2), reader)
    assert lines_of(reader) == []


@clause("claimed returned - it costs no more from then on")
def _claimed(reader, staff):
    loan = late(reader)
    services.claim_returned(loan=loan, by=staff, at=after(2))
    nightly(after(5), reader)
    assert lines_of(reader) == [("fine", "1.00", "1.00")]
    services.withdraw_claim(loan=loan, by=staff, at=after(6))
    nightly(after(6), reader)
    assert lines_of(reader) == [("fine", "3.00", "3.00")]


@clause("Suspension in place of money: floor(units × suspension_days ÷ period) after grace, at most the maximum")
def _suspension(reader, staff):
    rule(suspension_days=3, fine_period=2, max_suspension_days=10, fine_amount=None)
    loan, longer, shorter = late(reader), late(reader), late(reader)
    result = services.check_in(copy=loan.copy, by=staff, at=after(5))
    block = PatronBlock.objects.get(patron=reader)
    assert (block.code, block.owner, block.until) == ("suspended", "circulation", date(2026, 3, 14))
    assert [reason.code for reason in result.alerts] == ["lateness_suspends"]
    services.check_in(copy=longer.copy, by=staff, at=after(9))
    assert PatronBlock.objects.get(patron=reader).until == date(2026, 3, 21)
    services.check_in(copy=shorter.copy, by=staff, returned_at=date(2026, 3, 4), at=after(9))
    assert PatronBlock.objects.get(patron=reader).until == date(2026, 3, 21)
    assert lines_of(reader) == []
    decision = services.explain_check_out(copy=make_copy(), patron=reader, by=staff, at=after(10)).decision
    assert [reason.detail for reason in decision.reasons] == [
        "This reader brought something back late and may not borrow until 21 March 2026."
    ]


@clause("a copy taken from another by override: that reader's fine stands as it is then")
def _taken_from_another(reader, staff):
    loan = late(reader)
    services.check_out(
        copy=loan.copy, patron=make_patron(), by=staff, override=["already_lent_to_another"], comment="So", at=after(2)
    )
    assert lines_of(reader) == [("fine", "1.00", "1.00")]


@pytest.mark.parametrize("shows", SCENARIOS)
def test_clause(shows, reader, staff):
    shows(reader, staff)
    balances()


def test_a_reader_who_is_in_time_pays_nothing(reader, staff):
    loan = late(reader)
    services.check_in(copy=loan.copy, by=staff, at=DUE - DAY)
    assert lines_of(reader) == []


def test_automatic_renewal_after_an_outage_costs_nothing(reader, staff):
    rule(auto_renew=True)
    loan = late(reader)
    nightly(after(1), reader)
    assert lines_of(reader) == [("fine", "0.50", "0.50")]
    services.renew(loan=loan, by=None, automatic=True, at=after(1))
    assert lines_of(reader) == []


def test_as_many_statements_for_many_readers_as_for_one(reader, django_assert_num_queries):
    branch, readers = make_branch(), [make_patron() for _n in range(5)]
    for one in readers:
        late(one, copy=make_copy(branch=branch))
    nightly(after(1), *readers)
    for one in (*readers, reader):
        late(one, copy=make_copy(branch=branch))
    with django_assert_num_queries(6):  # lock, version, read, add, set, credit
        nightly(after(2), *readers)
