"""The staff's pages: the desk and the pick list."""

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
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Patron
from catalog.models import Branch
from circulation import desk as desks
from circulation import queries, services
from circulation.forms import ConfirmForm, RefuseForm, ScanForm
from circulation.models import Hold
from circulation.views.people import user_of
from library.core.errors import LibraryError, NotFound

OUTCOME = "desk_outcome"
PICKS_PAGE = 20
lends_and_takes_back = permission_required(["circulation.add_loan", "circulation.change_loan"], raise_exception=True)
serves_holds = permission_required("circulation.change_hold", raise_exception=True)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@lends_and_takes_back
def desk(request: HttpRequest) -> HttpResponse:
    """One box for cards and barcodes. Every scan ends in a redirect, so that a reload repeats nothing."""
    reader, takes_back = _current_reader(request), request.GET.get("mode") == "return"
    if request.method == "POST":
        form = ScanForm(request.POST)
        if form.is_valid():
            text = form.cleaned_data["scan"]
            scanned = desks.scan(text=text, reader=reader, takes_back=takes_back, by=user_of(request))
            if scanned.reader != reader:
                takes_back = False
            reader, outcome = scanned.reader, scanned.outcome
        else:
            outcome = desks.Outcome("bad", _("Nothing scanned"), [str(sentence) for sentence in form.errors["scan"]])
        request.session[OUTCOME] = outcome.as_dict()
        return redirect(desk_address(reader, takes_back=takes_back))
    kept = request.session.pop(OUTCOME, None)
    return render(request, "circulation/desk.html", {
        "form": ScanForm(),
        "reader": reader,
        "takes_back": takes_back,
        "here": desk_address(reader, takes_back=takes_back),
        "other_mode": desk_address(reader, takes_back=not takes_back),
        "outcome": desks.Outcome.from_dict(kept) if kept else None,
        "loans": queries.home_loans(reader) if reader else (),
        "holds": queries.home_holds(reader) if reader else (),
    })  # fmt: skip


def desk_address(reader: Patron | None, *, takes_back: bool = False) -> str:
    """The desk with this reader open. The reader's id, not the card: addresses are kept in histories and logs."""
    query = ({"reader": str(reader.pk)} if reader else {}) | ({"mode": "return"} if takes_back else {})
    return reverse("circulation:desk") + (f"?{urlencode(query)}" if query else "")


def _current_reader(request: HttpRequest) -> Patron | None:
    try:
        return queries.patron_of(UUID(request.GET.get("reader", "")))
    except ValueError:
        return None


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
            _add_refusal(form, refusal)
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
            _add_refusal(form, refusal)
        else:
            messages.success(request, _("Refused: %(title)s.") % {"title": hold.book.title}, extra_tags="good")
            return redirect(_picks_address(request))
    return _show_picks(request, failed=hold, form=form)


def _hold(pk: UUID) -> Hold:
    hold = Hold.objects.with_names().filter(pk=pk).first()
    if hold is None:
        raise NotFound
    return hold


def _add_refusal(form: Form, refusal: LibraryError) -> None:
    for name, sentences in refusal.fields.items():
        for sentence in sentences:
            form.add_error(name if name in form.fields else None, sentence)
    if not refusal.fields:
        for sentence in refusal.sentences:
            form.add_error(None, sentence)


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
