"""What happens around every request of somebody who is signed in."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth import get_user
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from accounts.sessions import services as sessions
from accounts.sessions.store import person_of


class SignedInMiddleware(AuthenticationMiddleware):
    """Django's own, which takes the user that was read with the session where that one is right."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _user_of(request))  # type: ignore[assignment]


def _user_of(request: HttpRequest) -> object:
    known: object = getattr(request, "_cached_user", None)
    if known is None:
        known = _read_with_the_session(request) or get_user(request)
        request._cached_user = known  # type: ignore[attr-defined]  # where Django's own looks for it
    return known


def _read_with_the_session(request: HttpRequest) -> User | None:
    """Who is signed in; None leaves the question to Django: where nobody is, or anything is out of the ordinary."""
    return person_of(request.session)


class LastSeenMiddleware:
    """Keeps when and from where each browser was seen last. Asks the database nothing by itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.session.accessed:  # else the answer does not depend on who asks, and must not seem to
            sessions.touch(request)
        return response
