"""Desks that speak HTTP over kept connections, with as little of their own work as can be: they share the machine.

Each desk is a process and lends or takes back its own copies, by the API or by scanning at the desk's page, where it
also loads the page that shows what the scan came to.
"""

from __future__ import annotations

import json
import multiprocessing
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from uuid import uuid4

from bench.desk_work import FIRST_COPY

WORDS = ("physics", "history", "garden", "letters", "music", "travels", "science", "war", "island", "philosophy")
CSRF = "b" * 32  # cookie and form say the same secret, which is all that is asked of them
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
LOCATION = re.compile(rb"\r\nlocation: (\S+)", re.IGNORECASE)
COOKIE = re.compile(rb'\r\nset-cookie: (desk_outcome="?[^;"]+)', re.IGNORECASE)


class Wire:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, method: str, path: str, headers: str, body: bytes = b"") -> tuple[int, bytes, bytes]:
        """Status, head and body of the answer."""
        said = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        self.socket.sendall(said.encode() + body)
        head, _, rest = self._until(b"\r\n\r\n").partition(b"\r\n\r\n")
        found = LENGTH.search(head)
        if found is None:
            raise OSError(f"An answer without its length: {head[:200]!r}")
        length = int(found[1])
        while len(rest) < length:
            rest += self._more()
        return int(head[9:12]), head, rest

    def _until(self, mark: bytes) -> bytes:
        got = b""
        while mark not in got:
            got += self._more()
        return got

    def _more(self) -> bytes:
        got = self.socket.recv(65536)
        if not got:
            raise OSError("The library closed the connection.")
        return got


@dataclass(frozen=True)
class Access:
    """What a desk needs: an access token, its browser's session, and the readers' ids in the order of their cards."""

    port: int
    token: str
    sessions: list[str]
    readers: list[str]


Work = Callable[[int], None]


def by_api(access: Access) -> tuple[Work, Work]:
    """Check-out and check-in of the n-th copy, for the n-th reader."""
    wire = Wire(access.port)
    headers = f"Authorization: Bearer {access.token}\r\nContent-Type: application/json\r\n"

    def post(path: str, body: dict[str, str], wanted: int) -> None:
        status, _head, text = wire.ask("POST", f"/api/v1/{path}/", headers, json.dumps(body).encode())
        if status != wanted:
            raise OSError(f"{path} answered {status}: {text[:300]!r}")

    return (
        lambda n: post("loans", {"copy": f"B{FIRST_COPY + n}", "patron": f"B-{n}"}, 201),
        lambda n: post("check-ins", {"copy": f"B{FIRST_COPY + n}"}, 200),
    )


def by_page(access: Access, desk: int) -> tuple[Work, Work]:
    """The same by scans, each with the page that follows it."""
    wire, cookies = Wire(access.port), f"sessionid={access.sessions[desk]}; csrftoken={CSRF}"
    form = "Content-Type: application/x-www-form-urlencoded\r\n"

    def scan(address: str, n: int, word: bytes) -> None:
        body = f"scan=B{FIRST_COPY + n}&once={uuid4()}&csrfmiddlewaretoken={CSRF}".encode()
        status, head, text = wire.ask("POST", address, f"Cookie: {cookies}\r\n{form}", body)
        found, kept = LOCATION.search(head), COOKIE.search(head)
        if status != 302 or found is None:
            raise OSError(f"A scan answered {status}: {text[:300]!r}")
        shown = cookies + (f"; {kept[1].decode()}" + ('"' if b'"' in kept[1] else "") if kept else "")
        status, _head, text = wire.ask("GET", found[1].decode(), f"Cookie: {shown}\r\n")
        if status != 200 or b"<b>" + word + b"</b>" not in text:
            raise OSError(f"The desk's page answered {status} without “{word.decode()}”: {text[:300]!r}")

    return (
        lambda n: scan(f"/desk/?reader={access.readers[n - 1]}", n, b"Lent"),
        lambda n: scan("/desk/?mode=return", n, b"Returned"),
    )


def me(access: Access) -> Work:
    """The lightest request that somebody makes: who they are."""
    wire, headers = Wire(access.port), f"Authorization: Bearer {access.token}\r\n"

    def ask(_n: int) -> None:
        status, _head, text = wire.ask("GET", "/api/v1/me/", headers)
        if status != 200:
            raise OSError(f"me/ answered {status}: {text[:300]!r}")

    return ask


def work_of(kind: str, access: Access, desk: int) -> Work:
    """``kind``: ``api out``, ``api in``, ``page out``, ``page in`` or ``me``."""
    if kind == "me":
        return me(access)
    level, verb = kind.split()
    out, back = by_api(access) if level == "api" else by_page(access, desk)
    return out if verb == "out" else back


def at_once(kind: str, access: Access, *, desks: int, each: int) -> tuple[float, list[float]]:
    """All desks at once, each through its own copies: the seconds in all, and the milliseconds of each call."""
    several = multiprocessing.get_context("fork")
    ready, told = several.Barrier(desks + 1), several.SimpleQueue()
    for desk in range(desks):
        several.Process(target=_desk, args=(kind, access, desk, each, ready, told), daemon=True).start()
    ready.wait(60)
    began = time.perf_counter()
    took = [ms for _desk in range(desks) for ms in told.get()]
    seconds = time.perf_counter() - began
    if len(took) != desks * each:
        raise SystemExit(f"A desk failed at {kind}.")
    return seconds, took


def _desk(kind: str, access: Access, desk: int, each: int, ready: Barrier, told: SimpleQueue[list[float]]) -> None:
    took: list[float] = []
    try:
        work = work_of(kind, access, desk)
        ready.wait(60)
        for n in range(desk * each + 1, (desk + 1) * each + 1):
            began = time.perf_counter()
            work(n)
            took.append((time.perf_counter() - began) * 1000)
    finally:
        told.put(took)  # too few: something failed
