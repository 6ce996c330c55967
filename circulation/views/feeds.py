"""Due dates for calendar programs: a file, and a secret address that they fetch again and again."""

from __future__ import annotations

import hashlib
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Patron
from circulation import queries
from circulation.feeds import ical
from circulation.feeds import services as feeds
from circulation.readers.patron_lookup import own_patron
from library.core.errors import NotFound
from library.core.http.api import user_of


@require_safe
@login_required
def download(request: HttpRequest) -> HttpResponse:
    """The due dates of the reader's loans as a file."""
    response = _due_dates(request, own_patron(user_of(request)))
    response["Content-Disposition"] = 'attachment; filename="due-dates.ics"'
    return response


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The same for whoever knows the secret address: a calendar program cannot sign in."""
    patron = feeds.patron_of(token)
    if patron is None:
        raise NotFound
    response = _due_dates(request, patron)
    response["X-Robots-Tag"] = "noindex"
    return response


@require_POST
@login_required
def address(request: HttpRequest) -> HttpResponse:
    """Make the reader's secret address, anew where there is one, or end it."""
    patron = own_patron(user_of(request))
    match request.POST.get("do"):
        case "make":
            feeds.make_address(patron=patron)
            messages.success(request, _("Your calendar address is ready. An earlier one has ended."))
        case "end":
            feeds.end_address(patron=patron)
            messages.success(request, _("Your calendar address has ended."))
        case _other:
            messages.error(request, _("Choose whether to make a calendar address or to end it."))
    return redirect(reverse("circulation:my-loans") + "#calendar")


def _due_dates(request: HttpRequest, patron: Patron) -> HttpResponse:
    site = request.build_absolute_uri(reverse("circulation:my-loans"))
    body = feeds.due_dates(queries.home_loans(patron), site=site)
    etag = quote_etag(hashlib.sha256(body.encode()).hexdigest()[:32])
    headers = {"Cache-Control": "private, no-cache", "ETag": etag, "X-Content-Type-Options": "nosniff"}
    response = HttpResponse(body, content_type=f"{ical.MEDIA_TYPE}; charset=utf-8", headers=headers)
    return cast(HttpResponse, get_conditional_response(request, etag=etag, response=response))
