"""Ranges of a file, and memory that does not grow with it."""

import asyncio
import tracemalloc
from typing import Any

import pytest
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.test import AsyncRequestFactory, RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from library.core.http.ranges import ByteRange, NotSatisfiable, parse_range, ranged_response

BIG = 50 * 1024 * 1024


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-0", ByteRange(0, 0)),
        ("bytes=10-19", ByteRange(10, 19)),
        ("bytes=90-", ByteRange(90, 99)),
        ("bytes=90-1000", ByteRange(90, 99)),
        ("bytes=-5", ByteRange(95, 99)),
        ("bytes=-500", ByteRange(0, 99)),
        ("BYTES= 1-2", ByteRange(1, 2)),
        ("bytes=5-4", None),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("lines=0-1", None),
        ("nonsense", None),
        ("bytes=٠-١", None),
    ],
)
def test_a_range_header_names_bytes_or_is_ignored(header, span):
    assert parse_range(header, 100) == span


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_outside_the_file_is_refused(header):
    with pytest.raises(NotSatisfiable):
        parse_range(header, 100)


@pytest.mark.parametrize("header", ["bytes=-5", "bytes=0-", "bytes=0-0", "bytes=-0"])
def test_no_range_of_an_empty_file_can_be_sent(header):
    with pytest.raises(NotSatisfiable):
        parse_range(header, 0)


@given(st.text(alphabet="bytes=-0123456789, ", max_size=30), st.integers(0, 10**12))
def test_whatever_is_asked_the_span_lies_inside_the_file(header, size):
    try:
        span = parse_range(header, size)
    except NotSatisfiable:
        return
    assert span is None or 0 <= span.first <= span.last < size


@pytest.fixture
def big(tmp_path) -> Any:
    """A file whose every megabyte begins with its own number."""
    path = tmp_path / "big.pdf"
    with path.open("wb") as file:
        file.truncate(BIG)
        for megabyte in range(50):
            file.seek(megabyte * 1024 * 1024)
            file.write(b"%08d" % megabyte)
    field: Any = File(None, name="big.pdf")
    field.storage = FileSystemStorage(tmp_path)
    return field


def answer(request, file) -> Any:
    opened = file.storage.open(file.name, "rb")
    return ranged_response(request, opened, size=BIG, content_type="application/pdf", filename="ä b.pdf", etag="abc")


async def read(response) -> int:
    return sum([len(piece) async for piece in response])


@pytest.mark.parametrize("way", ["asgi", "wsgi"])
def test_a_big_file_is_never_in_memory_as_a_whole(big, way):
    tracemalloc.start()
    try:
        if way == "asgi":
            response = answer(AsyncRequestFactory().get("/"), big)
            assert response.is_async
            length = asyncio.run(read(response))
        else:
            response = answer(RequestFactory().get("/"), big)
            length = sum(len(piece) for piece in response)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert length == BIG
    assert peak < 5 * 1024 * 1024


def test_a_part_is_read_from_its_place(big):
    response = answer(RequestFactory().get("/", headers={"Range": "bytes=41943040-41943047"}), big)
    assert response.status_code == 206
    assert b"".join(response) == b"00000040"
    assert response["Content-Range"] == f"bytes 41943040-41943047/{BIG}"
    assert response["Content-Length"] == "8"


@pytest.mark.django_db  # closing a response ends the request, and that looks at the connections
def test_a_response_that_nobody_reads_to_its_end_closes_the_file(big):
    response = answer(RequestFactory().get("/"), big)
    pieces = response._iterator
    next(iter(response))
    response.close()
    with pytest.raises(ValueError, match="closed"):
        next(pieces)
    unread = answer(AsyncRequestFactory().get("/"), big)
    unread.close()


@pytest.mark.parametrize("headers", [{"If-None-Match": '"abc"'}, {"Range": "bytes=99999999999-"}, {}])
def test_where_nothing_of_it_is_sent_the_file_is_closed(big, headers):
    opened = big.storage.open(big.name, "rb")
    made = RequestFactory().get("/", headers=headers) if headers else RequestFactory().head("/")
    ranged_response(made, opened, size=BIG, content_type="application/pdf", filename="b.pdf", etag="abc")
    assert opened.closed
