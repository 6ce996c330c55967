"""What readers are told of their holds, in the transaction of its cause. A cause is a hold and, for what waits on the
hold shelf, the spell there (``Hold.ready_at``): a hold that is put back and served again is told again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from circulation.explain import sentences
from circulation.models import Hold
from library.core import days
from library.core.errors import Reason
from library.notices import services as notices

READY, EXPIRING, EXPIRED = "hold_ready", "hold_expiring", "hold_expired"
CANCELLED, REFUSED, PASSED_OVER = "hold_cancelled", "hold_refused", "hold_passed_over"
KINDS = (READY, EXPIRING, EXPIRED, CANCELLED, REFUSED, PASSED_OVER)


def tell_ready(hold: Hold, *, at: datetime) -> None:
    """It can be fetched, until its last day."""
    _of_spell(READY, hold, at=at)


def tell_expiring(hold: Hold, *, at: datetime) -> None:
    """Its last day is near."""
    _of_spell(EXPIRING, hold, at=at)


def tell_expired(hold: Hold, *, at: datetime) -> None:
    """Nobody fetched it in time."""
    _of_spell(EXPIRED, hold, at=at)


def tell_cancelled(hold: Hold, *, at: datetime, reason: str = "") -> None:
    """The library ended it, or did what its reader asked for; why, where there is more to say."""
    _queue(CANCELLED, hold, at=at, reason=reason)


def tell_refused(hold: Hold, *, at: datetime) -> None:
    """It cannot be fetched; why, in staff's words."""
    _queue(REFUSED, hold, at=at, reason=hold.refusal_reason)


def tell_passed_over(hold: Hold, reasons: Sequence[Reason], *, at: datetime) -> None:
    """A copy came by and another reader got it: once for what stands in the way."""
    # As short as a key may be, whatever and however much stands in the way.
    codes = sha256("+".join(sorted({reason.code for reason in reasons})).encode()).hexdigest()[:16]
    why = " ".join(sentences.reader_sentence(reason) for reason in reasons)
    _queue(PASSED_OVER, hold, cause=f":{codes}", at=at, reasons=why)


def _of_spell(kind: str, hold: Hold, *, at: datetime) -> None:
    assert hold.ready_at is not None  # it is, or was, on the shelf
    assert hold.last_day is not None
    until = days.end_of(hold.last_day)
    _queue(kind, hold, cause=f":{hold.ready_at.isoformat()}", at=at, until=until, branch=hold.pickup_branch.name)


def _queue(kind: str, hold: Hold, *, at: datetime, cause: str = "", **words: Any) -> None:
    dedupe = f"hold:{hold.pk}:{kind}{cause}"
    notices.queue(
        user=hold.patron.user, kind=kind, dedupe=dedupe, at=at, title=hold.book.title, hold=str(hold.pk), **words
    )
