"""What the rules look at, read from the database in as few queries as it takes. Read it under the locks.

Light rows instead of models: this is what every scan at the desk waits for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet, Subquery
from django.utils import timezone

from accounts.models import Patron
from catalog.models import Branch, Copy
from circulation import rules
from circulation.calendars import calendars_of
from circulation.matrix import DEFAULTS, SCOPE, UNLIMITED, RuleRow, look_up
from circulation.models import (
    BOUND_HOLD_STATES,
    CalendarVersion,
    Hold,
    HoldState,
    LendingSettings,
    Loan,
    LoanRule,
)
from circulation.models.rules import scope_in_words
from circulation.opening import Calendar

LIBRARY = ("overdue_policy", "one_copy_per_book", "high_demand_holds", "high_demand_days")
CALENDARS_KEPT = 500


class OpenLoan(NamedTuple):
    """An open loan with what the limits ask of its copy."""

    pk: UUID
    copy: int
    patron: UUID
    due_at: datetime
    claimed_returned_at: datetime | None
    barcode: str
    branch: int
    item_type: int | None
    book: int
    card: str


class OpenHold(NamedTuple):
    """Somebody waits for a book."""

    pk: UUID
    book: int
    copy: int | None
    patron: UUID
    state: str
    card: str

    @property
    def is_bound(self) -> bool:
        """Whether a copy is kept for it."""
        return self.state in BOUND_HOLD_STATES


@dataclass(frozen=True)
class Policy:
    """The library's rules for one tier: rows of the matrix, settings, and the version of all calendars."""

    rows: Sequence[RuleRow]
    library: rules.LibrarySettings
    calendar_version: UUID | None


@dataclass(frozen=True)
class CheckOut:
    """All that decides about a check-out, and the rows that it will have to change."""

    state: rules.CheckOutState
    loan: OpenLoan | None = None  # that the copy is out on
    kept_for: OpenHold | None = None  # the hold that the copy is bound to
    own: OpenHold | None = None  # the patron's open hold on the book


def check_out(
    *,
    barcode: str,
    card: str,
    copy: Copy | None,
    patron: Patron | None,
    branch: Branch | None = None,
    is_self: bool = False,
) -> CheckOut:
    """What a check-out looks at, as it is now: three queries, however many loans the patron has.

    ``branch``: where the loan is made, else the copy's own. ``is_self``: the patron lends it to themselves.
    """
    if copy is None or patron is None:
        known_copy = rules.CopyState(barcode=copy.barcode, branch=copy.branch_id) if copy else None
        known_patron = rules.PatronState(card=patron.card_number, tier=patron.tier_id) if patron else None
        return CheckOut(rules.CheckOutState(barcode=barcode, card=card, copy=known_copy, patron=known_patron))
    loans = _open_loans(Q(patron=patron) | Q(copy=copy))
    waiting = _waiting([copy.book_id])
    policy = policy_for(patron.tier_id)
    loan = next((loan for loan in loans if loan.copy == copy.pk), None)
    kept_for = next((hold for hold in waiting if hold.copy == copy.pk and hold.is_bound), None)
    state = rules.CheckOutState(
        barcode=barcode,
        card=card,
        copy=_copy_state(copy, patron, loan=loan, waiting=waiting),
        patron=_patron_state(patron, loans),
        rules=policy.rows,
        calendar=_calendar(branch.pk if branch else copy.branch_id, policy.calendar_version),
        library=policy.library,
        is_self=is_self,
    )
    return CheckOut(state, loan, kept_for, next((hold for hold in waiting if hold.patron == patron.pk), None))


def renewal(loan: Loan) -> rules.RenewalState:
    """What a renewal looks at, as it is now. ``loan`` with copy, book and patron."""
    return renewals([loan])[loan.pk]


def renewals(loans: Collection[Loan]) -> dict[UUID, rules.RenewalState]:
    """As ``renewal``, of several loans of one patron, in a constant number of queries."""
    if not loans:
        return {}
    patron = next(iter(loans)).patron
    theirs = _open_loans(Q(patron=patron))
    waiting = _waiting({loan.copy.book_id for loan in loans})
    policy = policy_for(patron.tier_id)
    branches = {loan.branch_id for loan in loans}
    calendars = _calendars(branches, policy.calendar_version)
    patron_state = _patron_state(patron, theirs)
    own = {loan.pk: loan for loan in theirs}
    return {
        loan.pk: rules.RenewalState(
            loan=_loan_state(loan),
            copy=_copy_state(loan.copy, patron, loan=own.get(loan.pk), waiting=waiting),
            patron=patron_state,
            rules=policy.rows,
            calendar=calendars[loan.branch_id],
            library=policy.library,
        )
        for loan in loans
    }


def loans_and_limit(patron: Patron, copy: Copy) -> tuple[int, int | None]:
    """How many loans of the patron the limit for such a copy counts, and that limit; None: there is none."""
    rows = policy_for(patron.tier_id).rows
    limit = look_up(rows, "max_loans", branch=copy.branch_id, tier=patron.tier_id, item_type=copy.item_type_id)
    loans = rules.counted_loans(_patron_state(patron, _open_loans(Q(patron=patron))), limit, rows)
    return len(loans), None if limit.value == UNLIMITED else limit.value


