"""Requests counted, and how long they took."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from library.core.measuring.metrics import counter

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
REQUESTS = counter(
    "lyceum_requests_total",
    "Requests answered, by the name of their address, method and status.",
    "view",
    "method",
    "status",
)
SECONDS = counter(
    "lyceum_request_seconds_total",
    "Seconds from a request's arrival in the application to its answer, or to the first piece of a stream.",
    "view",
)


class CountingMiddleware:
    """Counts every request that is not for a static file."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        view, method = _view(request), request.method or ""
        REQUESTS.inc(view=view, method=method if method in METHODS else "other", status=str(response.status_code))
        SECONDS.inc(time.perf_counter() - began, view=view)
        return response


def _view(request: HttpRequest) -> str:
    """The name of the address, one of our own; ``none`` where it leads nowhere."""
    match = request.resolver_match
    return match.view_name if match else "none"
