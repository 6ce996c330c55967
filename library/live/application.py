"""The sockets' side of the web process: who asks for which feed, and from which website."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from channels.routing import URLRouter
from django.urls import path, re_path

from library.core.errors import LibraryError, NotFound
from library.core.faults.outages import refusal_of
from library.live import doors, errors, feeds, origin
from library.live.sockets import AFTER_LENGTH, FeedSocket, deny
from library.live.threads import ask

PREFIX = "ws/"


class BesideHttp:
    """Sockets by one application, requests by the other: theirs is the shorter way."""

    def __init__(self, *, http: Any, sockets: Any) -> None:
        self._http, self._sockets = http, sockets

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await (self._sockets if scope["type"] == "websocket" else self._http)(scope, receive, send)


def application() -> Any:
    """Everything that is registered, as one ASGI application for the scope ``websocket``."""
    guarded: dict[str, Any] = {feed.route: _Guarded(FeedSocket.as_asgi(feed=feed)) for feed in feeds.feeds()}
    nothing: Any = _nothing
    return URLRouter([*(path(PREFIX + route, app) for route, app in guarded.items()), re_path("", nothing)])


async def _nothing(scope: Mapping[str, Any], receive: Callable[[], Any], send: Any) -> None:
    await receive()
    await deny(scope, send, NotFound())


class _Guarded:
    """Lets nobody through to ``inner`` but a visitor from our own site."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        try:
            asked = await _asked(scope)
        except LibraryError as refusal:
            await receive()
            await deny(scope, send, refusal)
            return
        await self.inner({**scope, **asked}, receive, send)


async def _asked(scope: Mapping[str, Any]) -> dict[str, Any]:
    """Errors: ``OriginRefused``, ``SignInNeeded``, ``ServiceUnavailable``."""
    given = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    ticket, after = (given.get(name, [""])[0] for name in ("ticket", "after"))
    headers = scope["headers"]
    host, asked_by = origin.header(headers, b"host"), origin.header(headers, b"origin")
    if not origin.is_own(asked_by, host, has_ticket=bool(ticket)):
        raise errors.OriginRefused
    try:
        visitor = await ask(doors.enter, _cookies(headers), ticket)
    except Exception as fault:
        raise refusal_of(fault) or fault from fault
    if visitor is None:
        raise errors.SignInNeeded
    return {"visitor": visitor, "after": after[:AFTER_LENGTH]}


def _cookies(headers: Any) -> dict[str, str]:
    cookies = SimpleCookie()
    try:
        cookies.load(origin.header(headers, b"cookie"))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in cookies.items()}
