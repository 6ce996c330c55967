"""What may happen in any request and should never be a stack trace."""

from __future__ import annotations

import errno
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.shortcuts import render

from library.core.errors import LibraryError, Moved, StorageFull, WrongMethod


def is_disk_full(exc: BaseException) -> bool:
    """Whether ``exc`` says that the disk, or a quota on it, is full."""
    return isinstance(exc, OSError) and exc.errno in {errno.ENOSPC, errno.EDQUOT}


class RefusalMiddleware:
    """Turns a refusal that no view caught into a page that says what happened and what to do next."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
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
        refusal = StorageFull() if is_disk_full(exception) else exception
        if not isinstance(refusal, LibraryError):
            return None
        address = refusal.address(request.method, request.get_full_path()) if isinstance(refusal, Moved) else None
        if address is not None:
            return HttpResponsePermanentRedirect(address)
        response = render(request, refusal.template, {"refusal": refusal}, status=refusal.status)
        retry_after = getattr(refusal, "retry_after", None)
        if retry_after is not None:
            response["Retry-After"] = str(retry_after)
        return response
