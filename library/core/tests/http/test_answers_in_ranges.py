"""A file as it is answered: its headers, the part that was asked for, and nothing where nothing is needed."""

from __future__ import annotations

import asyncio
import io
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import AsyncRequestFactory, RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from library.core.http.ranges import in_pieces, ranged_response, whole

CONTENT = bytes(range(100))


def answer(content: bytes = CONTENT, *, method: str = "get", filename: str = "a.pdf", **headers: str) -> Any:
    request = getattr(RequestFactory(), method)(
        "/", headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    return ranged_response(
        request,
        io.BytesIO(content),
        size=len(content),
        content_type="application/pdf",
        filename=filename,
        etag="abc",
    )


def test_a_whole_file_says_that_parts_may_be_asked_for_and_that_each_asks_again():
    response = answer()
    assert (response.status_code, b"".join(response)) == (200, CONTENT)
    assert (response["Accept-Ranges"], response["ETag"], response["Content-Length"]) == ("bytes", '"abc"', "100")
    assert (response["Cache-Control"], response["X-Content-Type-Options"]) == ("private, no-cache", "nosniff")
    assert "Content-Range" not in response


@given(st.binary(min_size=1, max_size=60), st.integers(0, 70), st.integers(0, 70))
def test_whatever_part_is_asked_for_it_is_what_lies_there(content, first, last):
    response = answer(content, Range=f"bytes={first}-{last}")
    if first > last:
        assert (response.status_code, b"".join(response)) == (200, content)
    elif first >= len(content):
        assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{len(content)}")
    else:
        sent = b"".join(response)
        assert (response.status_code, sent) == (206, content[first : last + 1])
        assert response["Content-Length"] == str(len(sent))


@pytest.mark.parametrize(
    ("known", "status"),
    [
        ('"abc"', 304),
        ('W/"abc"', 304),
        ('"old", "abc"', 304),
        ('"old",W/"abc"', 304),
        ('"old"', 200),
        ("abc", 200),
        ("", 200),
    ],
)
def test_who_has_this_very_content_gets_none_of_it(known, status):
    response = answer(If_None_Match=known)
    assert response.status_code == status
    assert response["ETag"] == '"abc"'


@pytest.mark.parametrize(("known", "status"), [('"abc"', 206), ('"old"', 200), ('W/"abc"', 200), ("", 200)])
def test_a_part_of_another_content_is_not_mended_with_one_of_this(known, status):
    assert answer(Range="bytes=0-9", If_Range=known).status_code == status


def test_who_asks_only_about_it_is_told_how_long_the_part_would_be():
    response = answer(method="head", Range="bytes=10-19")
    assert (response.status_code, response.content) == (206, b"")
    assert (response["Content-Length"], response["Content-Range"]) == ("10", "bytes 10-19/100")


@pytest.mark.parametrize(
    "name", ["a.pdf", "ä b.pdf", "كتاب.pdf", 'a"; x="b.pdf', "a\r\nSet-Cookie: x.pdf", "鯨/../x.pdf"]
)
def test_a_name_in_any_writing_is_one_header_that_gives_it_back(name):
    header = answer(filename=name)["Content-Disposition"]
    kind, _, written = header.partition("; filename*=UTF-8''")
    assert kind == "inline"
    assert header.isascii()
    assert not {*written} & {*' ";\r\n/'}
    assert unquote(written) == name


def pieces(response: Any) -> list[bytes]:
    async def all_of_it() -> list[bytes]:
        return [piece async for piece in response]

    return asyncio.run(all_of_it())


@pytest.mark.parametrize("content", [b"x", CONTENT * 6000])
def test_all_of_an_open_file_is_sent_from_its_beginning_and_then_closed(content):
    for request in (RequestFactory().get("/"), AsyncRequestFactory().get("/")):
        file = io.BytesIO(content)
        file.read(1)  # somebody looked at it before
        made = whole(request, file)
        sent = b"".join(pieces(made)) if hasattr(made, "__aiter__") else b"".join(made)
        assert sent == content
        assert file.closed


def test_a_file_that_is_shorter_than_it_was_ends_where_it_ends():
    response = ranged_response(
        RequestFactory().get("/"), io.BytesIO(b"abc"), size=100, content_type="x/y", filename="a", etag="e"
    )
    assert b"".join(response) == b"abc"


def test_pieces_are_made_one_at_a_time_as_they_are_asked_for():
    made: list[int] = []

    def making() -> Any:
        for number in range(3):
            made.append(number)
            yield b"%d" % number

    plain = iter(in_pieces(RequestFactory().get("/"), making()))  # type: ignore[arg-type]  # of a plain request
    assert (next(plain), made) == (b"0", [0])
    assert pieces(in_pieces(AsyncRequestFactory().get("/"), making())) == [b"0", b"1", b"2"]
