"""A scan takes as many queries with two hundred loans as with none, and what is remembered is always true."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Tier
from accounts.tests.factories import make_patron
from catalog.tests.factories import make_branch, make_copy
from circulation import errors, services
from circulation.models import CalendarException, LendingSettings, Loan, LoanRule
from circulation.state import calendars, remembered_rules
from circulation.tests.factories import MONDAY, make_loan

pytestmark = pytest.mark.django_db
SAVEPOINTS = 2  # of the tests' own transaction; a request has BEGIN and COMMIT
DAY = timedelta(days=1)


def count(work):
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured) - SAVEPOINTS


@pytest.fixture
def desk(librarian):
    """A copy that is lent, renewed and taken back; how many queries each of the verbs took."""
    branch = make_branch()

    def scan(patron):
        copy, found = make_copy(branch=branch), []

        def lend():
            found.append(services.check_out(copy=copy.barcode, patron=patron.card_number, by=librarian, at=MONDAY))

        return {
            "check_out": count(lend),
            "renew": count(lambda: services.renew(loan=found[0], by=librarian, at=MONDAY)),
            "check_in": count(lambda: services.check_in(copy=copy.barcode, by=librarian, at=MONDAY)),
        }

    return scan


def test_scan_200_takes_as_many_queries_as_scan_1(desk):
    LoanRule.objects.update(max_loans=-1)
    patron, branch = make_patron(), make_branch()
    desk(make_patron())  # permissions, rules and the calendar are read
    first = desk(patron)
    for _ in range(199):
        make_loan(patron=patron, branch=branch, copy=make_copy(branch=branch), due_at=MONDAY + 90 * DAY)
    assert desk(patron) == first
    assert first["check_out"] == 7  # two that lock, one that reads, four that write
    assert first["check_in"] == 5  # one, one and three


def test_renewing_all_takes_as_many_queries_for_each_loan(librarian):
    def renew_all(number):
        patron = make_patron()
        loans = [make_loan(patron=patron, due_at=MONDAY + 3 * DAY) for _ in range(number)]
        taken = count(lambda: services.renew_all(patron=patron, by=librarian, at=MONDAY))
        assert Loan.objects.filter(pk__in=[loan.pk for loan in loans], renewals=1).count() == number
        return taken

    renew_all(1)
    one, two, nine = (renew_all(number) for number in (1, 2, 9))
    assert nine - one <= 8 * (two - one)


def test_why_loans_can_be_renewed_takes_as_many_queries_for_nine_as_for_one():
    patron, branch = make_patron(), make_branch()
    loans = [make_loan(patron=patron, copy=make_copy(branch=branch), due_at=MONDAY + DAY) for _ in range(9)]
    rows = list(Loan.objects.with_names().filter(pk__in=[loan.pk for loan in loans]))
    services.explain_renewals(rows, at=MONDAY)
    assert count(lambda: services.explain_renewals(rows[:1], at=MONDAY)) == count(
        lambda: services.explain_renewals(rows, at=MONDAY)
    )
    assert len(services.explain_renewals(rows, at=MONDAY)) == 9


def due_after_lending(librarian, copy):
    loan = services.check_out(copy=copy, patron=make_patron(), by=librarian, at=MONDAY)
    services.check_in(copy=copy, by=librarian, at=MONDAY)
    return (loan.due_at.date() - MONDAY.date()).days


def test_what_somebody_changes_in_any_way_holds_from_the_next_scan_on(librarian):
    copy, late = make_copy(), make_loan(due_at=MONDAY - DAY, checked_out_at=MONDAY - 9 * DAY)
    assert due_after_lending(librarian, copy) == 14
    row = LoanRule.objects.create(branch=copy.branch, loan_period=5)
    assert due_after_lending(librarian, copy) == 5
    with connection.cursor() as cursor:
        cursor.execute("UPDATE circulation_loanrule SET loan_period = 4 WHERE id = %s", [row.pk])
    assert due_after_lending(librarian, copy) == 4
    row.delete()
    assert due_after_lending(librarian, copy) == 14
    day = (MONDAY + 14 * DAY).date()
    CalendarException.objects.create(name="Stocktaking", first_day=day, last_day=day)
    assert due_after_lending(librarian, copy) == 15
    with pytest.raises(errors.HasOverdueLoans):
        services.check_out(copy=copy, patron=late.patron, by=librarian, at=MONDAY)
    LendingSettings.objects.update(overdue_policy="ignore")
    assert services.check_out(copy=copy, patron=late.patron, by=librarian, at=MONDAY)


def test_renamed_branch_has_its_new_name_in_what_is_explained(librarian):
    copy = make_copy()
    LoanRule.objects.create(branch=copy.branch, loan_period=5)
    due_after_lending(librarian, copy)
    copy.branch.name = "The new house"
    copy.branch.save()
    loan = services.check_out(copy=copy, patron=make_patron(), by=librarian, at=MONDAY)
    assert loan.explanation["values"]["loan_period"]["label"].startswith("The new house")


def test_a_process_remembers_a_bounded_number_of_things(librarian, monkeypatch):
    for module in (remembered_rules, calendars):
        monkeypatch.setattr(module, "KEPT", 1)
    for number in range(4):
        patron = make_patron()
        patron.tier = Tier.objects.create(code=f"tier-{number}", name=f"Tier {number}")
        patron.save()
        services.check_out(copy=make_copy(), patron=patron, by=librarian, at=MONDAY)
    assert len(calendars._calendars) <= 2
    assert len(remembered_rules._rule_sets) <= 2


def test_without_a_version_everything_is_read(librarian):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM circulation_calendarversion")
    assert due_after_lending(librarian, make_copy()) == 14