def policy_for(tier: int | None) -> Policy:
    """The rows of the matrix that speak of a tier (None: all), of every branch and item type, for a reader's other
    loans count too; and what holds beside them. One query where there is a row at all."""
    columns = (*(f"{scope}_id" for scope in SCOPE), *(f"{scope}__name" for scope in SCOPE), "pk", *DEFAULTS)
    found = list(_beside(_matrix(tier)).values_list(*columns, *(f"of_{name}" for name in LIBRARY), "version"))
    if not found:
        return Policy((), lending_settings(), None)
    at = len(columns)
    *library_values, version = found[0][at:]
    library_state = rules.LibrarySettings(*library_values) if library_values[0] else rules.LibrarySettings()
    return Policy([_rule_row(row) for row in found], library_state, version)


def lending_settings() -> rules.LibrarySettings:
    """What holds for lending in the whole library."""
    row = LendingSettings.objects.values_list(*LIBRARY).first()
    return rules.LibrarySettings(*row) if row else rules.LibrarySettings()


def check_out_state(**given: Any) -> rules.CheckOutState:
    """What ``check_out`` reads, for the rules alone."""
    return check_out(**given).state


def rule_rows(*, tier: int | None = None) -> Sequence[RuleRow]:
    """The rows of the matrix that speak of a tier, or all. Pure code picks among them."""
    return policy_for(tier).rows


def _matrix(tier: int | None) -> QuerySet[LoanRule]:
    rows = LoanRule.objects.order_by("pk")
    return rows if tier is None else rows.filter(Q(tier=None) | Q(tier=tier))


def _beside(rows: QuerySet[LoanRule]) -> QuerySet[Any]:
    """Each row with the library's settings and the version of its calendars: a query less for every scan."""
    only = LendingSettings.objects.order_by()
    library = {f"of_{name}": Subquery(only.values(name)[:1]) for name in LIBRARY}
    return rows.annotate(**library, version=Subquery(CalendarVersion.objects.values("token")[:1]))


def _rule_row(row: Sequence[Any]) -> RuleRow:
    ids, names, rest = row[:3], row[3:6], row[6:]
    values = dict(zip(DEFAULTS, rest[1:], strict=False))
    return RuleRow(**dict(zip(SCOPE, ids, strict=True)), id=rest[0], label=scope_in_words(*names), **values)


def _open_loans(which: Q) -> list[OpenLoan]:
    rows = Loan.objects.filter(which, returned_at=None).order_by("due_at", "pk")
    columns = (
        "pk", "copy_id", "patron_id", "due_at", "claimed_returned_at",
        "copy__barcode", "copy__branch_id", "copy__item_type_id", "copy__book_id", "patron__card_number",
    )  # fmt: skip
    return [OpenLoan(*row) for row in rows.values_list(*columns)]


def _waiting(books: Iterable[int]) -> list[OpenHold]:
    """Who waits for these books, those whose holds sleep too; the oldest first."""
    rows = Hold.objects.filter(book__in=books, ended_at=None).order_by("placed_at", "pk")
    columns = ("pk", "book_id", "copy_id", "patron_id", "state", "patron__card_number")
    return [OpenHold(*row) for row in rows.values_list(*columns)]


def _patron_state(patron: Patron, loans: Iterable[OpenLoan]) -> rules.PatronState:
    return rules.PatronState(
        card=patron.card_number,
        tier=patron.tier_id,
        is_active=patron.user.is_active,
        is_card_lost=patron.is_card_lost,
        expires_on=patron.expires_on,
        is_restricted=patron.is_restricted,
        restricted_until=patron.restricted_until,
        restriction_note=patron.restriction_note,
        is_address_confirmed=patron.is_address_confirmed,
        birth_date=patron.birth_date,
        wants_auto_renewal=patron.wants_auto_renewal,
        tier_max_loans=patron.tier.max_loans,
        loans=[_limited(loan) for loan in loans if loan.patron == patron.pk],
    )


def _limited(loan: OpenLoan) -> rules.OpenLoan:
    return rules.OpenLoan(
        id=str(loan.pk),
        barcode=loan.barcode,
        branch=loan.branch,
        item_type=loan.item_type,
        book=loan.book,
        due_at=loan.due_at,
        is_claimed=loan.claimed_returned_at is not None,
    )


def _copy_state(copy: Copy, patron: Patron, *, loan: OpenLoan | None, waiting: Sequence[OpenHold]) -> rules.CopyState:
    kept_for = next((hold for hold in waiting if hold.copy == copy.pk and hold.is_bound), None)
    others = (hold for hold in waiting if hold.book == copy.book_id and hold.patron != patron.pk)
    queued = sum(hold.state == HoldState.QUEUED for hold in others)
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
        queued_on_book=queued,
        queued_for_copy=0 if copy.not_for_loan else queued,
    )


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


# This process's own, under the version that the database renews with every change: what is found here is true.
_kept: dict[tuple[UUID, int, str], Calendar] = {}


def _calendar(branch: int, version: UUID | None) -> Calendar:
    return _calendars([branch], version)[branch]


def _calendars(branches: Collection[int], version: UUID | None) -> dict[int, Calendar]:
    if version is None:
        return _read(branches)
    keys = {branch: (version, branch, settings.TIME_ZONE) for branch in branches}
    missing = [branch for branch, key in keys.items() if key not in _kept]
    if missing:
        if len(_kept) > CALENDARS_KEPT:
            _kept.clear()
        _kept.update({keys[branch]: calendar for branch, calendar in _read(missing).items()})
    return {branch: _kept[key] for branch, key in keys.items()}


def _read(branches: Collection[int]) -> dict[int, Calendar]:
    found = calendars_of(branches)
    return {branch: found.get(branch) or Calendar(time_zone=timezone.get_default_timezone()) for branch in branches}
