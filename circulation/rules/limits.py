"""How many loans a patron may have at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from circulation import errors
from circulation.rules.matrix import UNLIMITED, RuleRow, RuleValues, Setting, is_reached, look_up
from circulation.rules.states import CheckOutState, OpenLoan, PatronState
from library.core.errors import Reason


def limit_reasons(patron: PatronState, values: RuleValues, rules: Sequence[RuleRow]) -> Iterator[Reason]:
    """The limit of the rule, then the total of the tier."""
    limit = values.max_loans
    loans = len(counted_loans(patron, limit, rules))
    if is_reached(limit.value, loans):
        yield errors.LoanLimitReached.reason(loans=loans, limit=limit.value)
    total = len(unclaimed(patron.loans))
    if is_reached(patron.tier_max_loans, total):
        yield errors.TotalLoanLimitReached.reason(loans=total, limit=patron.tier_max_loans)


def unclaimed(loans: Iterable[OpenLoan]) -> list[OpenLoan]:
    """The loans that count: not those that the patron says were returned, nor what is lost."""
    return [loan for loan in loans if loan.is_counted]


def counted_loans(patron: PatronState, limit: Setting[int | None], rules: Sequence[RuleRow]) -> list[OpenLoan]:
    """The open loans that a loan limit counts.

    A row of one branch counts copies of that branch, a row of one item type copies of that type; a row for all types
    does not count a copy of a type that has a limit of its own.
    """
    row = limit.row
    if row is None or limit.value == UNLIMITED:
        return unclaimed(patron.loans)
    of_branch = [loan for loan in unclaimed(patron.loans) if row.branch in {None, loan.branch}]
    if row.item_type is not None:
        return [loan for loan in of_branch if loan.item_type == row.item_type]
    return [loan for loan in of_branch if not _has_limit_of_its_type(loan, patron.tier, rules)]


def loans_and_limit(state: CheckOutState, values: RuleValues, *, due_at: datetime) -> tuple[int, int | None]:
    """How many loans the limit counts once the copy of ``state`` is lent until ``due_at``, and that limit.

    The limit is None where there is none.
    """
    copy, patron, limit = state.copy, state.patron, values.max_loans
    assert copy is not None  # what was lent
    assert patron is not None  # and to whom
    lent = OpenLoan(
        id="", barcode=copy.barcode, branch=copy.branch, item_type=copy.item_type, book=copy.book, due_at=due_at
    )
    counted = counted_loans(replace(patron, loans=[*patron.loans, lent]), limit, state.rules)
    return len(counted), None if limit.value == UNLIMITED else limit.value


def _has_limit_of_its_type(loan: OpenLoan, tier: int, rules: Sequence[RuleRow]) -> bool:
    own = look_up(rules, "max_loans", branch=loan.branch, tier=tier, item_type=loan.item_type)
    return own.row is not None and own.row.item_type is not None
