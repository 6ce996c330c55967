"""What a setting's value must be. Each check gives the value back or raises ``ValueError`` with the sentence's end."""

from __future__ import annotations

import ipaddress
import re
from email.utils import parseaddr
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from library.core.config.mail import SCHEMES, SERVICES, SMTP_SCHEMES

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# https://openlibrary.org/dev/docs/api/covers: default=false answers 404 where there is none; 100 questions in 5 min.
COVER_SOURCES = {"openlibrary": "https://covers.openlibrary.org/b/isbn/{isbn}-L.jpg?default=false"}
HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


class Limit(NamedTuple):
    """``most`` times in ``seconds``. Written as ``5/15m``: the unit is s, m, h or d."""

    most: int
    seconds: int

    def __str__(self) -> str:
        unit = next(unit for unit in reversed(UNITS) if self.seconds % UNITS[unit] == 0)
        return f"{self.most}/{self.seconds // UNITS[unit]}{unit}"


def database_url(value: str) -> str:
    parts = _url(value, ("postgresql", "postgres"), "postgresql://user:password@host:5432/name")
    if value and not parts.path.strip("/"):
        raise ValueError("must end in the name of a database, as in postgresql://user:password@host:5432/name")
    return value


def redis_url(value: str) -> str:
    parts = _url(value, ("redis", "rediss", "unix"), "redis://host:6379/0")
    if value and not (parts.hostname or (parts.scheme == "unix" and parts.path)):
        raise ValueError("must name a host (redis://host:6379/0) or a socket (unix:///run/redis.sock)")
    return value


def email_url(value: str) -> str:
    parts = _url(value, SCHEMES, "smtp+tls://user:password@host:587")
    if parts.scheme in SMTP_SCHEMES and not parts.hostname:
        raise ValueError("must name a mail server, as in smtp+tls://user:password@host:587")
    if parts.scheme in SERVICES and not (parts.username or parts.password):
        raise ValueError(f"must have the key of the mail service, as in {parts.scheme}://KEY@")
    return value


def webhook_secret(value: str) -> str:
    """A name and a long password, as a mail service gives them by basic authentication."""
    if value and not re.fullmatch(r"[^:\s]+:[^:\s]{20,}", value):
        raise ValueError("must be a name, a colon and at least 20 random characters, as in lyceum:…")
    return value


def read_cover_sources(written: object) -> object:
    """Addresses with {isbn} in them, or names of known ones, parted by spaces or commas; no text goes through."""
    if not isinstance(written, str):
        return written
    found = tuple(COVER_SOURCES.get(part, part) for part in written.replace(",", " ").split())
    for source in found:
        parts = urlsplit(source)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "{isbn}" not in source:
            raise ValueError(f"must be openlibrary, or addresses such as https://host/{{isbn}}.jpg, not {source!r}")
    return found


def long_token(value: str) -> str:
    """A word that nobody guesses, as it stands in a header."""
    if value and not re.fullmatch(r"[A-Za-z0-9._~+/=-]{20,}", value):
        raise ValueError("must be at least 20 random letters and digits, without spaces")
    return value


def http_url(value: str) -> str:
    parts = _url(value, ("http", "https"), "https://host/v1")
    if value and not parts.hostname:
        raise ValueError("must name a host, as in https://host/v1")
    return value


def sender(value: str) -> str:
    address = parseaddr(value)[1]
    if "\n" in value or "\r" in value or not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
        raise ValueError("must be an address, as in Lyceum <library@example.org>")
    return value


def time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # unknown; shaped like a path; a folder of zones
        raise ValueError(f"must be a time zone such as Europe/Berlin, not {value!r}") from None
    return value


def listening_host(value: str) -> str:
    if not (_is_address(value) or HOST_NAME.fullmatch(value)):
        raise ValueError(f"must be an address or a name of this machine such as 127.0.0.1 or 0.0.0.0, not {value!r}")
    return value


def host_names(value: str) -> str:
    """Names by which browsers reach us: no scheme, no port, nothing that stands for every name."""
    for name in filter(None, map(str.strip, value.split(","))):
        bare = name.removeprefix("[").removesuffix("]")
        if not (_is_address(bare) or HOST_NAME.fullmatch(name.removeprefix("."))):
            raise ValueError(f"must be names such as library.example.org, separated by commas, not {name!r}")
    return value


def read_limit(written: object) -> object:
    """The limit that ``5/15m`` stands for; what is no text goes through."""
    if not isinstance(written, str):
        return written
    found = re.fullmatch(r"\s*([1-9]\d{0,6})\s*/\s*([1-9]\d{0,4})\s*([smhd])\s*", written, re.ASCII)
    if found is None:
        raise ValueError(f"must say how often and in how long, like 5/15m or 20/1h, not {written!r}")
    return Limit(int(found[1]), int(found[2]) * UNITS[found[3]])


def read_networks(written: object) -> object:
    """Addresses and networks with commas between them; what is no text goes through."""
    if not isinstance(written, str):
        return written
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in written.split(",") if part.strip())
    except ValueError:
        raise ValueError(f"must be addresses or networks, separated by commas, not {written!r}") from None


def sentence_end(error: Any) -> str:
    """The end of the sentence about one of pydantic's errors, in plain words."""
    context = error.get("ctx", {})
    given = f", not {str(error['input'])!r}"
    match error["type"]:
        case "value_error":
            return str(context["error"])
        case "literal_error":
            return f"must be {context['expected']}{given}"
        case "int_parsing" | "int_from_float" | "int_type":
            return f"must be a whole number{given}"
        case "bool_parsing" | "bool_type":
            return f"must be true or false{given}"
        case "greater_than_equal":
            return f"must be at least {context['ge']}{given}"
        case "less_than_equal":
            return f"must be at most {context['le']}{given}"
        case _:
            return f"cannot be read: {error['msg']}"


def _url(value: str, schemes: tuple[str, ...], example: str) -> SplitResult:
    """The parts of a URL. Its errors never show the value: it may hold a password."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError(f"is not a URL that can be read; it should look like {example}") from None
    if value and parts.scheme not in schemes:
        *others, last = [f"{scheme}://" for scheme in schemes]
        raise ValueError(f"must begin with {', '.join(others)} or {last}, as in {example}")
    return parts


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True
