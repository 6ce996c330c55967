"""The fine that runs while a loan is late: one line for each loan, set to what the rules say, never added to.

The nightly run, a return, a renewal and a copy that is declared lost all reckon here. A run that comes twice, late, or
beside another gives the same figures: they follow from the due date and the moment alone. What an edit of the past in a
calendar would change of a line is left out until somebody who saw it says so (``money.moved``).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import NamedTuple
from uuid import UUID

from accounts.models import User
from accounts.services import blocks
from circulation.models import Loan
from circulation.money import lines
from circulation.rules import fines
from circulation.rules.amounts import NOTHING
from circulation.rules.matrix import resolve
from circulation.rules.opening_hours import Calendar
from circulation.state import calendars, ledger
from circulation.state.remembered_rules import RuleSet, current_version, rule_set_for
from library.core import days
from library.core.database.ids import uuid7
from library.core.database.raw_rows import execute, fetch

OWNER, SUSPENDED = "circulation", "suspended"
BEGIN, ONE = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
KEPT = 50_000  # counts of days that a run remembers
# What is late, and what runs although it is no longer late, in the order in which the library's maximum is given out.
# Moments come and go as microseconds, and rows go as JSON: that is read and written many times as fast.
LATE = re.sub(
    r"\{(.*?)\}",
    r"(extract(epoch FROM \1) * 1000000)::bigint",
    """
SELECT loan.id, loan.patron_id, {loan.due_at}, loan.is_hourly, loan.branch_id, copy.branch_id, copy.item_type_id,
  patron.tier_id, coalesce(copy.price, kind.price), {loan.claimed_returned_at},
  line.id, line.amount, line.settled, {line.due_at}, {line.counted_until}, line.units
FROM circulation_loan AS loan
JOIN catalog_copy AS copy ON copy.id = loan.copy_id
JOIN accounts_patron AS patron ON patron.user_id = loan.patron_id
LEFT JOIN catalog_itemtype AS kind ON kind.id = copy.item_type_id
LEFT JOIN circulation_charge AS line ON line.loan_id = loan.id AND line.is_running
WHERE loan.patron_id = ANY(%s) AND loan.returned_at IS NULL AND loan.lost_at IS NULL
  AND (loan.due_at < %s OR line.id IS NOT NULL)
ORDER BY loan.patron_id, loan.due_at, loan.id""",
)
# What stands of these patrons' loans that are still out: closed by a renewal, or on declaring them lost.
STANDING = """
SELECT loan.patron_id, sum(line.amount) FROM circulation_charge AS line
JOIN circulation_loan AS loan ON loan.id = line.loan_id
WHERE loan.patron_id = ANY(%s) AND loan.returned_at IS NULL AND line.kind = 'fine' AND NOT line.is_running
GROUP BY loan.patron_id"""
EPOCH = "timestamptz 'epoch' + {} * interval '1 microsecond'"
ADD = f"""
INSERT INTO circulation_charge
  (id, patron_id, kind, amount, loan_id, text, at, is_running, due_at, counted_until, units)
SELECT id, patron, 'fine', amount, loan, '', %s, true, {EPOCH.format("due")}, {EPOCH.format("until")}, units
FROM json_to_recordset(%s)
  AS new (id uuid, patron uuid, amount numeric, loan uuid, due bigint, until bigint, units int)"""
SET = f"""
UPDATE circulation_charge AS line SET amount = new.amount, due_at = {EPOCH.format("new.due")},
  counted_until = {EPOCH.format("new.until")}, units = new.units
