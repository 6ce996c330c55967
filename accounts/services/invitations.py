"""Invitations: how somebody becomes staff.

An administrator names an address and a role. The worker that mails the letter makes the link in it and leaves a keyed
hash, so that no table, queue or page holds what opens it. Whoever has the link still proves the address with a code.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts import errors
from accounts.models import Invitation, Purpose, Role, User
from accounts.people import usernames
from accounts.services import people
from accounts.sign_in import codes
from library.activity import services as activity
from library.activity import values
from library.core import email_addresses as addresses
from library.core.errors import InvalidInput, NotAllowed, ServiceUnavailable
from library.notices import services as notices
from library.notices.models import Notice, NoticeState

KIND = "invitation"
RANK = {Role.PATRON: 0, Role.LIBRARIAN: 1, Role.ADMINISTRATOR: 2}


@dataclass(frozen=True)
class Newcomer:
    """What somebody without an account tells about themselves. Without ``username`` one is made from the name."""

    password: str
    full_name: str
    username: str = ""


@dataclass(frozen=True)
class Accepted:
    """``is_new``: the account was made just now; otherwise it is one that got another role."""

    user: User
    is_new: bool


@transaction.atomic
def invite(*, email: str, role: Role, by: User, at: datetime | None = None) -> Invitation:
    """Invite whoever has ``email`` to become staff; the letter goes out through the outbox.

    Errors: ``NotAllowed`` for anybody but an administrator, ``InvalidInput`` for a role that is none of staff,
    ``AlreadyInvited``, ``AlreadyStaff``, ``KeptOut``.
    """
    at = at or timezone.now()
    _only_administrators(by)
    if role not in {Role.LIBRARIAN, Role.ADMINISTRATOR}:
        sentence = _("An invitation is for librarians and administrators.")
        raise InvalidInput(sentence, fields={"role": [sentence]})
    email = addresses.clean(email)
    account = _refuse_who_needs_none(email, role)
    email = account.address if account else email  # letters go to the address that is kept, not to one like it
    Invitation.objects.undecided().filter(email__iexact=email, expires_at__lte=at).update(revoked_at=at)
    invitation = Invitation(
        email=email, role=role, invited_by=by, created_at=at, expires_at=at + settings.INVITATION_LIFETIME
    )
    try:
        with transaction.atomic():
            invitation.save(force_insert=True)
    except IntegrityError as fault:
        raise errors.AlreadyInvited from fault
    _post(invitation, by=by, verb="invitation.sent", at=at)
    return invitation


@transaction.atomic
def send_again(*, invitation: Invitation, by: User, at: datetime | None = None) -> Invitation:
    """Another letter with another link, for another seven days; the last link stops working.

    Errors: ``NotAllowed``, ``InvitationGone`` where it was accepted or revoked.
    """
    at = at or timezone.now()
    _only_administrators(by)
    invitation = _locked(invitation.pk)
    _refuse_who_needs_none(invitation.email, Role(invitation.role))
    invitation.invited_by, invitation.token_hash, invitation.sent_at = by, "", None
    invitation.expires_at = at + settings.INVITATION_LIFETIME
    invitation.save(update_fields=["invited_by", "token_hash", "sent_at", "expires_at"])
    _post(invitation, by=by, verb="invitation.sent_again", at=at)
    return invitation


@transaction.atomic
def revoke(*, invitation: Invitation, by: User, at: datetime | None = None) -> Invitation:
    """Let the link open nothing any more. Errors: ``NotAllowed``, ``InvitationGone`` where it was decided before."""
    _only_administrators(by)
    at = at or timezone.now()
    invitation = _locked(invitation.pk)
    invitation.revoked_at = at
    invitation.save(update_fields=["revoked_at"])
    _withdraw(invitation, at=at)
    activity.record(actor=by, verb="invitation.revoked", object=invitation, at=at)
    return invitation


@transaction.atomic
def words(row: Notice, *, at: datetime | None = None) -> dict[str, Any]:
    """What the letter says. Its link is made here, by the worker about to mail it, and hashed into the invitation.

    Every attempt to send makes another link; the newest works. Errors: ``InvitationGone``.
    """
    if "invitation" not in row.context:
        return {}
    at = at or timezone.now()
    invitation = _locked(UUID(row.context["invitation"]))
    if not invitation.is_open(at):
        raise errors.InvitationGone
    token = secrets.token_urlsafe(32)
    invitation.token_hash, invitation.sent_at = hash_token(token), at
    invitation.save(update_fields=["token_hash", "sent_at"])
    return {
        "link": settings.PUBLIC_URL + reverse("accounts:accept-invitation", args=[token]),
        "invited_by": values.one_line(str(invitation.invited_by)),
        "role": invitation.get_role_display(),
        "expires_at": invitation.expires_at,
    }


def opened(*, token_hash: str, at: datetime | None = None) -> Invitation:
    """The invitation whose link has this hash. Errors: ``InvitationGone``."""
    found = (
        Invitation.objects.select_related("invited_by").filter(token_hash=token_hash).first() if token_hash else None
    )
    if found is None or not found.is_open(at or timezone.now()):
        raise errors.InvitationGone
    return found


def account_of(invitation: Invitation) -> User | None:
    """The account that the invited address has already."""
    return User.objects.filter(email__iexact=invitation.email).first()


def ask_for_code(*, token_hash: str, at: datetime | None = None) -> Invitation:
    """Mail a code to the invited address. Errors: ``InvitationGone``, ``CodeTooSoon``."""
    invitation = opened(token_hash=token_hash, at=at)
    codes.request_code(email=invitation.email, purpose=Purpose.INVITE, at=at)
    return invitation


def accept(*, token_hash: str, digits: str, newcomer: Newcomer | None = None, at: datetime | None = None) -> Accepted:
    """Whoever proves the invited address gets the role: on the account that they have, or on a new one.

    What is wrong with a newcomer's password or username is said before the code is tried, so it costs no attempt; an
    account that exists keeps its name and password, whatever ``newcomer`` says. Errors: ``InvitationGone``,
    ``InvalidInput``, ``UsernameTaken``, ``CodeWrong``, ``CodeSpent``. Not inside a transaction: a wrong attempt must
    stay counted.
    """
    invitation = opened(token_hash=token_hash, at=at)
    if account_of(invitation) is not None:
        return _accept(token_hash, digits, lambda: None, at)
    if newcomer is None:
        sentence = _("Tell your name and choose a password.")
        raise InvalidInput(sentence, fields={"password": [sentence]})
    person = User(email=invitation.email, username=newcomer.username, full_name=newcomer.full_name)
    if newcomer.username and User.objects.filter(username__iexact=newcomer.username).exists():
        raise errors.UsernameTaken
    people.check_password(newcomer.password, person)
    for _try in range(people.TRIES):
        try:
            return _accept(token_hash, digits, lambda: _make(invitation, newcomer), at)
        except (errors.UsernameTaken, errors.CardTaken) as fault:
            if newcomer.username and isinstance(fault, errors.UsernameTaken):
                raise
    raise ServiceUnavailable


def hash_token(token: str) -> str:
    """What is kept of a link: 64 hex digits, useless without the secret key."""
    return salted_hmac("accounts.services.invitations.token", token, algorithm="sha256").hexdigest()


def _accept(token_hash: str, digits: str, make: Callable[[], User | None], at: datetime | None) -> Accepted:
    at = at or timezone.now()
    accepted = None
    with transaction.atomic(durable=True):
        invitation = _locked(opened(token_hash=token_hash, at=at).pk)
        if invitation.token_hash != token_hash or not invitation.is_open(at):  # it was changed in this moment
            raise errors.InvitationGone
        attempt = codes.verify_invitation(email=invitation.email, digits=digits, at=at)
        if attempt.is_right:
            accepted = _let_in(invitation, make, at=at)
    attempt.raise_if_refused()
    assert accepted is not None
    return accepted


def _let_in(invitation: Invitation, make: Callable[[], User | None], *, at: datetime) -> Accepted:
    role, user, is_new = Role(invitation.role), account_of(invitation), False
    if user is None:
        user, is_new = make(), True
    if user is None or not user.is_active:
        raise errors.InvitationGone
    if RANK[Role(user.role)] < RANK[role]:
        user = people.change_role(user=user, role=role, by=invitation.invited_by)
    invitation.accepted_at, invitation.accepted_by = at, user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    activity.record(actor=user, verb="invitation.accepted", object=invitation, subject=user, data={"role": role}, at=at)
    return Accepted(user, is_new)


def _make(invitation: Invitation, newcomer: Newcomer) -> User:
    return people.create_user(
        email=invitation.email,
        username=newcomer.username or usernames.like(newcomer.full_name),
        password=newcomer.password,
        full_name=newcomer.full_name,
        role=Role(invitation.role),
    )


def _post(invitation: Invitation, *, by: User, verb: str, at: datetime) -> None:
    _withdraw(invitation, at=at)
    notices.queue(to=invitation.email, kind=KIND, invitation=str(invitation.pk), at=at)
    activity.record(actor=by, verb=verb, object=invitation, data={"role": invitation.role}, at=at)


def _withdraw(invitation: Invitation, *, at: datetime) -> None:
    """Take back letters that no worker has sent yet, and codes that were asked for with an earlier link."""
    codes.withdraw(email=invitation.email, purpose=Purpose.INVITE, at=at)
    waiting = Notice.objects.filter(kind=KIND, state=NoticeState.WAITING)
    waiting.filter(context__invitation=str(invitation.pk)).delete()


def _locked(invitation_id: UUID) -> Invitation:
    """The row, ours until the transaction ends. Errors: ``InvitationGone`` where it was accepted or revoked."""
    held = Invitation.objects.undecided().select_for_update(no_key=True, of=("self",)).select_related("invited_by")
    invitation = held.filter(pk=invitation_id).first()
    if invitation is None:
        raise errors.InvitationGone
    return invitation


def _only_administrators(by: User) -> None:
    if not (by.is_active and by.is_superuser):
        raise NotAllowed(_("Only an administrator invites staff."))


def _refuse_who_needs_none(email: str, role: Role) -> User | None:
    """The account that ``email`` has, if it may be given ``role``."""
    user = User.objects.filter(email__iexact=email).first()
    if user is not None and not user.is_active:
        raise errors.KeptOut
    if user is not None and RANK[Role(user.role)] >= RANK[role]:
        raise errors.AlreadyStaff
    return user
