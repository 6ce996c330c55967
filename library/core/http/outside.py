"""What workers fetch from other people's servers: within a time, up to a size, and never by way of a redirect from
inside this network.

The address that an administrator configured may lie anywhere, also on this machine. Where it sends us on must be
public: whoever runs that server must not see or reach what only we can (SSRF). Each name is looked up once, and that
address is connected to, so that a name cannot mean something else a moment later.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urljoin, urlsplit

if TYPE_CHECKING:
    from httpx import Client, Response

HOPS = 5
SILENCE = 5.0  # seconds for a connection, and between two pieces
PORTS = {"http": 80, "https": 443}
AGENT = "Lyceum (library catalogue)"
GONE, SLOWER = {404, 410}, {403, 429}


class OutsideFault(Exception):
    """Nothing was fetched; the subclass says why."""


class NotThere(OutsideFault):
    """The server says that there is nothing."""


class AskedTooOften(OutsideFault):
    """The server wants to be asked later, or less."""


class NotAnswering(OutsideFault):
    """No answer in time, or one that says that the server is broken."""


class NotAcceptable(OutsideFault):
    """Too large, packed, or somewhere that nobody may send us to."""


@dataclass(frozen=True)
class Destination:
    """One server: where to connect, and what it is called there."""

    url: SplitResult
    host: str
    port: int
    address: str

    @property
    def head(self) -> str:
        """What stands in the header ``Host``."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == PORTS[self.url.scheme] else f"{name}:{self.port}"

    @property
    def pinned(self) -> str:
        """The URL with the address in place of the name, and without a password."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        return self.url._replace(netloc=f"{address}:{self.port}", fragment="").geturl()


def fetch(url: str, *, most_bytes: int, seconds: float, accept: str = "*/*") -> bytes:
    """What is at ``url``, at most so many bytes, within so many seconds in all. Errors: every ``OutsideFault``."""
    import httpx

    end = time.monotonic() + seconds
    start = _split(url)
    headers = {"User-Agent": AGENT, "Accept": accept, "Accept-Encoding": "identity"}
    try:
        with _client(seconds) as client:
            for _hop in range(HOPS + 1):
                place = _place(url, trusted=start)
                with _asked(client, place, headers) as answer:
                    if not answer.has_redirect_location:
                        return _body(answer, most_bytes, end)
                    url = _onward(url, answer.headers["Location"])
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, RuntimeError) as fault:
        raise NotAnswering(type(fault).__name__) from fault
    raise NotAcceptable("It sends us on and on.")


@contextlib.contextmanager
def _client(seconds: float) -> Iterator[Client]:
    """A client that is shut when the time is over, whatever it waits for: a server may send a letter now and then."""
    import httpx

    with httpx.Client(trust_env=False, follow_redirects=False, timeout=min(SILENCE, seconds)) as client:
        timer = threading.Timer(seconds, client.close)
        timer.daemon = True
        timer.start()
        try:
            yield client
        finally:
            timer.cancel()


def _asked(client: Client, place: Destination, headers: dict[str, str]) -> Any:
    return client.stream(
        "GET", place.pinned, headers=headers | {"Host": place.head}, extensions={"sni_hostname": place.host}
    )


def _body(answer: Response, most: int, end: float) -> bytes:
    if answer.status_code in GONE:
        raise NotThere
    if answer.status_code in SLOWER:
        raise AskedTooOften
    if answer.status_code != 200:
        raise NotAnswering(str(answer.status_code))
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise NotAcceptable("It is packed, though nobody asked for that.")
    body = bytearray()
    for piece in answer.iter_raw():
        body += piece
        if len(body) > most:
            raise NotAcceptable("It is too large.")
        if time.monotonic() > end:
            raise NotAnswering("The time is over.")
    return bytes(body)


def _onward(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError as fault:
        raise NotAcceptable("It sends us to what is no address.") from fault


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as fault:
        raise NotAcceptable("This is no address.") from fault
    if parts.scheme not in PORTS or not parts.hostname:
        raise NotAcceptable("Only http and https are fetched.")
    return parts


def _place(url: str, *, trusted: SplitResult) -> Destination:
    """Where ``url`` is. Errors: ``NotAcceptable`` for one that is neither public nor of the ``trusted`` server."""
    parts = _split(url)
    host, port = str(parts.hostname), parts.port or PORTS[parts.scheme]
    addresses = _addresses(host, port)
    if (parts.scheme, parts.hostname, parts.port) == (trusted.scheme, trusted.hostname, trusted.port):
        return Destination(parts, host, port, addresses[0])
    if port not in PORTS.values() or not all(_is_public(address) for address in addresses):
        raise NotAcceptable("It sends us somewhere that is not public.")
    if trusted.scheme == "https" and parts.scheme != "https":
        raise NotAcceptable("It sends us on without encryption.")
    return Destination(parts, host, port, addresses[0])


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as fault:
        raise NotAnswering("Nobody knows that name.") from fault
    return [str(one[4][0]).partition("%")[0] for one in found]


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address)
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None) or found
    return found.is_global and inner.is_global and not found.is_multicast
