"""What the rules look at, read from the database in as few queries as it takes. Read it under the locks.

Light rows instead of models: this is what every scan at the desk waits for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from accounts.models import Patron
from catalog.models import Branch, Copy
from circulation import rules
from circulation.models import BOUND_HOLD_STATES, HoldState, Loan
from circulation.rules.holds.serving import is_held_for
from circulation.state import locks
from circulation.state.blocks import BLOCKS, read_blocks
from circulation.state.calendars import calendars_under
from circulation.state.ledger import OWED
from circulation.state.queue import copy_to_hold
from circulation.state.remembered_rules import RuleSet, rule_set_for, tier_rows
from library.core.database.raw_rows import fetch

# All that decides about a scan and is not locked with it: the open loans of the patron and of the copy, who waits for
# the book (those whose holds sleep too, in the order of their places), the version of what decides, and what stands
# against the patron.
_AROUND = """
  (SELECT json_agg(json_build_array(loan.id, loan.copy_id, loan.patron_id, loan.due_at, loan.claimed_returned_at,
                     loan.lost_at IS NOT NULL, copy.barcode, copy.branch_id, copy.item_type_id, copy.book_id,
                     patron.card_number)
                   ORDER BY loan.due_at, loan.id)
   FROM circulation_loan AS loan
   JOIN catalog_copy AS copy ON copy.id = loan.copy_id
   JOIN accounts_patron AS patron ON patron.user_id = loan.patron_id
   WHERE loan.returned_at IS NULL AND (loan.patron_id = %(patron)s OR loan.copy_id = %(copy)s)),
  (SELECT json_agg(json_build_array(hold.id, hold.book_id, hold.copy_id, hold.patron_id, hold.state,
                     patron.card_number, patron.tier_id, hold.is_copy_level)
                   ORDER BY hold.position NULLS FIRST, hold.placed_at, hold.id)
   FROM circulation_hold AS hold JOIN accounts_patron AS patron ON patron.user_id = hold.patron_id
   WHERE hold.book_id = ANY({books}) AND hold.ended_at IS NULL),
  (SELECT token FROM circulation_calendarversion LIMIT 1),
  {blocks}, {owed}
