"""Sources that do to the reading process what hostile files do to a library. Run inside that process only."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from typing import IO, Any

from rag.ingest.layout import order
from rag.ingest.model.raw import Facts, PageLine, PageWord, RawPage, Source
from rag.ingest.sandbox.reader import FileRefused


class Hostile:
    """The file says page by page what happens: one word each, ``fine`` for none."""

    def __init__(self, file: IO[bytes], settings: dict[str, Any]) -> None:
        self._acts = file.read().decode().split()
        if self._acts[0].startswith("open-"):
            act(self._acts.pop(0).removeprefix("open-"))
        self.facts = Facts(pages=len(self._acts))

    def read(self, number: int) -> RawPage:
        what = self._acts[number - 1]
        if what.startswith("picture"):
            return RawPage(595, 842, notes=["needs_ocr"])
        act(what)
        return written(number)


class Drawn(Hostile):
    """Draws pages: a picture of twelve bytes, or what the page's word does."""

    def draw(self, number: int, width: int) -> bytes:
        what = self._acts[number - 1]
        if what == "nonsense":
            return b"<svg onload='alert(1)'>"
        act(what)
        return b"RIFF    WEBP"


class Pictures(Hostile):
    """Recognises pages called ``picture``; one called ``picture-crash`` crashes, and so on."""

    def read(self, number: int) -> RawPage:
        what = self._acts[number - 1].removeprefix("picture").removeprefix("-")
        if what == "blank":
            return RawPage(595, 842)
        act(what)
        return written(number, "ocr")


def written(number: int, source: Source = "text") -> RawPage:
    """A page of three words, and a sentence of its own."""
    words = [PageWord(f"{word}{number}", 72, 100, 200, 112) for word in ("page", "of", "paper")]
    said = f"The {number}th whale of the long list swims through a sea of {number * 7} miles and eats krill there."
    more = [PageWord(word, 72 + 20 * place, 140, 90 + 20 * place, 152) for place, word in enumerate(said.split())]
    return RawPage(595, 842, source=source, lines=[PageLine(words, 11, starts=True), PageLine(more, 11, starts=True)])


def act(what: str) -> None:
    match what:
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "overrun":
            ctypes.string_at(0)
        case "hang":
            time.sleep(600)
        case "spin":
            while True:
                pass
        case "swell":
            kept = [bytearray(64 * 1024**2) for _ in range(1000)]
            assert not kept
        case "grow":
            bytearray(150 * 1024**2)
        case "raise":
            raise RuntimeError("cannot find page")
        case "blunder":
            order.rows([None])  # type: ignore[list-item]
        case "exit":
            os._exit(0)
        case "babble":
            sys.stdout.write("x" * 10_000)
            sys.stderr.write("y" * 1_000_000)
            sys.stderr.flush()
        case "lie":
            os.write(1, b"\xff" * 64)  # goes where complaints go
        case "write":
            with open("/tmp/lyceum-hostile", "w") as file:
                file.write("x")
        case "secrets":
            assert not [name for name in os.environ if name.startswith(("DATABASE", "REDIS", "LYCEUM", "DJANGO"))]
        case "locked":
            raise FileRefused("file_encrypted")
        case "unknown":
            raise FileRefused("no_such_code")
