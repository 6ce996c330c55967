"""What is fetched from other people's servers, and what they cannot do to us."""

from __future__ import annotations

import gzip
import threading
from http.server import BaseHTTPRequestHandler

import pytest

from library.core.http import outside
from library.core.tests.http.far_server import far_server, says


def fetched(url: str, *, most: int = 1000, seconds: float = 20.0) -> bytes:
    return outside.fetch(url, most_bytes=most, seconds=seconds, accept="image/*")


def test_what_is_there_is_fetched():
    with far_server(says(body=b"picture")) as (address, asked):
        assert fetched(f"{address}/isbn/9780306406157-L.jpg?default=false") == b"picture"

    ((path, headers),) = asked
    assert path == "/isbn/9780306406157-L.jpg?default=false"
    assert headers["Host"] == address.removeprefix("http://")
    assert (headers["Accept"], headers["Accept-Encoding"]) == ("image/*", "identity")
    assert "Cookie" not in headers
    assert "Authorization" not in headers


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (404, outside.NotThere),
        (410, outside.NotThere),
        (403, outside.AskedTooOften),
        (429, outside.AskedTooOften),
        (500, outside.NotAnswering),
        (204, outside.NotAnswering),
        (206, outside.NotAnswering),
    ],
)
def test_other_answers_are_told_apart(status, fault):
    with far_server(says(status, b"words")) as (address, _asked), pytest.raises(fault):
        fetched(address)


def test_a_redirect_on_the_same_server_is_followed():
    def answer(request: BaseHTTPRequestHandler) -> None:
        says(302, Location="/there")(request) if request.path == "/" else says(body=b"there")(request)

    with far_server(answer) as (address, asked):
        assert fetched(f"{address}/") == b"there"
    assert [path for path, _headers in asked] == ["/", "/there"]


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{other}/secret",
        "http://localhost:{other}/secret",
        "http://localhost/secret",
        "http://[::1]/secret",
        "http://[::ffff:127.0.0.1]/secret",
        "http://[::ffff:10.0.0.1]/secret",
        "http://10.0.0.7/secret",
        "http://192.168.1.1/secret",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/secret",
        "http://0.0.0.0/secret",
        "http://0/secret",
        "http://2130706433/secret",
        "http://224.0.0.1/secret",
        "http://93.184.216.34:6379/secret",
        "file:///etc/passwd",
        "ftp://example.org/secret",
        "gopher://127.0.0.1/secret",
        "http:///secret",
        "http://[broken/secret",
    ],
)
def test_a_redirect_into_this_network_is_not(target):
    with far_server(says(body=b"secret")) as (other, seen):
        where = target.format(other=other.rpartition(":")[2])
        with far_server(says(302, Location=where)) as (address, _asked):
            with pytest.raises(outside.NotAcceptable):
                fetched(address)
        assert seen == []


def test_a_name_is_looked_up_once_and_what_it_meant_is_connected_to(monkeypatch):
    """A name that is public as it is looked at and private as it is connected to (DNS rebinding)."""
    known = iter(["93.184.216.34", "127.0.0.1"])
    connected = []

    def look_up(host: str, port: int) -> list[str]:
        return [host if host[0].isdigit() else next(known)]

    with far_server(says(302, Location="http://rebinding.example/secret")) as (address, _asked):
        monkeypatch.setattr(outside, "_addresses", look_up)
        original = outside._asked

        def asked(client, place, headers):
            connected.append(place.address)
            if place.host == "rebinding.example":
                raise OSError("nobody connects to other people's servers in a test")
            return original(client, place, headers)

        monkeypatch.setattr(outside, "_asked", asked)
        with pytest.raises(outside.NotAnswering):
            fetched(address)

    assert connected == ["127.0.0.1", "93.184.216.34"]


def test_a_name_with_one_private_address_is_not_public(monkeypatch):
    monkeypatch.setattr(outside, "_addresses", lambda _host, _port: ["93.184.216.34", "10.0.0.1"])

    with pytest.raises(outside.NotAcceptable):
        outside._place("http://two.example/", trusted=outside._split("http://other.example/"))


def test_encryption_is_not_given_up_on_the_way():
    with pytest.raises(outside.NotAcceptable):
        outside._place("http://93.184.216.34/", trusted=outside._split("https://covers.example/"))


def test_sent_on_and_on_is_an_end():
    with far_server(says(302, Location="/again")) as (address, asked), pytest.raises(outside.NotAcceptable):
        fetched(address)
    assert len(asked) == outside.HOPS + 1


def test_too_much_is_not_taken_in():
    sent: list[int] = []

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while len(sent) < 1000:
            request.wfile.write(b"x" * 65536)
            sent.append(1)

    with far_server(endless) as (address, _asked), pytest.raises(outside.NotAcceptable):
        fetched(address)
    assert len(sent) < 1000


def test_what_comes_packed_is_not_unpacked():
    bomb = gzip.compress(b"\0" * 1_000_000)
    with far_server(says(body=bomb, Content_Encoding="gzip")) as (address, _asked):
        with pytest.raises(outside.NotAcceptable):
            fetched(address, most=10_000)


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_server_that_sends_a_letter_now_and_then_is_left(part):
    stop = threading.Event()

    def trickle(request: BaseHTTPRequestHandler) -> None:
        if part == "body":
            request.send_response(200)
            request.end_headers()
        else:
            request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not stop.wait(0.05):
            request.wfile.write(b"x")
            request.wfile.flush()

    with far_server(trickle) as (address, _asked):
        try:
            with pytest.raises(outside.NotAnswering):
                fetched(address, seconds=0.4)
        finally:
            stop.set()


def test_a_server_that_says_nothing_is_left():
    stop = threading.Event()
    with far_server(lambda _request: (stop.wait(30), None)[1]) as (address, _asked):
        try:
            with pytest.raises(outside.NotAnswering):
                fetched(address, seconds=0.3)
        finally:
            stop.set()


@pytest.mark.parametrize("answer", [b"", b"rubbish\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort"])
def test_what_is_no_answer_is_none(answer):
    with far_server(lambda request: (request.wfile.write(answer), None)[1]) as (address, _asked):
        with pytest.raises(outside.NotAnswering):
            fetched(address)


def test_nobody_there_is_told():
    with far_server(says()) as (address, _asked):
        pass
    with pytest.raises(outside.NotAnswering):
        fetched(address)


@pytest.mark.parametrize(
    "url", ["", "covers", "file:///etc/passwd", "http://", "http://host:port/", "javascript:alert(1)"]
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(outside.NotAcceptable):
        fetched(url)
