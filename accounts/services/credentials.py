"""What proves who somebody is: a new password, chosen by who knows the present one or reads the mail; a new address."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import errors
from accounts.limits import services as limits
from accounts.models import OneTimeCode, Purpose, Role, User
from accounts.services.people import check_password, may_edit, what_is_taken
from accounts.sessions import services as sessions
from accounts.sign_in import codes
from library.activity import services as activity
from library.activity import values
from library.core import email_addresses as addresses
from library.core.errors import InvalidInput, NotAllowed
from library.notices import services as notices


def ask_to_reset(*, email: str, client: str = "", device: str = "", at: datetime | None = None) -> OneTimeCode:
    """Let a reset code be sent, or, where there is no account, a letter that says so.

    The same happens here for both, so that nobody outside learns which. ``client``: ``limits.client_of`` the request;
    ``device``: ``device_of`` it, so that no stranger's requests stand in the way of a browser that knows the account.
    Errors: ``CodeTooSoon``, ``RateLimited``.
    """
    limits.hit(limits.LimitKind.RESET_CLIENT, client, at=at)
    asker = codes.asker_of(client=client, device=device)
    return codes.request_code(email=addresses.clean(email), purpose=Purpose.RESET, asker=asker, at=at)


def reset(
    *, email: str, digits: str, password: str, client: str = "", device: str = "", at: datetime | None = None
) -> User:
    """Give the account of ``email`` a new password, proven by the code in its mail; sign it out everywhere.

    What is wrong with the password by itself is said before the code is tried; what it has in common with its owner's
    name only to who has the code, which stays good. Errors: ``InvalidInput``, ``CodeWrong``, ``CodeSpent``. Not inside
    a transaction: a wrong attempt must stay counted.
    """
    email, at = addresses.clean(email), at or timezone.now()
    check_password(password, User(email=email))
    user = None
    with transaction.atomic(durable=True):
        attempt = codes.verify_reset(
            email=email, digits=digits, asker=codes.asker_of(client=client, device=device), at=at
        )
        if attempt.is_right:
            user = _locked().filter(email__iexact=email, is_active=True).first()
            if user is not None:
                check_password(password, user)
                _set_password(user, password, at=at)
                for known_by in {"", device}:  # a lock-out too: its owner has proven who they are
                    limits.reset(email=user.address, device=known_by)
    attempt.raise_if_refused()
    if user is None:  # kept out since the code was sent
        raise errors.CodeSpent
    return user


def change_password(
    *,
    user: User,
    old_password: str,
    password: str,
    this_session: str = "",
    device: str = "",
    at: datetime | None = None,
) -> User:
    """Give ``user`` a new password; sign them out everywhere but in the browser session ``this_session``.

    Gives the user as they are now. A wrong ``old_password`` counts as a failed sign-in, for whoever found an open
    browser may guess no more often than anybody else. Errors: ``PasswordWrong``, ``InvalidInput``, ``LockedOut``. Not
    inside a transaction: a failure must stay counted.
    """
    limits.hit(limits.LimitKind.LOGIN, limits.login_key(user.address, device), at=at)
    try:
        user = _change_password(user, old_password, password, this_session, at or timezone.now())
    except errors.PasswordWrong:
        limits.record_failure(user.address, device=device, at=at)
        raise
    except InvalidInput:
        limits.undo(limits.LimitKind.LOGIN, limits.login_key(user.address, device))
        raise
    limits.reset(email=user.address, device=device)
    return user


@transaction.atomic
def change_address(
    *, user: User, email: str | None, by: User, this_session: str = "", at: datetime | None = None
) -> User:
    """Let mail and codes of ``user`` go to ``email`` from now on; sign them out everywhere but in ``this_session``.

    ``email=None``: a reader is known at the desk alone from now on. The address that they had until now is told: it may
    be its owner who does not know of it. Errors: ``NotAllowed`` where ``by`` may not edit ``user``, ``InvalidInput``,
    ``EmailTaken``.
    """
    if not may_edit(by, user):
        raise NotAllowed
    email = addresses.clean(email) if email else None
    return move_to(user=user, email=email, by=by, this_session=this_session, at=at or timezone.now())


@transaction.atomic
def move_to(*, user: User, email: str | None, by: User, this_session: str, at: datetime) -> User:
    """As ``change_address``, by whoever may: ``email`` is clean. Errors: ``InvalidInput``, ``EmailTaken``."""
    user = _locked().get(pk=user.pk)
    if email is None and user.role != Role.PATRON:
        raise InvalidInput(_("Staff need an e-mail address to sign in."))
    before, user.email = user.email, email
    if before == email:
        return user
    try:
        with transaction.atomic():
            user.save(update_fields=["email"])
    except IntegrityError as fault:
        raise what_is_taken(fault) from fault
    sessions.end_all(user=user, besides=this_session, at=at)
    if before:
        notices.queue(to=before, kind="address_changed", at=at, greeted=values.one_line(user.get_short_name()))
    activity.record(actor=by, verb="account.address_changed", subject=user, at=at)
    return user


@transaction.atomic(durable=True)
def _change_password(user: User, old_password: str, password: str, this_session: str, at: datetime) -> User:
    user = _locked().get(pk=user.pk)
    if not user.check_password(old_password):
        raise errors.PasswordWrong
    check_password(password, user)
    if old_password == password:
        sentence = _("This is your present password. Choose another one.")
        raise InvalidInput(sentence, fields={"password": [sentence]})
    _set_password(user, password, at=at, besides=this_session)
    return user


def _set_password(user: User, password: str, *, at: datetime, besides: str = "") -> None:
    user.set_password(password)
    user.save(update_fields=["password"])
    sessions.end_all(user=user, besides=besides, at=at)
    notices.queue(user=user, kind="password_changed")
    activity.record(actor=user, verb="account.password_changed", subject=user, at=at)


def _locked() -> models.QuerySet[User]:
    # Two who change the same password queue up here, and sign-ins with the old one behind them.
    return User.objects.select_for_update(no_key=True)
