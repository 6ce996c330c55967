"""A file read in a process of its own, so that one which makes the library crash, hang or swell costs a page and not
the worker."""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from django.conf import settings

from rag import errors
from rag.ingest.model.raw import Facts
from rag.ingest.sandbox import frames
from rag.ingest.sandbox import limits as confine
from rag.ingest.sandbox.answers import Died, ReadPage, our_fault, taken_facts, taken_page, taken_picture, unreadable

log = logging.getLogger(__name__)
TEXT = "rag.ingest.formats.choice:opened"
PICTURES = "rag.ingest.formats.choice:pictures"
DRAWINGS = "rag.ingest.formats.choice:drawings"
LOOK = 0.5  # seconds between two looks at whether anybody still wants the answer
KEPT_WORDS = 4000  # of what the process complains of
PAGES_AT_ONCE = 64  # asked for; between two requests a process that has swollen is started anew
AHEAD = 1024 * 1024  # bytes of answers that nobody has taken yet
PATIENCE = 3  # seconds by the clock for one of computing
MOST_LOST = 60  # pages that end the process, of a whole file
MOST_LOST_IN_A_ROW = 8
Watch = Callable[[], None]


@dataclass(frozen=True)
class Limits:
    """What a reading process may take. ``memory``: bytes of address space; seconds: of computing."""

    memory: int
    open_seconds: int
    page_seconds: int

    @property
    def patience(self) -> tuple[int, int]:
        """How long to wait for opening and for a page. A busy machine takes longer, and no page may be lost by that."""
        return self.open_seconds * PATIENCE, self.page_seconds * PATIENCE


def text_limits() -> Limits:
    """For a PDF's own text, EPUB and plain text."""
    return Limits(settings.READER_MEMORY, settings.READER_OPEN_SECONDS, settings.READER_PAGE_SECONDS)


def picture_limits() -> Limits:
    """For recognising pictures of pages."""
    return Limits(settings.OCR_MEMORY, settings.READER_OPEN_SECONDS, settings.OCR_PAGE_SECONDS)


def drawing_limits() -> Limits:
    """For pictures of pages, for which somebody waits."""
    return Limits(settings.READER_MEMORY, settings.READER_FIRST_SECONDS, settings.DRAWING_PAGE_SECONDS)


