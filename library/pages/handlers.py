"""What the library says when a request fails outside any view: a page, or for the API its error shape."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views import defaults

from library.core.faults import outages


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request itself cannot be right."""
    if _is_api(request):
        return _error(400, "bad_request", _("The request was not understood."))
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: whoever asks may not."""
    if _is_api(request):
        return _error(403, "not_allowed", _("You may not do this."))
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: nothing at this address."""
    if _is_api(request):
        return _error(404, "not_found", _("There is no such thing here."))
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a fault of ours, or 503 and 507 where a part is away or full; neither the session nor the database is asked
    for anything."""
    fault = sys.exc_info()[1]
    refused = outages.refuse(request, fault) if fault is not None else None
    if refused is not None:
        return refused
    if _is_api(request):
        return _error(500, "error", _("Something went wrong inside the library."))
    return defaults.server_error(request)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _error(status: int, code: str, detail: str) -> JsonResponse:
    return JsonResponse({"code": code, "detail": detail}, status=status)
