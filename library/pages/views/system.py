"""What is there for machines, and for whoever tries the library out."""

from __future__ import annotations

import hmac
import ipaddress
import re

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.limits.client_address import address_of
from library.core import mailbox as kept
from library.core.measuring import metrics as measured
from library.pages.health import database_answers

CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while pages can be served; it asks no session and no user."""
    if database_answers():
        return JsonResponse({"status": "ok"})
    return JsonResponse({"status": "unavailable"}, status=503)


@never_cache
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """200 while this process answers at all, whatever becomes of the others: starting it anew would help no more."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """What is counted, for Prometheus, to whoever may read it: by a token, from networks of the settings, and on this
    machine in embedded mode. For others there is no such page, but that a missing token is asked for where one is set.
    """
    if _may_read_metrics(request):
        return HttpResponse(measured.text(), content_type=measured.CONTENT_TYPE)
    if not settings.METRICS_TOKEN:
        raise Http404
    return HttpResponse(
        "A token is needed.\n", status=401, headers={"WWW-Authenticate": "Bearer"}, content_type="text/plain"
    )


def _may_read_metrics(request: HttpRequest) -> bool:
    expected = f"Bearer {settings.METRICS_TOKEN}"
    if settings.METRICS_TOKEN and hmac.compare_digest(
        request.headers.get("Authorization", "").encode(), expected.encode()
    ):
        return True
    address = address_of(request)
    if address and any(ipaddress.ip_address(address) in network for network in settings.METRICS_NETWORKS):
        return True
    return settings.EMBEDDED and came_over_loopback(request)


@never_cache
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """The mail that this demonstration would have sent. It exists in embedded mode only, and only on this machine."""
    if not (settings.EMBEDDED and came_over_loopback(request)):
        raise Http404
    letters = [{"letter": letter, "code": _code(letter.body)} for letter in kept.letters()]
    response = render(request, "pages/mailbox.html", {"letters": letters})
    response["X-Robots-Tag"] = "noindex"
    return response


def came_over_loopback(request: HttpRequest) -> bool:
    """Whether the request was made on this very machine, by nobody's proxy."""
    if "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META:
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _code(body: str) -> str:
    found = CODE.search(body)
    return found[0] if found else ""