class Process:
    """One reading process with one file."""

    def __init__(self, file: IO[bytes], media_type: str, opener: str, limits: Limits) -> None:
        options = {
            "parent": os.getpid(),
            "file": file.fileno(),
            "media_type": media_type,
            "opener": opener,
            "memory": limits.memory,
            "open_seconds": limits.open_seconds,
            "page_seconds": limits.page_seconds,
            "most_pages": settings.DOCUMENT_MAX_PAGES,
            "dpi": settings.OCR_DPI,
            "pixels": settings.OCR_MAX_PIXELS,
        }
        self.peak = 0
        self._inbox, self._complaints = bytearray(), bytearray()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rag.ingest", json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            pass_fds=[file.fileno()],
            cwd=settings.BASE_DIR,
            env=_environment(),
        )
        self._selector = selectors.DefaultSelector()
        _widen(self._process.stdout)
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe is not None
            self._selector.register(pipe, selectors.EVENT_READ)

    def ask(self, values: dict[str, Any]) -> None:
        """Send a request. A process that is gone is noticed where its answer is missing."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(frames.frame(values))

    def answer(self, seconds: float, watch: Watch) -> tuple[dict[str, Any], bytes]:
        """The next answer. Errors: ``Died``, and whatever ``watch`` raises."""
        end = time.monotonic() + seconds
        while True:
            try:
                found = frames.taken(self._inbox)
            except frames.Malformed as fault:
                log.warning("The reading process sent what is no answer: %s", fault)
                raise Died("crashed") from None
            if found is not None:
                self.peak = max(self.peak, int(found[0].get("peak") or 0))
                return found
            if time.monotonic() > end:
                raise Died("too_slow")
            if not self._listen(min(LOOK, max(end - time.monotonic(), 0.01))):
                watch()

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self.peak = max(self.peak, confine.peak_bytes(self._process.pid))
        self._process.kill()
        self._process.wait()
        self._selector.close()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def _listen(self, seconds: float) -> bool:
        """Take in what there is. False where nothing came. Errors: ``Died``."""
        ready = self._selector.select(seconds)
        for key, _events in ready:
            came = os.read(key.fd, 1 << 16)
            if key.fileobj is self._process.stderr:
                self._complaints += came
                del self._complaints[:-KEPT_WORDS]
                if not came:
                    self._selector.unregister(key.fileobj)
            elif came:
                self._inbox += came
            else:
                raise Died(self._why())
        return bool(ready)

    def _why(self) -> str:
        """Why the process ended by itself."""
        with contextlib.suppress(BlockingIOError):
            assert self._process.stderr is not None
            os.set_blocking(self._process.stderr.fileno(), False)
            self._complaints += os.read(self._process.stderr.fileno(), KEPT_WORDS)
        words = bytes(self._complaints).decode(errors="replace")
        status = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        code = status.si_status if status is not None else 0
        log.warning("The reading process ended (%s): %s", code, words[-500:])
        if code in (signal.SIGXCPU, signal.SIGALRM):
            return "too_slow"
        return "too_large" if "MemoryError" in words or "bad_alloc" in words else "crashed"


def _widen(pipe: IO[bytes] | None) -> None:
    """So that a process which reads ahead need not wait until somebody takes its pages."""
    size = getattr(fcntl, "F_SETPIPE_SZ", None)
    if pipe is not None and size is not None:
        with contextlib.suppress(OSError):  # more than this user may have
            fcntl.fcntl(pipe.fileno(), size, AHEAD)


def _environment() -> dict[str, str]:
    """Nothing that a file's author would like to know: no addresses, no passwords."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    return kept | {
        "PYTHONPATH": os.pathsep.join([str(settings.BASE_DIR), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
        "MALLOC_ARENA_MAX": "2",
        "MALLOC_MMAP_THRESHOLD_": "1048576",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


@dataclass
class FileReader:
    """A file's pages, from as many reading processes as it takes. Use ``close``, or ``with contextlib.closing``."""

    file: IO[bytes]
    media_type: str  # what it was taken in as
    opener: str
    limits: Limits
    watch: Watch = lambda: None
    peak: int = 0  # bytes, of the process that took most
    lost: dict[int, str] = field(default_factory=dict)  # pages that cost a process, and why
    _process: Process | None = None
    _is_open: bool = False  # whether that process has said what it opened
    _ahead: list[int] = field(default_factory=list)  # pages that it was asked for and nobody has come for yet
    _served: int = 0  # pages, by the process that runs now
    _in_a_row: int = 0

    def open(self) -> Facts:
        """What the file says of itself. Errors: every ``DocumentUnreadable``; ``ReaderFault``."""
        self._start()
        return self._said()

    def begin(self, numbers: Sequence[int]) -> None:
        """Have the pages read that are to be taken from ``pages`` next; nothing is waited for."""
        if self._process is None or self._is_swollen() or self._ahead:  # nobody came for all that was begun
            self._start()
        assert self._process is not None
        self._ahead = list(numbers)
        self._process.ask({"do": "read", "pages": self._ahead})

    def pages(self, numbers: Sequence[int]) -> Iterator[ReadPage]:
        """Each of ``numbers`` in turn; one that cannot be read comes empty with the note ``unreadable``.

        Errors: ``FileCrashesReader`` and its like where too many pages end the process; ``ReaderFault``.
        """
        waiting = list(numbers)
        while waiting:
            if not self._ahead or self._ahead != waiting[: len(self._ahead)]:
                self.begin(waiting[:PAGES_AT_ONCE])
            if not self._is_open:
                self._said()
            assert self._process is not None
            try:
                while self._ahead:
                    values, body = self._process.answer(self.limits.patience[1], self.watch)
                    page = taken_page(waiting[0], values, body)
                    self._ahead.pop(0)
                    self._served += 1
                    self._in_a_row = 0
                    waiting.pop(0)
                    yield page
            except Died as death:
                again = self._served > 0 and death.why != "too_slow"  # the pages before may have filled its memory
                self.close()
                if not again:
                    yield self._without(waiting.pop(0), death.why)

    def draw(self, number: int, width: int) -> bytes:
        """A picture (WebP) of the page, so many pixels wide; empty where it cannot be drawn.

        Errors: every ``DocumentUnreadable`` where the file cannot be opened; ``ReaderFault``.
        """
        if self._process is None:
            self._start()
        if not self._is_open:
            self._said()
        assert self._process is not None
        self._process.ask({"do": "draw", "page": number, "width": width})
        try:
            values, body = self._process.answer(self.limits.patience[1], self.watch)
        except Died:
            self.close()
            return b""
        return taken_picture(number, values, body)

    def close(self) -> None:
        """End the process that runs, if any."""
        if self._process is not None:
            self._process.close()
            self.peak = max(self.peak, self._process.peak)
            self._process = None
        self._ahead = []

    def _start(self) -> None:
        """A new process, asked to open the file."""
        self.close()
        self._process = Process(self.file, self.media_type, self.opener, self.limits)
        self._served, self._is_open = 0, False
        self._process.ask({"do": "open"})

    def _said(self) -> Facts:
        """What a process that has just been started says of the file."""
        assert self._process is not None
        self._is_open = True
        try:
            values, _body = self._process.answer(self.limits.patience[0], self.watch)
        except Died as death:
            self.close()
            raise errors.of_death(death.why) from None
        if "fault" in values:
            self.close()
            raise our_fault(0, values)
        if "refused" in values:
            self.close()
            raise errors.of_code(str(values["refused"]), values.get("values"))
        try:
            return taken_facts(values["facts"])
        except (KeyError, TypeError, ValueError):
            self.close()
            raise errors.FileCrashesReader from None

    def _is_swollen(self) -> bool:
        return self._process is not None and self._served > 0 and self._process.peak > 0.6 * self.limits.memory

    def _without(self, number: int, why: str) -> ReadPage:
        self.lost[number] = why
        self._in_a_row += 1
        if self._in_a_row > MOST_LOST_IN_A_ROW or len(self.lost) > MOST_LOST:
            raise errors.of_death(why)
        return unreadable(number, why)
