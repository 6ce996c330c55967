"""One-time codes: asked for here, made and sent by a worker, tried here.

What asks for a code only writes a row. The worker that mails the code makes it, and leaves a keyed hash in the row, so
the code itself is in the mail and nowhere else. Verbs on the codes of one address and purpose queue up behind an
advisory lock; the row's own lock stands between them and the worker.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from math import ceil
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import errors
from accounts.limits import services as limits
from accounts.models import OneTimeCode, OneTimeCodeQuerySet, Purpose, User
from accounts.sign_in import code_letters
from accounts.validators import CODE_LENGTH
from library.activity import services as activity
from library.core import email_addresses as addresses
from library.core.background import wake as waking
from library.core.database.transactions import take_turns

log = logging.getLogger(__name__)
SWEEP_SECONDS = 15.0
KEEP_EXPIRED = timedelta(days=1)


class Verdict(Enum):
    RIGHT = "right"
    WRONG = "wrong"
    SPENT = "spent"


@dataclass(frozen=True)
class CodeAttempt:
    """What became of one try. Its count is kept only if its transaction is: raise after the commit, not inside."""

    verdict: Verdict
    left: int = 0
    user: User | None = None

    @property
    def is_right(self) -> bool:
        return self.verdict is Verdict.RIGHT

    def raise_if_refused(self) -> None:
        """Errors: ``CodeWrong``, ``CodeSpent``."""
        if self.verdict is Verdict.WRONG:
            raise errors.CodeWrong(left=self.left)
        if self.verdict is Verdict.SPENT:
            raise errors.CodeSpent


@dataclass(frozen=True)
class CodeAsker:
    """Who asks for a code, or tries one. ``name``: a keyed hash, or empty where it makes no difference."""

    name: str = ""
    is_known: bool = False


NOBODY = CodeAsker()


def asker_of(*, client: str, device: str = "") -> CodeAsker:
    """The asker at a client's address (``limits.client_of``), or in a browser that knows the account."""
    key = device or client
    return CodeAsker(limits.hash_key(limits.LimitKind.OTP, f"asker:{key}") if key else "", is_known=bool(device))


@transaction.atomic
def request_code(
    *,
    email: str,
    purpose: Purpose,
    user: User | None = None,
    challenge_hash: str = "",
    asker: CodeAsker = NOBODY,
    at: datetime | None = None,
) -> OneTimeCode:
    """Let a new code be sent to ``email``. Whether anybody has this address makes no difference here.

    But for a sign-in it takes the place of every earlier one that the same ``asker`` let be sent; those of others live
    on, so that no stranger takes away what its owner has just got. Errors: ``CodeTooSoon`` within 60 s of an earlier
    code of the asker that was not used; ``RateLimited`` after five such codes in an hour, or twenty of all strangers.
    """
    at = at or timezone.now()
    _queue_up(email, purpose)
    earlier = OneTimeCode.objects.asked_for(email, purpose).filter(asker=asker.name)
    _cool_down(earlier, at=at)
    limits.hit(limits.LimitKind.OTP, _limit_key(purpose, email, asker.name), at=at)
    if asker.name and not asker.is_known:
        limits.hit(limits.LimitKind.OTP_STRANGERS, _limit_key(purpose, email), at=at)
    if purpose != Purpose.LOGIN:
        earlier.filter(expires_at__gt=at).update(expires_at=at)
    return _write(
        OneTimeCode(email=email, purpose=purpose, user=user, challenge_hash=challenge_hash, asker=asker.name),
        at=at,
        expires_at=at + settings.OTP_LIFETIME,
    )


