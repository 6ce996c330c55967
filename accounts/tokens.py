"""Tokens of API clients: a short access token and a refresh token that works once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import update_last_login
from django.db import transaction
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken, UntypedToken

from accounts import activity, errors
from accounts.models import User


@dataclass(frozen=True)
class Pair:
    access: str
    refresh: str


@transaction.atomic
def issue(user: User) -> Pair:
    """Tokens for somebody who has just proven who they are."""
    update_last_login(User, user)
    activity.record(actor=user, verb="signed_in", data={"surface": "api"})
    return _pair(user)


@transaction.atomic
def rotate(refresh: str) -> Pair:
    """A new pair for an unused refresh token, which is used up. Of two at the same moment one wins.

    Errors: ``TokenNotValid``, also where its owner may no longer sign in.
    """
    outstanding = _use_up(refresh)
    if outstanding.user is None or not outstanding.user.is_active:
        raise errors.TokenNotValid
    return _pair(outstanding.user)


@transaction.atomic
def revoke(refresh: str) -> None:
    """Use up a refresh token for nothing: the client has signed out. Errors: ``TokenNotValid``."""
    activity.record(actor=_use_up(refresh).user, verb="signed_out", data={"surface": "api"})


def verify(token: str) -> None:
    """Whether an access or refresh token would be taken now. Errors: ``TokenNotValid``."""
    payload = _read(UntypedToken, token).payload
    is_revoked = BlacklistedToken.objects.filter(token__jti=payload["jti"]).exists()
    if is_revoked or not User.objects.filter(pk=payload.get("user_id"), is_active=True).exists():
        raise errors.TokenNotValid


def _pair(user: User) -> Pair:
    refresh = RefreshToken.for_user(user)
    # The library writes the whole token into its list; its id is enough, and opens nothing for who reads the table.
    OutstandingToken.objects.filter(jti=refresh["jti"]).update(token="")
    return Pair(access=str(refresh.access_token), refresh=str(refresh))


def _use_up(refresh: str) -> OutstandingToken:
    jti = _read(RefreshToken, refresh)["jti"]
    listed = OutstandingToken.objects.select_for_update(no_key=True, of=("self",)).select_related("user")
    outstanding = listed.filter(jti=jti).first()
    if outstanding is None or BlacklistedToken.objects.filter(token=outstanding).exists():
        raise errors.TokenNotValid
    BlacklistedToken.objects.create(token=outstanding)
    return outstanding


def _read(kind: type[Any], token: str) -> Any:
    try:
        return kind(token)
    except TokenError as fault:
        raise errors.TokenNotValid from fault
