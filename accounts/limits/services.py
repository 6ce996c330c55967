"""How often something may be tried: per account, and wider per client address. The numbers are settings.

A tally is one row per kind and key, and a hit is one atomic upsert, so that of many at once exactly as many pass as
may. Its window opens with the first hit. The rows lie in PostgreSQL: they survive a restart of Redis, and where they
cannot be reached nobody is let through, reader or staff, for the accounts lie in the same database.

A *lock-out* is the login tally of an address, full of failures: its end is moved to a whole lock-out after the last
failure. Known and unknown addresses take the same statements here; only a worker finds out whom to tell.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts import errors
from accounts.limits.client_address import client_of as client_of
from accounts.models import LockOut, Patron, Tally, User
from library.core import email_addresses as addresses
from library.core.background import wake
from library.core.config.model import Limit
from library.core.errors import NotAllowed, ServiceUnavailable
from library.core.faults import outages

log = logging.getLogger(__name__)

HIT = """
INSERT INTO accounts_tally AS tally (kind, key, count, opened_at, expires_at)
VALUES (%(kind)s, %(key)s, 1, %(at)s, %(ends)s)
ON CONFLICT (kind, key) DO UPDATE SET
    count = CASE WHEN {over} THEN 1 ELSE tally.count + 1 END,
    opened_at = CASE WHEN {over} THEN EXCLUDED.opened_at ELSE tally.opened_at END,
    expires_at = CASE WHEN {over} THEN EXCLUDED.expires_at ELSE tally.expires_at END,
    locked_at = NULL, user_id = NULL, told_at = NULL
WHERE {over} OR (tally.count < %(most)s AND tally.locked_at IS NULL)
RETURNING count
""".format(over="(tally.expires_at <= EXCLUDED.opened_at OR tally.expires_at > %(never)s)")
# A window that ends later than any can is of a clock that was set back since: nobody waits for it. What the clocks of
# several machines may differ by is no such thing.
CLOCKS_DIFFER = timedelta(minutes=1)

BACK = """
UPDATE accounts_tally SET count = count - 1 WHERE kind = %s AND key = %s AND count > 0 AND locked_at IS NULL
"""

# One statement for known and unknown addresses alike: the same work, and nothing to tell them apart by.
LOCK = """
UPDATE accounts_tally SET locked_at = %s, expires_at = %s,
    user_id = (SELECT id FROM accounts_user WHERE UPPER(email) = %s AND is_active)
