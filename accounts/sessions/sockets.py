"""Who opens a socket, and whether the sign-in by which they did still holds.

A socket outlives the request that opened it, so it is asked again and again, all of a process at once: an ended
session or token, a closed account and another password end it within seconds, however they came about.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from accounts.errors import TicketNotValid
from accounts.models import User
from accounts.models.sessions import BrowserSession, Ticket, TokenFamily
from accounts.sessions import signed_in, socket_tickets
from accounts.sessions.store import SessionStore, hash_key, person_of
from library.live.doors import SocketLogin, Visitor

SESSION, FAMILY, USER = "session", "family", "user"
# What of a user the proof is made of.
PROVEN = ("password", "token_epoch", "is_active")


def enter(cookies: Mapping[str, str], ticket: str) -> Visitor | None:
    """Whose ticket, or else whose session it is; None: nobody's, or no longer. A ticket is used up."""
    if ticket:
        return _by_ticket(ticket)
    key = cookies.get(settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    session = SessionStore(key)
    user = person_of(session)
    return None if user is None else Visitor(user, _login(SESSION, hash_key(key), user))


def still_in(logins: Collection[SocketLogin]) -> set[SocketLogin]:
    """Those that hold now: at most three queries, however many there are."""
    at = timezone.now()
    found = [
        *_proofs(SESSION, BrowserSession.objects.filter(pk__in=_keys(SESSION, logins), expire_date__gt=at)),
        *_proofs(FAMILY, TokenFamily.objects.open(at).filter(pk__in=_keys(FAMILY, logins))),
        *((USER, str(user.pk), user) for user in User.objects.filter(pk__in=_keys(USER, logins)).only(*PROVEN)),
    ]
    return {_login(kind, key, user) for kind, key, user in found if user is not None and user.is_active} & set(logins)


def _by_ticket(ticket: str) -> Visitor | None:
    try:
        row = socket_tickets.take(ticket=ticket)
    except TicketNotValid:
        return None
    row.user.permission_names = signed_in.permissions_of(row.user_id)
    login = _login(*_asked_by(row), row.user)
    return Visitor(row.user, login) if login in still_in([login]) else None


def _asked_by(row: Ticket) -> tuple[str, str]:
    if row.family_id is not None:
        return FAMILY, str(row.family_id)
    return (SESSION, row.session) if row.session else (USER, str(row.user_id))


def _login(kind: str, key: str, user: User) -> SocketLogin:
    return SocketLogin(kind, key, f"{user.token_epoch} {user.get_session_auth_hash()}")


def _keys(kind: str, logins: Collection[SocketLogin]) -> list[str | UUID]:
    return [login.key for login in logins if login.kind == kind]


def _proofs(kind: str, rows: Any) -> list[tuple[str, str, User | None]]:
    if rows.query.is_empty():
        return []
    held = rows.select_related("user").only("pk", *(f"user__{name}" for name in PROVEN))
    return [(kind, str(row.pk), row.user) for row in held]
