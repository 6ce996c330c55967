"""Which faults mean that a part of the library is away or full, and what is answered then."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import TypeVar

import psycopg
from django import db
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from library.core.errors import LibraryError, ServiceUnavailable, StorageFull

Response = TypeVar("Response", bound=HttpResponse)
FULL = {errno.ENOSPC, errno.EDQUOT}
DISK_FULL = "53100"
# The codes of https://www.postgresql.org/docs/current/errcodes-appendix.html. Whole classes: no connection, no
# resources left, an operator's word, the server's own system.
AWAY = ("08", "53", "57P", "58")
# Another has it, the server ended it, or this server only reads for now: the same again may work in a moment.
BUSY = {"55P03", "40001", "40P01", "57014", "25006", "25P03", "25P04"}


def sqlstate(fault: BaseException) -> str:
    """The code by which PostgreSQL named ``fault``, or what lies beneath it; empty where it named none."""
    return next((code for one in _beneath(fault) if (code := getattr(one, "sqlstate", None))), "")


def is_disk_full(fault: BaseException) -> bool:
    """Whether ``fault`` says that a disk, or a quota on it, is full: ours or the database's."""
    if isinstance(fault, OSError):
        return fault.errno in FULL
    return isinstance(fault, db.Error | psycopg.Error) and sqlstate(fault) == DISK_FULL


def refusal_of(fault: BaseException) -> LibraryError | None:
    """``StorageFull`` or ``ServiceUnavailable`` where ``fault`` is no fault of ours; ``None`` for others."""
    if is_disk_full(fault):
        return StorageFull()
    if isinstance(fault, ServiceUnavailable) and fault.__cause__ is not None:
        return refusal_of(fault.__cause__)
    if not isinstance(fault, db.Error | psycopg.Error):
        return None
    state = sqlstate(fault)
    if state in BUSY:
        return ServiceUnavailable(retry_after=1)
    if state.startswith(AWAY) or (not state and any(_is_unconnected(one) for one in _beneath(fault))):
        return ServiceUnavailable(is_away=True)
    return None


def _is_unconnected(fault: BaseException) -> bool:
    """PostgreSQL's client names no code where there was nobody to give one."""
    return isinstance(fault, psycopg.OperationalError | db.OperationalError | db.InterfaceError)


def _beneath(fault: BaseException) -> Iterator[BaseException]:
    """``fault`` and what it came from."""
    seen: set[int] = set()
    at: BaseException | None = fault
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        at = at.__cause__ or at.__context__


def answer(refusal: LibraryError, path: str) -> HttpResponse:
    """``refusal`` for whoever asked for ``path``, made without a session, a query string or the database."""
    response: HttpResponse
    if path.startswith("/api/"):
        response = JsonResponse(refusal.as_dict(), status=refusal.status)
    else:
        page = render_to_string("unavailable.html", {"refusal": refusal})
        response = HttpResponse(page, status=refusal.status)
    response["Cache-Control"] = "no-store"
    return marked(response, refusal)


def marked(response: Response, refusal: LibraryError) -> Response:
    """``response`` with the time after which to ask again, known as one that another try may spare."""
    retry_after = getattr(refusal, "retry_after", None)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    response.is_away = getattr(refusal, "is_away", False)  # type: ignore[attr-defined]  # ours: see OutageMiddleware
    return response


def outside_of_django(request_path: str, refusal: LibraryError) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body of the same answer where no middleware adds its part."""
    from csp.utils import build_policy

    response = answer(refusal, request_path)
    headers = {
        **dict(response.items()),
        "Content-Length": str(len(response.content)),
        "Content-Security-Policy": build_policy(),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": settings.X_FRAME_OPTIONS,
        "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
    }
    raw = [(name.lower().encode("latin-1"), str(value).encode("latin-1")) for name, value in headers.items()]
    return response.status_code, raw, response.content


def refuse(request: HttpRequest, fault: BaseException) -> HttpResponse | None:
    """The answer to ``request`` where ``fault`` says that something is away or full; ``None`` for other faults."""
    refusal = refusal_of(fault)
    return None if refusal is None else answer(refusal, request.path)
