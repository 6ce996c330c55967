"""By which way mail goes, from the one address that says so (``LYCEUM_EMAIL_URL``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

SMTP_SCHEMES, SERVICES = ("smtp", "smtp+tls", "smtps"), ("sendgrid", "postmark")
SCHEMES = (*SMTP_SCHEMES, *SERVICES, "console")
HOSTS = {"sendgrid": "api.sendgrid.com/v3/", "postmark": "api.postmarkapp.com/"}
KEYS = {"sendgrid": "SENDGRID_API_KEY", "postmark": "POSTMARK_SERVER_TOKEN"}
CONNECT_SECONDS = 5


@dataclass(frozen=True)
class MailWay:
    """Django's settings for it, and Anymail's for a mail service over HTTP."""

    backend: str
    host: str = "localhost"
    port: int = 25
    user: str = ""
    password: str = ""
    use_tls: bool = False
    use_ssl: bool = False
    anymail: dict[str, Any] = field(default_factory=dict)


def way_of(url: str, *, timeout: int) -> MailWay:
    """``url`` is one that ``checks.email_url`` took, or empty: port 25 of this machine. ``timeout``: seconds for each
    answer of a mail service."""
    parts = urlsplit(url or "smtp://localhost:25")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if parts.scheme == "console":
        return MailWay("django.core.mail.backends.console.EmailBackend")
    if parts.scheme in SERVICES:
        return MailWay(
            f"anymail.backends.{parts.scheme}.EmailBackend",
            anymail={
                KEYS[parts.scheme]: password or user,
                f"{parts.scheme.upper()}_API_URL": f"https://{_host(parts.scheme, parts.hostname, parts.port)}",
                "REQUESTS_TIMEOUT": (CONNECT_SECONDS, timeout),
            },
        )
    return MailWay(
        "django.core.mail.backends.smtp.EmailBackend",
        host=parts.hostname or "localhost",
        port=parts.port or 25,
        user=user,
        password=password,
        use_tls=parts.scheme == "smtp+tls",
        use_ssl=parts.scheme == "smtps",
    )


def _host(service: str, named: str | None, port: int | None) -> str:
    """Another host of a service, as for mail that stays in Europe."""
    usual, path = HOSTS[service].split("/", 1)
    return f"{named or usual}{f':{port}' if port else ''}/{path}"
