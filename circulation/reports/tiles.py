"""What is lent, comes back and waits today, for dashboards."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from circulation.models import Hold, HoldState, Loan
from library.core.tiles import Tile


def count_loans(at: datetime) -> list[Tile]:
    """Today's, by the library's clock; three queries, each by an index."""
    start = timezone.localtime(at, timezone.get_default_timezone()).replace(hour=0, minute=0, second=0, microsecond=0)
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
        Tile(_("lent today"), lent, _loans()),
        Tile(_("brought back today"), back, _loans(status="returned")),
        Tile(_("still due today"), out["due"], _loans(status="active", due_to=day)),
        Tile(_("overdue"), out["late"], _loans(status="overdue"), is_pressing=out["late"] > 0),
    ]


def count_holds(at: datetime) -> list[Tile]:
    """What waits at this moment; one query."""
    waiting = Hold.objects.filter(state__in=[HoldState.REQUESTED, HoldState.READY]).aggregate(
        wanted=Count("pk", filter=Q(state=HoldState.REQUESTED)),
        ready=Count("pk", filter=Q(state=HoldState.READY)),
        unwanted=Count("pk", filter=Q(state=HoldState.READY, cancel_requested=True)),
    )
    shelf, unwanted = reverse("circulation:all-holds"), waiting["unwanted"]
    picks = reverse("circulation:pick-list")
    return [
        Tile(_("requests to fetch"), waiting["wanted"], picks, is_pressing=waiting["wanted"] > 0),
        Tile(_("on the hold shelf"), waiting["ready"], shelf),
        Tile(_("holds to be cancelled"), unwanted, f"{shelf}?show=cancel", is_pressing=unwanted > 0),
    ]


def _loans(**narrowed: str) -> str:
    return reverse("circulation:all-loans") + (f"?{urlencode(narrowed)}" if narrowed else "")
