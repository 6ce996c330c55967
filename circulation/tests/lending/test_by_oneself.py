"""What readers may say when they lend to themselves, and what is not theirs to choose."""

from __future__ import annotations

import pytest

from accounts.tests.factories import make_patron
from catalog.tests.factories import make_branch, make_copy
from circulation import services
from circulation.models import CalendarException, Loan, LoanRule
from library.core import days
from library.core.errors import NotAllowed

pytestmark = pytest.mark.django_db
LOANS = "/api/v1/loans/"


@pytest.fixture
def closed_for_months():
    branch = make_branch()
    CalendarException.objects.create(
        branch=branch,
        name="Rebuilding",
        first_day=days.today(),
        last_day=days.today().replace(month=12, day=31)
        if days.today().month < 12
        else days.today().replace(year=days.today().year + 1, month=6),
    )
    return branch


@pytest.fixture
def reader():
    LoanRule.objects.update(self_check_out=True)
    return make_patron()


def test_reader_does_not_choose_whose_calendar_counts(api, reader, closed_for_months):
    copy = make_copy()
    answer = api(reader.user).post(LOANS, {"copy": copy.barcode, "branch": closed_for_months.code})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert not Loan.objects.exists()
    asked = {"copy": copy.barcode, "branch": closed_for_months.pk}
    assert api(reader.user).post(f"{LOANS}explain/", asked).status_code == 403


def test_reader_may_name_the_branch_of_the_copy(api, reader):
    copy = make_copy()
    answer = api(reader.user).post(LOANS, {"copy": copy.barcode, "branch": copy.branch.code})
    assert answer.status_code == 201
    assert Loan.objects.get().branch == copy.branch


def test_staff_lend_to_themselves_at_the_desk_where_they_stand(librarian, closed_for_months):
    loan = services.check_out(copy=make_copy(), patron=librarian.patron, by=librarian, branch=closed_for_months)
    assert loan.branch == closed_for_months


def test_no_surface_lets_a_reader_choose_it(reader, closed_for_months):
    with pytest.raises(NotAllowed):
        services.check_out(copy=make_copy(), patron=reader, by=reader.user, branch=closed_for_months)
    with pytest.raises(NotAllowed):
        services.explain_check_out(copy=make_copy(), patron=reader, by=reader.user, branch=closed_for_months)


STAFF_ALONE = {
    "override": ["loan_limit_reached"],
    "due_at": "2999-01-01",
    "patron": "L-000000000",
}


@pytest.mark.parametrize("name", STAFF_ALONE)
def test_what_only_staff_may_say_is_refused_to_readers(api, reader, name):
    make_patron(card_number="L-000000000")
    body = {"copy": make_copy().barcode, name: STAFF_ALONE[name], "comment": "Please."}
    assert api(reader.user).post(LOANS, body).status_code == 403
    loan = services.check_out(copy=make_copy(), patron=reader, by=reader.user)
    if name != "patron":
        body = {name: STAFF_ALONE[name], "comment": "Please."}
        assert api(reader.user).post(f"{LOANS}{loan.pk}/renew/", body).status_code == 403
