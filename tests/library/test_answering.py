"""An answer in time whatever a view waits for, and nothing done after it."""

from __future__ import annotations

import asyncio
import errno
import threading
import time

import httpx
import psycopg
import pytest
from django.conf import settings as ours
from django.db import connection, connections
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path
from psycopg_pool import ConnectionPool

from accounts.models import Tier
from library import urls
from library.core.database.connection import WEB_OPTIONS, BoundedConnection
from library.core.faults import deadline
from library.core.faults.deadline import Deadline
from library.core.http.one_thread import OneThreadHandler
from library.core.http.time_limit import InTime
from tests.html import assert_valid

LONG = 60.0  # seconds; whoever waits so long has failed
ended = threading.Event()


def waiting(request):
    """Waits for the database, which does not answer, and then would write."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(60)")
    finally:
        ended.set()
    return HttpResponse("done")


def too_late(request):
    """Waits for something that heeds nothing, and then writes."""
    time.sleep(1.0)
    try:
        Tier.objects.update(questions_per_hour=4242)
    finally:
        ended.set()
    return HttpResponse("done")


def quick(request):
    return HttpResponse("done")


def streaming(request):
    async def pieces():
        yield b"first "
        await asyncio.sleep(1.0)
        yield b"last"

    return StreamingHttpResponse(pieces())


urlpatterns = [
    path("waiting/", waiting),
    path("too-late/", too_late),
    path("api/waiting/", waiting),
    path("quick/", quick),
    path("streaming/", streaming),
    *urls.urlpatterns,
]
handler400, handler404, handler500 = urls.handler400, urls.handler404, urls.handler500


@pytest.fixture(autouse=True)
def _times(settings):
    settings.ROOT_URLCONF = __name__
    settings.ANSWER_SECONDS, settings.UPLOAD_ANSWER_SECONDS, settings.UPLOAD_PAUSE_SECONDS = LONG, LONG, LONG
    ended.clear()


async def ask(application, address: str, **request) -> httpx.Response:
    """One request, as a client that waits ten seconds at most."""
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        async with asyncio.timeout(30):
            answer = await client.request(request.pop("method", "GET"), address, **request)
            if getattr(application, "is_real", False):  # the view itself goes on to its end
                await asyncio.gather(*application._given_up, return_exceptions=True)
            return answer


def asked(application, address: str, **request) -> httpx.Response:
    return asyncio.run(ask(application, address, **request))


async def never(scope, receive, send) -> None:
    """An application that reads its request and then waits."""
    while (await receive()).get("more_body"):
        pass
    await asyncio.sleep(LONG)


@pytest.mark.parametrize(("address", "kind"), [("/books/7/", "text/html"), ("/api/v1/books/", "application/json")])
def test_who_waits_too_long_gets_a_page_or_the_error_shape(settings, address, kind):
    settings.ANSWER_SECONDS = 0.1

    answer = asked(InTime(never), address)

    assert answer.status_code == 503
    assert answer.headers["retry-after"].isdigit()
    assert answer.headers["content-type"].startswith(kind)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    if kind == "text/html":
        assert_valid(answer.content)
    else:
        assert answer.json()["code"] == "unavailable"


def test_an_upload_has_more_time(settings):
    settings.ANSWER_SECONDS, settings.UPLOAD_ANSWER_SECONDS = LONG, 0.1
    assert asked(InTime(never), "/", method="POST", content=b"x" * 2_000_000).status_code == 503
    settings.ANSWER_SECONDS, settings.UPLOAD_ANSWER_SECONDS = 0.1, LONG
    assert asked(InTime(never), "/", method="POST", content=b"x").status_code == 503


def test_a_request_that_comes_in_too_slowly_is_told_so(settings):
    settings.UPLOAD_PAUSE_SECONDS = 0.2

    async def slowly():
        yield b"first"
        await asyncio.sleep(LONG)
        yield b"last"

    answer = asked(InTime(never), "/api/v1/books/", method="POST", content=slowly())

    assert (answer.status_code, answer.json()["code"]) == (408, "request_too_slow")
    assert answer.headers["connection"] == "close"


def test_the_clock_does_not_run_while_a_large_request_comes_in(settings):
    settings.ANSWER_SECONDS = settings.UPLOAD_ANSWER_SECONDS = 0.5

    async def in_pieces():
        for _ in range(8):
            await asyncio.sleep(0.1)
            yield b"x" * 100_000

    async def count(scope, receive, send) -> None:
        size = 0
        more = True
        while more:
            message = await receive()
            size, more = size + len(message["body"]), message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(size).encode()})

    assert asked(InTime(count), "/", method="POST", content=in_pieces()).text == "800000"


def test_a_disk_that_is_full_while_a_request_is_put_by_is_told(settings):
    async def full(scope, receive, send) -> None:
        await receive()
        raise OSError(errno.ENOSPC, "No space left on device")

    answer = asked(InTime(full), "/api/v1/books/", method="POST", content=b"x")

    assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")


def test_other_faults_are_the_servers_own():
    async def broken(scope, receive, send) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asked(InTime(broken), "/")


def end_sleepers() -> None:
    """What the server still does for nobody. (Web processes let it notice by itself: ``WEB_OPTIONS``.)"""
    with psycopg.connect(**connections["default"].get_connection_params(), autocommit=True) as own:
        own.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <>"
            " pg_backend_pid()"
        )


@pytest.fixture
def library(django_db_blocker, transactional_db):
    """The application as web processes have it, each request in a thread of its own."""
    made = InTime(OneThreadHandler())
    made.is_real = True  # type: ignore[attr-defined]
    yield made
    end_sleepers()


def test_an_answer_that_has_begun_is_not_cut_off(settings, library):
    settings.ANSWER_SECONDS = 0.5
    assert asked(library, "/streaming/").text == "first last"


def test_a_view_that_waits_for_the_database_says_so_itself_and_the_next_is_served(settings, library):
    settings.ANSWER_SECONDS = 1.5

    async def both() -> tuple[httpx.Response, httpx.Response]:
        first = await ask(library, "/api/waiting/")
        assert ended.is_set(), "the view waits on"
        settings.ANSWER_SECONDS = LONG
        return first, await ask(library, "/catalogue/")

    settings.ALLOWED_HOSTS = ["localhost"]
    first, second = asyncio.run(both())

    assert (first.status_code, first.json()["code"]) == (503, "unavailable")
    assert first.headers["retry-after"].isdigit()
    assert second.status_code == 200


def test_what_is_given_up_writes_nothing_any_more(settings, library):
    settings.ANSWER_SECONDS = 0.6

    assert asked(library, "/too-late/").status_code == 503
    assert ended.is_set()
    assert not Tier.objects.filter(questions_per_hour=4242).exists()


# -- the connection --------------------------------------------------------------------------------------------------


@pytest.fixture
def bounded(django_db_blocker):
    with django_db_blocker.unblock():
        values = connections["default"].get_connection_params()
        made = BoundedConnection.connect(**values, autocommit=True)
        yield made
        made.close()
        end_sleepers()


def test_a_connection_gives_up_with_its_request_and_is_closed(bounded):
    with deadline.within(Deadline(0.6)), pytest.raises(psycopg.OperationalError, match="in time"):
        bounded.execute("SELECT pg_sleep(60)")
    assert bounded.closed


def test_after_its_time_nothing_is_even_begun(bounded):
    with deadline.within(Deadline(0.0)), pytest.raises(psycopg.OperationalError, match="in time"):
        bounded.execute("SELECT 1")


def test_outside_a_request_nothing_limits_it(bounded):
    assert deadline.left() is None
    assert bounded.execute("SELECT pg_sleep(0.1), 7").fetchone()[1] == 7


def test_once_an_answer_has_begun_each_wait_has_a_time_of_its_own(bounded):
    begun = Deadline(0.0)
    begun.relax(LONG)
    with deadline.within(begun):
        assert bounded.execute("SELECT 7").fetchone() == (7,)


def asked_of_the_server(made, monkeypatch):
    """How many statements go to the server for the question whether it lives."""
    sent, execute = [], psycopg.Connection.execute

    def counted(*given, **how):
        sent.append(given)
        return execute(*given, **how)

    monkeypatch.setattr(psycopg.Connection, "execute", counted)
    ConnectionPool.check_connection(made)
    return len(sent)


def test_a_connection_that_heard_nothing_lives_and_the_server_is_not_asked(bounded, monkeypatch):
    bounded.execute("SELECT 1")
    assert asked_of_the_server(bounded, monkeypatch) == 0
    assert bounded.execute("SELECT 7").fetchone() == (7,)
    assert bounded.execute("SELECT 7", []).fetchone() == (7,)


def test_a_connection_that_the_server_ended_is_known_to_be_dead(bounded, monkeypatch):
    pid = bounded.info.backend_pid
    with psycopg.connect(**connections["default"].get_connection_params(), autocommit=True) as own:
        own.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    with pytest.raises(psycopg.OperationalError):
        asked_of_the_server(bounded, monkeypatch)
    bounded.close()
    with pytest.raises(psycopg.OperationalError):
        ConnectionPool.check_connection(bounded)


def test_a_message_that_lies_there_is_read_before_the_connection_is_used(bounded, monkeypatch):
    bounded.execute("LISTEN something")
    with psycopg.connect(**connections["default"].get_connection_params(), autocommit=True) as own:
        own.execute("NOTIFY something")
    assert asked_of_the_server(bounded, monkeypatch) == 1
    assert asked_of_the_server(bounded, monkeypatch) == 0


def test_the_pool_of_every_process_is_made_of_them():
    assert ours.DATABASES["default"]["OPTIONS"]["pool"]["connection_class"] is BoundedConnection


def test_the_server_knows_every_limit_of_web_processes(bounded):
    for name, value in WEB_OPTIONS.items():
        bounded.execute(f"SET {name} = {value}")
