"""The first page of the back office: what a librarian does there, and the library's figures of today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts.models import Patron, User
from circulation.models import Hold, HoldState, Loan
from circulation.views.desk import desk_address
from library.core.admin import Link, front, links_of
from library.core.database.ids import first_of

# What is done, the permission that it takes (of several, all), and the page where it is done.
DEEDS: tuple[tuple[Promise, str, str], ...] = (
    (_("Add a book"), "catalog.add_book", "admin:catalog_book_add"),
    (_("Lend and take back"), "circulation.add_loan circulation.change_loan", "circulation:desk"),
    (_("Fetch requests"), "circulation.change_hold", "circulation:pick-list"),
    (_("Find a reader"), "accounts.view_patron", "admin:accounts_patron_changelist"),
    (_("Rules of lending"), "circulation.view_loanrule", "admin:circulation_loanrule_changelist"),
    (_("Opening hours"), "circulation.view_openinghours", "admin:circulation_openinghours_changelist"),
)


@dataclass(frozen=True)
class DayFigure:
    """A number of today and where the things are that it counts."""

    name: Promise
    number: int
    address: str
    is_pressing: bool = False


@front
def office(request: HttpRequest) -> Mapping[str, Any]:
    """What this person may do, and the figures that they may see."""
    user: Any = request.user
    deeds = [(name, reverse(page)) for name, needs, page in DEEDS if user.has_perms(needs.split())]
    return {"deeds": deeds, "figures": figures(user, at=timezone.now())}


def figures(user: Any, *, at: datetime) -> list[DayFigure]:
    """Today's, by the library's clock, of what ``user`` may see; at most five queries, each by an index."""
    start = timezone.localtime(at, timezone.get_default_timezone()).replace(hour=0, minute=0, second=0, microsecond=0)
    shown: list[DayFigure] = []
    if user.has_perm("circulation.view_loan"):
        shown += _of_loans(at, start)
    if user.has_perm("circulation.view_hold"):
        shown += _of_holds()
    if user.has_perm("accounts.view_patron"):
        new = User.objects.filter(pk__gte=first_of(start), created_at__gte=start).count()
        shown.append(DayFigure(_("registered today"), new, reverse("admin:accounts_patron_changelist") + "?o=-1"))
    return shown


def _of_loans(at: datetime, start: datetime) -> list[DayFigure]:
    end = start + timedelta(days=1)
    lent = Loan.objects.filter(checked_out_at__gte=start).count()
    back = Loan.objects.filter(checked_in_at__gte=start).count()
    out = (
        Loan.objects.open()
        .filter(due_at__lt=end, lost_at=None)
        .aggregate(late=Count("pk", filter=Q(due_at__lt=at)), due=Count("pk", filter=Q(due_at__gte=at)))
    )
    day = start.date().isoformat()
    return [
        DayFigure(_("lent today"), lent, _loans()),
        DayFigure(_("brought back today"), back, _loans(status="returned")),
        DayFigure(_("still due today"), out["due"], _loans(status="active", due_to=day)),
        DayFigure(_("overdue"), out["late"], _loans(status="overdue"), is_pressing=out["late"] > 0),
    ]


def _of_holds() -> list[DayFigure]:
    found = Hold.objects.filter(state__in=[HoldState.REQUESTED, HoldState.READY]).aggregate(
        wanted=Count("pk", filter=Q(state=HoldState.REQUESTED)), ready=Count("pk", filter=Q(state=HoldState.READY))
    )
    picks = reverse("circulation:pick-list")
    return [
        DayFigure(_("requests to fetch"), found["wanted"], picks, is_pressing=found["wanted"] > 0),
        DayFigure(_("on the hold shelf"), found["ready"], picks),
    ]


def _loans(**narrowed: str) -> str:
    return reverse("circulation:all-loans") + (f"?{urlencode(narrowed)}" if narrowed else "")


@links_of(Patron)
def to_desk_and_loans(request: HttpRequest, patron: Patron) -> list[Link]:
    """From a reader's record to what they have and to the desk, for whoever may see them."""
    found: list[Link] = []
    user: Any = request.user
    if user.has_perms(["circulation.add_loan", "circulation.change_loan"]):
        found.append((_("At the desk"), desk_address(patron)))
    if user.has_perm("circulation.view_loan"):
        address = reverse("admin:circulation_loan_changelist")
        found.append((_("Their loans"), f"{address}?{urlencode({'patron': patron.pk})}"))
    return found
