"""What lending costs in that library, and what is paid of it: every line, every credit, and who settled what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from circulation.tests.model import world
from circulation.tests.model.holding import Holding, Refused
from circulation.tests.model.world import Copy, Patron, look_up

NOTHING, CENT = Decimal(0), Decimal("0.01")
DEFAULTS = {"fine_period": 1, "fine_charge_at": "end", "grace_period": 0, "fine_skips_closed_days": False}


@dataclass(eq=False)
class Credit:
    patron: str
    kind: str  # payment | waiver | cancellation
    amount: Decimal
    used: Decimal = NOTHING
    refunded: Decimal = NOTHING

    @property
    def left(self) -> Decimal:
        return self.amount - self.used - self.refunded


@dataclass(eq=False)
class Line:
    patron: str
    kind: str  # fine | lost | processing | fee
    amount: Decimal
    loan: Any = None
    is_running: bool = False
    due: datetime | None = None
    given: dict[Credit, Decimal] = field(default_factory=dict)  # of which credit how much; 0: taken off again

    @property
    def settled(self) -> Decimal:
        return sum(self.given.values(), NOTHING)

    @property
    def left(self) -> Decimal:
        return self.amount - self.settled

    @property
    def given_up(self) -> Decimal:
        return sum((share for credit, share in self.given.items() if credit.kind != "payment"), NOTHING)


class Paying(Holding):
    """The part of ``Lending`` that is about money; lines and credits in the order in which they were made."""

    charges: list[Line]
    credits: list[Credit]
    in_till: list[tuple[str, Decimal]]  # kind of payment, what came in; below 0: went out
    closed: list[dict[str, Decimal]]  # what was expected at each closing

    # -- what is owed -------------------------------------------------------------------------------------------------

    def lines_of(self, name: str) -> list[Line]:
        return [line for line in self.charges if line.patron == name]

    def owed(self, name: str) -> Decimal:
        has = sum((credit.left for credit in self.credits if credit.patron == name), NOTHING)
        return sum((line.left for line in self.lines_of(name)), NOTHING) - has

    def owes_too_much(self, name: str) -> bool:
        most = world.DEBTS[self.patrons[name].tier]
        return most is not None and self.owed(name) > most

    def about_debt(self, patron: Patron) -> Iterable[str]:
        return ["debt_limit_exceeded"] if self.owes_too_much(patron.name) else []

    # -- being late ---------------------------------------------------------------------------------------------------

    def running(self, loan: Any) -> Line | None:
        return next((line for line in self.charges if line.loan is loan and line.is_running), None)

    def of_fine(self, parameter: str, loan: Any) -> Any:
        copy, patron = self.copies[loan.copy], self.patrons[loan.patron]
        found = look_up(parameter, copy.home, patron.tier, copy.kind)[0]
        return DEFAULTS.get(parameter) if found is None else found

    def units_late(self, loan: Any, until: datetime) -> int:
        """Hours; or days, one by one."""
        until = min(until, loan.claimed_at or until)
        if until <= loan.due:
            return 0
        if loan.is_hourly:
            return max(1, int((until - loan.due) / timedelta(hours=1)))
        day, count = loan.due.date(), 0
        while day < until.date():
            day += timedelta(days=1)
            count += not self.of_fine("fine_skips_closed_days", loan) or world.hours(loan.branch, day) is not None
        return count

    def fine(self, loan: Any, until: datetime) -> Decimal:
        amount: Decimal
        units, each = self.units_late(loan, until), self.of_fine("fine_amount", loan)
        if units <= self.of_fine("grace_period", loan) or not each:
            return NOTHING
        period, begun = self.of_fine("fine_period", loan), self.of_fine("fine_charge_at", loan) == "start"
        amount = each * ((units + period - 1) // period if begun else units // period)
        price = self.copies[loan.copy].price
        if self.of_fine("cap_at_replacement_price", loan) and price is not None:
            amount = min(amount, price)
        cap: Decimal = self.of_fine("fine_cap", loan)
        return min(amount, cap)

    def set_fines(self, name: str, now: datetime, *, until: Mapping[Any, datetime] | None = None) -> None:
        """Every line of theirs that runs says what it must by now; together they stay under the maximum."""
        out = [loan for loan in self.loans if (loan.patron, loan.returned, loan.lost) == (name, None, False)]
        late = [loan for loan in out if loan.due < now or self.running(loan)]
        most, touched = self._left_under_the_maximum(name), []
        moved: list[tuple[Line, Decimal]] = []
        for loan in sorted(late, key=lambda loan: (loan.due, self.loans.index(loan))):
            amount, line = min(self.fine(loan, (until or {}).get(loan, now)), most), self.running(loan)
            most -= amount
            if line is not None:
                moved.append((line, amount))
            elif amount:
                self.charges.append(Line(name, "fine", amount, loan, is_running=True, due=loan.due))
                touched.append(self.charges[-1])
        for line, amount in moved:
            touched += [line] if amount > line.amount else []
            self._set(line, amount)
        self.take_credit(touched)

    def _left_under_the_maximum(self, name: str) -> Decimal:
        stands = [line for line in self.lines_of(name) if line.kind == "fine" and not line.is_running]
        return max(
            NOTHING, world.MOST_FINES - sum((one.amount for one in stands if one.loan.returned is None), NOTHING)
        )

    def _set(self, line: Line, amount: Decimal) -> None:
        if line.settled > amount:
            self.take_off(line, line.settled - amount)
        line.amount, line.due = amount, line.loan.due
        if not amount and not line.given:
            self.charges.remove(line)

    def let_stand(self, loan: Any, until: datetime, now: datetime) -> None:
        """A loan ends, is renewed or is declared lost: what it costs by then stays."""
        costs = until > loan.due and bool(self.of_fine("fine_amount", loan))
        if not loan.lost and (costs or self.running(loan)):
            self.set_fines(loan.patron, now, until={loan: until})
            line = self.running(loan)
            if line is not None:
                line.is_running = False

    # -- who settles what ---------------------------------------------------------------------------------------------

    def give(self, line: Line, credit: Credit, amount: Decimal) -> None:
        if amount:
            line.given[credit] = line.given.get(credit, NOTHING) + amount
            credit.used += amount

    def take_credit(self, lines: Sequence[Line]) -> None:
        """What is free goes to these, the oldest to the oldest."""
        for line in (line for line in self.charges if line in lines):
            for credit in (one for one in self.credits if one.patron == line.patron):
                self.give(line, credit, min(credit.left, line.left))

    def take_off(self, line: Line, amount: Decimal) -> None:
        """Money first, the newest first."""
        newest = [credit for credit in reversed(self.credits) if line.given.get(credit)]
        for credit in sorted(newest, key=lambda credit: credit.kind != "payment"):
            share = min(amount, line.given[credit])
            self.give(line, credit, -share)
            amount -= share

    def give_up(self, line: Line, amount: Decimal, kind: str) -> None:
        self.take_off(line, max(NOTHING, amount - line.left))
        self.credits.append(Credit(line.patron, kind, amount))
        self.give(line, self.credits[-1], amount)

    # -- at the desk --------------------------------------------------------------------------------------------------

    def charge(self, name: str, amount: Decimal, now: datetime) -> Line:
        too_much = self.owes_too_much(name)
        self.charges.append(Line(name, "fee", amount))
        self.take_credit(self.charges[-1:])
        self.settle(name, now, owed_too_much=too_much)
        return self.charges[-1]

    def pay(self, name: str, amount: Decimal, kind: str, now: datetime, *, chosen: Sequence[Line] = ()) -> Credit:
        too_much, credit = self.owes_too_much(name), Credit(name, "payment", amount)
        self.credits.append(credit)
        self.in_till.append((kind, amount))
        open_ = [line for line in self.lines_of(name) if line.left and (line in chosen or not chosen)]
        while chosen and credit.left and (owing := [line for line in open_ if line.left]):
            part = credit.left // CENT // len(owing) * CENT or CENT  # evenly, and what is over to the first
            for line in owing:
                self.give(line, credit, min(part, line.left, credit.left))
        for line in open_:
            self.give(line, credit, min(credit.left, line.left))
        self.settle(name, now, owed_too_much=too_much)
        return credit

    def waive(self, line: Line, amount: Decimal, now: datetime) -> Line:
        left = line.amount - line.given_up
        if not left or amount > left:
            raise Refused("more_than_charged")
        too_much = self.owes_too_much(line.patron)
        self.give_up(line, amount, "waiver")
        self.settle(line.patron, now, owed_too_much=too_much)
        return line

    def refund(self, name: str, amount: Decimal, kind: str) -> list[Decimal]:
        """What went back of each payment, the newest first."""
        free = [one for one in reversed(self.credits) if (one.patron, one.kind) == (name, "payment") and one.left]
        if amount > sum((credit.left for credit in free), NOTHING):
            raise Refused("more_than_paid")
        shares = []
        for credit in free:
            shares.append(min(amount, credit.left))
            credit.refunded += shares[-1]
            amount -= shares[-1]
        went = [share for share in shares if share]
        self.in_till += [(kind, -share) for share in went]
        return went

    def refund_charge(self, line: Line, amount: Decimal, kind: str, now: datetime) -> list[Decimal]:
        if amount > line.settled - line.given_up:
            raise Refused("more_than_paid")
        too_much = self.owes_too_much(line.patron)
        self.take_off(line, amount)
        self.give_up(line, amount, "cancellation")
        self.settle(line.patron, now, owed_too_much=too_much)
        return self.refund(line.patron, amount, kind)

    def settle(self, name: str, now: datetime, *, owed_too_much: bool = False) -> None:
        """A lost copy that is paid for ends its loan, and whom a debt kept from being served is served."""
        for line in self.lines_of(name):
            loan = line.loan
            if line.kind == "lost" and not line.left and loan.lost and loan.returned is None:
                loan.returned = max(now, loan.out)
        if owed_too_much and not self.owes_too_much(name):
            for book in {hold.book for hold in self.holds if hold.patron == name}:
                self.serve(book, now)

    def close_till(self) -> dict[str, Decimal]:
        """What should be there, by kind."""
        if not self.in_till:
            raise Refused("nothing_in_till")
        self.closed.append(self.expected())
        self.in_till = []
        return self.closed[-1]

    def expected(self) -> dict[str, Decimal]:
        kinds = {kind for kind, _amount in self.in_till}
        return {kind: sum((amount for one, amount in self.in_till if one == kind), NOTHING) for kind in kinds}

    # -- lost and found -----------------------------------------------------------------------------------------------

    def charge_lost(self, loan: Any, now: datetime) -> None:
        price: Decimal | None = self.copies[loan.copy].price
        for kind, amount in (("lost", price), ("processing", world.PROCESSING)):
            if amount:
                self.charges.append(Line(loan.patron, kind, amount, loan))
                self.take_credit(self.charges[-1:])
        self.settle(loan.patron, now)

    def turned_up(self, copy: Copy) -> None:
        """The newest charge for it is undone, of whoever lost it last, unless they are gone."""
        lost = [loan for loan in self.loans if loan.copy == copy.barcode and loan.lost_as]
        loan = max(lost, key=lambda loan: loan.lost_as, default=None)
        if loan is None or self.patrons[loan.patron].trouble.get("closed"):
            return
        line = next((line for line in self.charges if line.loan is loan and line.kind == "lost"), None)
        if line is not None and line.amount > line.given_up:
            self.give_up(line, line.amount - line.given_up, "cancellation")
