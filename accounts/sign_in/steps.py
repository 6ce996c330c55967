"""Signing in, in two steps: the password, then the code that is mailed for it.

Between the steps stands a *challenge*: a random token that only whoever gave the password holds (a mobile client in
its memory, a browser in its session). The database keeps its hash, on the row of the code that belongs to it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth import authenticate
from django.db import transaction
from django.http import HttpRequest

from accounts import errors
from accounts.limits import services as limits
from accounts.models import Purpose, Role, User
from accounts.sessions import device_cookies
from accounts.sign_in import codes
from library.core import email_addresses as addresses


@dataclass(frozen=True)
class Begun:
    """After the password: either a challenge to answer with a code, or a user who needs none."""

    challenge: str = ""
    user: User | None = None


def begin(*, email: str, password: str, request: HttpRequest | None = None, at: datetime | None = None) -> Begun:
    """Check the password; let a code be sent unless this person signs in without (``ACCOUNTS_OTP_FOR_LOGIN``).

    Unknown addresses and wrong passwords take the same time and the same way. The try is counted before the password
    is looked at, so that many at once try no more passwords than may be tried. Errors: ``InvalidInput``,
    ``WrongCredentials``, ``CodeTooSoon``, ``LockedOut``, ``RateLimited``. Not inside a transaction: a failure must stay
    counted.
    """
    email = addresses.clean(email)
    if request is not None:
        limits.hit(limits.LimitKind.LOGIN_CLIENT, limits.client_of(request), at=at)
    device = device_cookies.device_of(request, email) if request is not None else ""
    limits.hit(limits.LimitKind.LOGIN, limits.login_key(email, device), at=at)
    user = authenticate(request, email=email, password=password)
    if not isinstance(user, User):
        limits.record_failure(email, device=device, at=at)
        raise errors.WrongCredentials
    if not needs_code(user):
        limits.reset(email=email, device=device)
        return Begun(user=user)
    # Earlier failures stay until the code is right too: whoever has the password may not guess codes for ever.
    limits.undo(limits.LimitKind.LOGIN, limits.login_key(email, device))
    challenge = secrets.token_urlsafe(32)
    with transaction.atomic():
        # Whoever changes the password ends all sign-ins under way: one that began with the old one must not come after.
        if not User.objects.select_for_update(no_key=True).filter(pk=user.pk, password=user.password).exists():
            raise errors.WrongCredentials
        codes.request_code(
            email=user.address, purpose=Purpose.LOGIN, user=user, challenge_hash=codes.hash_challenge(challenge), at=at
        )
    return Begun(challenge=challenge)


def finish(*, challenge: str, digits: str, request: HttpRequest | None = None, at: datetime | None = None) -> User:
    """The user whose password step the challenge comes from, if ``digits`` is the code mailed for it.

    Errors: ``ChallengeGone``, ``CodeWrong``, ``CodeSpent``, ``LockedOut``. Not inside a transaction: a wrong attempt
    must stay counted.
    """
    challenge_hash = codes.hash_challenge(challenge)
    email = codes.challenged_email(challenge_hash=challenge_hash, at=at)
    device = device_cookies.device_of(request, email) if request is not None else ""
    limits.hit(limits.LimitKind.LOGIN, limits.login_key(email, device), at=at)
    with transaction.atomic(durable=True):
        attempt = codes.verify_challenge(challenge_hash=challenge_hash, digits=digits, at=at)
    if attempt.is_right:
        limits.reset(email=email, device=device)
    else:
        limits.record_failure(email, device=device, at=at)
    attempt.raise_if_refused()
    if attempt.user is None or not attempt.user.is_active:
        raise errors.ChallengeGone
    return attempt.user


def send_again(*, challenge: str, request: HttpRequest | None = None, at: datetime | None = None) -> None:
    """Another code for the same sign-in; the last one stops working.

    Errors: ``ChallengeGone``, ``CodeTooSoon``, ``LockedOut``, ``RateLimited``.
    """
    challenge_hash = codes.hash_challenge(challenge)
    email = codes.challenged_email(challenge_hash=challenge_hash, at=at)
    device = device_cookies.device_of(request, email) if request is not None else ""
    limits.check_not_locked_out(email, device=device, at=at)
    codes.request_code_again(challenge_hash=challenge_hash, at=at)


def needs_code(user: User) -> bool:
    """Whether ``user`` proves the address too: staff always, patrons where the library wants it."""
    return settings.ACCOUNTS_OTP_FOR_LOGIN != "staff" or user.role != Role.PATRON
