"""What may keep an answer: nothing that belongs to somebody, unless its view says otherwise."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers, patch_cache_control


class NothingKeptMiddleware:
    """Says of every answer whose view said nothing whether a cache may keep it.

    No cache keeps what goes to somebody who is known by a session or a token: on a shared computer the next reader must
    not get back to it. What a visitor sees their own browser may keep, and asks again each time; nobody else may, for
    its forms carry a token of that browser. Static files are answered before this, and say themselves how long.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            if _is_somebody(request) or settings.SESSION_COOKIE_NAME in response.cookies:
                add_never_cache_headers(response)
            else:
                patch_cache_control(response, private=True, no_cache=True)
        return response


def _is_somebody(request: HttpRequest) -> bool:
    """Whether the request brings a session or a token, be they good or not: no query is made for it."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES or "Authorization" in request.headers
