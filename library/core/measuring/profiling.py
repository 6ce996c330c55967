"""``X-Profile: 1``, or ``?profile=1``: staff have one request measured, whatever it asks for.

One profile at a time in each process. Python has one profiler for all: a second one would end in an error or in both
requests' calls mixed, so the second request goes unmeasured and says so. What is told stands in the answer's header of
that name: the name of the file, ``busy``, or ``unavailable`` where something else measures this process already.
From CPython 3.12 on the profiler hears all threads of the process: measure while little else is asked.
"""

from __future__ import annotations

import contextlib
import cProfile
import threading
from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.settings import api_settings

from library.core.measuring import profiles

HEADER, PARAMETER = "X-Profile", "profile"
_one = threading.Lock()


class ProfilingMiddleware:
    """Measures what staff ask for, from here inwards. Nothing that goes wrong with it changes an answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not _is_asked_for(request) or not _is_staff(request):
            return self.get_response(request)
        if not _one.acquire(blocking=False):
            return _told(self.get_response(request), "busy")
        measured = Measured()
        try:
            response = measured.call(lambda: self.get_response(request))
        except BaseException:
            measured.close()
            raise
        return _followed(response, measured, request)


class Measured:
    """A profile under way, which holds the lock until it is closed."""

    def __init__(self) -> None:
        self.profile = cProfile.Profile()
        self.name = ""
        self.is_unavailable = False
        self._is_open = True

    def call(self, work: Callable[[], Any]) -> Any:
        """What ``work`` gives; measured, where that can be."""
        try:
            self.profile.enable()
        except ValueError:  # coverage, a debugger or another profiler has the place
            self.is_unavailable = True
            return work()
        try:
            return work()
        finally:
            self.profile.disable()

    def close(self) -> None:
        """Keep what was measured, once, and let the next one in."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            if self.name and not self.is_unavailable:
                profiles.keep(self.profile, self.name)
        finally:
            _one.release()


class MeasuredPieces:
    """The pieces of a stream, measured as each is made; between them nothing is."""

    def __init__(self, pieces: Iterator[bytes], measured: Measured) -> None:
        self._pieces, self._measured = pieces, measured

    def __iter__(self) -> MeasuredPieces:
        return self

    def __next__(self) -> bytes:
        try:
            piece: bytes = self._measured.call(lambda: next(self._pieces))
        except BaseException:  # its end, too
            self._measured.close()
            raise
        return piece

    def close(self) -> None:
        """Called with the response, also where nobody listened to the end."""
        self._measured.close()


def _followed(response: HttpResponseBase, measured: Measured, request: HttpRequest) -> HttpResponseBase:
    """``response``, whose pieces are measured too where they are made in a thread, with the word about it."""
    if measured.is_unavailable:
        measured.close()
        return _told(response, "unavailable")
    match = request.resolver_match
    measured.name = profiles.new_name(match.view_name if match else "")
    if isinstance(response, StreamingHttpResponse) and not response.is_async:
        pieces: Iterator[bytes] = iter(response.streaming_content)  # type: ignore[arg-type]  # it is not async
        response.streaming_content = MeasuredPieces(pieces, measured)
    else:
        measured.close()
    return _told(response, measured.name)


def _told(response: HttpResponseBase, word: str) -> HttpResponseBase:
    response[HEADER] = word
    return response


def _is_asked_for(request: HttpRequest) -> bool:
    return request.headers.get(HEADER) == "1" or f"{PARAMETER}=1" in request.META.get("QUERY_STRING", "").split("&")


def _is_staff(request: HttpRequest) -> bool:
    """By the session, or by the token that a client of the API brings."""
    user: Any = request.user
    if "Authorization" in request.headers:
        kinds: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
        with contextlib.suppress(APIException):
            user = Request(request, authenticators=[kind() for kind in kinds]).user
    return bool(user.is_authenticated and user.is_staff)