FROM json_to_recordset(%s) AS new (id uuid, amount numeric, due bigint, until bigint, units int)
WHERE line.id = new.id AND line.is_running"""
REMOVE = """
DELETE FROM circulation_charge AS line WHERE line.id = ANY(%s) AND line.is_running
  AND NOT EXISTS (SELECT 1 FROM circulation_allocation WHERE charge_id = line.id)"""
FREEZE = "UPDATE circulation_charge SET is_running = false WHERE loan_id = %s AND is_running"
RUNS = "SELECT 1 FROM circulation_charge WHERE loan_id = %s AND is_running"


def micros(at: datetime) -> int:
    """A moment as microseconds since 1970."""
    return (at - BEGIN) // ONE


@lru_cache(maxsize=10_000)
def moment(at: int) -> datetime:
    """The way back from ``micros``, in UTC."""
    return BEGIN + at * ONE


class LateLoan(NamedTuple):
    """A loan that is late, with its running line where it has one. Moments are microseconds since 1970."""

    loan: UUID
    patron: UUID
    due_at: int
    is_hourly: bool
    lent_at: int  # whose calendar counts
    home: int  # whose rules hold
    item_type: int | None
    tier: int
    price: Decimal | None
    claimed_at: int | None
    line: UUID | None
    amount: Decimal | None
    settled: Decimal | None
    line_due_at: int | None
    counted_until: int | None
    units: int | None


class NewFigure(NamedTuple):
    """What the line of a loan is to say."""

    late: LateLoan
    amount: Decimal
    units: int
    until: int


@dataclass
class Reckoner:
    """The rules and calendars of one moment, with what was worked out by them already: most loans are alike."""

    rule_set: RuleSet
    at: datetime
    until: Mapping[UUID, datetime] = field(default_factory=dict)  # of a loan that ends: when
    anew: bool = False  # count the past by the calendar of today, too
    version: UUID | None = None
    _calendars: dict[int, Calendar] = field(default_factory=dict)
    _terms: dict[tuple[int, int, int | None], fines.FineTerms] = field(default_factory=dict)
    _units: dict[tuple[int, int, int, bool, bool], int] = field(default_factory=dict)
    _sums: dict[tuple[int, int, int | None, int, Decimal | None], Decimal] = field(default_factory=dict)

    @cached_property
    def _now(self) -> int:
        return micros(self.at)

    def forget_if_many(self) -> None:
        """Keep within bounds what was worked out: loans by the hour are seldom alike."""
        if len(self._units) > KEPT:
            self._units.clear()

    def terms(self, home: int, tier: int, item_type: int | None) -> fines.FineTerms:
        """What the matrix says about being late."""
        key = (home, tier, item_type)
        if key not in self._terms:
            values = resolve(self.rule_set.rows, branch=home, tier=tier, item_type=item_type)
            self._terms[key] = fines.fine_terms(values)
        return self._terms[key]

    def figure(self, late: LateLoan) -> NewFigure:
        """What a loan costs, before what the library's maximum leaves of it."""
        terms = self.terms(late.home, late.tier, late.item_type)
        until = self.until_of(late)
        units = self.units(late, terms, until)
        key = (late.home, late.tier, late.item_type, units, late.price)
        if key not in self._sums:
            self._sums[key] = fines.fine_of(terms, units=units, price=late.price, digits=self.rule_set.digits)
        return NewFigure(late, self._sums[key], units, until)

    def until_of(self, late: LateLoan) -> int:
        """Up to when a loan is reckoned: what its reader says is back costs no more from then on."""
        until = micros(self.until[late.loan]) if late.loan in self.until else self._now
        return min(until, late.claimed_at) if late.claimed_at else until

    def units(self, late: LateLoan, terms: fines.FineTerms, until: int) -> int:
        """As they stand in the line up to when that was reckoned, and from then on by the calendar."""
        now = self.counted(late, terms, until)
        known = late.counted_until
        if self.anew or late.units is None or known is None or late.line_due_at != late.due_at or until < known:
            return now
        return max(0, late.units + now - self.counted(late, terms, known))

    def counted(self, late: LateLoan, terms: fines.FineTerms, until: int) -> int:
        """Units late by the calendar as it is today."""
        key = (late.lent_at, late.due_at, until, late.is_hourly, terms.skips_closed_days)
        if key not in self._units:
            self._units[key] = fines.units_late(
                moment(late.due_at),
                moment(until),
                self._calendars[late.lent_at],
                is_hourly=late.is_hourly,
                skips_closed_days=terms.skips_closed_days,
            )
        return self._units[key]

    def know_calendars(self, branches: Collection[int]) -> None:
        """Read those of these branches that are not known yet, all at once."""
        if unknown := [branch for branch in branches if branch not in self._calendars]:
            self._calendars |= calendars.calendars_under(unknown, self.version)


