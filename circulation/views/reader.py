"""The reader's own pages: what they have, what they wait for, and asking for a book."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from catalog.merged import visible_book
from catalog.models import Branch
from circulation import feeds, queries, services, words
from circulation.counting import count_loans
from circulation.forms import PlaceHoldForm
from circulation.models import Hold, Loan
from circulation.views.people import back_to, patron_of, user_of
from library.core.errors import LibraryError, NotFound

HISTORY_PAGE = 20


@require_safe
@login_required
def my_loans(request: HttpRequest) -> HttpResponse:
    """What the reader has at home, what they wait for, and what they brought back."""
    patron, at = patron_of(request), timezone.now()
    token = feeds.token_of(patron)
    return render(request, "circulation/my_loans.html", {
        "counts": count_loans(Loan.objects.filter(patron=patron), at=at),
        "feed": request.build_absolute_uri(reverse("circulation:calendar-feed", args=[token])) if token else "",
        "loans": queries.home_loans(patron),
        "holds": queries.home_holds(patron),
        "refused": queries.refused_holds(patron, at=at),
        "history": Paginator(queries.past_loans(patron), HISTORY_PAGE).get_page(request.GET.get("page")),
    })  # fmt: skip


@require_POST
def place_hold(request: HttpRequest) -> HttpResponse:
    """Request a book at a branch, from the book's page."""
    form = PlaceHoldForm(request.POST)
    book = visible_book(form.cleaned_data["book"], request.user) if form.is_valid() else None
    branch = Branch.objects.filter(pk=form.cleaned_data["branch"]).first() if book else None
    if book is None or branch is None:
        raise NotFound
    if not request.user.is_authenticated:
        return redirect_to_login(book.get_absolute_url())
    try:
        hold = services.place_hold(book=book, patron=patron_of(request), branch=branch, by=user_of(request))
    except LibraryError as refusal:
        return render(request, "circulation/request_refused.html", {"book": book, "refusal": refusal}, status=422)
    messages.success(request, _("Requested. %(state)s.") % {"state": words.hold(hold)}, extra_tags="good")
    return redirect(book)


@require_POST
@login_required
def cancel_hold(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Cancel a hold: the reader's own request, or any hold by staff."""
    hold = Hold.objects.visible_to(request.user).with_names().filter(pk=pk).first()
    if hold is None:
        raise NotFound
    services.cancel_hold(hold=hold, by=user_of(request))
    messages.success(request, _("Cancelled: %(title)s.") % {"title": hold.book.title}, extra_tags="good")
    return redirect(back_to(request) or "circulation:my-loans")