@transaction.atomic
def request_code_again(*, challenge_hash: str, at: datetime | None = None) -> OneTimeCode:
    """Another code for a sign-in under way, instead of the last one. The sign-in's own ten minutes go on running.

    Errors: ``ChallengeGone``, ``CodeTooSoon``, ``RateLimited``.
    """
    at = at or timezone.now()
    last = _challenged(challenge_hash, at=at)
    _cool_down(OneTimeCode.objects.asked_for(last.email, Purpose.LOGIN), at=at)
    limits.hit(limits.LimitKind.OTP, _limit_key(Purpose.LOGIN, last.email), at=at)
    expires_at = last.expires_at
    last.challenge_hash, last.expires_at = "", at
    last.save(update_fields=["challenge_hash", "expires_at"])
    return _write(
        OneTimeCode(email=last.email, purpose=Purpose.LOGIN, user=last.user, challenge_hash=challenge_hash),
        at=at,
        expires_at=expires_at,
    )


@transaction.atomic
def withdraw(*, email: str, purpose: Purpose, at: datetime) -> None:
    """Let every code of ``email`` for ``purpose`` open nothing any more: what it was asked for is over."""
    _queue_up(email, purpose)
    OneTimeCode.objects.asked_for(email, purpose).filter(expires_at__gt=at).update(expires_at=at)


@transaction.atomic
def verify_registration(
    *, email: str, digits: str, asker: CodeAsker = NOBODY, at: datetime | None = None
) -> CodeAttempt:
    """Try ``digits`` on the newest registration code of ``email``. A right code is used up."""
    return _try_newest(email, Purpose.REGISTER, digits, asker, at=at or timezone.now())


@transaction.atomic
def verify_invitation(*, email: str, digits: str, at: datetime | None = None) -> CodeAttempt:
    """Try ``digits`` on the newest code of ``email`` to accept an invitation. A right code is used up."""
    return _try_newest(email, Purpose.INVITE, digits, NOBODY, at=at or timezone.now())


@transaction.atomic
def verify_reset(*, email: str, digits: str, asker: CodeAsker = NOBODY, at: datetime | None = None) -> CodeAttempt:
    """Try ``digits`` on the newest reset code of ``email``. A right code is used up."""
    return _try_newest(email, Purpose.RESET, digits, asker, at=at or timezone.now())


@transaction.atomic
def verify_address(*, email: str, digits: str, asker: CodeAsker, at: datetime | None = None) -> CodeAttempt:
    """Try a code for another address; whose it is, the attempt says. As ``verify_registration``."""
    return _try_newest(email, Purpose.ADDRESS, digits, asker, at=at or timezone.now())


@transaction.atomic
def verify_challenge(*, challenge_hash: str, digits: str, at: datetime | None = None) -> CodeAttempt:
    """Try ``digits`` on the code of a sign-in under way. A right code is used up.

    Errors: ``ChallengeGone`` where there is no such sign-in, or no longer.
    """
    at = at or timezone.now()
    return _try(_challenged(challenge_hash, at=at), digits, at=at)


def challenged_email(*, challenge_hash: str, at: datetime | None = None) -> str:
    """The address whose code a sign-in under way waits for. Errors: ``ChallengeGone``."""
    open_ones = OneTimeCode.objects.filter(challenge_hash=challenge_hash, purpose=Purpose.LOGIN, used_at=None)
    email = open_ones.filter(expires_at__gt=at or timezone.now()).values_list("email", flat=True).first()
    if email is None:
        raise errors.ChallengeGone
    return email


