"""The verbs of money, done by the library and by the model: the part of the machine that stands at the till."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from circulation import money
from circulation.models import Charge
from circulation.money import nightly, till
from circulation.tests.model import world
from circulation.tests.model.lending import Lending
from circulation.tests.model.paying import CENT, NOTHING, Credit, Line
from circulation.tests.model.real import Library

PICKED, WHO = st.integers(0, 50), st.sampled_from([patron.name for patron in world.patrons()])
CENTS, KIND = st.integers(1, 900).map(lambda cents: cents * CENT), st.sampled_from(world.PAID_BY)
VERBS: dict[str, tuple[int, dict[str, st.SearchStrategy[Any]]]] = {
    "run_fines": (6, {"times": st.integers(1, 2)}),
    "charge_a_fee": (2, {"patron": WHO, "amount": CENTS}),
    "pay": (3, {"patron": WHO, "amount": CENTS, "kind": KIND}),
    "pay_all": (7, {"patron": WHO, "kind": KIND}),
    "pay_some": (4, {"nth": PICKED, "more": st.lists(PICKED, max_size=3), "amount": CENTS, "kind": KIND}),
    "pay_what_is_lost": (3, {"nth": PICKED, "kind": KIND}),
    "waive": (4, {"nth": PICKED, "amount": st.none() | CENTS}),
    "pay_back": (4, {"nth": PICKED, "amount": CENTS, "kind": KIND}),
    "take_charge_back": (4, {"nth": PICKED, "amount": st.none() | CENTS, "kind": KIND}),
    "close_till": (2, {"counts": st.booleans()}),
    "lose_what_is_out": (4, {"nth": PICKED}),
    "find_what_is_lost": (5, {"nth": PICKED, "branch": st.none() | st.sampled_from(world.BRANCHES)}),
    "lend_what_is_lost": (3, {"nth": PICKED, "patron": WHO, "branch": st.sampled_from(world.BRANCHES)}),
    "be_late": (6, {"nth": PICKED, "days": st.sampled_from([1, 1, 2, 4, 9])}),
}


class TillDesk:
    """What ``Desk`` has besides: the names below it has."""

    library: Library
    model: Lending
    now: datetime
    before: dict[str, Any]
    done: Counter[str]
    both: Callable[..., tuple[Any, Any]]
    take_back: Callable[..., None]
    check_out_by_override: Callable[..., None]
    declare_lost: Callable[[Any], None]

    # -- what must be true --------------------------------------------------------------------------------------------

    def the_ledger_is_as_the_model_says_and_balances_to_the_cent(self) -> None:
        for name, patron in self.library.patrons.items():
            pk, lines = str(patron.pk), self.model.lines_of(name)
            rows = [row for row in self.before["charges"] or () if row[1] == pk]
            assert [(row[2], Decimal(row[3]), Decimal(row[4]), row[5]) for row in rows] == [
                (line.kind, line.amount, line.settled, line.is_running) for line in lines
            ], name
            has = [row for row in self.before["credits"] or () if row[1] == pk]
            assert [(row[2], *map(Decimal, row[3:6])) for row in has] == [
                (one.kind, one.amount, one.used, one.refunded) for one in self.model.credits if one.patron == name
            ], name
            assert all(Decimal(row[4]) == Decimal(row[7]) for row in rows)
            assert all((Decimal(row[4]), Decimal(row[5])) == (Decimal(row[6]), Decimal(row[7])) for row in has)
            assert Decimal(self.before["owed"][pk]) == self.model.owed(name), name
            self.nothing_is_charged_twice(rows)

    def nothing_is_charged_twice(self, rows: Sequence[Any]) -> None:
        """One fine at a time runs for a loan, and it is lost once."""
        of_loans = Counter((row[6], row[2], row[5]) for row in rows if row[2] in {"lost", "processing"} or row[5])
        assert not of_loans or max(of_loans.values()) == 1

    def the_till_has_what_came_in_less_what_went_out(self) -> None:
        found = dict.fromkeys(world.PAID_BY, NOTHING)
        for row in till.expected():
            assert row.person == self.library.librarian
            found[row.kind.code] += row.expected
        assert found == dict.fromkeys(world.PAID_BY, NOTHING) | self.model.expected()
        taken = dict.fromkeys(world.PAID_BY, NOTHING)
        for kind, expected, _counted in self.before["till"] or ():
            taken[kind] += Decimal(expected)
        closed = self.model.closed
        assert taken == {kind: sum((one.get(kind, NOTHING) for one in closed), NOTHING) for kind in world.PAID_BY}

    # -- the verbs ----------------------------------------------------------------------------------------------------

    def run_fines(self, times: int) -> None:
        for name in self.library.patrons:
            self.model.set_fines(name, self.now)
        for _again in range(times):
            report = nightly.set_all(at=self.now, batch=2)
            assert report.failed == 0, report.faults
        self.done["fines run"] += sum(line.is_running for line in self.model.charges)

    def charge_a_fee(self, patron: str, amount: Decimal) -> None:
        self.both(
            lambda: self.model.charge(patron, amount, self.now),
            lambda: money.charge(
                patron=self.library.patrons[patron],
                amount=amount,
                text="A card",
                by=self.library.librarian,
                at=self.now,
            ),
        )

    def pay(self, patron: str, amount: Decimal, kind: str, chosen: Sequence[Line] = ()) -> None:
        lost = [loan for loan in self.model.loans if loan.lost and loan.returned is None]
        rows = [self.row_of(line).pk for line in chosen]
        paid, credit = self.both(
            lambda: self.model.pay(patron, amount, kind, self.now, chosen=chosen),
            lambda: money.pay(
                patron=self.library.patrons[patron],
                amount=amount,
                kind=self.library.kinds[kind],
                by=self.library.librarian,
                charges=rows,
                at=self.now,
            ),
        )
        assert isinstance(paid, Credit)
        assert (credit.used, credit.left) == (paid.used, paid.left)
        self.done["paid for a lost copy"] += sum(loan.returned is not None for loan in lost)

    def pay_all(self, patron: str, kind: str) -> None:
        owed = self.model.owed(patron)
        self.done["a debt was paid"] += self.model.owes_too_much(patron)
        if owed > 0:
            self.pay(patron, owed, kind)

    def pay_some(self, nth: int, more: Sequence[int], amount: Decimal, kind: str) -> None:
        """Of one reader, some lines that were chosen."""
        if self.model.charges:
            line = self.one_of_the_lines(nth)
            theirs = self.model.lines_of(line.patron)
            self.pay(line.patron, amount, kind, [line, *(theirs[one % len(theirs)] for one in more)])

    def pay_what_is_lost(self, nth: int, kind: str) -> None:
        there = [line for line in self.model.charges if line.kind == "lost" and line.left]
        if there:
            line = there[nth % len(there)]
            self.pay(line.patron, line.left, kind, [line])

    def waive(self, nth: int, amount: Decimal | None) -> None:
        if self.model.charges:
            line = self.one_of_the_lines(nth)
            given_up = line.left if amount is None else amount
            row = self.row_of(line)
            if given_up:
                self.both(
                    lambda: self.model.waive(line, given_up, self.now),
                    lambda: money.waive(
                        charge=row, amount=amount, reason="So be it", by=self.library.librarian, at=self.now
                    ),
                )

    def pay_back(self, nth: int, amount: Decimal, kind: str) -> None:
        """Mostly to somebody who has something to get."""
        free = [one.patron for one in self.model.credits if one.kind == "payment" and one.left]
        names = free if free and nth % 8 else list(self.library.patrons)
        patron = names[nth % len(names)]
        went, refunds = self.both(
            lambda: self.model.refund(patron, amount, kind),
            lambda: money.refund(patron=self.library.patrons[patron], **self.going_out(amount, kind)),
        )
        assert refunds is None or [refund.amount for refund in refunds] == went

    def take_charge_back(self, nth: int, amount: Decimal | None, kind: str) -> None:
        if self.model.charges:
            paid = [line for line in self.model.charges if line.settled > line.given_up]
            line = paid[nth % len(paid)] if paid and nth % 8 else self.one_of_the_lines(nth)
            back, row = amount or line.settled - line.given_up or CENT, self.row_of(line)
            went, refunds = self.both(
                lambda: self.model.refund_charge(line, back, kind, self.now),
                lambda: money.refund_charge(charge=row, **self.going_out(back, kind)),
            )
            assert refunds is None or [refund.amount for refund in refunds] == went

    def going_out(self, amount: Decimal, kind: str) -> dict[str, Any]:
        by = self.library.librarian
        return {"amount": amount, "kind": self.library.kinds[kind], "reason": "So be it", "by": by, "at": self.now}

    def close_till(self, counts: bool) -> None:
        rows = till.expected()
        counted = {row.place: row.expected + CENT for row in rows} if counts else {}
        self.both(
            lambda: self.model.close_till(),
            lambda: till.close(counted=counted, shown=till.seen(rows), by=self.library.librarian, at=self.now),
        )

    def find_what_is_lost(self, nth: int, branch: str | None) -> None:
        there = [copy for copy in self.model.copies.values() if copy.status == "lost"]
        if there:
            before = sum(line.given_up for line in self.model.charges)
            copy = there[nth % len(there)].barcode
            self.take_back(copy, branch=branch, is_damaged=False, ago=None)
            self.done["found again"] += sum(line.given_up for line in self.model.charges) > before

    def lend_what_is_lost(self, nth: int, patron: str, branch: str) -> None:
        """It lies on the desk, so it is found; then it is lent."""
        there = [copy for copy in self.model.copies.values() if copy.status == "lost"]
        if there:
            before = sum(line.given_up for line in self.model.charges)
            self.check_out_by_override(there[nth % len(there)].barcode, patron, branch, kept=9, days=None)
            self.done["found and lent"] += sum(line.given_up for line in self.model.charges) > before

    def lose_what_is_out(self, nth: int) -> None:
        there = [loan for loan in self.model.loans if not (loan.returned or loan.lost)]
        if there:
            self.declare_lost(there[nth % len(there)])

    def be_late(self, nth: int, days: int) -> None:
        """So many days after one was due the fines are run, and its reader wants something else."""
        there = [loan for loan in self.model.loans if not (loan.returned or loan.lost)]
        if there:
            loan = there[nth % len(there)]
            self.now = max(self.now, loan.due + timedelta(days=days))
            self.run_fines(1)

    # -- which --------------------------------------------------------------------------------------------------------

    def one_of_the_lines(self, nth: int) -> Line:
        """Mostly one of which something is left."""
        there = [line for line in self.model.charges if line.left]
        lines = there if there and nth % 8 else self.model.charges
        return lines[nth % len(lines)]

    def row_of(self, line: Line) -> Charge:
        """The same line in the database: a patron's are in the same order there."""
        place = self.model.lines_of(line.patron).index(line)
        rows = Charge.objects.filter(patron=self.library.patrons[line.patron]).oldest_first()
        return rows[place]
