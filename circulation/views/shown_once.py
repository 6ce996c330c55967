"""What a scan came to, on its way from the scan to the page that shows it once: in a signed cookie of this browser.

A redirect lies between the two, so that a reload repeats nothing. In the session it would cost two writes for each
scan. The cookie goes to the desk alone, is of one user, lasts a minute, and is taken away by the page that shows it.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from circulation.desk.scanning import DeskOutcome

NAME = "desk_outcome"
SECONDS = 60
LONGEST = 3_500  # characters: browsers keep 4,096 with the cookie's name and attributes


def keep(request: HttpRequest, response: HttpResponse, outcome: DeskOutcome) -> HttpResponse:
    """Let the page that ``response`` leads to show ``outcome``; what is too long for a cookie goes by the session."""
    words = outcome.as_dict()
    signed = signing.dumps(words, salt=_salt(request), compress=True)
    if len(signed) > LONGEST:
        request.session[NAME] = words
        response.delete_cookie(NAME, path=_path())  # of an earlier scan
    else:
        response.set_cookie(
            NAME,
            signed,
            max_age=SECONDS,
            path=_path(),
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response


def take(request: HttpRequest) -> DeskOutcome | None:
    """What is to be shown now, if anything."""
    if NAME in request.session:
        return DeskOutcome.from_dict(request.session.pop(NAME))
    words = _words(request)
    return DeskOutcome.from_dict(words) if words else None


def shown(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """``response``, after which the browser no longer has what it shows."""
    if NAME in request.COOKIES:
        response.delete_cookie(NAME, path=_path())
    return response


def _words(request: HttpRequest) -> dict[str, Any] | None:
    try:
        words: dict[str, Any] = signing.loads(request.COOKIES[NAME], salt=_salt(request), max_age=SECONDS)
    except (KeyError, signing.BadSignature):
        return None
    return words


def _salt(request: HttpRequest) -> str:
    return f"circulation.desk-outcome.{request.user.pk}"


def _path() -> str:
    return reverse("circulation:desk")
