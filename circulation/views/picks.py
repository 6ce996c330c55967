"""The pick list: what is to be fetched from the shelves."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Branch
from circulation import queries, services
from circulation.forms import ConfirmForm, RefuseForm
from circulation.models import Hold
from circulation.views.people import add_refusal
from library.core.errors import LibraryError, NotFound
from library.core.http.api import user_of

PICKS_PAGE = 20
serves_holds = permission_required("circulation.change_hold", raise_exception=True)


@require_safe
@login_required
@serves_holds
def pick_list(request: HttpRequest) -> HttpResponse:
    """What is to be fetched from the shelves."""
    return _show_picks(request)


@require_POST
@login_required
@serves_holds
def confirm_hold(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The book was fetched."""
    hold, form = _hold(pk), ConfirmForm(request.POST)
    if form.is_valid():
        try:
            services.confirm_hold(hold=hold, by=user_of(request), **form.cleaned_data)
        except LibraryError as refusal:
            add_refusal(form, refusal)
        else:
            done = _("On the hold shelf: %(title)s, for %(reader)s.")
            messages.success(request, done % {"title": hold.book.title, "reader": hold.patron.user}, extra_tags="good")
            return redirect(_picks_address(request))
    return _show_picks(request, failed=hold, form=form)


@require_POST
@login_required
@serves_holds
def refuse_hold(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The book cannot be fetched."""
    hold, form = _hold(pk), RefuseForm(request.POST)
    if form.is_valid():
        try:
            services.refuse_hold(hold=hold, by=user_of(request), **form.cleaned_data)
        except LibraryError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Refused: %(title)s.") % {"title": hold.book.title}, extra_tags="good")
            return redirect(_picks_address(request))
    return _show_picks(request, failed=hold, form=form)


def _hold(pk: UUID) -> Hold:
    hold = Hold.objects.with_names().filter(pk=pk).first()
    if hold is None:
        raise NotFound
    return hold


def _branch(request: HttpRequest) -> Branch | None:
    """The branch that the list is narrowed to, from the address or from a form on it."""
    code = request.POST.get("branch") or request.GET.get("branch")
    return Branch.objects.filter(code=code).first() if code and "\0" not in code else None  # no text in PostgreSQL


def _picks_address(request: HttpRequest) -> str:
    branch = _branch(request)
    return reverse("circulation:pick-list") + (f"?{urlencode({'branch': branch.code})}" if branch else "")


def _show_picks(request: HttpRequest, *, failed: Hold | None = None, form: Form | None = None) -> HttpResponse:
    """The list; a form that failed is shown with its sentences, 422."""
    branch = _branch(request)
    page_number = request.POST.get("page") or request.GET.get("page")
    context: dict[str, Any] = {
        "branch": branch,
        "branches": Branch.objects.all(),
        "picks": Paginator(queries.pick_list(branch), PICKS_PAGE).get_page(page_number),
        "failed": failed,
        "form": form,
        "statuses": RefuseForm().fields["copy_status"].choices,  # type: ignore[attr-defined]  # a ChoiceField
    }
    return render(request, "circulation/pick_list.html", context, status=422 if failed else 200)
