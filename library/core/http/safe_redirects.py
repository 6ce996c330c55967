"""Where a request may lead next."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def own_page(request: HttpRequest, wanted: str) -> str:
    """``wanted`` if it is the address of a page of this library, else nothing.

    A word without a slash is no address: Django's ``redirect`` would look for a view of that name.
    """
    is_ours = wanted.startswith(("/", "http://", "https://")) and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else ""
