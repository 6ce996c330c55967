"""The reader's own page: what they have, what they wait for, and renewing it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Patron
from circulation import queries, services
from circulation.explain import due_words
from circulation.explain import sentences as explaining
from circulation.feeds import services as feeds
from circulation.models import Loan
from circulation.readers import my_loans as outlook
from circulation.readers.outlooks import with_outlooks
from circulation.readers.patron_lookup import own_patron
from circulation.reports.counts import count_loans
from circulation.views.people import back_to
from library.core.errors import LibraryError, NotFound
from library.core.http.api import user_of
from library.core.http.idempotency import form_once

HISTORY_PAGE = 20
Refused = tuple[str, list[str]]  # the title, and a sentence for each reason


@require_safe
@login_required
def my_loans(request: HttpRequest) -> HttpResponse:
    """What the reader has at home, what they wait for, and what they brought back."""
    return _show(request, own_patron(user_of(request)))


def _show(
    request: HttpRequest, patron: Patron, *, not_renewed: Sequence[Refused] = (), status: int = 200
) -> HttpResponse:
    """The page. ``not_renewed``: what was just refused."""
    at, token = timezone.now(), feeds.token_of(patron)
    loans = outlook.prospects_of(patron, at=at)
    common, rows = outlook.rows(loans, for_staff=False)
    context = {
        "counts": count_loans(Loan.objects.filter(patron=patron), at=at),
        "feed": request.build_absolute_uri(reverse("circulation:calendar-feed", args=[token])) if token else "",
        "common": common,
        "loans": rows,
        "renewable": sum(item.may_renew for item in loans),
        "not_renewed": not_renewed,
        "holds": with_outlooks(queries.home_holds(patron), at=at),
        "pickups": queries.pickup_branches(),
        "refused": queries.refused_holds(patron, at=at),
        "history": Paginator(queries.past_loans(patron), HISTORY_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "circulation/my_loans.html", context, status=status)


@require_POST
@login_required
def renew(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Renew one of the reader's own loans, once for each time that the button was shown."""
    patron = own_patron(user_of(request))
    loan = Loan.objects.with_names().filter(patron=patron, pk=pk).first()
    if loan is None:
        raise NotFound

    def work() -> str:
        renewed = services.renew(loan=loan, by=user_of(request))
        told = {"title": loan.copy.book.title, "due": due_words.due_until(renewed)}
        return _("Renewed: %(title)s, %(due)s.") % told

    try:
        sentence = form_once(request, work).body
    except LibraryError as refusal:
        return _show(request, patron, not_renewed=[_said(loan, refusal)], status=422)
    messages.success(request, sentence)
    return redirect(back_to(request) or "circulation:my-loans")


def _said(loan: Loan, refusal: LibraryError) -> Refused:
    sentences = [explaining.reader_sentence(reason) for reason in refusal.reasons] or [refusal.detail]
    return loan.copy.book.title, sentences


@require_POST
@login_required
def renew_all(request: HttpRequest) -> HttpResponse:
    """Renew what can be renewed, and say of the rest why not."""
    patron = own_patron(user_of(request))

    def work() -> list[list[str]]:
        result = services.renew_all(patron=patron, by=user_of(request))
        done = [["good", f"{loan.copy.book.title}: {due_words.due_until(loan)}"] for loan in result.renewed]
        left = [
            ["warning", f"{loan.copy.book.title}: {' '.join(explaining.reader_sentence(reason) for reason in reasons)}"]
            for loan, reasons in result.refused
        ]
        return [*done, *left]

    for tone, sentence in form_once(request, work).body:
        if tone == "good":
            messages.success(request, _("Renewed. %(loan)s.") % {"loan": sentence})
        else:
            messages.warning(request, _("Not renewed. %(loan)s") % {"loan": sentence})
    return redirect("circulation:my-loans")
