"""What lending knows: reads only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, When
from django.utils import timezone

from accounts.models import Patron
from catalog.models import Book, Branch, Copy
from circulation import calendars, rules
from circulation.matrix import DEFAULTS, SCOPE, UNLIMITED, RuleRow, look_up
from circulation.models import (
    BOUND_HOLD_STATES,
    Hold,
    HoldQuerySet,
    HoldState,
    LendingSettings,
    Loan,
    LoanQuerySet,
    LoanRule,
)

# How long a refused request stays among a reader's requests, so that they learn of it.
REFUSALS_SHOWN = timedelta(days=14)
WAITING = [*BOUND_HOLD_STATES, HoldState.QUEUED]  # holds that count; those that sleep do not
SETTINGS_KEY, SETTINGS_KEPT = "circulation:lending-settings", 60  # seconds


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
    waiting = with_positions(Hold.objects.open().with_names().filter(patron=patron))
    return sorted(waiting, key=lambda hold: (hold.state != HoldState.READY, hold.placed_at))


def with_positions(holds: HoldQuerySet) -> HoldQuerySet:
    """``holds``, each with ``position``: its place in its book's queue, the first is 1; None where it is not queued."""
    ahead = (
        Hold.objects.filter(book=OuterRef("book"), state=HoldState.QUEUED)
        .filter(Q(placed_at__lt=OuterRef("placed_at")) | Q(placed_at=OuterRef("placed_at"), pk__lte=OuterRef("pk")))
        .order_by()
        .values("book")
        .annotate(count=Count("pk"))
        .values("count")
    )
    return holds.annotate(position=Case(When(state=HoldState.QUEUED, then=Subquery(ahead)), default=None))


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


def rule_rows(*, tier: int | None = None) -> list[RuleRow]:
    """The rows of the matrix that speak of a tier, or all: of every branch and item type, for a reader's other loans
    count too. Pure code picks among them."""
    fitting = LoanRule.objects.select_related(*SCOPE)
    if tier is not None:
        fitting = fitting.filter(Q(tier=None) | Q(tier=tier))
    return [
        RuleRow(
            branch=row.branch_id, tier=row.tier_id, item_type=row.item_type_id, id=row.pk, label=str(row),
            **{parameter: getattr(row, parameter) for parameter in DEFAULTS},
        )
        for row in fitting.order_by("pk")
    ]  # fmt: skip


def matrix_rows() -> list[LoanRule]:
    """The whole matrix, the row for everyone first, then by the names of branch, tier and item type."""
    first = {"nulls_first": True}
    return list(
        LoanRule.objects.select_related(*SCOPE).order_by(
            F("branch__name").asc(**first), F("tier__name").asc(**first), F("item_type__name").asc(**first), "pk"
        )
    )


def lending_settings() -> rules.LibrarySettings:
    """What holds for lending in the whole library. Kept for a minute: ``forget_lending_settings`` ends it sooner."""
    kept: rules.LibrarySettings | None = cache.get(SETTINGS_KEY)
    if kept is None:
        row = LendingSettings.objects.first() or LendingSettings()
        kept = rules.LibrarySettings(
            overdue_policy=row.overdue_policy,
            one_copy_per_book=row.one_copy_per_book,
            high_demand_holds=row.high_demand_holds,
            high_demand_days=row.high_demand_days,
        )
        cache.set(SETTINGS_KEY, kept, SETTINGS_KEPT)
    return kept


def forget_lending_settings() -> None:
    """Read the settings anew from the next time on, here and wherever the change is seen once it is committed."""
    cache.delete(SETTINGS_KEY)
    transaction.on_commit(lambda: cache.delete(SETTINGS_KEY))


def check_out_state(
    *,
    barcode: str,
    card: str,
    copy: Copy | None,
    patron: Patron | None,
    branch: Branch | None = None,
    is_self: bool = False,
) -> rules.CheckOutState:
    """All that decides about a check-out, as it is now; read it under the locks.

    ``branch``: where the loan is made, else the copy's own. ``is_self``: the patron lends it to themselves. A constant
    number of queries, however many loans the patron has.
    """
    if copy is None or patron is None:
        return rules.CheckOutState(
            barcode=barcode,
            card=card,
            copy=rules.CopyState(barcode=copy.barcode, branch=copy.branch_id) if copy else None,
            patron=rules.PatronState(card=patron.card_number, tier=patron.tier_id) if patron else None,
        )
    return rules.CheckOutState(
        barcode=barcode,
        card=card,
        copy=copy_state(copy, patron),
        patron=patron_state(patron),
        rules=rule_rows(tier=patron.tier_id),
        calendar=calendars.calendar_of(branch.pk if branch else copy.branch_id),
        library=lending_settings(),
        is_self=is_self,
    )


def renewal_state(loan: Loan) -> rules.RenewalState:
    """All that decides about a renewal, as it is now; read it under the locks. ``loan`` with copy, book and patron."""
    patron = loan.patron
    return rules.RenewalState(
        loan=loan_state(loan),
        copy=copy_state(loan.copy, patron),
        patron=patron_state(patron),
        rules=rule_rows(tier=patron.tier_id),
        calendar=calendars.calendar_of(loan.branch_id),
        library=lending_settings(),
    )


