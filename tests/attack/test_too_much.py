"""More, deeper or stranger than any honest client sends: a 400 with the right page, never a 500."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from accounts.tests.factories import make_user
from library.core.http.parsers import DEEPEST, depth
from tests.html import assert_valid

pytestmark = pytest.mark.django_db
MANY = "&".join(f"x{number}=1" for number in range(1_001))
PAGES = [
    "/",
    "/catalogue/",
    "/catalogue/suggest/",
    "/books/1/ask/",
    "/accounts/sign-in/",
    "/no/such/page/",
    "/admin/",
    "/healthz",
]


@pytest.fixture
def client():
    made = Client(raise_request_exception=False)
    made.force_login(make_user())
    return made


@pytest.mark.parametrize("address", PAGES)
def test_too_many_parameters_in_a_query_are_a_page_of_their_own(client, address):
    response = client.get(f"{address}?{MANY}")

    assert response.status_code in {200, 302, 400, 403, 404}  # some addresses read no query
    if response["Content-Type"].startswith("text/html") and response.content:
        assert_valid(response.content)


def test_the_page_that_reads_the_query_refuses_it(client):
    response = client.get(f"/catalogue/?{MANY}")

    assert response.status_code == 400
    assert "was not understood" in response.text
    assert response.text.count('name="q" value=""') == 1


def test_htmx_gets_the_part_alone(client):
    response = client.get(f"/catalogue/?{MANY}", headers={"HX-Request": "true"})

    assert response.status_code == 400
    assert "<html" not in response.text


@pytest.mark.parametrize(
    "address", ["/api/v1/books/", "/api/v1/books/suggest/", "/api/v1/loans/", "/api/v1/no-such-thing/"]
)
def test_the_api_says_so_in_its_error_shape(client, address):
    response = client.get(f"{address}?{MANY}")

    assert response.status_code in {400, 404}
    assert set(response.json()) >= {"code", "detail"}


@pytest.mark.parametrize("address", ["/accounts/sign-in/", "/accounts/sign-out/", "/books/1/ask/", "/admin/login/"])
@pytest.mark.parametrize("strict", [False, True])
def test_too_many_fields_of_a_form(address, strict):
    client = Client(raise_request_exception=False, enforce_csrf_checks=strict)
    client.force_login(make_user())

    response = client.post(address, MANY, content_type="application/x-www-form-urlencoded")

    assert response.status_code in {302, 400, 403, 404, 405}
    if response.content:
        assert_valid(response.content)


@pytest.mark.parametrize("address", ["/accounts/sign-in/", "/api/v1/books/"])
def test_too_many_parts_or_files_of_a_form(client, address, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = settings.DATA_UPLOAD_MAX_NUMBER_FILES = 3
    from django.core.files.uploadedfile import SimpleUploadedFile

    for body in (
        {f"x{number}": "1" for number in range(4)},
        {f"x{number}": SimpleUploadedFile(f"{number}.txt", b"x") for number in range(4)},
    ):
        response = client.post(address, body)
        assert response.status_code in {400, 403}


@pytest.mark.parametrize("body", [b"--x\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\n", b"", b"\xff\xfe"])
def test_a_form_in_parts_that_is_none(client, body):
    for content_type in (
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "multipart/form-data; boundary=\xff",
    ):
        for address in ("/accounts/sign-in/", "/api/v1/books/"):
            assert client.post(address, body, content_type=content_type).status_code < 500


def nested(levels: int, opens: str = "[", closes: str = "]") -> str:
    return opens * levels + closes * levels


DEEP = [
    nested(DEEPEST + 1),
    '{"email": ' + nested(DEEPEST) + "}",
    nested(DEEPEST + 1, '{"a":', "}").replace(":}", ":1}"),
]
STRANGE = [
    b'{"email": NaN}',
    b'{"email": "\\ud800"}',
    b'{"email": "\\u0000"}',
    b"\xff\xfe{}",
    b'{"email": "a',
    b"",
    b"null",
    b"[]",
    b'"x"',
    b"7",
    b'{"email": {"a": []}}',
    b'{"\\ud800": 1}',
    b"[[]",
    b"]" * 50,
    b'{"email": ' + b"9" * 5_000 + b"}",
]


@pytest.mark.parametrize("body", DEEP)
def test_json_nested_deeper_than_any_request_of_ours(client, body):
    json.loads(body)
    response = client.post("/api/v1/auth/login/", body, content_type="application/json")

    assert response.status_code == 400
    assert "nested" in response.json()["detail"]


@pytest.mark.parametrize("body", STRANGE)
def test_json_that_is_strange(client, body):
    for address in ("/api/v1/auth/login/", "/api/v1/auth/register/", "/api/v1/rag/books/1/query/"):
        response = client.post(address, body, content_type="application/json")
        assert response.status_code in {400, 401, 403, 404}
        assert set(response.json()) >= {"code", "detail"}


@pytest.mark.parametrize("charset", ["no-such-thing", "rot13", "utf-16", "latin-1", "\xff"])
def test_json_in_any_encoding_that_somebody_names(client, charset):
    response = client.generic("POST", "/api/v1/auth/login/", b"{}", f"application/json; charset={charset}")

    assert response.status_code in {400, 415}


def test_json_larger_than_a_form_may_be(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    body = json.dumps({"email": "a" * 100})

    response = client.post("/api/v1/auth/login/", body, content_type="application/json")

    assert response.status_code == 400
    assert set(response.json()) >= {"code", "detail"}


@pytest.mark.parametrize("value", ["%00", "%ff", "%", "%zz", "%ed%a0%80", "%f0%9f%90%8b", "a%0d%0ab", "%c0%af"])
def test_values_that_are_no_text(client, value):
    for address in (
        f"/catalogue/?q={value}",
        f"/catalogue/suggest/?q={value}",
        f"/api/v1/books/?q={value}",
        f"/{value}/",
        f"/api/v1/books/?category={value}&author={value}&branch={value}&language={value}&year={value}",
        f"/catalogue/?category={value}&author={value}&branch={value}&language={value}&year={value}",
        f"/api/v1/usernames/{value}/",
        f"/accounts/invitation/{value}/",
        f"/calendar/{value}.ics",
        f"/accounts/sign-in/?next={value}",
        f"/books/1/ask/?question={value}",
        f"/api/v1/books/suggest/?q={value}",
    ):
        response = client.get(address)
        assert response.status_code < 500, address


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "sessionid=%00; csrftoken=\xff"},
        {"Cookie": "a=b; " * 2_000},
        {"Accept-Language": "x" * 5_000},
        {"Range": "bytes=" + "9" * 5_000 + "-"},
        {"If-None-Match": "\x00"},
        {"Idempotency-Key": "x" * 5_000},
        {"Authorization": "Bearer " + "x" * 5_000},
        {"Authorization": "Bearer \xff.\xff.\xff"},
        {"Host": "\xff"},
        {"Host": "localhost:99999999"},
        {"X-Forwarded-For": "x" * 5_000},
        {"HX-Current-URL": "http://[::1"},
        {"Referer": "\x00"},
        {"Content-Length": "x"},
    ],
)
def test_headers_that_nobody_honest_sends(client, headers):
    for address in ("/", "/api/v1/books/", "/no/such/page/"):
        assert client.get(address, headers=headers).status_code < 500


@pytest.mark.parametrize(
    ("text", "levels"),
    [("", 0), ("7", 0), ("[]", 1), ('{"a": [1, {"b": []}]}', 4), ('"[[["', 0), ('["\\"[["]', 1), ('["[', 1)],
)
def test_brackets_are_counted_outside_of_strings(text, levels):
    assert depth(text) == levels
