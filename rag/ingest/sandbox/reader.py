"""The reading process: opens one file and gives its pages. Started by ``rag.ingest.sandbox.process`` with its limits as
arguments; knows neither Django nor the database, and its environment holds no secret.

It answers three requests: ``{"do": "open"}`` with what the file says of itself or why it cannot be read,
``{"do": "read", "pages": [1, 2, …]}`` with one answer for each page, as soon as it is read, and
``{"do": "draw", "page": 1, "width": 800}`` with a picture of the page. What goes wrong by our own mistake is answered
with its traceback as ``fault``.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import IO, Any, Protocol

from rag.ingest.model.raw import Facts, RawPage, packed
from rag.ingest.sandbox import faults, frames, limits


class FileRefused(Exception):
    """The file cannot be read at all; ``code`` is that of a ``rag.errors.DocumentUnreadable``."""

    def __init__(self, code: str, **values: Any) -> None:
        self.code, self.values = code, values
        super().__init__(code)


class OpenedFile(Protocol):
    """An open file."""

    facts: Facts

    def read(self, number: int) -> RawPage:
        """The page ``number`` (from 1). Any exception of a library costs this page only."""
        ...


class DrawableFile(Protocol):
    """An open file whose pages can be drawn."""

    facts: Facts

    def draw(self, number: int, width: int) -> bytes:
        """A picture (WebP) of the page ``number`` (from 1), so many pixels wide. Any exception of a library costs this
        page only."""
        ...


Opener = Callable[[IO[bytes], dict[str, Any]], Any]  # an ``OpenedFile`` or a ``DrawableFile``
TOO_MUCH = ("malloc", "alloc", "memory")  # what libraries call it when there is no more


def main() -> None:
    """Serve requests from standard input until it ends."""
    settings: dict[str, Any] = json.loads(sys.argv[1])
    limits.confine(parent=settings["parent"], memory=settings["memory"])
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the answers
    module, _, name = str(settings["opener"]).partition(":")
    opener: Opener = getattr(importlib.import_module(module), name)
    serve(opener, settings, sys.stdin.buffer, answers)


def serve(opener: Opener, settings: dict[str, Any], requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer each of ``requests`` in turn."""

    def say(values: dict[str, Any], body: bytes = b"") -> None:
        answers.write(frames.frame(values | {"peak": limits.peak_bytes()}, body))
        answers.flush()

    source: Any = None
    while (asked := frames.received(requests)) is not None:
        if asked["do"] == "open":
            limits.allow_seconds(settings["open_seconds"])
            try:
                source = opener(_file(settings["file"]), settings)
            except FileRefused as refusal:
                say({"refused": refusal.code, "values": refusal.values})
            except ImportError:  # ours, not the file's
                raise
            except Exception as fault:  # every library has its own
                say(_refusal(fault))
            else:
                say({"facts": asdict(source.facts)})
            limits.end_threads()
        elif source is not None and asked["do"] == "draw":
            limits.allow_seconds(settings["page_seconds"])
            say(*drawn(source, asked["page"], asked["width"]))
        elif source is not None:
            for number in asked["pages"]:
                limits.allow_seconds(settings["page_seconds"])
                say(*answer(source, number))


def _file(number: int) -> IO[bytes]:
    """The file that the worker handed on, at its start; opened anew where that can be, for others may read it too."""
    if os.path.exists(own := f"/proc/self/fd/{number}"):
        return open(own, "rb")
    file = os.fdopen(number, "rb")
    file.seek(0)
    return file


def answer(source: OpenedFile, number: int) -> tuple[dict[str, Any], bytes]:
    """What is said of one page, and the page."""
    try:
        page = source.read(number)
        body = packed(page)
    except Exception as fault:  # every library has its own; a file must not choose which ends the process
        return _lost(number, fault), b""
    values = {
        "page": number,
        "label": page.label[:20],
        "source": page.source,
        "width": page.width,
        "height": page.height,
        "notes": page.notes[:20],
        "words": sum(len(line.words) for line in page.lines),
    }
    return values, body


def drawn(source: DrawableFile, number: int, width: int) -> tuple[dict[str, Any], bytes]:
    """What is said of one page's picture, and the picture."""
    try:
        return {"page": number}, source.draw(number, width)
    except Exception as fault:  # as above
        return _lost(number, fault), b""


def _lost(number: int, fault: Exception) -> dict[str, Any]:
    ours = {"fault": faults.told(fault)} if faults.is_ours(fault) else {}
    return {"page": number, "lost": _why(fault)} | ours


def _refusal(fault: Exception) -> dict[str, Any]:
    """What is said of a file that could not be opened, but for refusals of our own."""
    if faults.is_ours(fault):
        return {"fault": faults.told(fault)}
    return {"refused": "file_bomb" if _why(fault) == "too_large" else "file_broken", "values": {}}


def _why(fault: Exception) -> str:
    is_memory = isinstance(fault, MemoryError) or any(word in str(fault).lower() for word in TOO_MUCH)
    return "too_large" if is_memory else "broken"
