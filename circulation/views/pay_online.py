"""Paying online: the button, and what the provider tells us."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from circulation.money.online import services as online
from circulation.money.online.provider import provider
from circulation.readers.patron_lookup import own_patron
from library.core.errors import LibraryError, NotAllowed, NotFound
from library.core.http.api import user_of
from library.core.http.idempotency import FIELD

LARGEST = 256 * 1024  # bytes of a message


@require_POST
@login_required
def begin(request: HttpRequest) -> HttpResponse:
    """Send the reader to the provider; the same press, sent again, leads to the same place."""
    patron = own_patron(user_of(request))
    back = request.build_absolute_uri(reverse("circulation:my-charges"))
    try:
        chosen = [UUID(pk) for pk in request.POST.getlist("charges")]
        key = request.POST.get(FIELD, "")[:100] or str(uuid4())
        attempt = online.begin(patron=patron, key=key, back=back, charges=chosen)
    except ValueError as fault:
        raise NotFound from fault
    except LibraryError as refusal:
        if isinstance(refusal, NotFound):
            raise
        messages.error(request, refusal.detail)
        return redirect("circulation:my-charges")
    return redirect(attempt.url)


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """What Stripe tells us. 400 for what it did not sign, 403 where nobody set it up; 5xx for faults that pass, and
    nothing is stored then."""
    at, takes = timezone.now(), provider()
    if takes is None:
        raise NotAllowed
    if len(request.body) > LARGEST:
        return JsonResponse({"code": "too_large"}, status=413)
    try:
        told = takes.read(request.body, request.headers, at=at)
    except LibraryError as refusal:
        return JsonResponse(refusal.as_dict(), status=refusal.status)
    online.receive(told, at=at)
    return JsonResponse({"received": True})
