"""From which address a request comes, for the limits by client address."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address
UNKNOWN = "unknown"  # all who come without an address share one tally


def client_of(request: HttpRequest) -> str:
    """The client's address, for IPv6 its /64 network; ``""`` where it is not counted: loopback in embedded mode."""
    peer = _address(request.META.get("REMOTE_ADDR") or "")
    client = _behind_proxies(peer, request.META.get("HTTP_X_FORWARDED_FOR", "").split(","))
    if not settings.COUNT_LOOPBACK and (client is None or client.is_loopback):
        return ""
    if client is None:
        return UNKNOWN
    # One household or hall has a whole /64; its single addresses are as many as anybody likes.
    return str(ip_network((client, 64), strict=False) if client.version == 6 else client)


def address_of(request: HttpRequest) -> str:
    """The client's whole address, for its owner to read; ``""`` where it is not known."""
    peer = _address(request.META.get("REMOTE_ADDR") or "")
    client = _behind_proxies(peer, request.META.get("HTTP_X_FORWARDED_FOR", "").split(","))
    return str(client or "")


def _behind_proxies(peer: Address | None, hops: Sequence[str]) -> Address | None:
    """The right-most hop that no trusted proxy is. Only what a trusted proxy added is believed.

    Without a list of proxies HTTPS says that there is one, on this machine or a private network, and only one.
    """
    listed = settings.TRUSTED_PROXIES
    if not listed:
        has_proxy = settings.HTTPS and (peer is None or peer.is_loopback or peer.is_private)
        return (_address(hops[-1]) or peer) if has_proxy else peer
    client = peer
    for hop in reversed(hops):
        if client is not None and not any(client in network for network in listed):
            break
        further = _address(hop)
        if further is None:
            break
        client = further
    return client


def _address(written: str) -> Address | None:
    """The address, without port, brackets and zone; IPv4 where it is only wrapped. ``None`` where it is none."""
    text = written.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
