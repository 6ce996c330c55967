"""What happens around every request of somebody who is signed in."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.sessions import services as sessions


class LastSeenMiddleware:
    """Keeps when and from where each browser was seen last. Asks the database nothing by itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.session.accessed:  # else the answer does not depend on who asks, and must not seem to
            sessions.touch(request)
        return response