@transaction.atomic
def send(*, code_id: UUID, at: datetime | None = None) -> bool:
    """Make the code of one waiting row, mail it and keep its hash. False where there is nothing to do.

    The row stays locked until the mail is out: nobody else sends it, and whoever types fast waits for the hash.
    Errors: what the mail server raises; the row is then as it was, for the next sweep.
    """
    at = at or timezone.now()
    row = (
        OneTimeCode.objects.waiting(at)
        .select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("user")
        .filter(pk=code_id)
        .first()
    )
    if row is None or (row.user is not None and not row.user.is_active):
        return False
    digits = f"{secrets.randbelow(10**CODE_LENGTH):0{CODE_LENGTH}d}"
    row.code_hash, row.sent_at = hash_code(row, digits), at
    minutes = ceil((row.expires_at - at) / timedelta(minutes=1))
    known = None if row.purpose == Purpose.ADDRESS else row.user  # who asks for another address does not have it yet
    account = known or User.objects.filter(email__iexact=row.email).first()
    # To the address that is kept: what was typed may differ from it in the case of its letters.
    to, letter = account.address if account else row.email, _instead_of_code(row, account)
    if letter is not None:  # nobody learns the digits made above
        row.code_hash = hash_code(row, secrets.token_hex())
        letter(to=to)
    else:
        code_letters.send_code(to=to, purpose=Purpose(row.purpose), digits=digits, minutes=minutes)
    row.save(update_fields=["code_hash", "sent_at"])
    return True


def send_waiting(*, at: datetime | None = None) -> int:
    """Send the codes that no wake-up reached, for at most 15 s; forget those that expired a day ago. Gives how many.

    In random order, so that an address that no server takes never stands before the others.
    """
    at = at or timezone.now()
    OneTimeCode.objects.filter(expires_at__lt=at - KEEP_EXPIRED).delete()
    began, sent = time.monotonic(), 0
    for code_id in OneTimeCode.objects.waiting(at).order_by("?").values_list("pk", flat=True)[:500]:
        sent += send_or_leave(code_id=code_id, at=at)
        if time.monotonic() - began > SWEEP_SECONDS:
            break
    return sent


def send_or_leave(*, code_id: UUID, at: datetime | None = None) -> bool:
    """As ``send``, but a mail server that fails leaves the row for the next sweep. Nothing of the mail is logged."""
    try:
        return send(code_id=code_id, at=at)
    except Exception as fault:  # each mail server fails in its own way, and its words may repeat the mail's
        log.warning("The code %s could not be sent (%s); the next sweep tries again.", code_id, type(fault).__name__)
        return False


def hash_code(row: OneTimeCode, digits: str) -> str:
    """What is kept of a code: 64 hex digits, useless without the secret key, bound to row, purpose and address."""
    value = f"{row.pk}:{row.purpose}:{row.email}:{digits}"
    return salted_hmac("accounts.sign_in.codes.code", value, algorithm="sha256").hexdigest()


def hash_challenge(challenge: str) -> str:
    """What is kept of the token that binds a code to its password step: 64 hex digits."""
    return salted_hmac("accounts.sign_in.codes.challenge", challenge, algorithm="sha256").hexdigest()


def wake(row: OneTimeCode) -> bool:
    """Send the message that lets a worker send the code: its id, no more. False where the broker is away."""
    return waking.wake("send_code", args=[str(row.pk)])


def _instead_of_code(row: OneTimeCode, account: User | None) -> Callable[..., None] | None:
    """The letter to an address for which the code would open nothing: it has an account already, or none."""
    if row.purpose == Purpose.REGISTER and account is not None:
        return code_letters.send_account_exists
    if row.purpose == Purpose.ADDRESS and account is not None:
        return code_letters.send_address_in_use
    if row.purpose == Purpose.RESET and (account is None or not account.is_active):
        return code_letters.send_no_account
    return None


def _write(row: OneTimeCode, *, at: datetime, expires_at: datetime) -> OneTimeCode:
    row.created_at, row.expires_at = at, expires_at
    row.save(force_insert=True)
    transaction.on_commit(lambda: wake(row))
    return row


def _queue_up(email: str, purpose: Purpose) -> None:
    """Until the transaction ends, let nobody else work on the codes of this address and purpose."""
    take_turns(f"otp:{purpose}:{addresses.fold(email)}")