"""
_BOOKS_AT_HOME = """ARRAY(SELECT copy.book_id FROM circulation_loan AS loan JOIN catalog_copy AS copy
   ON copy.id = loan.copy_id WHERE loan.patron_id = %(patron)s AND loan.returned_at IS NULL)"""
_AROUND_ONE = _AROUND.format(books="%(books)s", blocks=BLOCKS, owed=OWED)
_AROUND_HOME = _AROUND.format(books=_BOOKS_AT_HOME, blocks=BLOCKS, owed=OWED)
AROUND = f"SELECT {_AROUND_ONE}"
AT_DESK = f"""
SELECT {locks.PEOPLE.columns}, {locks.THINGS.columns}, {_AROUND_ONE}
FROM (SELECT) AS scan LEFT JOIN ({locks.PATRON_TABLES}) ON patron.user_id = %(patron)s
LEFT JOIN ({locks.COPY_TABLES}) ON copy.id = %(copy)s"""
AT_HOME = f"""
SELECT {locks.PEOPLE.columns}, {_AROUND_HOME}
FROM {locks.PATRON_TABLES} WHERE patron.user_id = %(patron)s"""


# A copy that waits for its reader counts for more than one that is still to be fetched.
FURTHEST_ON: Sequence[str] = [
    HoldState.READY,
    HoldState.IN_TRANSIT,
    HoldState.REQUESTED,
    HoldState.QUEUED,
    HoldState.SUSPENDED,
]


class OpenLoanRow(NamedTuple):
    """An open loan with what the limits ask of its copy."""

    pk: UUID
    copy: int
    patron: UUID
    due_at: datetime
    claimed_returned_at: datetime | None
    is_lost: bool
    barcode: str
    branch: int
    item_type: int | None
    book: int
    card: str


class OpenHoldRow(NamedTuple):
    """Somebody waits for a book."""

    pk: UUID
    book: int
    copy: int | None
    patron: UUID
    state: str
    card: str
    tier: int
    is_copy_level: bool

    @property
    def is_bound(self) -> bool:
        """Whether a copy is kept for it."""
        return self.state in BOUND_HOLD_STATES


class Around(NamedTuple):
    """What lies around a patron and a copy: open loans, who waits, the version of rules and calendars, what
    stands against the patron, and what they owe."""

    loans: list[OpenLoanRow]
    waiting: list[OpenHoldRow]
    version: UUID | None
    blocks: list[rules.BlockState]
    owed: Decimal = Decimal(0)


class AtDesk(NamedTuple):
    """A patron and a copy with all that is joined to them, each where there is one, and what lies around them."""

    patron: Patron | None
    copy: Copy | None
    around: Around


@dataclass(frozen=True)
class CheckOut:
    """All that decides about a check-out, and the rows that it will have to change."""

    state: rules.CheckOutState
    loan: OpenLoanRow | None = None  # that the copy is out on
    kept_for: OpenHoldRow | None = None  # the hold that the copy is bound to
    own: OpenHoldRow | None = None  # the patron's open hold that this loan fulfils


def at_desk(patron: UUID | None, copy: locks.CopyRow | None) -> AtDesk:
    """All that decides about a check-out as it is now, in one query; to be asked once both are locked."""
    asked = {"patron": patron, "copy": copy.pk if copy else None, "books": [copy.book] if copy else []}
    (row,) = fetch(AT_DESK, asked)
    people, things, around = _cut(row, locks.PEOPLE.width, locks.THINGS.width)
    found_people, found_things = locks.PEOPLE.read(people), locks.THINGS.read(things)
    return AtDesk(
        locks.read_patron(found_people) if found_people[0] else None,
        locks.read_copy(found_things) if found_things[0] else None,
        _read_around(around),
    )


def at_home(patron: UUID) -> tuple[Patron, Around] | None:
    """A patron with user and tier, their open loans, and who waits for the books of these; one query. None: nobody."""
    rows = fetch(AT_HOME, {"patron": patron, "copy": None})
    if not rows:
        return None
    people, around = _cut(rows[0], locks.PEOPLE.width)
    return locks.read_patron(locks.PEOPLE.read(people)), _read_around(around)


def _cut(row: Sequence[Any], *widths: int) -> Iterator[Sequence[Any]]:
    """``row`` in pieces of these widths, and the rest."""
    start = 0
    for width in widths:
        yield row[start : start + width]
        start += width
    yield row[start:]


def check_out(
    *,
    barcode: str,
    card: str,
    copy: Copy | None,
    patron: Patron | None,
    branch: Branch | None = None,
    is_self: bool = False,
    around: Around | None = None,
) -> CheckOut:
    """What a check-out looks at, as it is now: one query where nobody has changed the rules since the last.

    ``branch``: where the loan is made, else the copy's own. ``is_self``: the patron lends it to themselves.
    ``around``: where that was read under the same locks; else it is read.
    """
    if copy is None or patron is None:
        known_copy = rules.CopyState(barcode=copy.barcode, branch=copy.branch_id) if copy else None
        known_patron = rules.PatronState(card=patron.card_number, tier=patron.tier_id) if patron else None
        return CheckOut(rules.CheckOutState(barcode=barcode, card=card, copy=known_copy, patron=known_patron))
    around = around or _around(patron, copy=copy.pk, books=[copy.book_id])
    loans, waiting, version = around.loans, around.waiting, around.version
    rule_set = rule_set_for(patron.tier_id, version)
    loan = next((loan for loan in loans if loan.copy == copy.pk), None)
    kept_for = next((hold for hold in waiting if hold.copy == copy.pk and hold.is_bound), None)
    lends_at = branch.pk if branch else copy.branch_id
    state = rules.CheckOutState(
        barcode=barcode,
        card=card,
        copy=_copy_state(copy, patron, loan=loan, waiting=waiting, version=version),
        patron=_patron_state(patron, around, rule_set),
        rules=rule_set.rows,
        calendar=calendars_under([lends_at], version)[lends_at],
        library=rule_set.library,
        is_self=is_self,
    )
    return CheckOut(state, loan, kept_for, _fulfilled(copy, patron, waiting))


def _fulfilled(copy: Copy, patron: Patron, waiting: Iterable[OpenHoldRow]) -> OpenHoldRow | None:
    """The patron's hold that a loan of this copy fulfils: the one that it is bound to, one for this copy alone, else
    the one on the title that is furthest on. One for another copy alone stays."""
    own = [hold for hold in waiting if hold.patron == patron.pk and hold.book == copy.book_id]
    fitting = [hold for hold in own if not hold.is_copy_level or hold.copy == copy.pk]
    return min(fitting, key=lambda hold: _furthest_on(hold, copy), default=None)


def _furthest_on(hold: OpenHoldRow, copy: Copy) -> tuple[bool, bool, int]:
    is_this_one = hold.copy == copy.pk
    return not (is_this_one and hold.is_bound), not (is_this_one and hold.is_copy_level), FURTHEST_ON.index(hold.state)


def renewal(loan: Loan) -> rules.RenewalState:
    """What a renewal looks at, as it is now. ``loan`` with copy, book and patron."""
    return renewals([loan])[loan.pk]


def renewals(loans: Collection[Loan], *, around: Around | None = None) -> dict[UUID, rules.RenewalState]:
    """As ``renewal``, of several loans of one patron, in a constant number of queries. ``around``: as ``check_out``."""
    if not loans:
        return {}
    patron = next(iter(loans)).patron
    around = around or _around(patron, books={loan.copy.book_id for loan in loans})
    theirs, waiting, version = around.loans, around.waiting, around.version
    rule_set = rule_set_for(patron.tier_id, version)
    calendars = calendars_under({loan.branch_id for loan in loans}, version)
    patron_state = _patron_state(patron, around, rule_set)
    own = {loan.pk: loan for loan in theirs}
    return {
        loan.pk: rules.RenewalState(
            loan=_loan_state(loan),
            copy=_copy_state(loan.copy, patron, loan=own.get(loan.pk), waiting=waiting, version=version),
            patron=patron_state,
            rules=rule_set.rows,
            calendar=calendars[loan.branch_id],
            library=rule_set.library,
        )
        for loan in loans
    }


def check_out_state(**given: Any) -> rules.CheckOutState:
    """What ``check_out`` reads, for the rules alone."""
    return check_out(**given).state


def _around(patron: Patron, *, copy: int | None = None, books: Iterable[int] = ()) -> Around:
    (row,) = fetch(AROUND, {"patron": patron.pk, "copy": copy, "books": list(books)})
    return _read_around(row)


def _read_around(row: Sequence[Any]) -> Around:
    loans, waiting, version, blocks, owed = row
    return Around(
        [_open_loan(one) for one in loans or ()],
        [_open_hold(one) for one in waiting or ()],
        version,
        read_blocks(blocks),
        owed,
    )


def _open_loan(row: Sequence[Any]) -> OpenLoanRow:
    pk, copy, patron, due_at, claimed_at, *rest = row
    claimed = datetime.fromisoformat(claimed_at) if claimed_at else None
    return OpenLoanRow(UUID(pk), copy, UUID(patron), datetime.fromisoformat(due_at), claimed, *rest)


def _open_hold(row: Sequence[Any]) -> OpenHoldRow:
    pk, book, copy, patron, *rest = row
    return OpenHoldRow(UUID(pk), book, copy, UUID(patron), *rest)


def _patron_state(patron: Patron, around: Around, rule_set: RuleSet) -> rules.PatronState:
    return rules.PatronState(
        card=patron.card_number,
        tier=patron.tier_id,
        is_active=patron.user.is_active,
        expires_on=patron.expires_on,
        blocks=around.blocks,
        birth_date=patron.birth_date,
        wants_auto_renewal=patron.wants_auto_renewal,
        tier_max_loans=patron.tier.max_loans,
        tier_debt_limit=patron.tier.debt_limit,
        owed=around.owed,
        digits=rule_set.digits,
        loans=[_limited(loan) for loan in around.loans if loan.patron == patron.pk],
    )


def _limited(loan: OpenLoanRow) -> rules.OpenLoan:
    return rules.OpenLoan(
        id=str(loan.pk),
        barcode=loan.barcode,
        branch=loan.branch,
        item_type=loan.item_type,
        book=loan.book,
        due_at=loan.due_at,
        is_claimed=loan.claimed_returned_at is not None,
        is_lost=loan.is_lost,
    )


def _copy_state(
    copy: Copy,
    patron: Patron,
    *,
    loan: OpenLoanRow | None,
    waiting: Sequence[OpenHoldRow],
    version: UUID | None,
) -> rules.CopyState:
    kept_for = next((hold for hold in waiting if hold.copy == copy.pk and hold.is_bound), None)
    others = (hold for hold in waiting if hold.book == copy.book_id and hold.patron != patron.pk)
    queued = [hold for hold in others if hold.state == HoldState.QUEUED]
    return rules.CopyState(
        barcode=copy.barcode,
        branch=copy.branch_id,
        item_type=copy.item_type_id,
        book=copy.book_id,
        status=copy.status,
        not_for_loan=copy.not_for_loan,
        minimum_age=copy.book.minimum_age,
        lent_to=loan.card if loan else None,
        hold_for=kept_for.card if kept_for else None,
        hold_state=kept_for.state if kept_for else None,
        queued_on_book=len(queued),
        queued_for_copy=sum(_could_serve(copy, hold, version) for hold in queued),
    )


def _could_serve(copy: Copy, hold: OpenHoldRow, version: UUID | None) -> bool:
    """As ``rules.holds.serving``: a constant number of queries, none where nobody has changed the rules."""
    if copy.not_for_loan or (hold.is_copy_level and hold.copy != copy.pk):
        return False
    return is_held_for(copy_to_hold(copy), hold.tier, tier_rows(hold.tier, version))


def _loan_state(loan: Loan) -> rules.LoanState:
    return rules.LoanState(
        id=str(loan.pk),
        checked_out_at=loan.checked_out_at,
        due_at=loan.due_at,
        renewals=loan.renewals,
        is_claimed=loan.claimed_returned_at is not None,
        is_lost=loan.lost_at is not None,
        is_returned=loan.returned_at is not None,
    )
