"""Staff's list of all loans, narrowed, and the same as a file."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from circulation.models import Loan, LoanStatus
from circulation.reports import csv as csv_file
from circulation.reports import filters, xlsx
from circulation.reports.counts import count_loans
from circulation.reports.filters import LoanFilterForm
from library.activity import services as activity
from library.core.http.api import user_of
from library.core.http.ranges import in_pieces, whole

LOANS_PAGE = 50
sees_loans = permission_required("circulation.view_loan", raise_exception=True)


@require_safe
@login_required
@sees_loans
def all_loans(request: HttpRequest) -> HttpResponse:
    """All loans, the newest first; overdue ones longest overdue first."""
    form, at = LoanFilterForm(request.GET), timezone.now()
    loans = Loan.objects.none()
    if form.is_valid():
        loans = filters.narrowed(Loan.objects.all(), form.cleaned_data, at=at)
        if form.cleaned_data["status"] in {LoanStatus.OVERDUE, LoanStatus.ACTIVE, "out"}:
            loans = loans.order_by("due_at", "id")
    context: dict[str, Any] = {
        "form": form,
        "tabs": _tabs(request, form),
        "counts": count_loans(Loan.objects.open(), at=at),
        "found": Paginator(loans, LOANS_PAGE).get_page(request.GET.get("page")),
        "kept": _kept_words(request),
        "is_narrowed": any(request.GET.get(name) for name in form.fields if name != "status"),
    }
    return render(request, "circulation/all_loans.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
@sees_loans
def all_loans_csv(request: HttpRequest) -> HttpResponseBase:
    """The same loans as a file, sent while it is made. Who took it is written down: it says who reads what."""
    form, at = LoanFilterForm(request.GET), timezone.now()
    if not form.is_valid():
        return _to_the_list(request)
    loans = filters.narrowed(Loan.objects.all(), form.cleaned_data, at=at)
    _write_down(request, form, at)
    pieces = in_pieces(request, csv_file.loans_as_csv(filters.in_batches(loans), at=at))
    return _file(pieces, at, content_type="text/csv; charset=utf-8", ending="csv")


@require_safe
@login_required
@sees_loans
def all_loans_xlsx(request: HttpRequest) -> HttpResponseBase:
    """The same loans as a spreadsheet, written down alike. It is whole before the first of it is sent."""
    form, at = LoanFilterForm(request.GET), timezone.now()
    if not form.is_valid():
        return _to_the_list(request)
    loans = filters.narrowed(Loan.objects.all(), form.cleaned_data, at=at)
    xlsx.check(loans)
    _write_down(request, form, at)
    pieces = whole(request, xlsx.loans_as_xlsx(filters.in_batches(loans), at=at))
    return _file(pieces, at, content_type=xlsx.CONTENT_TYPE, ending="xlsx")


def _to_the_list(request: HttpRequest) -> HttpResponse:
    """Where what is wrong with the filters stands beside their fields."""
    return redirect(f"{reverse('circulation:all-loans')}?{_kept_words(request)}")


def _write_down(request: HttpRequest, form: LoanFilterForm, at: datetime) -> None:
    wanted = {name: request.GET[name] for name in form.fields if request.GET.get(name)}
    activity.record(actor=user_of(request), verb="loans.exported", data=wanted, at=at)


def _file(
    pieces: Iterable[bytes] | AsyncIterable[bytes], at: datetime, *, content_type: str, ending: str
) -> StreamingHttpResponse:
    """Kept under the day of ``at``; no cache keeps it."""
    day = timezone.localtime(at, timezone.get_default_timezone()).date().isoformat()
    return StreamingHttpResponse(
        pieces,
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="loans-{day}.{ending}"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _kept_words(request: HttpRequest, **changed: str) -> str:
    """The filters of the address as they are, with some changed; the page of the list begins anew."""
    words = {name: request.GET[name] for name in LoanFilterForm.base_fields if request.GET.get(name)} | changed
    return urlencode({name: word for name, word in words.items() if word})


def _tabs(request: HttpRequest, form: LoanFilterForm) -> list[dict[str, Any]]:
    """One link for each status, with the other filters kept."""
    here = form.cleaned_data.get("status", "")
    named = [
        ("", _("All")),
        ("out", _("Out")),
        ("overdue", _("Overdue")),
        ("active", _("Active")),
        ("returned", _("Returned")),
    ]
    return [
        {"label": label, "query": _kept_words(request, status=status), "is_here": status == here}
        for status, label in named
    ]