def reckoner(*, at: datetime, version: UUID | None = None, anew: bool = False) -> Reckoner:
    """By the rules as they are now. ``version``: theirs, where it was just read; else one query."""
    version = version or current_version()
    return Reckoner(rule_set_for(None, version), at, anew=anew, version=version)


def set_fines(patrons: Collection[UUID], by_rules: Reckoner) -> int:
    """Set the running lines of all that these patrons have out late; how many lines were written.

    A constant number of statements, however many they are. The accounts are locked.
    """
    late = running(patrons, by_rules)
    figures = _under_the_maximum([by_rules.figure(one) for one in late], by_rules, patrons)
    new = [one for one in figures if one.late.line is None and one.amount]
    moved = [one for one in figures if one.late.line is not None and _says_otherwise(one)]
    added = _add(new, at=by_rules.at)
    _set(moved, at=by_rules.at)
    grown = [one.late.line for one in moved if one.late.line is not None and one.amount > (one.late.amount or 0)]
    lines.take_credit([*added, *grown], patrons=patrons, at=by_rules.at)
    return len(new) + len(moved)


def _under_the_maximum(
    figures: Sequence[NewFigure], by_rules: Reckoner, patrons: Collection[UUID]
) -> Sequence[NewFigure]:
    most = by_rules.rule_set.library.max_total_fines
    if most is None or not figures:
        return figures
    standing = {patron: Decimal(amount) for patron, amount in fetch(STANDING, [list(patrons)])}
    of_patron: dict[UUID, list[NewFigure]] = defaultdict(list)
    for one in figures:
        of_patron[one.late.patron].append(one)
    given: dict[UUID, Decimal] = {}
    for patron, theirs in of_patron.items():
        wanted = ((one.late.loan, one.amount) for one in theirs)
        given |= fines.under_the_maximum(wanted, most, closed=standing.get(patron, NOTHING))
    return [one._replace(amount=given[one.late.loan]) for one in figures]


def _says_otherwise(one: NewFigure) -> bool:
    return one.amount != one.late.amount or one.late.line_due_at != one.late.due_at


def _add(new: Sequence[NewFigure], *, at: datetime) -> list[UUID]:
    if not new:
        return []
    ids = [uuid7() for _one in new]
    rows = [
        {
            "id": str(pk),
            "patron": str(one.late.patron),
            "amount": str(one.amount),
            "loan": str(one.late.loan),
            "due": one.late.due_at,
            "until": one.until,
            "units": one.units,
        }
        for pk, one in zip(ids, new, strict=True)
    ]
    execute(ADD, [at, json.dumps(rows)])
    return ids


def _set(moved: Sequence[NewFigure], *, at: datetime) -> None:
    """What was paid beyond the new figure becomes credit first. A line of nothing goes, where nothing was ever paid."""
    if not moved:
        return
    for one in moved:
        if one.late.line is not None and one.late.settled and one.late.settled > one.amount:
            lines.release(one.late.line, one.late.settled - one.amount, at=at)
    rows = [
        {
            "id": str(one.late.line),
            "amount": str(one.amount),
            "due": one.late.due_at,
            "until": one.until,
            "units": one.units,
        }
        for one in moved
    ]
    execute(SET, [json.dumps(rows)])
    if empty := [one.late.line for one in moved if not one.amount]:
        execute(REMOVE, [empty])


