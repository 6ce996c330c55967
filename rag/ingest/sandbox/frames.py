"""What the worker and its reading process say to each other: a JSON object and some bytes, each with its length before.

Nothing here can run anything, whatever the other side sends.
"""

from __future__ import annotations

import json
import struct
from typing import IO, Any

LENGTHS = struct.Struct(">II")
MOST_BYTES = 64 * 1024 * 1024  # of one frame


class Malformed(Exception):
    """The other side sent what is no frame."""


def frame(values: dict[str, Any], body: bytes = b"") -> bytes:
    """``values`` and ``body`` as they go through the pipe."""
    head = json.dumps(values, separators=(",", ":")).encode()
    return LENGTHS.pack(len(head), len(body)) + head + body


def taken(buffer: bytearray) -> tuple[dict[str, Any], bytes] | None:
    """The first frame of ``buffer``, taken out of it; ``None`` while it is not whole. Errors: ``Malformed``."""
    if len(buffer) < LENGTHS.size:
        return None
    head, body = LENGTHS.unpack_from(buffer)
    if head + body > MOST_BYTES:
        raise Malformed("too long")
    end = LENGTHS.size + head + body
    if len(buffer) < end:
        return None
    values = _object(bytes(buffer[LENGTHS.size : LENGTHS.size + head]))
    content = bytes(buffer[LENGTHS.size + head : end])
    del buffer[:end]
    return values, content


def received(pipe: IO[bytes]) -> dict[str, Any] | None:
    """The next frame's values; ``None`` where the other side has gone. Errors: ``Malformed``."""
    lengths = pipe.read(LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        return None
    head, body = LENGTHS.unpack(lengths)
    if head + body > MOST_BYTES:
        raise Malformed("too long")
    content = pipe.read(head + body)
    return _object(content[:head]) if len(content) == head + body else None


def _object(content: bytes) -> dict[str, Any]:
    try:
        values = json.loads(content)
    except ValueError as fault:
        raise Malformed(str(fault)) from None
    if not isinstance(values, dict):
        raise Malformed("no object")
    return values
