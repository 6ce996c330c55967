"""Any sequence of what costs and pays, held against a ledger in plain Python after every step: it balances to the cent.

The model knows nothing of allocations: only what was charged, given up, paid and paid back, and what a fine must be by
counting days one by one.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from accounts.tests.factories import make_librarian, make_patron
from catalog.models import Copy
from catalog.tests.factories import make_copy
from circulation import errors, money, services
from circulation.models import Charge, LendingSettings, Loan, LoanRule
from circulation.money import lines, nightly, till
from circulation.tests.factories import make_loan
from circulation.tests.money.common import DAY, DUE, after, balances, cash, owed

A_DAY, CAP, MOST, PRICE = Decimal("0.50"), Decimal(4), Decimal(6), Decimal(20)
WHO, NTH = st.integers(0, 1), st.integers(0, 9)
CENTS = st.integers(1, 900).map(lambda cents: Decimal(cents) / 100)


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.staff, self.readers = make_librarian(), [make_patron(), make_patron()]
        self.day = 0
        self.cash = self.paid_back = Decimal(0)
        self.charged: dict[Any, Decimal] = defaultdict(Decimal)  # what stands, by reader
        self.credits: dict[Any, Decimal] = defaultdict(Decimal)
        self.running: dict[Any, Decimal] = {}  # by loan
        self.standing: dict[Any, Decimal] = defaultdict(Decimal)  # fines that stand of loans that are out, by reader
        self.out: dict[Any, Loan] = {}
        self.lost: dict[Any, Loan] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.outer.__exit__(None, None, None)

    # -- the model

    def figures(self, reader: Any, *, until: dict[Any, int] | None = None) -> dict[Any, Decimal]:
        """What each loan that is out must cost by now."""
        left = MOST - self.standing[reader.pk]
        found = {}
        for loan in sorted(
            (one for one in self.out.values() if one.patron_id == reader.pk), key=lambda one: (one.due_at, one.pk)
        ):
            late = max(0, (until or {}).get(loan.pk, self.day) - self.due_day(loan))
            found[loan.pk] = max(Decimal(0), min(late * A_DAY, CAP, left))
            left -= found[loan.pk]
        return found

    def due_day(self, loan: Loan) -> int:
        return (loan.due_at.date() - DUE.date()).days

    def reckon(self, reader: Any, **ends: Any) -> None:
        for pk, amount in self.figures(reader, **ends).items():
            self.running[pk] = amount

    def stands(self, reader: Any, loan: Loan, *, stays_out: bool) -> None:
        amount = self.running.pop(loan.pk, Decimal(0))
        self.charged[reader.pk] += amount
        if stays_out:
            self.standing[reader.pk] += amount

    # -- steps

    @property
    def now(self) -> Any:
        return after(self.day)

    @rule(days=st.integers(1, 4))
    def time_passes(self, days: int) -> None:
        self.day += days

    @rule(who=WHO, ahead=st.integers(-3, 6))
    def lend(self, who: int, ahead: int) -> None:
        if len(self.out) + len(self.lost) < 6:
            due = DUE + (self.day + ahead) * DAY
            loan = make_loan(
                patron=self.readers[who], due_at=due, checked_out_at=due - 14 * DAY, copy=make_copy(price=PRICE)
            )
            self.out[loan.pk] = loan

    @rule(times=st.integers(1, 2))
    def night_falls(self, times: int) -> None:
        for _again in range(times):
            nightly.set_all(at=self.now, batch=1)
        for reader in self.readers:
            self.reckon(reader)

    @precondition(lambda self: self.out)
    @rule(nth=NTH, ago=st.integers(0, 2))
    def take_back(self, nth: int, ago: int) -> None:
        loan, reader = self.one_of(self.out, nth)
        back = max(self.day - ago, self.due_day(loan) - 13)
        is_late_or_runs = back > self.due_day(loan) or self.running.get(loan.pk)
        services.check_in(copy=Copy.objects.get(pk=loan.copy_id), by=self.staff, returned_at=after(back), at=self.now)
        if is_late_or_runs:
            self.reckon(reader, until={loan.pk: back})
        self.stands(reader, loan, stays_out=False)
        self.forget(self.out, loan, reader)

    @precondition(lambda self: self.out)
    @rule(nth=NTH)
    def declare_lost(self, nth: int) -> None:
        loan, reader = self.one_of(self.out, nth)
        if self.day > self.due_day(loan) or self.running.get(loan.pk):
            self.reckon(reader)
        services.declare_lost(loan=loan, by=self.staff, at=self.now)
        self.stands(reader, loan, stays_out=True)
        self.charged[reader.pk] += PRICE
        self.lost[loan.pk] = self.out.pop(loan.pk)
        self.settle(reader)

    @precondition(lambda self: self.lost)
    @rule(nth=NTH)
    def find(self, nth: int) -> None:
        loan, reader = self.one_of(self.lost, nth)
        line = Charge.objects.get(loan=loan, kind="lost")
        self.credits[reader.pk] += line.amount - lines.given_up(line.pk)
        services.check_in(copy=Copy.objects.get(pk=loan.copy_id), by=self.staff, at=self.now)
        self.forget(self.lost, loan, reader)

    @rule(who=WHO, amount=CENTS)
    def charge(self, who: int, amount: Decimal) -> None:
        reader = self.readers[who]
        money.charge(patron=reader, amount=amount, text="A card", by=self.staff, at=self.now)
        self.charged[reader.pk] += amount

    @rule(who=WHO, amount=CENTS, nth=st.none() | NTH)
    def pay(self, who: int, amount: Decimal, nth: int | None) -> None:
        reader = self.readers[who]
        rows = list(Charge.objects.filter(patron=reader).order_by("pk"))
        chosen = [rows[nth % len(rows)].pk] if rows and nth is not None else []
        money.pay(patron=reader, amount=amount, kind=cash(), by=self.staff, charges=chosen, at=self.now)
        self.credits[reader.pk] += amount
        self.cash += amount
        self.settle(reader)

    @rule(nth=NTH, amount=CENTS)
    def waive(self, nth: int, amount: Decimal) -> None:
        rows = list(Charge.objects.order_by("pk"))
        if rows:
            line = rows[nth % len(rows)]
            try:
                money.waive(charge=line, amount=amount, reason="So", by=self.staff, at=self.now)
            except errors.MoreThanCharged:
                return
            self.credits[line.patron_id] += amount
            self.settle(line.patron)

    @rule(who=WHO, amount=CENTS, nth=st.none() | NTH)
    def pay_back(self, who: int, amount: Decimal, nth: int | None) -> None:
        reader = self.readers[who]
        rows = list(Charge.objects.filter(patron=reader).order_by("pk"))
        given = {"amount": amount, "kind": cash(), "reason": "So", "by": self.staff, "at": self.now}
        try:
            if nth is None or not rows:
                money.refund(patron=reader, **given)
            else:
                money.refund_charge(charge=rows[nth % len(rows)], **given)
                self.credits[reader.pk] += amount
        except errors.MoreThanPaid:
            return
        self.credits[reader.pk] -= amount
        self.paid_back += amount
        self.settle(reader)

    # -- what must be true

    @invariant()
    def everybody_owes_what_the_model_says(self) -> None:
        for reader in self.readers:
            running = [self.running.get(pk, Decimal(0)) for pk, loan in self.out.items() if loan.patron_id == reader.pk]
            theirs = sum(running, Decimal(0))
            assert owed(reader) == self.charged[reader.pk] + theirs - self.credits[reader.pk], reader

    @invariant()
    def the_ledger_balances(self) -> None:
        balances()

    @invariant()
    def the_till_has_what_came_in_less_what_went_out(self) -> None:
        rows = till.expected()
        assert sum((row.expected for row in rows), Decimal(0)) == self.cash - self.paid_back

    # -- words

    def one_of(self, loans: dict[Any, Loan], nth: int) -> tuple[Loan, Any]:
        loan = list(loans.values())[nth % len(loans)]
        return loan, next(reader for reader in self.readers if reader.pk == loan.patron_id)

    def forget(self, loans: dict[Any, Loan], loan: Loan, reader: Any) -> None:
        """It is in no hand any more: what stands of it makes room for others."""
        del loans[loan.pk]
        standing = Charge.objects.filter(patron=reader, kind="fine", is_running=False, loan__returned_at=None)
        self.standing[reader.pk] = sum((line.amount for line in standing), Decimal(0))

    def settle(self, reader: Any) -> None:
        """Lost loans end when what they cost is settled."""
        for pk, loan in list(self.lost.items()):
            line = Charge.objects.filter(loan=pk, kind="lost").get()
            assert (line.left == 0) == (Loan.objects.get(pk=pk).returned_at is not None)
            if line.left == 0:
                self.forget(self.lost, loan, reader if loan.patron_id == reader.pk else self.owner(loan))

    def owner(self, loan: Loan) -> Any:
        return next(one for one in self.readers if one.pk == loan.patron_id)


@pytest.mark.django_db
def test_any_sequence_balances_to_the_cent(settings_of_time):
    LoanRule.objects.update(fine_amount=A_DAY, fine_cap=CAP, max_loans=-1)
    LendingSettings.objects.update(max_total_fines=MOST)
    cash()
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


@pytest.fixture
def settings_of_time(settings):
    settings.TIME_ZONE = "UTC"
    assert timedelta(days=1) == DAY
