"""Each request is in one thread from its beginning to its end, and is answered as Django's own handler answers it."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.staticfiles.finders import find
from django.core.asgi import get_asgi_application
from django.core.handlers.asgi import ASGIHandler
from django.core.signals import request_finished, request_started
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from accounts.tests.factories import make_librarian
from library import urls
from library.core.faults import deadline
from library.core.faults.deadline import Deadline
from library.core.http import one_thread
from library.core.http.one_thread import ByAddress, OneThreadHandler
from library.core.http.ranges import in_pieces

seen: list[Any] = []
together = threading.Barrier(2, timeout=10)
go_on = threading.Event()


def plain(request: HttpRequest) -> HttpResponse:
    seen.append(threading.get_ident())
    return HttpResponse(b"plain", headers={"X-Odd-Case": "é"})


def two(request: HttpRequest) -> HttpResponse:
    """Answers only where somebody else asks at the same time."""
    together.wait()
    return HttpResponse(str(threading.get_ident()))


def broken(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


@csrf_exempt
def cookies(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(request.body)
    response.set_cookie("one", "1")
    response.set_cookie("two", "2", httponly=True)
    return response


def left(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(deadline.left()))


async def without_thread(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    return HttpResponse(b"asynchronous")


def rows(request: HttpRequest) -> StreamingHttpResponse:
    """Opens a cursor, which only its own thread may read, and sends what it reads piece by piece."""
    cursor = connection.cursor()
    cursor.execute("SELECT * FROM generate_series(1, 5)")
    seen.append(threading.get_ident())

    def pieces() -> Iterator[bytes]:
        try:
            for (number,) in cursor:
                seen.append(threading.get_ident())
                yield f"{number} ".encode()
                if "wait" in request.GET:
                    go_on.wait(10)
        finally:
            seen.append("closed")

    return StreamingHttpResponse(in_pieces(request, pieces()))


urlpatterns = [
    path("plain/", plain),
    path("two/", two),
    path("broken/", broken),
    path("cookies/", cookies),
    path("left/", left),
    path("without-thread/", without_thread),
    path("rows/", rows),
    *urls.urlpatterns,
]
handler400, handler404, handler500 = urls.handler400, urls.handler404, urls.handler500


@pytest.fixture(autouse=True)
def _addresses(settings):
    settings.ROOT_URLCONF = __name__
    settings.ALLOWED_HOSTS = ["localhost"]
    seen.clear()
    go_on.clear()


def scope_of(address: str, method: str = "GET", **headers: str) -> dict[str, Any]:
    where, _, query = address.partition("?")
    named = {"host": "localhost", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return {
        "type": "http",
        "method": method,
        "path": where,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }


class Exchange:
    """One request as a server hands it on: ``sent`` is what came back; ``gone`` is set when the client leaves."""

    def __init__(self, scope: dict[str, Any], *body: bytes) -> None:
        self.scope = scope
        self.sent: list[Mapping[str, Any]] = []
        self.gone = asyncio.Event()
        self._parts = list(body) or [b""]

    async def receive(self) -> dict[str, Any]:
        if self._parts:
            part = self._parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(self._parts)}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Mapping[str, Any]) -> None:
        self.sent.append(message)

    async def through(self, application: Any) -> Exchange:
        async with asyncio.timeout(20):
            await application(self.scope, self.receive, self.send)
        return self

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent[1:])


def ask(application: Any, address: str, *body: bytes, method: str = "GET", **headers: str) -> Exchange:
    async def run() -> Exchange:
        return await Exchange(scope_of(address, method, **headers), *body).through(application)

    return asyncio.run(run())


def head(exchange: Exchange) -> list[tuple[bytes, bytes]]:
    """The headers, without what is drawn by lot."""
    drawn = re.compile(rb"(csrftoken|nonce-)[^;' ]*")
    return sorted((name, drawn.sub(rb"\1", value)) for name, value in exchange.sent[0]["headers"])


@pytest.mark.parametrize(
    ("address", "method"),
    [
        ("/plain/", "GET"),
        ("/cookies/", "POST"),
        ("/without-thread/", "GET"),
        ("/nowhere/", "GET"),
        ("/broken/", "GET"),
        ("/plain/?a=%ff", "GET"),
        ("/healthz", "GET"),
        ("/api/v1/me/", "GET"),
        ("/sign-in/", "HEAD"),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_answers_are_those_of_djangos_own_handler(address, method):
    body = b"x" * 200_000
    one, other = (ask(made, address, body, method=method) for made in (OneThreadHandler(), ASGIHandler()))
    assert (one.status, head(one)) == (other.status, head(other))
    assert len(one.body) == len(other.body)


@pytest.mark.django_db(transaction=True)
def test_a_body_comes_in_parts_and_answers_may_set_several_cookies():
    answer = ask(OneThreadHandler(), "/cookies/", b"first ", b"second", method="POST")
    assert (answer.status, answer.body) == (200, b"first second")
    cookies_set = [value for name, value in answer.sent[0]["headers"] if name == b"Set-Cookie"]
    assert [value.partition(b"=")[0] for value in cookies_set] == [b"one", b"two"]


def test_requests_one_after_the_other_are_in_one_kept_thread():
    made = OneThreadHandler()

    async def run() -> None:
        for _n in range(3):
            await Exchange(scope_of("/plain/")).through(made)

    asyncio.run(run())
    assert len(set(seen)) == 1
    assert seen[0] != threading.get_ident()


def test_requests_at_once_are_in_threads_of_their_own_and_only_so_many_are_kept(monkeypatch):
    monkeypatch.setattr(one_thread, "KEPT", 1)
    made = OneThreadHandler()

    async def run() -> list[Exchange]:
        return await asyncio.gather(*(Exchange(scope_of("/two/")).through(made) for _n in range(2)))

    bodies = [exchange.body for exchange in asyncio.run(run())]
    assert len(set(bodies)) == 2
    assert len(made._idle) == 1


def test_deadline_of_a_request_goes_with_it_into_the_thread():
    async def run() -> Exchange:
        with deadline.within(Deadline(7.0)):
            return await Exchange(scope_of("/left/")).through(made)

    made = OneThreadHandler()
    assert 6.0 < float(asyncio.run(run()).body) <= 7.0
    assert ask(made, "/left/").body == b"None"  # and not with the next one in the same thread


@pytest.mark.django_db(transaction=True)
def test_each_request_begins_and_finishes_once_in_its_thread():
    told: list[tuple[str, int]] = []

    def began(**_kwargs: Any) -> None:
        told.append(("began", threading.get_ident()))

    def finished(**_kwargs: Any) -> None:
        told.append(("finished", threading.get_ident()))

    request_started.connect(began)
    request_finished.connect(finished)
    try:
        for address in ("/plain/", "/broken/", "/rows/"):
            told.clear()
            ask(OneThreadHandler(), address)
            assert [what for what, _thread in told] == ["began", "finished"]
            assert len({thread for _what, thread in told}) == 1
    finally:
        request_started.disconnect(began)
        request_finished.disconnect(finished)


@pytest.mark.django_db(transaction=True)
def test_pieces_are_made_where_the_view_was():
    made = OneThreadHandler()
    answer = ask(made, "/rows/")
    assert (answer.status, answer.body) == (200, b"1 2 3 4 5 ")
    assert seen[-1] == "closed"
    assert len(set(seen[:-1])) == 1
    assert len(made._idle) == 1


@pytest.mark.django_db(transaction=True)
def test_who_leaves_while_pieces_are_sent_ends_them():
    made = OneThreadHandler()

    async def run() -> Exchange:
        exchange = Exchange(scope_of("/rows/?wait=1"))
        task = asyncio.ensure_future(exchange.through(made))
        while len(exchange.sent) < 2:
            await asyncio.sleep(0.01)
        exchange.gone.set()
        go_on.set()
        await task
        # The thread serves the next one.
        return await Exchange(scope_of("/plain/")).through(made)

    assert asyncio.run(run()).body == b"plain"
    assert "closed" in seen
    assert len(made._idle) == 1


def test_who_leaves_before_the_request_is_whole_asks_nothing():
    async def run() -> Exchange:
        exchange = Exchange(scope_of("/plain/", "POST"), b"first", b"last")
        exchange._parts.pop()
        exchange.gone.set()

        async def receive() -> dict[str, Any]:
            message = await Exchange.receive(exchange)
            return message | {"more_body": True}

        async with asyncio.timeout(5):
            await OneThreadHandler()(exchange.scope, receive, exchange.send)
        return exchange

    assert asyncio.run(run()).sent == []
    assert seen == []


def test_a_thread_that_is_still_at_work_is_not_given_to_the_next_request():
    """The server ends, or gives up, a request whose view goes on: nobody must wait behind it."""
    made = OneThreadHandler()

    async def run() -> Exchange:
        stuck = asyncio.ensure_future(Exchange(scope_of("/two/")).through(made))
        await asyncio.sleep(0.2)
        stuck.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await stuck
        answer = await Exchange(scope_of("/plain/")).through(made)
        await sync_to_async(together.wait, thread_sensitive=False)()  # let the view go on
        return answer

    assert asyncio.run(run()).body == b"plain"


def ask_socket() -> None:
    async def run() -> None:
        exchange = Exchange({"type": "websocket"})
        await OneThreadHandler()(exchange.scope, exchange.receive, exchange.send)

    asyncio.run(run())


def test_other_protocols_are_refused():
    with pytest.raises(ValueError, match="HTTP"):
        ask_socket()


@pytest.mark.django_db(transaction=True)
def test_static_files_have_a_chain_of_their_own(settings):
    async def never(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError(scope["path"])

    def said(scope: Any, receive: Any, send: Any) -> Any:
        seen.append(scope["path"])
        return asyncio.sleep(0)

    ask(ByAddress(static=said, others=never), "/static/css/lyceum.css")
    ask(ByAddress(static=never, others=said), "/desk/")
    ask(ByAddress(static=never, others=said), "/statics/")
    assert seen == ["/static/css/lyceum.css", "/desk/", "/statics/"]


@pytest.mark.django_db(transaction=True)
def test_a_static_file_has_the_same_headers_from_either_chain(settings, tmp_path):
    settings.SERVESTATIC_USE_FINDERS = settings.SERVESTATIC_AUTOREFRESH = True
    content = Path(str(find("css/lyceum.css"))).read_bytes()
    served = ask(get_asgi_application(), "/static/css/lyceum.css")
    assert (served.status, served.body) == (200, content)
    in_a_test = Client().get("/static/css/lyceum.css")
    assert in_a_test.status_code == 200
    assert in_a_test["X-Content-Type-Options"] == "nosniff"
    assert (b"X-Content-Type-Options", b"nosniff") in served.sent[0]["headers"]


@pytest.mark.django_db(transaction=True)
def test_somebody_signed_in_is_known_in_the_thread():
    client = Client()
    client.force_login(make_librarian())
    answer = ask(OneThreadHandler(), "/desk/", cookie=f"sessionid={client.cookies['sessionid'].value}")
    assert answer.status == 200