def loan_state(loan: Loan) -> rules.LoanState:
    """A loan as its renewal sees it."""
    return rules.LoanState(
        id=str(loan.pk),
        checked_out_at=loan.checked_out_at,
        due_at=loan.due_at,
        renewals=loan.renewals,
        is_claimed=loan.claimed_returned_at is not None,
        is_lost=loan.lost_at is not None,
        is_returned=loan.returned_at is not None,
    )


def due_for_automatic_renewal(*, since: datetime, at: datetime, after: tuple[datetime, UUID] | None) -> LoanQuerySet:
    """Open loans due between ``since`` and the end of the library's day ``at``, an hourly one by ``at``; in the order
    of their due dates, from the one ``after`` which comes."""
    zone = timezone.get_default_timezone()
    tomorrow = datetime.combine(timezone.localtime(at, zone).date() + timedelta(days=1), time.min, tzinfo=zone)
    loans = Loan.objects.open().filter(
        Q(is_hourly=False, due_at__lt=tomorrow) | Q(due_at__lte=at),
        due_at__gte=since, claimed_returned_at=None, lost_at=None, patron__wants_auto_renewal=True,
    )  # fmt: skip
    if after is not None:
        due_at, pk = after
        loans = loans.filter(Q(due_at__gt=due_at) | Q(due_at=due_at, pk__gt=pk))
    return loans.select_related("copy", "patron").order_by("due_at", "pk")


def copy_state(copy: Copy, patron: Patron) -> rules.CopyState:
    """The copy with who has it and who waits for it, as it is for ``patron``."""
    loan, waiting = open_loan_of(copy), Hold.objects.filter(book=copy.book_id, state__in=WAITING)
    return _copy_state(
        copy, patron, lent_to=loan.patron if loan else None, waiting=list(waiting.select_related("patron"))
    )


def _copy_state(copy: Copy, patron: Patron, *, lent_to: Patron | None, waiting: Sequence[Hold]) -> rules.CopyState:
    hold = next((hold for hold in waiting if hold.copy_id == copy.pk and hold.state in BOUND_HOLD_STATES), None)
    others = (hold for hold in waiting if hold.book_id == copy.book_id and hold.patron_id != patron.pk)
    queued = sum(hold.state == HoldState.QUEUED for hold in others)
    return rules.CopyState(
        barcode=copy.barcode,
        branch=copy.branch_id,
        item_type=copy.item_type_id,
        book=copy.book_id,
        status=copy.status,
        not_for_loan=copy.not_for_loan,
        minimum_age=copy.book.minimum_age,
        lent_to=lent_to.card_number if lent_to else None,
        hold_for=hold.patron.card_number if hold else None,
        hold_state=hold.state if hold else None,
        queued_on_book=queued,
        queued_for_copy=0 if copy.not_for_loan else queued,
    )


def patron_state(patron: Patron) -> rules.PatronState:
    """The patron with all open loans, in one query for those."""
    open_loans = Loan.objects.open().filter(patron=patron).order_by("due_at", "pk").select_related("copy")
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
        loans=[open_loan_state(loan) for loan in open_loans],
    )


def open_loan_state(loan: Loan) -> rules.OpenLoan:
    """An open loan, with its copy, as the limits see it."""
    return rules.OpenLoan(
        id=str(loan.pk),
        barcode=loan.copy.barcode,
        branch=loan.copy.branch_id,
        item_type=loan.copy.item_type_id,
        book=loan.copy.book_id,
        due_at=loan.due_at,
        is_claimed=loan.claimed_returned_at is not None,
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


def loans_and_limit(patron: Patron, copy: Copy) -> tuple[int, int | None]:
    """How many loans of the patron the limit for such a copy counts, and that limit; None: there is none."""
    rows = rule_rows(tier=patron.tier_id)
    limit = look_up(rows, "max_loans", branch=copy.branch_id, tier=patron.tier_id, item_type=copy.item_type_id)
    loans = rules.counted_loans(patron_state(patron), limit, rows)
    return len(loans), None if limit.value == UNLIMITED else limit.value


def patron_of(user_id: UUID) -> Patron | None:
    """The patron that a signed-in user is."""
    return Patron.objects.select_related("user", "tier").filter(pk=user_id).first()


def renewal_states(loans: Sequence[Loan]) -> dict[UUID, rules.RenewalState]:
    """As ``renewal_state``, of several open loans of one patron, in a constant number of queries.

    ``loans`` with copy, book and patron.
    """
    if not loans:
        return {}
    patron = loans[0].patron
    books = {loan.copy.book_id for loan in loans}
    waiting = list(Hold.objects.filter(book__in=books, state__in=WAITING).select_related("patron"))
    state, rows, library = patron_state(patron), rule_rows(tier=patron.tier_id), lending_settings()
    open_at = calendars.calendars_of({loan.branch_id for loan in loans})
    return {
        loan.pk: rules.RenewalState(
            loan=loan_state(loan),
            copy=_copy_state(loan.copy, patron, lent_to=patron, waiting=waiting),
            patron=state,
            rules=rows,
            calendar=open_at[loan.branch_id],
            library=library,
        )
        for loan in loans
    }
