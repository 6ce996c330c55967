"""Tickets: leave to open one socket, for a client that holds a token but cannot send it along."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import errors
from accounts.models import User
from accounts.models.sessions import Ticket

LIFETIME = timedelta(seconds=60)


@transaction.atomic
def issue(*, user: User, family: UUID | None = None, session: str = "", at: datetime | None = None) -> str:
    """A ticket that lets ``user`` open one socket within 60 s. Only its hash is kept.

    ``family``, ``session``: the tokens, or the hash of the browser's session, that asked for it. The socket ends with
    them.
    """
    at = at or timezone.now()
    ticket = secrets.token_urlsafe(32)
    Ticket.objects.filter(user=user, expires_at__lt=at).delete()
    Ticket.objects.create(
        user=user,
        family_id=family,
        session=session,
        ticket_hash=_hash(ticket),
        epoch=user.token_epoch,
        created_at=at,
        expires_at=at + LIFETIME,
    )
    return ticket


def redeem(*, ticket: str, at: datetime | None = None) -> User:
    """As ``take``: the user whom it was given to."""
    return take(ticket=ticket, at=at).user


@transaction.atomic
def take(*, ticket: str, at: datetime | None = None) -> Ticket:
    """The row of ``ticket`` with its user, once. Of two who show it at the same moment one is let in.

    Errors: ``TicketNotValid`` where it was used, is too old, was never given, or its owner has ended it since.
    """
    at = at or timezone.now()
    if not re.fullmatch(r"[A-Za-z0-9_-]{43}", ticket):
        raise errors.TicketNotValid
    shown = Ticket.objects.filter(ticket_hash=_hash(ticket))
    if not shown.filter(used_at=None, created_at__lte=at, expires_at__gt=at).update(used_at=at):
        raise errors.TicketNotValid
    row = shown.select_related("user").get()
    if not row.user.is_active or row.epoch != row.user.token_epoch:
        raise errors.TicketNotValid
    return row


def _hash(ticket: str) -> str:
    return salted_hmac("accounts.ticket", ticket, algorithm="sha256").hexdigest()