@dataclass(frozen=True)
class Finished:
    """What being late came to. ``suspended_until``: the last day on which the reader may not borrow."""

    amount: Decimal = NOTHING
    suspended_until: date | None = None


NOT_LATE = Finished()


def must_suspend(loan: Loan, *, until: datetime, by_rules: Reckoner) -> bool:
    """Whether ending the loan now keeps its reader from borrowing: then the reader has to be locked first of all."""
    return loan.lost_at is None and until > loan.due_at and _terms_of(loan, by_rules).suspends


def _terms_of(loan: Loan, by_rules: Reckoner) -> fines.FineTerms:
    return by_rules.terms(loan.copy.branch_id, loan.patron.tier_id, loan.copy.item_type_id)


def finish(
    loan: Loan,
    *,
    until: datetime,
    by: User | None,
    at: datetime,
    by_rules: Reckoner | None = None,
    is_running: bool | None = None,
) -> Finished:
    """Reckon a loan that ends, is renewed or is declared lost up to ``until``, and let its line stand as it is then.

    ``by_rules``, ``is_running``: the rules, and whether it has a line that runs, where somebody has looked. The caller
    holds the locks of copy and book, and of the patron where ``must_suspend``; the account is locked here, last.
    """
    if loan.lost_at is not None:
        return NOT_LATE
    is_late = until > loan.due_at
    by_rules = by_rules or reckoner(at=at) if is_late else by_rules
    terms = _terms_of(loan, by_rules) if is_late and by_rules else fines.FineTerms()
    if not terms.cost_money and not (_runs(loan) if is_running is None else is_running):
        return _suspended(loan, terms, until=until, by=by, at=at)
    ledger.lock_accounts([loan.patron_id])
    ends = replace(by_rules or reckoner(at=at), at=at, until={loan.pk: until})
    set_fines([loan.patron_id], ends)
    (amount,) = [amount for (amount,) in fetch(FREEZE + " RETURNING amount", [loan.pk])] or [NOTHING]
    found = _suspended(loan, terms, until=until, by=by, at=at)
    return Finished(Decimal(amount), found.suspended_until)


def _runs(loan: Loan) -> bool:
    return bool(fetch(RUNS, [loan.pk]))


def _suspended(loan: Loan, terms: fines.FineTerms, *, until: datetime, by: User | None, at: datetime) -> Finished:
    """Place what stands in place of money, from the day of the return on; of two the longer one stays."""
    if not terms.suspends:
        return NOT_LATE
    until = min(until, loan.claimed_returned_at or until)
    units = fines.units_late(
        loan.due_at,
        until,
        calendars.calendar_of(loan.branch_id),
        is_hourly=loan.is_hourly,
        skips_closed_days=terms.skips_closed_days,
    )
    length = fines.suspension_of(terms, units=units)
    last = days.date_of(until) + timedelta(days=length)
    if not length or last < days.today(at):
        return NOT_LATE
    standing = next((one for one in blocks.in_force(loan.patron, at=at) if one.code == SUSPENDED), None)
    if standing is None or (standing.until is not None and standing.until < last):
        blocks.replace_all_of(OWNER, patron=loan.patron, blocks=[blocks.NewBlock(SUSPENDED, until=last)], by=by, at=at)
    return Finished(suspended_until=last)


def running(patrons: Iterable[UUID], by_rules: Reckoner) -> list[LateLoan]:
    """What these patrons have out late, or runs although it no longer is: in the order of their due dates and ids."""
    late = [LateLoan(*row) for row in fetch(LATE, [list(patrons), by_rules.at])]
    by_rules.know_calendars({one.lent_at for one in late})
    return late


__all__ = ["NOT_LATE", "Finished", "LateLoan", "Reckoner", "finish", "must_suspend", "reckoner", "running", "set_fines"]
