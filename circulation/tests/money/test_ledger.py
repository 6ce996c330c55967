"""Charges, credits and what joins them: what people do with them, and what the database refuses."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.tests.factories import make_librarian, make_patron
from circulation import errors, money
from circulation.models import Allocation, Charge, Credit, CreditKind, LedgerAccount, Refund
from circulation.tests.factories import make_loan
from circulation.tests.money.common import DUE, balances, cash, lines_of, owed, sum_of
from library.activity.models import Activity
from library.core.database.transactions import constraint_of
from library.core.errors import InvalidInput, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return make_librarian()


@pytest.fixture
def reader():
    return make_patron()


@pytest.fixture(autouse=True)
def _balanced():
    yield
    balances()


def fee(reader, amount, **values):
    return money.charge(patron=reader, amount=sum_of(amount), text="A new card", by=None, **values)


def paid(reader, amount, staff, **values):
    return money.pay(patron=reader, amount=sum_of(amount), kind=cash(), by=staff, **values)


def test_payment_goes_to_what_is_oldest_and_the_rest_is_credit(reader, staff):
    for amount in ("2.00", "3.00"):
        fee(reader, amount)
    credit = paid(reader, "4.00", staff)
    assert lines_of(reader) == [("fee", "2.00", "0.00"), ("fee", "3.00", "1.00")]
    assert [credit.left, owed(reader)] == [0, 1]
    assert paid(reader, "6.00", staff).left == 5
    assert owed(reader) == -5


def test_payment_goes_to_chosen_lines_evenly_and_leaves_the_others(reader, staff):
    first, second, third = (fee(reader, "3.00") for _n in range(3))
    paid(reader, "2.01", staff, charges=[second.pk, third.pk])
    assert [left for _kind, _amount, left in lines_of(reader)] == ["3.00", "1.99", "2.00"]
    rest = paid(reader, "9.00", staff, charges=[second.pk])
    assert (rest.used, rest.left) == (sum_of("1.99"), sum_of("7.01"))
    assert Charge.objects.get(pk=first.pk).left == 3
    assert owed(reader) == 3 + 2 - sum_of("7.01")


def test_line_of_another_cannot_be_chosen(reader, staff):
    others = fee(make_patron(), "3.00")
    with pytest.raises(NotFound):
        paid(reader, "3.00", staff, charges=[others.pk])
    assert not Credit.objects.exists()


def test_new_charge_takes_free_credit_at_once_the_oldest_first(reader, staff):
    first, second = paid(reader, "2.00", staff), paid(reader, "2.00", staff)
    made = fee(reader, "3.00")
    assert made.left == 0
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.left, second.left) == (0, 1)
    assert owed(reader) == -1


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "NaN", "Infinity", "99999999"])
def test_what_is_no_sum_is_refused_and_nothing_is_written(reader, staff, amount):
    for work in (fee, partial(paid, staff=staff)):
        with pytest.raises(errors.AmountInvalid) as refusal:
            work(reader, amount)
        assert refusal.value.fields["amount"]
    assert not Charge.objects.exists()
    assert not Credit.objects.exists()


def test_waiver_is_a_credit_with_a_reason_and_the_charge_stays(reader, staff):
    made = fee(reader, "3.00")
    with pytest.raises(errors.ReasonRequired):
        money.waive(charge=made, by=staff, reason="  ")
    credit = money.waive(charge=made, by=staff, reason="A mistake of ours", amount=sum_of("1.00"))
    assert (credit.kind, credit.reason, credit.number) == (CreditKind.WAIVER, "A mistake of ours", None)
    assert [lines_of(reader), owed(reader)] == [[("fee", "3.00", "2.00")], 2]
    money.waive(charge=made, by=staff, reason="All of it")
    assert owed(reader) == 0
    with pytest.raises(errors.MoreThanCharged):
        money.waive(charge=made, by=staff, reason="Once more", amount=sum_of("0.01"))
    assert Activity.objects.filter(verb="charge.waived").count() == 2


def test_waiver_is_never_paid_out(reader, staff):
    made = fee(reader, "3.00")
    money.waive(charge=made, by=staff, reason="A mistake")
    with pytest.raises(errors.MoreThanPaid):
        money.refund(patron=reader, amount=sum_of("1"), kind=cash(), by=staff, reason="Wants it")


def test_waiving_what_was_paid_frees_the_payment_which_may_be_paid_out(reader, staff):
    made = fee(reader, "3.00")
    paid(reader, "3.00", staff)
    money.waive(charge=made, by=staff, reason="A mistake", amount=sum_of("2.00"))
    assert owed(reader) == -2
    with pytest.raises(errors.MoreThanPaid, match=r"No more than 2\.00"):
        money.refund(patron=reader, amount=sum_of("2.01"), kind=cash(), by=staff, reason="Wants it")
    (refund,) = money.refund(patron=reader, amount=sum_of("2.00"), kind=cash(), by=staff, reason="Wants it")
    assert [refund.amount, owed(reader)] == [2, 0]


def test_refund_is_at_most_what_was_paid_less_what_was_refunded(reader, staff):
    made = fee(reader, "3.00")
    paid(reader, "2.00", staff)
    with pytest.raises(errors.MoreThanPaid):
        money.refund_charge(charge=made, amount=sum_of("2.50"), kind=cash(), by=staff, reason="A mistake")
    money.refund_charge(charge=made, amount=sum_of("1.50"), kind=cash(), by=staff, reason="A mistake")
    assert lines_of(reader) == [("fee", "3.00", "1.00")]
    with pytest.raises(errors.MoreThanPaid):
        money.refund_charge(charge=made, amount=sum_of("0.51"), kind=cash(), by=staff, reason="A mistake")
    money.refund_charge(charge=made, amount=sum_of("0.50"), kind=cash(), by=staff, reason="A mistake")
    assert owed(reader) == 1
    assert sum(refund.amount for refund in Refund.objects.all()) == 2


def test_refund_takes_the_newest_payments_first_one_receipt_each(reader, staff):
    for _n in range(2):
        paid(reader, "2.00", staff)
    made = money.refund(patron=reader, amount=sum_of("3.00"), kind=cash(), by=staff, reason="Leaves the town")
    assert [[one.credit.number, one.amount, one.number] for one in made] == [[2, 2, 3], [1, 1, 4]]


def test_receipts_are_numbered_without_a_gap(reader, staff):
    paid(reader, "1.00", staff)
    with pytest.raises(NotFound):
        paid(reader, "1.00", staff, charges=[fee(make_patron(), "1.00").pk])
    assert paid(reader, "1.00", staff).number == 2


def test_every_deed_is_written_down(reader, staff):
    made = money.charge(patron=reader, amount=sum_of("3.00"), text="A new card", by=staff)
    paid(reader, "1.00", staff)
    money.refund_charge(charge=made, amount=sum_of("1"), kind=cash(), by=staff, reason="A mistake")
    verbs = list(Activity.objects.filter(subject=reader.user).order_by("id").values_list("verb", "actor", "data"))
    assert verbs == [
        ("charge.made", staff.pk, {"amount": "3.00"}),
        ("payment.taken", staff.pk, {"amount": "1.00"}),
        ("charge.cancelled", staff.pk, {"amount": "1.00"}),
        ("payment.refunded", staff.pk, {"amount": "1.00"}),
    ]


def test_long_words_are_refused(reader):
    with pytest.raises(InvalidInput):
        money.charge(patron=reader, amount=sum_of("3.00"), text="x" * 301, by=None)


# --- What the database refuses, whoever asks


def refused(constraint, work):
    with pytest.raises(IntegrityError) as clash, transaction.atomic():
        work()
    assert constraint_of(clash.value) == constraint


def test_lines_are_never_changed_or_deleted(reader, staff):
    made, credit = fee(reader, "3.00"), paid(reader, "4.00", staff)
    (refund,) = money.refund(patron=reader, amount=sum_of("0.50"), kind=cash(), by=staff, reason="Too much")
    given = Allocation.objects.get()
    other = make_patron()
    stands = "ledger_line_stands"
    for change in ({"amount": 9}, {"settled": 0}, {"patron": other}, {"is_running": True}, {"at": timezone.now()}):
        refused(stands, lambda change=change: Charge.objects.filter(pk=made.pk).update(**change))
    for change in ({"amount": 9}, {"used": 0}, {"refunded": 0}, {"patron": other}, {"number": 99}):
        refused(stands, lambda change=change: Credit.objects.filter(pk=credit.pk).update(**change))
    refused(stands, lambda: Allocation.objects.filter(pk=given.pk).update(amount=1))
    refused(stands, lambda: Refund.objects.filter(pk=refund.pk).update(amount=1))
    for row in (made, credit, given, refund):
        refused(stands, lambda row=row: type(row).objects.filter(pk=row.pk)._raw_delete("default"))
    Charge.objects.filter(pk=made.pk).update(text="–", by=None)  # the words may go


def test_nothing_is_settled_twice_or_beyond_what_there_is(reader, staff):
    made, credit = fee(reader, "3.00"), paid(reader, "2.00", staff)

    def allocate(amount, charge=made):
        Allocation.objects.create(charge=charge, credit=credit, amount=amount, at=timezone.now())

    refused("credit_spent_once", lambda: allocate(Decimal("0.01")))
    refused("charge_settled_within_amount", lambda: allocate(Decimal("-2.01")))
    refused("allocation_of_something", lambda: allocate(0))
    other = fee(make_patron(), "1.00")
    allocate(Decimal(-1))
    refused("allocation_of_one_patron", lambda: allocate(1, charge=other))
    second = fee(reader, "3.00")
    paid(reader, "1.00", staff, charges=[second.pk])
    refused("allocation_not_below_nothing", lambda: allocate(Decimal("-1.5"), charge=second))


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("charge_kind_known", {"kind": "gift"}),
        ("charge_not_negative", {"amount": -1, "kind": "fine"}),
        ("charge_of_something", {"amount": 0}),
        ("charge_runs_only_as_a_fine", {"is_running": True}),
    ],
)
def test_impossible_charges(reader, constraint, values):
    given = {"patron": reader, "kind": "fee", "amount": 1, "at": timezone.now()} | values
    refused(constraint, lambda: Charge.objects.create(**given))


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("credit_kind_known", {"kind": "gift"}),
        ("credit_of_something", {"amount": 0}),
        ("credit_paid_by_some_kind", {"kind": "payment"}),
        ("credit_paid_by_some_kind", {"number": 7}),
        ("credit_waived_with_reason", {"reason": ""}),
        ("credit_paid_by_some_kind", {"refunded": 1}),
    ],
)
def test_impossible_credits(reader, constraint, values):
    given = {"patron": reader, "kind": "waiver", "amount": 1, "reason": "So", "at": timezone.now()} | values
    refused(constraint, lambda: Credit.objects.create(**given))


def test_impossible_refunds(reader, staff):
    credit = paid(reader, "2.00", staff)
    given = {"credit": credit, "payment_kind": cash(), "reason": "So", "at": timezone.now(), "number": 7}
    refused("credit_spent_once", lambda: Refund.objects.create(amount=3, **given))
    refused("refund_of_something", lambda: Refund.objects.create(amount=0, **given))
    refused("refund_with_reason", lambda: Refund.objects.create(**given | {"amount": 1, "reason": ""}))


def test_one_fine_runs_for_a_loan(reader):
    loan = make_loan(patron=reader, due_at=DUE)
    given = {"patron": reader, "kind": "fine", "amount": 1, "loan": loan, "due_at": DUE, "is_running": True}
    Charge.objects.create(**given, at=DUE)
    refused("charge_one_runs_per_loan", lambda: Charge.objects.create(**given, at=DUE))


def test_an_account_is_only_a_lock(reader, staff):
    assert not LedgerAccount.objects.exists()
    paid(reader, "1.00", staff)
    fee(reader, "1.00")
    assert LedgerAccount.objects.get().patron == reader
