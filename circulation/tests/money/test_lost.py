"""Copies that are lost, paid for, and found again."""

from __future__ import annotations

import pytest

from accounts.models import User
from accounts.tests.factories import make_librarian, make_patron
from catalog.models import CopyStatus, ItemType
from catalog.tests.factories import make_copy
from circulation import money, rules, services
from circulation.models import Charge, LendingSettings, Loan, LoanStatus
from circulation.state import snapshot
from circulation.tests.factories import make_loan
from circulation.tests.money.common import DAY, DUE, after, balances, cash, lines_of, nightly, owed, rule, sum_of
from library.notices.models import Notice

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _library_time(settings):
    settings.TIME_ZONE = "UTC"
    yield
    balances()


@pytest.fixture
def staff():
    return make_librarian()


@pytest.fixture
def reader():
    return make_patron()


@pytest.fixture
def loan(reader):
    return make_loan(patron=reader, due_at=DUE, checked_out_at=DUE - 14 * DAY, copy=make_copy(price=20))


def pay(reader, amount, staff, **values):
    return money.pay(patron=reader, amount=sum_of(amount), kind=cash(), by=staff, at=after(9), **values)


def now(row):
    return type(row).objects.get(pk=row.pk)


def codes(result):
    return [reason.code for reason in result.alerts]


def test_replacement_and_processing_are_charged_once_and_the_fine_stands(loan, reader, staff):
    LendingSettings.objects.update(lost_processing_fee=sum_of("2.50"))
    rule(fine_amount=sum_of("0.50"))
    nightly(after(2), reader)
    for _twice in range(2):
        services.declare_lost(loan=loan, by=staff, at=after(3))
        nightly(after(9), reader)
        assert lines_of(reader) == [
            ("fine", "1.50", "1.50"),
            ("lost", "20.00", "20.00"),
            ("processing", "2.50", "2.50"),
        ]


def test_reader_is_told_of_what_was_charged(loan, reader, staff):
    services.declare_lost(loan=loan, by=staff, at=after(3))
    notice = Notice.objects.get(kind="lost_charged")
    assert (notice.user, notice.context["amount"]) == (reader.user, "20.00 EUR")


def test_price_is_what_staff_say_else_that_of_the_item_type(reader, staff):
    kind = ItemType.objects.create(code="dvd", name="DVD", price=12)
    for price, charged in ((None, 12), (sum_of("7.50"), sum_of("7.50"))):
        loan = make_loan(patron=reader, copy=make_copy(item_type=kind))
        services.declare_lost(loan=loan, by=staff, price=price)
        assert Charge.objects.get(loan=loan).amount == charged


def test_where_nobody_knows_the_price_nothing_is_charged_and_staff_are_told(reader, staff):
    lost = services.declare_lost(loan=make_loan(patron=reader), by=staff)
    assert (lines_of(reader), codes(lost)) == ([], ["lost_price_unknown"])
    assert now(lost).returned_at is None


def test_it_counts_towards_no_limit_and_is_never_overdue(loan, reader, staff):
    rule(max_loans=1)
    services.declare_lost(loan=loan, by=staff, at=after(1))
    state = snapshot.check_out_state(barcode="x", card="y", copy=make_copy(), patron=reader)
    assert rules.decide_check_out(state, at=after(9)).is_allowed
    assert now(loan).status_at(after(9)) == LoanStatus.ACTIVE
    assert not Loan.objects.all().with_status(LoanStatus.OVERDUE, at=after(9)).exists()


@pytest.mark.parametrize("how", ["paid", "waived", "in two parts"])
def test_settled_in_full_it_ends_the_loan_and_the_copy_stays_lost(loan, reader, staff, how):
    services.declare_lost(loan=loan, by=staff, at=after(1))
    line = Charge.objects.get()
    if how == "waived":
        money.waive(charge=line, by=staff, reason="A flood", at=after(9))
    else:
        for part in ("20",) if how == "paid" else ("5", "15"):
            assert now(loan).returned_at is None
            pay(reader, part, staff)
    assert (now(loan).returned_at, now(loan.copy).status) == (after(9), CopyStatus.LOST)


def test_credit_that_waits_pays_for_it_at_once(loan, reader, staff):
    pay(reader, "25", staff)
    services.declare_lost(loan=loan, by=staff, at=after(9))
    assert [now(loan).returned_at, owed(reader)] == [after(9), -5]


