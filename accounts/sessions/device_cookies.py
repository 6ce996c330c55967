"""Browsers that know an account: a cookie from the last sign-in, so that strangers cannot shut its owner out.

What strangers try with an address is counted apart from what such a browser tries (OWASP, "Device Cookies"). The cookie
lets nobody in: it says that somebody signed in here once with this address, and in whose tally further tries count.
"""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from library.core import email_addresses as addresses

COOKIE = "device"
KEEP = timedelta(days=365)


def mark(response: HttpResponse, *, email: str) -> None:
    """Let this browser be known as one where ``email`` signed in; it forgets whom it knew before."""
    value = f"{_hash(email)}.{secrets.token_hex(16)}"
    response.set_cookie(
        COOKIE, _signer().sign(value), max_age=KEEP, httponly=True, samesite="Lax", secure=settings.HTTPS
    )


def device_of(request: HttpRequest, email: str) -> str:
    """The name of a browser that knows ``email``, for ``limits``; empty for one that does not. Asks no database."""
    try:
        value = str(_signer().unsign(request.COOKIES.get(COOKIE, ""), max_age=KEEP))
    except signing.BadSignature:
        return ""
    known, _dot, name = value.partition(".")
    is_known = secrets.compare_digest(known, _hash(email)) and re.fullmatch(r"[0-9a-f]{32}", name)
    return name if is_known else ""


def _hash(email: str) -> str:
    folded = addresses.fold(email.strip())
    return salted_hmac("accounts.sessions.device_cookies", folded, algorithm="sha256").hexdigest()[:32]


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt="accounts.sessions.device_cookies")
