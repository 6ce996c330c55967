"""Files sent piece by piece: with HTTP Range, in the same little memory under ASGI, WSGI and the test client.

Django's own ``FileResponse`` has no Range, and under ASGI it reads the whole file before the first byte goes out.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from os import SEEK_END
from typing import IO
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

PIECE = 256 * 1024
RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


class NotSatisfiable(Exception):
    """A range that lies outside the file."""


@dataclass(frozen=True)
class ByteRange:
    """Bytes ``first`` to ``last``, both included."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1


def parse_range(header: str, size: int) -> ByteRange | None:
    """The one range that ``header`` asks of a file of ``size`` bytes (RFC 9110 §14).

    ``None`` where the header is no byte range, malformed or asks for several: then the whole file is the right
    answer. Errors: ``NotSatisfiable``.
    """
    match = RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:  # the last so many bytes
        if int(last) == 0 or size == 0:
            raise NotSatisfiable
        return ByteRange(max(size - int(last), 0), size - 1)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise NotSatisfiable
    return ByteRange(int(first), min(int(last), size - 1) if last else size - 1)


class _Pieces:
    """The bytes of one span of an open file. Closes the file, read to its end or not."""

    def __init__(self, file: IO[bytes], span: ByteRange) -> None:
        self.file = file
        self.left = len(span)
        file.seek(span.first)

    def read(self) -> bytes:
        piece = self.file.read(min(PIECE, self.left))
        self.left -= len(piece)
        return piece

    def close(self) -> None:
        self.file.close()


class _Sync(_Pieces):
    def __iter__(self) -> Iterator[bytes]:
        try:
            while piece := self.read():
                yield piece
        finally:
            self.close()


class _Async(_Pieces):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while piece := await asyncio.to_thread(self.read):
                yield piece
        finally:
            self.close()


def ranged_response(
    request: HttpRequest, file: IO[bytes], *, size: int, content_type: str, filename: str, etag: str
) -> HttpResponseBase:
    """``file``, which is open and closed here, shown inline: 200, 206 for one range, 416, or 304.

    ``etag`` names this content and no other (its hash). The caller has checked that the viewer may have it.
    """
    tag = f'"{etag}"'
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(filename, safe='')}",
        "ETag": tag,
        "X-Content-Type-Options": "nosniff",
    }
    if tag in [known.strip().removeprefix("W/") for known in request.headers.get("If-None-Match", "").split(",")]:
        file.close()
        return HttpResponse(status=304, headers=headers)
    try:
        span = _wanted(request, size, tag)
    except NotSatisfiable:
        file.close()
        return HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    if span is not None:
        headers["Content-Range"] = f"bytes {span.first}-{span.last}/{size}"
    status, sent = (200, ByteRange(0, size - 1)) if span is None else (206, span)
    headers |= {"Content-Length": str(len(sent)), "Content-Type": content_type}
    if request.method == "HEAD":
        file.close()
        return HttpResponse(status=status, headers=headers)
    return StreamingHttpResponse(_pieces(request, file, sent), status=status, headers=headers)


def whole(request: HttpRequest, file: IO[bytes]) -> _Sync | _Async:
    """All of an open file, which is not empty, as what an answer streams; closed with the answer, read or not."""
    return _pieces(request, file, ByteRange(0, file.seek(0, SEEK_END) - 1))


def _pieces(request: HttpRequest, file: IO[bytes], span: ByteRange) -> _Sync | _Async:
    return _Async(file, span) if isinstance(request, ASGIRequest) else _Sync(file, span)


def _wanted(request: HttpRequest, size: int, tag: str) -> ByteRange | None:
    """The range to send; ``None`` for all, also where the client's part is of another content (``If-Range``)."""
    header = request.headers.get("Range", "")
    if not header or request.headers.get("If-Range", tag) != tag:
        return None
    return parse_range(header, size)


def in_pieces(request: HttpRequest, pieces: Iterator[bytes]) -> Iterator[bytes] | AsyncIterator[bytes]:
    """``pieces``, made one at a time while the one before is on its way; each may ask the database.

    Under ASGI they are made in the request's own thread, whose connection is given back when the answer is closed.
    """
    return _made_in_thread(pieces) if isinstance(request, ASGIRequest) else pieces


async def _made_in_thread(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    def make() -> bytes | None:
        return next(pieces, None)

    while (piece := await sync_to_async(make)()) is not None:
        yield piece
