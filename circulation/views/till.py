"""The end of the day at the till."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from circulation.models import TillClosing
from circulation.models.ledger import TEXT_LENGTH
from circulation.money import statements, till
from circulation.rules import amounts
from library.core.errors import LibraryError
from library.core.http.api import user_of
from library.profile import services as profile

A_PAGE = 20
closes_till = permission_required("circulation.close_till", raise_exception=True)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@closes_till
def day_end(request: HttpRequest) -> HttpResponse:
    """What should be in the till by kind and person; with POST what was counted, and the till is closed."""
    if request.method != "POST":
        return _show(request)
    rows, faults, counted = till.expected(), {}, {}
    for row in rows:
        typed = request.POST.get(row.name, "").strip()
        try:
            counted[row.place] = _read(typed)
        except amounts.NoAmount:
            if row.kind.is_counted:
                faults[row.name] = _("A sum such as 1.50.")
    if faults:
        return _show(request, faults=faults, status=422)
    note = request.POST.get("note", "")[:TEXT_LENGTH]
    try:
        closing = till.close(counted=counted, shown=request.POST.get("shown", ""), by=user_of(request), note=note)
    except LibraryError as refusal:
        return _show(request, refusal=refusal, status=422)
    messages.success(request, _("The till is closed."))
    return redirect("circulation:till-closing", closing.pk)


@require_safe
@login_required
@closes_till
def closing(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One closing: expected, counted, and what is missing or too much."""
    row = get_object_or_404(TillClosing.objects.select_related("closed_by"), pk=pk)
    counts = row.counts.select_related("payment_kind", "person")
    return render(request, "circulation/till_closing.html", {"closing": row, "counts": counts, "balance": _currency()})


def _read(typed: str) -> Decimal:
    """A sum that was counted; 0 is one."""
    digits = profile.current().digits
    return Decimal(0) if typed.strip("0.,") == "" and typed else amounts.typed(typed, digits)


def _currency() -> statements.Balance:
    library = profile.current()
    return statements.Balance(Decimal(0), library.currency, library.digits)


def _show(
    request: HttpRequest,
    *,
    faults: dict[str, str] | None = None,
    refusal: LibraryError | None = None,
    status: int = 200,
) -> HttpResponse:
    rows = till.expected()
    lines: list[dict[str, Any]] = [
        {"row": row, "typed": request.POST.get(row.name, ""), "fault": (faults or {}).get(row.name, "")} for row in rows
    ]
    context = {
        "lines": lines,
        "shown": till.seen(rows),
        "refusal": refusal,
        "balance": _currency(),
        "closings": Paginator(till.closings(), A_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "circulation/till.html", context, status=status)
