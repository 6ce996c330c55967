"""Where somebody is signed in, and ending it: browser sessions and the token families of API clients."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth import login
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from accounts.limits import client_address
from accounts.models import OneTimeCode, Purpose, User
from accounts.models.sessions import AGENT_LENGTH, BrowserSession, Ticket, TokenFamily
from accounts.sessions import known_devices
from accounts.sessions.store import DEVICE, hash_key
from accounts.sessions.user_agents import in_words
from library.activity import services as activity
from library.core.errors import NotFound

SEEN_EVERY = timedelta(minutes=5)
KEEP_ENDED = timedelta(days=30)


@dataclass(frozen=True)
class Origin:
    """Where a request comes from: what the client calls itself, and its address. Both are only what it said."""

    agent: str = ""
    address: str = ""


@dataclass(frozen=True)
class Device:
    """One place where somebody is signed in. ``ref`` names it towards ``end_one``."""

    ref: str
    is_browser: bool
    is_this: bool
    name: str
    address: str
    began_at: datetime
    seen_at: datetime


def origin_of(request: HttpRequest) -> Origin:
    """What is kept about the client of ``request``: no control characters, at most 300 letters."""
    agent = "".join(sign for sign in request.META.get("HTTP_USER_AGENT", "") if sign.isprintable())
    return Origin(agent=agent[:AGENT_LENGTH], address=client_address.address_of(request))


@transaction.atomic
def enter(request: HttpRequest, user: User, *, at: datetime | None = None) -> None:
    """Sign ``user`` in with this browser: a new session key, and a session that says where and when it began.

    They are told by mail where it is a browser that they have not signed in with before.
    """
    at, origin = at or timezone.now(), origin_of(request)
    login(request, user)
    _stamp(request, began_at=at.isoformat(), at=at)
    known_devices.recognise(user=user, agent=origin.agent, address=origin.address, is_browser=True, at=at)


def touch(request: HttpRequest, *, at: datetime | None = None) -> None:
    """Note that this browser was seen, at most every five minutes; the session is then saved with the response."""
    device = request.session.get(DEVICE)
    at = at or timezone.now()
    if device is not None and at - datetime.fromisoformat(device["seen_at"]) >= SEEN_EVERY:
        _stamp(request, began_at=device["began_at"], at=at)


def this_session(request: HttpRequest) -> str:
    """The ``ref`` of the session of this request, or ``""``."""
    return hash_key(request.session.session_key) if request.session.session_key else ""


def devices(*, user: User, this: str = "", at: datetime | None = None) -> list[Device]:
    """Every browser and app where ``user`` is signed in now: this one first, then whichever was seen last."""
    at = at or timezone.now()
    browsers = BrowserSession.objects.filter(user=user, expire_date__gt=at).defer("session_data")
    found = [_device(row.session_key, row, this=this) for row in browsers]
    found += [_device(str(row.pk), row, this=this) for row in TokenFamily.objects.filter(user=user).open(at)]
    return sorted(found, key=lambda device: (device.is_this, device.seen_at, device.ref), reverse=True)


@transaction.atomic
def end_one(*, user: User, ref: str, at: datetime | None = None) -> None:
    """Sign ``user`` out of one browser or app; its access tokens end with it. Errors: ``NotFound``."""
    at = at or timezone.now()
    if re.fullmatch(r"[0-9a-f]{64}", ref):
        ended = BrowserSession.objects.filter(user=user, session_key=ref).delete()[0]
    else:
        ended = TokenFamily.objects.filter(user=user, pk=_family_id(ref)).open(at).update(ended_at=at)
    if not ended:
        raise NotFound
    activity.record(actor=user, verb="session.ended", subject=user, at=at)


@transaction.atomic
def end_others(*, user: User, this: str, at: datetime | None = None) -> None:
    """Sign ``user`` out everywhere but in the browser ``this``; all access tokens end at once."""
    at = at or timezone.now()
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    end_all(user=user, besides=this, at=at)
    activity.record(actor=user, verb="session.others_ended", subject=user, at=at)


def end_all(*, user: User, at: datetime, besides: str = "") -> None:
    """End every session, token, ticket and half-made sign-in of ``user`` but the browser session ``besides``.

    For a transaction that holds the lock of the user's row. The epoch ends also those tokens that somebody is being
    given at this moment.
    """
    User.objects.filter(pk=user.pk).update(token_epoch=F("token_epoch") + 1)
    user.token_epoch += 1
    BrowserSession.objects.filter(user=user).exclude(session_key=besides).delete()
    TokenFamily.objects.filter(user=user, ended_at=None).update(ended_at=at)
    Ticket.objects.filter(user=user).delete()
    OneTimeCode.objects.filter(user=user, purpose=Purpose.LOGIN, expires_at__gt=at).update(expires_at=at)


@transaction.atomic
def end_everybodys(*, at: datetime) -> None:
    """End every session, token, ticket and half-made sign-in of all people.

    For a library that came out of a backup: whoever was signed out or kept out since would otherwise be in again.
    """
    User.objects.update(token_epoch=F("token_epoch") + 1)
    BrowserSession.objects.all().delete()
    TokenFamily.objects.filter(ended_at=None).update(ended_at=at)
    Ticket.objects.all().delete()
    OneTimeCode.objects.filter(expires_at__gt=at).update(expires_at=at)


def forget_ended(*, at: datetime | None = None) -> None:
    """Delete what is over: expired sessions and tickets, token families of a month ago, devices of a year ago."""
    at = at or timezone.now()
    BrowserSession.objects.filter(expire_date__lt=at).delete()
    Ticket.objects.filter(expires_at__lt=at).delete()
    TokenFamily.objects.filter(expires_at__lt=at - KEEP_ENDED).delete()
    known_devices.forget(at=at)


def _stamp(request: HttpRequest, *, began_at: str, at: datetime) -> None:
    origin = origin_of(request)
    request.session[DEVICE] = {
        "began_at": began_at,
        "seen_at": at.isoformat(),
        "agent": origin.agent,
        "address": origin.address,
    }


def _device(ref: str, row: BrowserSession | TokenFamily, *, this: str) -> Device:
    return Device(
        ref=ref,
        is_browser=isinstance(row, BrowserSession),
        is_this=ref == this,
        name=in_words(row.agent),
        address=row.address,
        began_at=row.began_at,
        seen_at=row.seen_at,
    )


def _family_id(ref: str) -> UUID:
    try:
        return UUID(ref)
    except ValueError as fault:
        raise NotFound from fault
