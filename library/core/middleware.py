"""What may happen in any request and should never be a stack trace."""

from __future__ import annotations

import errno
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render

from library.core.errors import LibraryError, Moved, StorageFull


def is_disk_full(exc: BaseException) -> bool:
    """Whether ``exc`` says that the disk, or a quota on it, is full."""
    return isinstance(exc, OSError) and exc.errno in {errno.ENOSPC, errno.EDQUOT}


class RefusalMiddleware:
    """Turns a refusal that no view caught into a page that says what happened and what to do next."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

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
