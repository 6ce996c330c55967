"""What the rules look at, as plain values. Branches, tiers, item types and books are named by their ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from circulation.rules.matrix import RuleRow
from circulation.rules.opening_hours import Calendar
from library.core.errors import Level

ALWAYS_OPEN = Calendar()


@dataclass(frozen=True)
class LibrarySettings:
    """What holds for lending in the whole library. ``high_demand_holds`` None: no book is ever popular."""

    overdue_policy: str = "block"  # block | confirm | ignore
    one_copy_per_book: bool = True
    high_demand_holds: int | None = None
    high_demand_days: int | None = None
    max_total_fines: Decimal | None = None  # of all of a patron's loans that are still out; None: unlimited
    blocks_stop_placing: bool = True  # else what stands against a patron is an alert at that moment
    blocks_stop_serving: bool = True
    blocks_stop_borrowing: bool = True

    def popular_days(self, queued: int) -> int | None:
        """Days that a book is lent for with ``queued`` others in its queue; None where that makes no difference."""
        return self.high_demand_days if self.high_demand_holds and queued >= self.high_demand_holds else None


AS_SHIPPED = LibrarySettings()


@dataclass(frozen=True)
class CopyState:
    """A copy as the rules see it. ``lent_to`` and ``hold_for`` name a card; ``hold_state`` is that hold's.

    ``branch`` owns it; ``item_type`` None: an ordinary book; ``minimum_age``, in years, and ``book`` are its book's.
    ``queued_on_book``: holds of others that wait in the book's queue. ``queued_for_copy``: those of them that this
    copy's type and branch could serve. Suspended and future holds are in neither.
    """

    barcode: str
    branch: int
    item_type: int | None = None
    book: int = 0
    status: str = "available"
    not_for_loan: bool = False
    minimum_age: int | None = None
    lent_to: str | None = None
    hold_for: str | None = None
    hold_state: str | None = None
    queued_on_book: int = 0
    queued_for_copy: int = 0


@dataclass(frozen=True)
class OpenLoan:
    """One of a patron's open loans: of what it is and until when."""

    id: str
    barcode: str
    branch: int  # that owns the copy
    item_type: int | None
    book: int
    due_at: datetime
    is_claimed: bool = False  # the patron says that it was returned
    is_lost: bool = False  # staff say that it will not come back

    def is_overdue(self, at: datetime) -> bool:
        """Whether it should be back by ``at``; one that is claimed returned is not held against its patron, and a lost
        one is owed in money."""
        return self.due_at < at and self.is_counted

    @property
    def is_counted(self) -> bool:
        """Whether it counts towards limits."""
        return not (self.is_claimed or self.is_lost)


@dataclass(frozen=True)
class BlockState:
    """Something that stands against a patron, as some app has put it there. ``until``: its last day."""

    code: str
    level: Level = Level.OVERRIDABLE
    until: date | None = None
    note: str = ""

    def is_in_force(self, today: date) -> bool:
        """Whether it still counts."""
        return self.until is None or today <= self.until


@dataclass(frozen=True)
class PatronState:
    """A patron as the rules see them."""

    card: str
    tier: int
    is_active: bool = True
    expires_on: date | None = None  # the last day on which the card is good
    blocks: Sequence[BlockState] = ()
    birth_date: date | None = None
    wants_auto_renewal: bool = True
    tier_max_loans: int | None = None  # None or -1: unlimited
    tier_debt_limit: Decimal | None = None  # None: unlimited
    owed: Decimal = Decimal(0)  # open charges less free credit; below 0: the library owes it
    digits: int = 2  # behind the point of the library's currency
    loans: Sequence[OpenLoan] = ()


@dataclass(frozen=True)
class CheckOutState:
    """All that decides about a check-out. ``copy`` or ``patron`` None: what was scanned is unknown.

    ``rules``: the rows for the patron's tier. ``calendar``: of the branch where the loan is made. ``is_self``: the
    patron lends it to themselves.
    """

    barcode: str
    card: str
    copy: CopyState | None
    patron: PatronState | None
    rules: Sequence[RuleRow] = ()
    calendar: Calendar = ALWAYS_OPEN
    library: LibrarySettings = AS_SHIPPED
    is_self: bool = False


@dataclass(frozen=True)
class LoanState:
    """A loan as its renewal sees it."""

    id: str
    checked_out_at: datetime
    due_at: datetime
    renewals: int = 0
    is_claimed: bool = False
    is_lost: bool = False
    is_returned: bool = False


@dataclass(frozen=True)
class RenewalState:
    """All that decides about a renewal. ``calendar``: of the branch where the loan was made."""

    loan: LoanState
    copy: CopyState
    patron: PatronState
    rules: Sequence[RuleRow] = ()
    calendar: Calendar = ALWAYS_OPEN
    library: LibrarySettings = AS_SHIPPED
