"""What lending knows: reads only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import Patron
from catalog.models import Book, Branch, Copy
from circulation import rules
from circulation.models import Hold, HoldQuerySet, HoldState, Loan, LoanQuerySet, LoanRule

# How long a refused request stays among a reader's requests, so that they learn of it.
REFUSALS_SHOWN = timedelta(days=14)


def find_copy(scanned: str) -> Copy | None:
    """The copy with this barcode, without surrounding space and whatever its case."""
    return Copy.objects.select_related("book", "branch").filter(barcode__iexact=scanned.strip()).first()


def find_patron(scanned: str) -> Patron | None:
    """The patron with this card, without surrounding space and whatever its case."""
    return Patron.objects.select_related("user", "tier").filter(card_number__iexact=scanned.strip()).first()


def open_loan(patron: Patron, book: Book) -> Loan | None:
    """The patron's oldest open loan of a copy of the book."""
    return Loan.objects.open().with_names().filter(patron=patron, copy__book=book).order_by("checked_out_at").first()


def open_hold(patron: Patron, book: Book) -> Hold | None:
    """The patron's open hold on the book: the database allows one."""
    return Hold.objects.open().with_names().filter(patron=patron, book=book).first()


def open_loan_of(copy: Copy) -> Loan | None:
    """The loan that the copy is out on."""
    return Loan.objects.open().with_names().filter(copy=copy).first()


def bound_hold(copy: Copy) -> Hold | None:
    """The hold that the copy is kept for: requested, on its way or ready."""
    return Hold.objects.bound().with_names().filter(copy=copy).first()


def home_loans(patron: Patron) -> LoanQuerySet:
    """What the patron has at home, what is due first at the head."""
    return Loan.objects.open().with_names().filter(patron=patron).order_by("due_at", "id")


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
    """What is to be fetched from the shelves, in the order of a walk: branch, shelf mark, then the oldest request."""
    waiting = Hold.objects.with_names().filter(state=HoldState.REQUESTED)
    if branch is not None:
        waiting = waiting.filter(pickup_branch=branch)
    return waiting.order_by("pickup_branch__name", "copy__shelf_mark", "placed_at", "id")


def branches_with_free_copies(book: Book) -> list[Branch]:
    """Where a copy of the book stands free, by name."""
    return list(Branch.objects.filter(pk__in=Copy.objects.free().filter(book=book).values("branch")).order_by("name"))


def rule_rows(*, branch: int, tier: int) -> list[rules.RuleRow]:
    """The rows of the rule matrix that fit a branch and a tier; pure code picks among them."""
    fitting = LoanRule.objects.filter(Q(branch=None) | Q(branch=branch), Q(tier=None) | Q(tier=tier))
    return [
        rules.RuleRow(branch=row.branch_id, tier=row.tier_id, loan_period=row.loan_period, max_loans=row.max_loans)
        for row in fitting
    ]


def check_out_state(*, barcode: str, card: str, copy: Copy | None, patron: Patron | None) -> rules.CheckOutState:
    """All that decides about a check-out, as it is now; read it under the locks."""
    known = copy is not None and patron is not None
    return rules.CheckOutState(
        barcode=barcode,
        card=card,
        copy=copy_state(copy) if copy else None,
        patron=patron_state(patron) if patron else None,
        rules=rule_rows(branch=copy.branch_id, tier=patron.tier_id) if known else (),  # type: ignore[union-attr]  # known
        time_zone=timezone.get_default_timezone(),
    )


def copy_state(copy: Copy) -> rules.CopyState:
    """The copy with who has it and who waits for it."""
    loan, hold = open_loan_of(copy), bound_hold(copy)
    return rules.CopyState(
        barcode=copy.barcode,
        branch=copy.branch_id,
        status=copy.status,
        not_for_loan=copy.not_for_loan,
        lent_to=loan.patron.card_number if loan else None,
        hold_for=hold.patron.card_number if hold else None,
        hold_state=hold.state if hold else None,
    )


def patron_state(patron: Patron) -> rules.PatronState:
    """The patron with their open loans by branch."""
    counts = Loan.objects.open().filter(patron=patron).values_list("copy__branch").order_by().annotate(Count("pk"))
    return rules.PatronState(
        card=patron.card_number,
        tier=patron.tier_id,
        is_active=patron.user.is_active,
        loans_by_branch=dict(counts),
        tier_max_loans=patron.tier.max_loans,
    )


def request_state(*, book: Book, patron: Patron, branch: Branch, is_free_here: bool) -> rules.RequestState:
    """All that decides about a request, as it is now; read it under the locks."""
    open_holds = list(Hold.objects.open().filter(patron=patron).values_list("book_id", flat=True))
    return rules.RequestState(
        card=patron.card_number,
        branch=branch.name,
        is_active=patron.user.is_active,
        already_held=book.pk in open_holds,
        already_on_loan=Loan.objects.open().filter(patron=patron, copy__book=book).exists(),
        holds=len(open_holds),
        tier_max_holds=patron.tier.max_holds,
        is_free_here=is_free_here,
        free_elsewhere=() if is_free_here else [other.name for other in branches_with_free_copies(book)],
    )


def loans_and_limit(patron: Patron, branch_id: int) -> tuple[int, int | None]:
    """How many loans of the patron the limit at a branch counts, and that limit; None: there is none."""
    state = patron_state(patron)
    setting = rules.resolve(rule_rows(branch=branch_id, tier=patron.tier_id), branch=branch_id, tier=patron.tier_id)
    limit = setting.max_loans.value
    return rules.counted_loans(state, setting.max_loans), None if limit == rules.UNLIMITED else limit


def patron_of(user_id: UUID) -> Patron | None:
    """The patron that a signed-in user is."""
    return Patron.objects.select_related("user", "tier").filter(pk=user_id).first()
