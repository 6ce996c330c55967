"""What is owed decides: check-out, automatic renewal, and what the reader is told. The ids quote the rules."""

from __future__ import annotations

from decimal import Decimal

import pytest

from accounts.models import Tier
from accounts.tests.factories import make_librarian, make_patron
from catalog.tests.factories import make_copy
from circulation import errors, money, rules, services
from circulation.explain import sentences
from circulation.models import Hold, HoldState
from circulation.rules import people
from circulation.services import copy_placement
from circulation.state import snapshot
from circulation.tests.factories import make_loan, queue_up
from circulation.tests.money.common import DAY, DUE, after, cash, rule, sum_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return make_librarian()


@pytest.fixture
def reader():
    Tier.objects.update(debt_limit=5)
    return make_patron()


CASES = [
    pytest.param("5.01", "0", ["debt_limit_exceeded"], id="debt more than the tier's limit"),
    pytest.param("5.00", "0", [], id="debt more than the tier's limit - as much as that is none"),
    pytest.param("6.00", "8.00", [], id="Owed = open charges − free credit"),
    pytest.param("9.00", "3.99", ["debt_limit_exceeded"], id="Owed = open charges − free credit - still too much"),
]


@pytest.mark.parametrize(("charged", "paid", "codes"), CASES)
def test_check_out(reader, staff, charged, paid, codes):
    if Decimal(paid):
        money.pay(patron=reader, amount=sum_of(paid), kind=cash(), by=staff)
    money.charge(patron=reader, amount=sum_of(charged), text="A new card", by=staff)
    decision = services.explain_check_out(copy=make_copy(), patron=reader, by=staff).decision
    assert [reason.code for reason in decision.reasons] == codes


def test_it_is_overridable_and_told_in_sums(reader, staff):
    money.charge(patron=reader, amount=sum_of("7.50"), text="A new card", by=staff)
    copy = make_copy()
    with pytest.raises(errors.DebtLimitExceeded, match=r"This reader owes 7\.50; the tier allows 5\.00\.") as refusal:
        services.check_out(copy=copy, patron=reader, by=staff)
    (reason,) = refusal.value.reasons
    assert sentences.reader_sentence(reason) == "You owe 7.50; to borrow, you may owe 5.00 at most."
    loan = services.check_out(copy=copy, patron=reader, by=staff, override=["debt_limit_exceeded"], comment="So")
    assert loan.returned_at is None


def test_without_a_limit_nothing_stands_against_a_debt(reader, staff):
    Tier.objects.update(debt_limit=None)
    money.charge(patron=reader, amount=sum_of("700"), text="A window", by=staff)
    assert services.check_out(copy=make_copy(), patron=reader, by=staff)


@pytest.mark.parametrize(("automatic", "codes"), [(True, ["debt_limit_exceeded"]), (False, [])])
def test_it_stands_against_automatic_renewal_alone(reader, staff, settings, automatic, codes):
    settings.TIME_ZONE = "UTC"
    rule(auto_renew=True)
    money.charge(patron=reader, amount=sum_of("7.50"), text="A new card", by=staff)
    loan = make_loan(patron=reader, due_at=DUE, checked_out_at=DUE - 14 * DAY)
    decision = rules.decide_renewal(snapshot.renewal(loan), at=after(0), automatic=automatic)
    assert [reason.code for reason in decision.reasons] == codes


def test_order_of_the_reasons(reader, staff):
    """Behind the limits, before what is overdue."""
    rule(max_loans=0)
    money.charge(patron=reader, amount=sum_of("7.50"), text="A new card", by=staff)
    make_loan(patron=reader, due_at=DUE, checked_out_at=DUE - 14 * DAY)
    decision = services.explain_check_out(copy=make_copy(), patron=reader, by=staff, at=after(3)).decision
    assert [reason.code for reason in decision.reasons] == [
        "loan_limit_reached",
        "debt_limit_exceeded",
        "has_overdue_loans",
    ]


@pytest.mark.parametrize(
    ("digits", "owed", "limit"), [(0, "600", "500"), (2, "600.00", "500.00"), (3, "600.000", "500.000")]
)
def test_sums_are_said_in_the_units_of_the_currency(digits, owed, limit):
    state = rules.PatronState(card="L", tier=1, owed=Decimal(600), tier_debt_limit=Decimal(500), digits=digits)
    (reason,) = people.debt_reasons(state)
    assert reason.values == {"owed": owed, "limit": limit}


def test_it_stands_against_placing_a_hold(reader, staff):
    money.charge(patron=reader, amount=sum_of("7.50"), text="A new card", by=staff)
    copy = make_copy()
    with pytest.raises(errors.DebtLimitExceeded):
        services.place_hold(book=copy.book, patron=reader, branch=copy.branch, by=reader.user)


@pytest.mark.parametrize("how", ["paid", "waived"])
def test_who_owes_too_much_is_passed_over_and_served_once_it_is_settled(reader, staff, how):
    copy = make_copy()
    line = money.charge(patron=reader, amount=sum_of("7.50"), text="A new card", by=staff)
    waiting = queue_up(copy.book, patron=reader)
    copy_placement.serve_queue(copy.book_id, at=after(1))
    assert Hold.objects.get(pk=waiting.pk).state == HoldState.QUEUED
    if how == "paid":
        money.pay(patron=reader, amount=sum_of("2.49"), kind=cash(), by=staff)
        assert Hold.objects.get(pk=waiting.pk).state == HoldState.QUEUED
        money.pay(patron=reader, amount=sum_of("0.01"), kind=cash(), by=staff)
    else:
        money.waive(charge=line, by=staff, reason="A mistake")
    assert Hold.objects.get(pk=waiting.pk).state == HoldState.REQUESTED
