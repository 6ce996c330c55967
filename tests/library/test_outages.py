"""Whatever part is away or full: a sentence and a time to come back, never a trace; nothing is done twice."""

from __future__ import annotations

import errno
import logging
import re
from collections.abc import Callable

import psycopg
import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection, connections, transaction
from django.db.backends.postgresql.base import DatabaseWrapper
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, path
from django.urls.resolvers import URLPattern, URLResolver
from rest_framework.decorators import api_view, permission_classes
from rest_framework.response import Response

from library import urls
from library.core.faults import outages
from library.core.http import middleware
from library.core.logs.secrets import CarefulFormatter, WithoutTrace
from tests.html import assert_valid

UNAVAILABLE = {
    "code": "unavailable",
    "detail": "A part of the library is not answering just now. Try again in a minute.",
}
done: list[str] = []
faults: list[Callable[[], None]] = []


def raised_by_the_server(code: str) -> DatabaseError:
    """A fault as PostgreSQL itself names it by ``code``."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'so it is' USING ERRCODE = '{code}'; END $$")
    return caught.value


def work(request):
    done.append(request.method)
    if faults:
        faults.pop(0)()
    return HttpResponse("done")


@api_view(["GET", "POST"])
@permission_classes([])
def api_work(request):
    done.append(request.method)
    if faults:
        faults.pop(0)()
    return Response({"done": True})


urlpatterns = [path("work/", work), path("api/v1/work/", api_work), *urls.urlpatterns]
handler400, handler404, handler500 = urls.handler400, urls.handler404, urls.handler500


@pytest.fixture
def client(settings, monkeypatch):
    settings.ROOT_URLCONF = __name__
    monkeypatch.setattr(middleware, "PAUSES", (0.0, 0.0))
    done.clear()
    faults.clear()
    return Client(raise_request_exception=False)


@pytest.fixture
def database_away(django_db_blocker):
    """The default connection leads to a socket where nobody listens."""
    there = connections["default"]
    options = there.settings_dict["OPTIONS"]
    hurried = options | {"pool": options["pool"] | {"timeout": 0.2}}
    away = DatabaseWrapper(there.settings_dict | {"HOST": "/nowhere/at-all", "OPTIONS": hurried}, alias="away")
    connections["default"] = away
    with django_db_blocker.unblock():
        yield
    connections["default"] = there
    away.close_pool()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("53100", 507),
        ("53000", 503),
        ("53200", 503),
        ("53300", 503),
        ("53400", 503),
        ("57P01", 503),
        ("57P02", 503),
        ("57P03", 503),
        ("57014", 503),
        ("55P03", 503),
        ("40P01", 503),
        ("40001", 503),
        ("25006", 503),
        ("25P03", 503),
        ("58030", 503),
        ("08006", 503),
        ("23505", None),
        ("42P01", None),
        ("22001", None),
    ],
)
def test_what_the_server_says_decides_what_is_answered(code, status):
    refusal = outages.refusal_of(raised_by_the_server(code))
    assert getattr(refusal, "status", None) == status


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 507),
        (OSError(errno.EDQUOT, "Quota exceeded"), 507),
        (OSError(errno.ENOENT, "No such file"), None),
        (OperationalError("the connection is closed"), 503),
        (InterfaceError("connection already closed"), 503),
        (psycopg.OperationalError("no answer in time"), 503),
        (ZeroDivisionError(), None),
        (ValueError("A string literal cannot contain NUL"), None),
    ],
)
def test_faults_that_nobody_gave_a_code(fault, status):
    refusal = outages.refusal_of(fault)
    assert getattr(refusal, "status", None) == status


PAGES = [
    "/",
    "/catalogue/",
    "/catalogue/?q=whales",
    "/books/1/",
    "/accounts/sessions/",
    "/desk/",
    "/admin/",
    "/my/loans/",
]


@pytest.mark.parametrize(
    "address", [*PAGES, "/calendar/eyJ0aGUiOiJzZWNyZXQifQ.ics", "/accounts/invitation/secret-word/"]
)
def test_without_the_database_every_page_is_the_same_calm_one(client, database_away, address):
    client.cookies["sessionid"] = "s" * 32

    response = client.get(address)

    if response.status_code in {302, 404}:  # what is known without asking anybody
        return
    assert response.status_code == 503
    assert response["Retry-After"].isdigit()
    assert "no-store" in response["Cache-Control"]
    assert "Content-Security-Policy" in response
    assert "Not just now" in response.text
    assert_valid(response.content)


def test_of_all_pages_at_least_the_first_asks_the_database(client, database_away):
    assert client.get("/").status_code == 503


@pytest.mark.parametrize(
    ("method", "address"),
    [("get", "/api/v1/books/"), ("get", "/api/v1/books/1/"), ("post", "/api/v1/auth/login/"), ("get", "/api/v1/me/")],
)
def test_without_the_database_the_api_answers_in_its_error_shape(client, database_away, method, address):
    client.cookies["sessionid"] = "s" * 32
    body = {"email": "reader@example.org", "password": "lyceum-demo"}

    response = getattr(client, method)(address, body, content_type="application/json")

    assert (response.status_code, response.json()) == (503, UNAVAILABLE)
    assert response["Retry-After"].isdigit()


def test_forms_are_answered_as_well(client, database_away):
    response = client.post("/accounts/sign-in/", {"email": "reader@example.org", "password": "lyceum-demo"})

    assert response.status_code == 503
    assert_valid(response.content)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/work/", "/api/v1/work/"])
def test_what_reads_is_tried_again_and_what_writes_never(client, address):
    def fail() -> None:
        raise OperationalError("server closed the connection unexpectedly")

    faults.extend([fail, fail])
    assert client.get(address).status_code == 200
    assert done == ["GET"] * 3
    faults.extend([fail] * 5)
    assert client.get(address).status_code == 503
    assert done == ["GET"] * 6
    assert client.post(address).status_code == 503
    assert done[6:] == ["POST"]


@pytest.mark.django_db
def test_what_was_refused_for_good_is_not_tried_again(client):
    def fill() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def block() -> None:
        raise raised_by_the_server("55P03")

    faults.append(fill)
    assert client.get("/work/").status_code == 507
    faults.append(block)
    assert client.get("/work/").status_code == 503
    assert done == ["GET"] * 2


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/work/", "/api/v1/work/"])
def test_a_full_disk_of_the_database_is_told_as_one_of_ours(client, address):
    def fill() -> None:
        raise raised_by_the_server("53100")

    faults.append(fill)

    response = client.post(address)

    assert response.status_code == 507
    assert "storage is full" in response.text


# -- logs ----------------------------------------------------------------------------------------------------------

MARK = "s3cret-w0rd"


def free_texts() -> list[str]:
    """An example of every address that takes a free text, which might be a secret."""

    def walk(resolver: URLResolver, before: str) -> list[str]:
        found = []
        for one in resolver.url_patterns:
            here = before + str(one.pattern)
            if isinstance(one, URLResolver):
                found += walk(one, here)
            elif isinstance(one, URLPattern) and any(kind in here for kind in ("<str:", "<path:", "<slug:")):
                found.append("/" + here)
        return found

    return [address for address in walk(get_resolver("library.urls"), "") if "token" in address or "secret" in address]


def logged(message: str, *values: object, exc_info: object = None) -> str:
    record = logging.LogRecord("django.request", logging.ERROR, "x.py", 1, message, values, exc_info)  # type: ignore[arg-type]
    return CarefulFormatter("%(levelname)s %(message)s").format(record)


def test_addresses_that_are_secrets_are_known():
    assert len(free_texts()) >= 2


@pytest.mark.parametrize("address", free_texts())
def test_no_log_line_shows_a_secret_address(address):
    path = re.sub(r"<\w+:\w+>", MARK, address)
    for line in (
        logged("Service Unavailable: %s", path),
        logged('127.0.0.1 - "GET %s?page=2 HTTP/1.1" 503', path),
        logged(f"http://127.0.0.1:8000{path}#top"),
    ):
        assert MARK not in line, line


def test_no_log_line_shows_a_query():
    line = logged(
        '%s - "%s %s HTTP/%s" %d', "127.0.0.1", "GET", f"/accounts/reset/?email=a%40b.org&otp={MARK}", "1.1", 200
    )
    assert MARK not in line
    assert "/accounts/reset/?… HTTP/1.1" in line


def test_a_trace_shows_no_secret_either():
    try:
        raise RuntimeError(f"GET /calendar/{MARK}.ics failed")
    except RuntimeError as fault:
        line = logged("broke", exc_info=(type(fault), fault, fault.__traceback__))
    assert "RuntimeError" in line
    assert MARK not in line


def test_every_handler_of_ours_is_careful(settings):
    formatters = settings.LOGGING["formatters"]
    for handler in settings.LOGGING["handlers"].values():
        assert formatters[handler["formatter"]]["()"] == "library.core.logs.secrets.CarefulFormatter"


@pytest.mark.parametrize(("status", "has_trace"), [(503, False), (507, False), (500, True)])
def test_a_part_that_is_away_is_told_in_one_line(status, has_trace):
    record = logging.LogRecord("django.request", logging.ERROR, "x.py", 1, "x", (), (ValueError, ValueError(), None))
    record.status_code = status
    assert WithoutTrace().filter(record)
    assert (record.exc_info is not None) is has_trace