WHERE kind = %s AND key = %s AND locked_at IS NULL AND count >= %s AND expires_at > %s
"""


class LimitKind(StrEnum):
    """What is counted. Those that end in ``client`` are keyed by ``client_of(request)``."""

    LOGIN = "login"  # by address, or a browser that knows it: passwords and codes that were wrong
    LOGIN_CLIENT = "login_client"
    OTP = "otp"  # by purpose, address and who asks: codes that were asked for and not used
    OTP_STRANGERS = "otp_strangers"  # by purpose and address: those that no known browser asked for
    OTP_STRAY = "otp_stray"  # by purpose and address: tries of who did not ask
    REGISTER_CLIENT = "register_client"  # letters to new addresses
    REGISTER_TRY_CLIENT = "register_try_client"  # codes and usernames tried
    RESET_CLIENT = "reset_client"
    USERNAMES_CLIENT = "usernames_client"
    QUESTIONS = "questions"  # by user; the number is their tier's


def hit(kind: LimitKind, key: str, *, limit: Limit | None = None, at: datetime | None = None) -> None:
    """Count one hit of ``kind`` for ``key``. An empty key is not counted: a client that no limit is meant for.

    ``limit``: another than ``settings.LIMITS`` has. Errors: ``RateLimited`` (for ``Kind.LOGIN`` ``LockedOut``) once
    the limit is reached; ``ServiceUnavailable`` where nothing can be counted.
    """
    if not key:
        return
    at = at or timezone.now()
    most, seconds = limit or settings.LIMITS[kind]
    hashed = hash_key(kind, key)
    longest = _longest(kind, seconds)
    values = {
        "kind": kind,
        "key": hashed,
        "at": at,
        "ends": at + timedelta(seconds=seconds),
        "most": most,
        "never": at + longest + CLOCKS_DIFFER,
    }
    if not _execute(HIT, values, returning=True):
        ends_at = Tally.objects.filter(kind=kind, key=hashed).values_list("expires_at", flat=True).first()
        raise _refusal(kind, min(ends_at or at, at + longest), at)


def check_not_locked_out(email: str, *, device: str = "", at: datetime | None = None) -> None:
    """Errors: ``LockedOut`` where sign-in is refused for ``email`` now. Counts nothing."""
    at = at or timezone.now()
    key = hash_key(LimitKind.LOGIN, login_key(email, device))
    locked = Tally.objects.filter(kind=LimitKind.LOGIN, key=key, locked_at__isnull=False)
    longest = _longest(LimitKind.LOGIN, settings.LIMITS[LimitKind.LOGIN][1])
    real = locked.filter(expires_at__gt=at, expires_at__lte=at + longest + CLOCKS_DIFFER)
    ends_at = real.values_list("expires_at", flat=True).first()
    if ends_at is not None:
        raise _refusal(LimitKind.LOGIN, min(ends_at, at + longest), at)


def login_key(email: str, device: str = "") -> str:
    """In whose tally failures of ``email`` count: of all strangers together, or of a browser that knows it."""
    return f"{email}:{device}" if device else email


def undo(kind: LimitKind, key: str) -> None:
    """Take back one hit: what it was counted for did not happen, or was no failure."""
    if key:
        _execute(BACK, [kind, hash_key(kind, key)])


def record_failure(email: str, *, device: str = "", at: datetime | None = None) -> None:
    """A password or code for ``email`` was wrong. The last one that is allowed locks sign-in for this address, but not
    for browsers that know it; or, from such a ``device``, for that one alone.

    Its owner, if there is one, is told by a worker. Whether there is one makes no difference here.
    """
    at = at or timezone.now()
    most, _seconds = settings.LIMITS[LimitKind.LOGIN]
    has_locked = _execute(
        LOCK,
        [
            at,
            at + settings.LOCK_OUT,
            addresses.fold(email),
            LimitKind.LOGIN,
            hash_key(LimitKind.LOGIN, login_key(email, device)),
            most,
            at,
        ],
    )
    if has_locked:
        transaction.on_commit(_wake)


def reset(*, email: str, device: str = "") -> None:
    """Forget the failures of ``email`` (from ``device``), and a lock-out with them: its owner proved who they are."""
    key = hash_key(LimitKind.LOGIN, login_key(email, device))
    _execute("DELETE FROM accounts_tally WHERE kind = %s AND key = %s", [LimitKind.LOGIN, key])


@contextmanager
def question_of(asker: Any, *, at: datetime | None = None) -> Iterator[None]:
    """Count one question, by the tier of ``asker``; one that fails inside costs nothing, nor does a command's.

    Errors: ``RateLimited``, ``NotAllowed`` where the tier allows none.
    """
    if not isinstance(asker, User):
        yield
        return
    _spend_question(asker, at)
    try:
        yield
    except Exception:
        undo(LimitKind.QUESTIONS, str(asker.pk))
        raise


def _spend_question(user: User, at: datetime | None) -> None:
    most = Patron.objects.filter(pk=user.pk).values_list("tier__questions_per_hour", flat=True).first()
    if most is None or most < 0:
        return
    if most == 0:
        raise NotAllowed(_("Your membership does not include questions to books."))
    hit(LimitKind.QUESTIONS, str(user.pk), limit=Limit(most, 3600), at=at)


def lock_outs(at: datetime) -> QuerySet[LockOut]:
    """The lock-outs of people with an account that have not ended at ``at``."""
    return LockOut.objects.filter(locked_at__isnull=False, user__isnull=False, expires_at__gt=at)


@transaction.atomic
def unlock(*, lock_out: LockOut, by: User) -> None:
    """Let somebody sign in again before the time; harmless where the lock-out has ended or is another by now.

    Errors: ``NotAllowed``: staff lift patrons' lock-outs, administrators everybody's.
    """
    from library.activity import services as activity

    owner = lock_out.user
    if owner is None or not (by.is_superuser or (by.has_perm("accounts.change_lockout") and not owner.is_staff)):
        raise NotAllowed
    count, _by_model = Tally.objects.filter(pk=lock_out.pk, locked_at=lock_out.locked_at).delete()
    if count:
        activity.record(actor=by, verb="account.lock_out_lifted", subject=owner)


def tell_locked_out(*, at: datetime | None = None) -> int:
    """Tell everybody who was locked out and does not know yet; once for each lock-out. Gives how many."""
    at = at or timezone.now()
    waiting = lock_outs(at).filter(told_at=None).values_list("pk", flat=True)
    return sum(_tell(pk, at) for pk in list(waiting[:500]))


@transaction.atomic
def _tell(pk: int, at: datetime) -> bool:
    from library.activity import services as activity
    from library.notices import services as notices

    locked = lock_outs(at).filter(pk=pk, told_at=None)
    row = locked.select_for_update(no_key=True, skip_locked=True, of=("self",)).select_related("user").first()
    if row is None or row.user is None:
        return False
    row.told_at = at
    row.save(update_fields=["told_at"])
    activity.record(actor=None, verb="account.locked_out", subject=row.user, at=row.locked_at)
    cause = f"lock-out:{row.pk}:{row.locked_at:%Y%m%d%H%M%S%f}"
    notices.queue(user=row.user, kind="locked_out", dedupe=cause, at=row.locked_at, until=row.expires_at)
    return True


def sweep(*, at: datetime | None = None) -> int:
    """Forget the tallies whose window has ended. Gives how many."""
    count, _by_model = Tally.objects.filter(expires_at__lte=at or timezone.now()).delete()
    return count


def hash_key(kind: LimitKind, key: str) -> str:
    """What is kept of an address or client: 64 hex digits, useless without the secret key. Case makes no difference."""
    return salted_hmac(f"accounts.limits.services.{kind}", addresses.fold(key.strip()), algorithm="sha256").hexdigest()


def _refusal(kind: LimitKind, ends_at: datetime, at: datetime) -> errors.RateLimited:
    refusal = errors.LockedOut if kind == LimitKind.LOGIN else errors.RateLimited
    return refusal(retry_after=max(1, ceil((ends_at - at).total_seconds())))


def _longest(kind: LimitKind, seconds: int) -> timedelta:
    """The longest that a tally of this kind can stand."""
    window = timedelta(seconds=seconds)
    return max(window, settings.LOCK_OUT) if kind == LimitKind.LOGIN else window


def _execute(sql: str, values: list[Any] | dict[str, Any], *, returning: bool = False) -> int:
    """How many rows were written. What cannot be counted is not allowed.

    Errors: ``ServiceUnavailable``, or the database's own where it is away.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return len(cursor.fetchall()) if returning else cursor.rowcount
    except DatabaseError as fault:
        log.error("A limit could not be counted: %s", type(fault).__name__)
        if outages.refusal_of(fault) is not None:  # no form should show as its own fault that the database is away
            raise
        raise ServiceUnavailable from fault


def _wake() -> None:
    """Let a worker tell whom it concerns; beat does where the broker is away."""
    wake.wake("tell_locked_out")