def _challenged(challenge_hash: str, *, at: datetime) -> OneTimeCode:
    """The locked row that a challenge points to now."""
    pointed = OneTimeCode.objects.filter(challenge_hash=challenge_hash, purpose=Purpose.LOGIN)
    email = pointed.values_list("email", flat=True).first()
    if email is not None:
        _queue_up(email, Purpose.LOGIN)
    row = pointed.select_for_update(no_key=True, of=("self",)).select_related("user").first()
    if row is None or row.used_at is not None or row.expires_at <= at:
        raise errors.ChallengeGone
    return row


def _limit_key(purpose: str, email: str, asker: str = "") -> str:
    return f"{purpose}:{email}:{asker}" if asker else f"{purpose}:{email}"


def _cool_down(earlier: OneTimeCodeQuerySet, *, at: datetime) -> None:
    last = earlier.filter(created_at__lte=at).first()  # later ones are of a clock that was set back since
    if last is None or last.used_at is not None:
        return
    wait = (last.created_at + settings.OTP_COOL_DOWN - at).total_seconds()
    if wait > 0:
        raise errors.CodeTooSoon(retry_after=ceil(wait))


def _try_newest(email: str, purpose: Purpose, digits: str, asker: CodeAsker, *, at: datetime) -> CodeAttempt:
    """Try the newest code that ``asker`` let be sent. Who let none be sent tries the newest of all, and cannot use up
    its attempts: those are for whoever asked. A right one ends all others of the address."""
    _queue_up(email, purpose)
    codes = OneTimeCode.objects.asked_for(email, purpose)
    held = codes.filter(expires_at__gt=at).select_for_update(no_key=True, of=("self",))
    own = held.filter(asker=asker.name).first()
    newest = held.first()
    if newest is None:
        return CodeAttempt(Verdict.SPENT)
    is_stray = own is None or (newest.pk != own.pk and not _is_living(own, at))
    attempt = _try_stray(newest, digits, at=at) if is_stray else _try(own or newest, digits, at=at)
    if attempt.is_right:
        codes.filter(used_at=None, expires_at__gt=at).update(expires_at=at)
    return attempt


def _is_living(row: OneTimeCode, at: datetime) -> bool:
    return row.used_at is None and row.expires_at > at and row.attempts < settings.OTP_ATTEMPTS


def _try_stray(row: OneTimeCode, digits: str, *, at: datetime) -> CodeAttempt:
    """A try of somebody who did not ask for the code, or from elsewhere by now. Errors: ``RateLimited``."""
    if not _is_living(row, at):
        return CodeAttempt(Verdict.SPENT)
    limits.hit(limits.LimitKind.OTP_STRAY, _limit_key(row.purpose, row.email), at=at)
    if row.sent_at is not None and secrets.compare_digest(row.code_hash, hash_code(row, digits)):
        return _used(row, at=at)
    return CodeAttempt(Verdict.WRONG, left=settings.OTP_ATTEMPTS - row.attempts)


def _try(row: OneTimeCode, digits: str, *, at: datetime) -> CodeAttempt:
    if not _is_living(row, at):
        return CodeAttempt(Verdict.SPENT)
    if row.sent_at is None:  # no code exists yet, so none is right and none is guessed
        return CodeAttempt(Verdict.WRONG, left=settings.OTP_ATTEMPTS - row.attempts)
    row.attempts += 1
    if secrets.compare_digest(row.code_hash, hash_code(row, digits)):
        return _used(row, at=at)
    row.save(update_fields=["attempts"])
    left = settings.OTP_ATTEMPTS - row.attempts
    if left:
        return CodeAttempt(Verdict.WRONG, left=left)
    activity.record(actor=None, verb="code.burnt", subject=row.user, object=row, data={"purpose": row.purpose}, at=at)
    return CodeAttempt(Verdict.SPENT)


def _used(row: OneTimeCode, *, at: datetime) -> CodeAttempt:
    row.used_at = at
    row.save(update_fields=["attempts", "used_at"])
    limits.undo(limits.LimitKind.OTP, _limit_key(row.purpose, row.email, row.asker))
    return CodeAttempt(Verdict.RIGHT, user=row.user)
