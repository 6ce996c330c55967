"""Pictures for tests, made on the spot."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image


def picture(
    kind: str = "PNG", *, size: tuple[int, int] = (120, 180), colour: Any = "teal", mode: str = "RGB"
) -> Image.Image:
    """A picture in two colours, so that it is not blank."""
    made = Image.new("RGB", size, colour)
    made.paste("white", (0, 0, size[0], size[1] // 3))
    return made.convert(mode)


def content(
    kind: str = "PNG", *, mode: str = "RGB", size: tuple[int, int] = (120, 180), colour: Any = "teal", **saved: Any
) -> bytes:
    written = io.BytesIO()
    picture(size=size, colour=colour, mode=mode).save(written, kind, **saved)
    return written.getvalue()


def upload(body: bytes | None = None, name: str = "cover.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content() if body is None else body, content_type="image/png")


def png_that_claims(width: int, height: int) -> bytes:
    """A few bytes that say they are so many pixels, all of one colour."""

    def part(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(b"\0" * 4096)) + part(b"IEND", b"")