def test_settled_charge_acts_on_its_own_loan_alone(loan, reader, staff):
    """Lost, found without anything undone, lent to another, and only then paid."""
    services.declare_lost(loan=loan, by=staff, at=after(1))
    Loan.objects.filter(pk=loan.pk).update(returned_at=after(2))
    type(loan.copy).objects.filter(pk=loan.copy_id).update(status=CopyStatus.AVAILABLE)
    others = services.check_out(copy=now(loan.copy), patron=make_patron(), by=staff, at=after(3))
    pay(reader, "20", staff)
    assert now(others).returned_at is None
    assert now(loan).returned_at == after(2)


def test_forgiving_the_fine_of_a_lost_loan_neither_ends_nor_renews_it(loan, reader, staff):
    rule(fine_amount=sum_of("0.50"))
    services.declare_lost(loan=loan, by=staff, at=after(3))
    money.waive(charge=Charge.objects.get(kind="fine"), by=staff, reason="Lost anyway", at=after(4))
    assert (now(loan).returned_at, now(loan).due_at, now(loan).renewals) == (None, DUE, 0)


def test_found_undoes_the_newest_lost_charge_only_and_credits_what_was_paid(loan, reader, staff):
    LendingSettings.objects.update(lost_processing_fee=sum_of("2.50"))
    rule(fine_amount=sum_of("0.50"))
    services.declare_lost(loan=loan, by=staff, at=after(3))
    pay(reader, "8", staff, charges=[Charge.objects.get(kind="lost").pk])
    result = services.check_in(copy=loan.copy, by=staff, at=after(10))
    assert codes(result) == ["copy_was_lost", "lost_charge_undone"]
    assert result.alerts[1].values == {"reader": str(reader.user), "amount": "20.00", "paid": "8.00"}
    assert lines_of(reader) == [("fine", "1.50", "1.50"), ("lost", "20.00", "0.00"), ("processing", "2.50", "2.50")]
    assert owed(reader) == 4 - 8
    assert services.check_in(copy=loan.copy, by=staff, at=after(11)).nothing_changed
    assert owed(reader) == 4 - 8


def test_found_after_it_was_paid_in_full_is_credited(loan, reader, staff):
    services.declare_lost(loan=loan, by=staff, at=after(1))
    pay(reader, "20", staff)
    result = services.check_in(copy=loan.copy, by=staff, at=after(60))
    assert [codes(result), owed(reader)] == [["copy_was_lost", "lost_charge_undone"], -20]
    assert now(loan.copy).status == CopyStatus.AVAILABLE


def test_lost_twice_only_the_newest_is_undone(loan, reader, staff):
    services.declare_lost(loan=loan, by=staff, at=after(1))
    pay(reader, "20", staff)
    services.check_in(copy=loan.copy, by=staff, at=after(10))
    other = make_patron()
    again = services.check_out(copy=now(loan.copy), patron=other, by=staff, at=after(11))
    services.declare_lost(loan=again, by=staff, at=after(12))
    services.check_in(copy=loan.copy, by=staff, at=after(13))
    assert [owed(reader), owed(other)] == [-20, 0]


def test_waived_and_found_gives_nobody_money(loan, reader, staff):
    services.declare_lost(loan=loan, by=staff, at=after(1))
    money.waive(charge=Charge.objects.get(), by=staff, reason="A flood", at=after(2))
    result = services.check_in(copy=loan.copy, by=staff, at=after(3))
    assert [codes(result), owed(reader)] == [["copy_was_lost"], 0]


def test_found_when_the_person_is_gone_it_is_taken_back_and_staff_are_told(loan, reader, staff):
    services.declare_lost(loan=loan, by=staff, at=after(1))
    pay(reader, "20", staff)
    User.objects.filter(pk=reader.pk).update(is_active=False)
    result = services.check_in(copy=loan.copy, by=staff, at=after(200))
    assert (codes(result), result.action) == (["copy_was_lost", "lost_paid_by_unknown"], services.Action.SHELVE)
    assert owed(reader) == 0


@pytest.mark.parametrize("is_paid", [True, False], ids=["paid", "not paid"])
def test_copy_that_is_lent_again_is_found_and_no_longer_charged(loan, reader, staff, is_paid):
    """It lies on the desk: whether somebody takes it back first or lends it makes no difference."""
    services.declare_lost(loan=loan, by=staff, at=after(3))
    if is_paid:
        pay(reader, 20, staff)
    other = services.check_out(
        copy=loan.copy,
        patron=make_patron(),
        by=staff,
        override=["already_lent_to_another"],
        comment="It is here.",
        at=after(9),
    )
    assert codes(other) == ["copy_was_lost", "lost_charge_undone"]
    assert owed(reader) == (-20 if is_paid else 0)
    assert now(loan.copy).status == CopyStatus.ON_LOAN
    services.check_in(copy=loan.copy, by=staff, at=after(10))
    assert owed(reader) == (-20 if is_paid else 0)
