"""Which website a socket was asked for by. A browser sends cookies along with whatever another site asks for."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

PORTS = {"http": "80", "https": "443"}


def header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str:
    """The first header of that name, in lower case; empty where there is none."""
    return next((value.decode("latin-1") for key, value in headers if key == name), "")


def is_own(origin: str, host: str, *, has_ticket: bool) -> bool:
    """Whether ``origin`` is the site at ``host``, which is one of ours.

    Programs send no ``Origin``: they come in with a ticket, which no other site can have.
    """
    domain, port = split_domain_port(host.lower())
    if not validate_host(domain, settings.ALLOWED_HOSTS):
        return False
    if not origin:
        return has_ticket
    try:
        asked = urlsplit(origin)
        their_port = str(asked.port or PORTS[asked.scheme])
    except (KeyError, ValueError):
        return False
    if settings.HTTPS and asked.scheme != "https":
        return False
    their_host = f"[{asked.hostname}]" if ":" in (asked.hostname or "") else asked.hostname
    return their_host == domain and their_port == (port or PORTS[asked.scheme])
