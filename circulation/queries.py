"""What lending knows: reads only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet

from accounts.models import Patron
from catalog.models import Book, Branch, Copy
from circulation.models import (
    Hold,
    HoldQuerySet,
    HoldState,
    Loan,
    LoanQuerySet,
    LoanRule,
)
from circulation.rules.matrix import SCOPE
from circulation.state.remembered_rules import lending_settings, rule_rows
from circulation.state.snapshot import check_out_state
from circulation.state.snapshot import renewal as renewal_state
from circulation.state.snapshot import renewals as renewal_states
from library.core import days

__all__ = ["check_out_state", "lending_settings", "renewal_state", "renewal_states", "rule_rows"]

# How long a refused request stays among a reader's requests, so that they learn of it.
REFUSALS_SHOWN = timedelta(days=14)


def find_copy(scanned: str) -> Copy | None:
    """The copy with this barcode, however it was typed or scanned (``library.core.typed``)."""
    return Copy.objects.select_related("book", "branch").filter(barcode_folded=scanned).first()


def find_patron(scanned: str) -> Patron | None:
    """The patron with this card, however it was typed or scanned."""
    return Patron.objects.select_related("user", "tier").filter(card_folded=scanned).first()


def open_loan(patron: Patron, book: Book) -> Loan | None:
    """The patron's oldest open loan of a copy of the book."""
    return Loan.objects.open().with_names().filter(patron=patron, copy__book=book).order_by("checked_out_at").first()


def open_holds(patron: Patron, book: Book) -> list[Hold]:
    """The patron's open holds on the book, the oldest first."""
    return list(Hold.objects.open().with_names().filter(patron=patron, book=book).order_by("placed_at", "id"))


def in_line(book: Book) -> int:
    """How many holds wait for a copy of the book, those that sleep too."""
    return Hold.objects.in_line().filter(book=book).count()


def pickup_branches() -> list[Branch]:
    """Where readers may fetch what they asked for."""
    return list(Branch.objects.filter(is_pickup=True))


def lets_ask_again() -> bool:
    """Whether any rule lets a reader have more than one hold on a book."""
    return LoanRule.objects.filter(Q(holds_per_book__gt=1) | Q(holds_per_book=-1)).exists()


def home_loans(patron: Patron) -> LoanQuerySet:
    """What the patron has at home, what is due first at the head."""
    return home_loans_of(patron.pk)


def home_loans_of(user_id: UUID) -> LoanQuerySet:
    """As ``home_loans``, of the patron that a user is."""
    return Loan.objects.open().with_names().filter(patron=user_id).order_by("due_at", "id")


def open_holds_of(user_id: UUID) -> HoldQuerySet:
    """What they wait for, in the order of asking."""
    return Hold.objects.open().with_names().filter(patron=user_id).order_by("placed_at", "id")


def home_holds(patron: Patron) -> Iterable[Hold]:
    """What the patron waits for: what is ready first, then in the order of asking."""
    waiting = Hold.objects.open().with_names().filter(patron=patron)
    return sorted(waiting, key=lambda hold: (hold.state != HoldState.READY, hold.placed_at))


def refused_holds(patron: Patron, *, at: datetime) -> Iterable[Hold]:
    """Requests of the patron that staff refused of late, with their reasons."""
    return (
        Hold.objects.with_names()
        .filter(patron=patron, state=HoldState.REFUSED, ended_at__gte=at - REFUSALS_SHOWN)
        .order_by("-ended_at")
    )


def past_loans(patron: Patron) -> LoanQuerySet:
    """What the patron has brought back, the newest first."""
    return Loan.objects.with_names().filter(patron=patron, returned_at__isnull=False).order_by("-returned_at", "-id")


def pick_list(branch: Branch | None = None) -> HoldQuerySet:
    """What is to be fetched from the shelves of a branch, in the order of a walk: shelf mark, then the oldest."""
    waiting = Hold.objects.with_names().filter(state=HoldState.REQUESTED)
    if branch is not None:
        waiting = waiting.filter(copy__branch=branch)
    return waiting.order_by("copy__branch__name", "copy__shelf_mark", "placed_at", "id")


def matrix() -> QuerySet[LoanRule]:
    """The whole matrix, the row for everyone first, then by the names of branch, tier and item type."""
    first = {"nulls_first": True}
    return LoanRule.objects.select_related(*SCOPE).order_by(
        F("branch__name").asc(**first), F("tier__name").asc(**first), F("item_type__name").asc(**first), "pk"
    )


def due_for_automatic_renewal(*, since: datetime, at: datetime) -> LoanQuerySet:
    """Open loans due between ``since`` and the end of the library's day ``at``, an hourly one by ``at``."""
    return Loan.objects.open().filter(
        Q(is_hourly=False, due_at__lte=days.end_of(days.today(at))) | Q(due_at__lte=at),
        due_at__gte=since,
        claimed_returned_at=None,
        lost_at=None,
        patron__wants_auto_renewal=True,
    )


def patron_of(user_id: UUID) -> Patron | None:
    """The patron that a signed-in user is."""
    return Patron.objects.select_related("user", "tier").filter(pk=user_id).first()
