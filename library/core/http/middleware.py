"""What may happen in any request and should never be a stack trace."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.shortcuts import render

from library.core.errors import LibraryError, Moved, WrongMethod
from library.core.faults import outages

GetResponse = Callable[[HttpRequest], HttpResponse]
READS = {"GET", "HEAD"}
PAUSES = (0.2, 1.0)  # seconds before the second and the third try
LAST_TRY = 3.0  # seconds after its beginning a request is not tried again: whoever waits has waited enough


class OutageMiddleware:
    """Tries again what only reads where the database was away: a restart takes a moment. Three times in all.

    What writes is never repeated: nobody knows how far it came. It stands outside whatever asks the database.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.monotonic()
        response = self.get_response(request)
        for pause in PAUSES:
            is_over = time.monotonic() - began + pause > LAST_TRY
            if request.method not in READS or not getattr(response, "is_away", False) or is_over:
                break
            time.sleep(pause)
            response = self.get_response(request)
        return response


class RefusalMiddleware:
    """Turns a refusal that no view caught into a page that says what happened and what to do next."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and not response.streaming and not response.content:
            return self._wrong_method(request, response)
        return response

    def _wrong_method(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """A page, or for the API its error shape, in place of Django's empty answer; ``Allow`` stays."""
        refusal = WrongMethod()
        if request.path.startswith("/api/"):
            told: HttpResponse = JsonResponse(refusal.as_dict(), status=refusal.status)
        else:
            told = render(request, refusal.template, {"refusal": refusal}, status=refusal.status)
        told["Allow"] = response["Allow"]
        return told

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if (refused := outages.refuse(request, exception)) is not None:
            return refused
        if not isinstance(exception, LibraryError):
            return None
        address = exception.address(request.method, request.get_full_path()) if isinstance(exception, Moved) else None
        if address is not None:
            return HttpResponsePermanentRedirect(address)
        response = render(request, exception.template, {"refusal": exception}, status=exception.status)
        return outages.marked(response, exception)
