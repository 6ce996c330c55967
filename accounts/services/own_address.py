"""Another address for who is signed in: the password says that it is them, a code that the address is theirs.

For who is written to on paper because letters come back, this is the way to mail again.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import errors
from accounts.limits import services as limits
from accounts.models import OneTimeCode, Purpose, User
from accounts.services import credentials
from accounts.sign_in import codes
from library.core import email_addresses as addresses
from library.core.errors import InvalidInput


def ask(
    *, user: User, email: str, password: str, client: str = "", device: str = "", at: datetime | None = None
) -> OneTimeCode:
    """Let a code be sent to the new address. Whether anybody has it already makes no difference here.

    A wrong password counts as a failed sign-in. Errors: ``InvalidInput``, ``PasswordWrong``, ``LockedOut``,
    ``CodeTooSoon``, ``RateLimited``. Not inside a transaction: a failure must stay counted.
    """
    email, at = addresses.clean(email), at or timezone.now()
    if addresses.fold(email) == addresses.fold(user.address):
        sentence = _("This is your present address.")
        raise InvalidInput(sentence, fields={"email": [sentence]})
    limits.hit(limits.LimitKind.LOGIN, limits.login_key(user.address, device), at=at)
    if not user.check_password(password):
        limits.record_failure(user.address, device=device, at=at)
        raise errors.PasswordWrong
    limits.undo(limits.LimitKind.LOGIN, limits.login_key(user.address, device))
    asker = codes.asker_of(client=client, device=device)
    return codes.request_code(email=email, purpose=Purpose.ADDRESS, user=user, asker=asker, at=at)


def confirm(
    *,
    user: User,
    email: str,
    digits: str,
    this_session: str = "",
    client: str = "",
    device: str = "",
    at: datetime | None = None,
) -> User:
    """Let mail and codes go to ``email`` from now on, proven by the code in its mail. The address until now is told,
    and every other session ends.

    Errors: ``CodeWrong``, ``CodeSpent`` (also for the code of another), ``EmailTaken``. Not inside a transaction: a
    wrong attempt must stay counted.
    """
    email, at = addresses.clean(email), at or timezone.now()
    with transaction.atomic(durable=True):
        asker = codes.asker_of(client=client, device=device)
        attempt = codes.verify_address(email=email, digits=digits, asker=asker, at=at)
        if attempt.is_right and attempt.user == user:
            user = credentials.move_to(user=user, email=email, by=user, this_session=this_session, at=at)
    attempt.raise_if_refused()
    if user.email != email:  # another's code
        raise errors.CodeSpent
    return user
