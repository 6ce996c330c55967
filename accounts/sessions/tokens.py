"""Tokens of API clients: a short access token, and a refresh token that works once.

All that descend from one sign-in are a *family*. docs/adr/0009-tokens.md says what ends one, and why.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import update_last_login
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import RefreshToken, UntypedToken

from accounts import errors
from accounts.models import User
from accounts.models.sessions import TokenFamily
from accounts.sessions import known_devices, signed_in
from accounts.sessions.services import Origin
from library.activity import services as activity

WAIT = "2s"
FAMILY, EPOCH, PROVEN = "family", "epoch", "proven"


@dataclass(frozen=True)
class Pair:
    access: str
    refresh: str


@transaction.atomic
def issue(user: User, *, origin: Origin | None = None, at: datetime | None = None) -> Pair:
    """Tokens for somebody who has just proven who they are: the first of a new family.

    They are of the epoch in which ``user`` was read: whoever proved a password that was changed since gets nothing.
    They are told by mail where it is an app that they have not signed in with before.
    """
    at, origin = at or timezone.now(), origin or Origin()
    update_last_login(User, user)
    activity.record(actor=user, verb="account.signed_in", data={"surface": "api"}, at=at)
    known_devices.recognise(user=user, agent=origin.agent, address=origin.address, is_browser=False, at=at)
    family = TokenFamily(user=user, began_at=at, agent=origin.agent, address=origin.address)
    return _next_pair(family, user, at=at)


def rotate(
    refresh: str, *, retry_key: str = "", origin: Origin | None = None, arrived_at: datetime | None = None
) -> Pair:
    """A new pair for the newest refresh token of a family. An older one ends the family.

    Within 10 s the client that used it gets the same refresh token again: known by ``retry_key``, or by ``origin``. Of
    two clients at the same moment one wins, and the other is only refused. Errors: ``TokenNotValid``. Not inside a
    transaction: the end of a family must stay.
    """
    arrived_at = arrived_at or timezone.now()
    token = _read(RefreshToken, refresh)
    pair = None
    with transaction.atomic(durable=True):
        family = _locked(token)
        if family is not None:
            pair = _rotate(family, token, retry_key=retry_key, origin=origin, arrived_at=arrived_at)
    if pair is None:
        raise errors.TokenNotValid
    return pair


def revoke(refresh: str) -> None:
    """End the family of a refresh token: the client has signed out. Errors: ``TokenNotValid``. As ``rotate``."""
    token = _read(RefreshToken, refresh)
    with transaction.atomic(durable=True):
        family = _locked(token)
        was_newest = family is not None and family.newest_jti == token["jti"]
        if family is not None:
            _end(family)
            activity.record(actor=family.user, verb="account.signed_out", data={"surface": "api"})
    if not was_newest:
        raise errors.TokenNotValid


def verify(token: str) -> None:
    """Whether an access or refresh token would be taken now. Errors: ``TokenNotValid``."""
    payload = _read(UntypedToken, token).payload
    family = (
        TokenFamily.objects.select_related("user")
        .open(timezone.now())
        .filter(pk=payload.get(FAMILY), user_id=payload.get("user_id"))
        .first()
    )
    if family is None or not _is_of_now(family.user, payload):
        raise errors.TokenNotValid
    if payload.get("token_type") == "refresh" and payload["jti"] != family.newest_jti:
        raise errors.TokenNotValid


def user_of(payload: dict[str, Any]) -> User | None:
    """Whose access token this is, if its family and its epoch have not ended: one query."""
    if not _is_sound(payload):
        return None
    user = signed_in.by_token(user=payload["user_id"], family=payload[FAMILY], epoch=payload[EPOCH])
    return user if user is not None and _is_of_now(user, payload) else None


def family_of(token: Any) -> UUID:
    """The family of an access token that ``user_of`` has let in."""
    return UUID(token[FAMILY])


def _rotate(
    family: TokenFamily, token: Any, *, retry_key: str, origin: Origin | None, arrived_at: datetime
) -> Pair | None:
    at, jti = timezone.now(), token["jti"]
    if family.ended_at is not None or not _is_of_now(family.user, token.payload):
        return None
    if jti == family.newest_jti:
        family.used_jti, family.retry_hash = jti, _hash_retry(jti, retry_key)
        if origin is not None:
            family.agent, family.address = origin.agent, origin.address
        return _next_pair(family, family.user, at=at)
    if jti == family.used_jti and at - family.seen_at <= settings.TOKEN_RETRY:
        if _is_same_client(family, jti, retry_key, origin):
            return _pair(family, family.user, at=at)
        if arrived_at <= family.seen_at:  # sent before the other one was answered
            return None
    _end(family)
    activity.record(actor=None, verb="token.reused", subject=family.user, object=family)
    return None


def _is_same_client(family: TokenFamily, jti: str, retry_key: str, origin: Origin | None) -> bool:
    """Whether it is the client that used the token: it knows the key, or comes from where that came with its name."""
    if retry_key and secrets.compare_digest(family.retry_hash, _hash_retry(jti, retry_key)):
        return True
    seen = Origin(family.agent, family.address)
    return origin == seen and bool(seen.agent and seen.address)


def _next_pair(family: TokenFamily, user: User, *, at: datetime) -> Pair:
    family.newest_jti = secrets.token_hex(16)
    family.seen_at = max(at, family.began_at)  # a clock may have been set back
    family.expires_at = family.seen_at + RefreshToken.lifetime
    family.save()
    return _pair(family, user, at=at)


def _pair(family: TokenFamily, user: User, *, at: datetime) -> Pair:
    """The newest refresh token of ``family``, the same each time, and a new access token."""
    refresh = RefreshToken()
    refresh["jti"] = family.newest_jti
    refresh.set_iat(at_time=family.seen_at)
    refresh.set_exp(from_time=family.seen_at)
    refresh["user_id"], refresh[FAMILY], refresh[EPOCH] = str(user.pk), str(family.pk), user.token_epoch
    refresh[PROVEN] = _proven(user)
    refresh.current_time = at
    return Pair(access=str(refresh.access_token), refresh=str(refresh))


def _locked(token: Any) -> TokenFamily | None:
    """The family of ``token``, after those who refresh or end it just now; none where they take longer than 2 s."""
    families = TokenFamily.objects.select_related("user")
    wanted = {"pk": token.get(FAMILY), "user_id": token.get("user_id"), "ended_at": None}
    held = families.select_for_update(no_key=True, of=("self",), skip_locked=True).filter(**wanted).first()
    if held is not None or not families.filter(**wanted).exists():
        return held
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [WAIT])
            return families.select_for_update(no_key=True, of=("self",)).filter(**wanted).first()
    except OperationalError:  # somebody holds it still
        return None


def _end(family: TokenFamily) -> None:
    family.ended_at = timezone.now()
    family.save(update_fields=["ended_at"])


def _is_sound(payload: dict[str, Any]) -> bool:
    """Whether the claims have the shape of ours: the database is asked for nothing else."""
    try:
        UUID(payload["user_id"]), UUID(payload[FAMILY])
    except (KeyError, ValueError, TypeError, AttributeError):
        return False
    return isinstance(payload.get(EPOCH), int) and abs(payload[EPOCH]) < 2**31


def _is_of_now(user: User, payload: dict[str, Any]) -> bool:
    is_proven = secrets.compare_digest(str(payload.get(PROVEN, "")).encode(), _proven(user).encode())
    return user.is_active and payload.get(EPOCH) == user.token_epoch and is_proven


def _proven(user: User) -> str:
    """What stands for the password that was proven, as in Django's sessions: a password that is changed by whatever
    way, ``manage.py changepassword`` or SQL, ends all tokens."""
    return user.get_session_auth_hash()[:32]


def _hash_retry(jti: str, retry_key: str) -> str:
    return salted_hmac("accounts.sessions.tokens.retry", f"{jti}:{retry_key}", algorithm="sha256").hexdigest()


def _read(kind: type[Any], token: str) -> Any:
    try:
        read = kind(token)
    except TokenError as fault:
        raise errors.TokenNotValid from fault
    if not _is_sound(read.payload):
        raise errors.TokenNotValid
    return read
