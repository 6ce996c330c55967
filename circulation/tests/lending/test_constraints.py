"""What must never be true is refused by the database itself, whoever writes it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.tests.factories import make_patron
from catalog.tests.factories import make_book, make_copy
from circulation.models import Hold, HoldState, Loan, LoanRule
from circulation.tests.factories import MONDAY, make_hold, make_loan, queue_up

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(days=1)


def refused_by(name):
    return pytest.raises(IntegrityError, match=name)


def test_copy_is_on_one_open_loan():
    loan = make_loan(returned_at=LATER)
    make_loan(copy=loan.copy)
    with refused_by("loan_one_open_per_copy"), transaction.atomic():
        make_loan(copy=loan.copy)


def test_loan_is_due_after_check_out():
    make_loan(due_at=LATER)
    with refused_by("loan_due_after_checkout"), transaction.atomic():
        make_loan(due_at=MONDAY)


def test_loan_is_returned_after_check_out():
    make_loan(returned_at=MONDAY)
    with refused_by("loan_returned_after_checkout"), transaction.atomic():
        make_loan(returned_at=MONDAY - timedelta(seconds=1))


@pytest.mark.parametrize("state", [HoldState.REQUESTED, HoldState.IN_TRANSIT, HoldState.READY])
def test_copy_serves_one_hold(state):
    hold = make_hold(state=HoldState.FULFILLED)
    make_hold(copy=hold.copy)
    with refused_by("hold_one_open_per_copy"), transaction.atomic():
        make_hold(copy=hold.copy, state=state)


@pytest.mark.parametrize("state", [HoldState.REQUESTED, HoldState.IN_TRANSIT, HoldState.READY])
def test_hold_that_is_served_has_a_copy(state):
    hold = make_hold(state=HoldState.QUEUED)
    Hold.objects.filter(pk=hold.pk).update(copy=None)
    with refused_by("hold_bound_to_copy_while_served"), transaction.atomic():
        Hold.objects.filter(pk=hold.pk).update(state=state, position=None, ready_at=MONDAY, shelf_until=MONDAY.date())


def test_hold_has_a_place_exactly_while_it_waits():
    hold, served = make_hold(state=HoldState.QUEUED), make_hold()
    for pk, place in ((hold.pk, None), (served.pk, 1)):
        with refused_by("hold_place_exactly_while_waiting"), transaction.atomic():
            Hold.objects.filter(pk=pk).update(position=place)
    with refused_by("hold_place_from_one"), transaction.atomic():
        Hold.objects.filter(pk=hold.pk).update(position=0)


def test_place_in_a_queue_is_one_holds_when_all_have_moved():
    first = queue_up(make_book())
    second = queue_up(first.book)
    with transaction.atomic():  # in between two stand at one place
        Hold.objects.filter(pk=first.pk).update(position=2)
        Hold.objects.filter(pk=second.pk).update(position=1)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS hold_place_once IMMEDIATE")
            cursor.execute("SET CONSTRAINTS hold_place_once DEFERRED")
    with refused_by("hold_place_once"), transaction.atomic():
        Hold.objects.filter(pk=second.pk).update(position=2)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS hold_place_once IMMEDIATE")


READY = {"state": HoldState.READY}
QUEUED = {"state": HoldState.QUEUED}
NEVER = [
    ("hold_for_one_copy_names_it", QUEUED, {"copy": None, "is_copy_level": True}),
    ("hold_ready_since_and_until", READY, {"shelf_until": None}),
    ("hold_ready_since_and_until", READY, {"ready_at": None}),
    ("hold_suspended_from_a_day", QUEUED, {"state": HoldState.SUSPENDED}),
    ("hold_resumes_after_it_is_suspended", QUEUED, {"suspended_until": MONDAY.date()}),
    (
        "hold_resumes_after_it_is_suspended",
        QUEUED,
        {"suspended_from": MONDAY.date(), "suspended_until": MONDAY.date()},
    ),
    ("hold_served_is_not_suspended", READY, {"suspended_from": MONDAY.date()}),
    ("hold_cancellation_requested_while_ready", QUEUED, {"cancel_requested": True}),
]


@pytest.mark.parametrize(("name", "values", "change"), NEVER, ids=[f"{row[0]}-{n}" for n, row in enumerate(NEVER)])
def test_hold_that_cannot_be_is_refused(name, values, change):
    hold = make_hold(**values)
    with refused_by(name), transaction.atomic():
        Hold.objects.filter(pk=hold.pk).update(**change)


def test_hold_has_an_end_exactly_when_it_has_ended():
    hold = make_hold()
    with refused_by("hold_ended_at_exactly_when_ended"), transaction.atomic():
        Hold.objects.filter(pk=hold.pk).update(ended_at=LATER)
    with refused_by("hold_ended_at_exactly_when_ended"), transaction.atomic():
        Hold.objects.filter(pk=hold.pk).update(state=HoldState.CANCELLED)
    assert Hold.objects.filter(pk=hold.pk).update(state=HoldState.CANCELLED, ended_at=LATER) == 1


def test_hold_is_in_a_state_that_we_know():
    hold = make_hold(state=HoldState.CANCELLED)
    with refused_by("hold_state_known"), transaction.atomic():
        Hold.objects.filter(pk=hold.pk).update(state="waiting")


def test_hold_is_refused_with_a_reason():
    make_hold(state=HoldState.REFUSED, refusal_reason="Gone.")
    with refused_by("hold_refused_with_reason"), transaction.atomic():
        make_hold(state=HoldState.REFUSED)


def test_rule_row_is_there_once_for_its_scope():
    assert LoanRule.objects.filter(branch=None, tier=None).count() == 1
    tier = make_patron().tier
    LoanRule.objects.create(tier=tier)
    for scope in ({}, {"tier": tier}):
        with refused_by("loan_rule_once_per_scope"), transaction.atomic():
            LoanRule.objects.create(**scope)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"max_loans": -2}, "loan_rule_max_loans_sane"),
        ({"loan_period": 0}, "loan_rule_period_sane"),
        ({"holds_allowed": -2}, "loan_rule_holds_allowed_sane"),
        ({"holds_per_book": -2}, "loan_rule_holds_per_book_sane"),
        ({"holds_per_day": -2}, "loan_rule_holds_per_day_sane"),
        ({"hold_pickup_days": 4000}, "loan_rule_hold_pickup_days_bounded"),
        ({"on_shelf_holds": "never"}, "loan_rule_on_shelf_holds_known"),
        ({"copy_level_holds": "yes"}, "loan_rule_copy_level_holds_known"),
    ],
)
def test_rule_values_make_sense(values, name):
    branch = make_copy().branch
    LoanRule.objects.create(branch=branch, max_loans=-1, loan_period=1)
    with refused_by(name), transaction.atomic():
        LoanRule.objects.filter(branch=branch).update(**values)


def test_loan_of_a_deleted_copy_or_patron_cannot_vanish():
    loan = make_loan()
    for thing in (loan.copy, loan.patron):
        with pytest.raises(IntegrityError):
            thing.delete()
    assert Loan.objects.filter(pk=loan.pk).exists()
