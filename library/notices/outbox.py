"""The worker's side of notices: claim a row, send it, mark it.

A row is claimed in a short transaction of its own: its attempt is counted and the time of the next one is written
before anything is sent, so no lock is held while a mail server thinks, and a row that breaks its worker is not tried
for ever. A worker that is killed after the mail server said yes and before the row says *sent* leaves a row that is
sent once more, ``LEASE`` later: delivery is at least once. A second such death ends it as failed, so there is at most
one duplicate; both mails have the same Message-ID, by which mail programs show them as one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from library.core.database.transactions import is_our_turn
from library.core.errors import LibraryError
from library.notices import addresses, bell, kinds
from library.notices import services as notices
from library.notices.letters import mails
from library.notices.models import MarkReason, Notice, NoticeQuerySet, NoticeState

log = logging.getLogger(__name__)

FIRST_GAP = timedelta(minutes=1)  # doubled after every failed attempt
PATIENCE = timedelta(days=1)  # from the first attempt to the last
LEASE = timedelta(minutes=5)  # longer than a mail server may take with EMAIL_TIMEOUT for each of its answers
SWEEP_SECONDS = 15.0
MOST_TOGETHER = 200  # notices in one letter
REFUSED = frozenset({"rejected", "invalid"})  # Anymail's words for an address that the service takes nothing for


class UnclearAnswer(Exception):
    """The mail service answered, and nobody knows whether it took the letter."""


def send_due(*, at: datetime | None = None) -> int:
    """Send what is due, for at most 15 s; gives how many were sent. Any number of workers may do so at once."""
    began, sent = time.monotonic(), 0
    while time.monotonic() - began < SWEEP_SECONDS:
        row = claim(at=at or timezone.now())
        if row is None:
            break
        if row.state == NoticeState.SENDING:
            sent += send(row, at=at)
    return sent


def claim(*, at: datetime) -> Notice | None:
    """The next due notice with what is ``gathered`` with it, for this worker alone until ``LEASE`` is over; None where
    nothing is due.

    Given back *overtaken* where what it tells of is over, *to be printed* where no mail reaches its reader, *failed*
    where its workers ended twice without a word.
    """
    taken: set[UUID] = set()  # with what another worker is gathering at this moment
    while True:
        with transaction.atomic():
            row = _next(at, besides=taken)
            if row is None:
                return None
            if not row.gather or is_our_turn(f"letters {row.user_id} {row.gather}"):
                return _claim([row, *_gathered(row, at)], at)
        taken.add(row.pk)


def _next(at: datetime, *, besides: Collection[UUID]) -> Notice | None:
    due = Notice.objects.due(at).exclude(pk__in=besides).select_related("user")
    return due.select_for_update(no_key=True, skip_locked=True, of=("self",)).first()


def _gathered(row: Notice, at: datetime) -> list[Notice]:
    """Whoever holds one of them only looks whose turn it is, and lets go: we wait for that."""
    if not row.gather:
        return []
    found = list(Notice.objects.to_gather(row, at).select_for_update(no_key=True, of=("self",))[:MOST_TOGETHER])
    for one in found:
        one.user = row.user
    return found


def _claim(rows: list[Notice], at: datetime) -> Notice:
    marks = addresses.marked_groups(rows[0].user.address) if rows[0].user else frozenset()
    for row in rows:
        _judge(row, marks, at)
        row.save(update_fields=["state", "due_at", "error", "interruptions", "attempts", "give_up_at", "context"])
    together = [row for row in rows if row.state == NoticeState.SENDING]
    if not together:
        return rows[0]
    main = max(together, key=lambda row: (_weight(row), -row.created_at.timestamp()))
    main.gathered = tuple(row for row in together if row is not main)
    return main


def _judge(row: Notice, marks: frozenset[str], at: datetime) -> None:
    """What becomes of a due notice. One whose cause cannot be asked is put off like one that cannot be sent."""
    if row.state == NoticeState.SENDING:
        row.interruptions += 1
    try:
        is_true = stands(row)
    except Exception as fault:
        _count(row, at)
        row.state, row.due_at, row.error = _later(row, _name_of(fault), at=at)
        log.warning("Whether the notice %s (%s) still holds is not known: %s", row.pk, row.kind, row.error)
        return
    row.due_at = None
    if not is_true:
        overtake(row)
    elif row.user is not None and row.user.email is None:  # the address went since the letter was written
        row.state = NoticeState.PAPER
    elif marks & {"", mails.about(row)}:
        row.state = _without_mail(row, marks)
    elif row.interruptions > 1:
        row.state, row.error = NoticeState.FAILED, "WorkerLost"
    else:
        _count(row, at)
        row.state, row.due_at = NoticeState.SENDING, at + LEASE


def _count(row: Notice, at: datetime) -> None:
    row.attempts += 1
    row.give_up_at = row.give_up_at or at + PATIENCE


def _without_mail(row: Notice, marks: frozenset[str]) -> NoticeState:
    """On paper where mail does not reach its reader, or the letter cannot be done without; a complaint is a wish."""
    kind = kinds.find(row.kind)
    is_choice = row.gather == kinds.DIGEST or (kind is not None and kind.group_of_choice.is_choice)
    return NoticeState.UNWANTED if "" not in marks and is_choice else NoticeState.PAPER


def status_of(mail: Any) -> frozenset[str]:
    """What a mail service said of a letter, in Anymail's words; nothing of other ways of sending."""
    return frozenset(getattr(getattr(mail, "anymail_status", None), "status", None) or ())


def stands(row: Notice) -> bool:
    """Whether what a notice tells of is still so. Errors: those of its kind."""
    kind = kinds.find(row.kind)
    if kind is None or kind.still_true is None:
        return True
    with transaction.atomic():  # its fault, also of the database, is that of this row alone
        return kind.still_true(row)


def overtake(row: Notice) -> None:
    """What it tells of is over: nobody is told, and the bell forgets it. To be saved by the caller."""
    row.state, row.due_at, row.context = NoticeState.OVERTAKEN, None, {}
    if row.dedupe is not None and row.user is not None:
        bell.take_back(causes=[row.dedupe])


def _weight(row: Notice) -> int:
    kind = kinds.find(row.kind)
    return kind.weight if kind else 0


def send(row: Notice, *, at: datetime | None = None) -> bool:
    """Send a claimed notice, with what is gathered with it, and mark it. False where that failed: it waits for its next
    attempt, or is given up.

    A ``LibraryError`` while its words are found gives it up at once: its cause is no more, such as an invitation that
    was taken back. The words of the mail server are not kept: they may repeat the mail's.
    """
    mail = None
    try:
        mail = mails.mail_of(row)
        mail.send()
        if "unknown" in status_of(mail):
            raise UnclearAnswer
    except LibraryError as refusal:
        for one in (row, *row.gathered):
            _claimed(one).update(state=NoticeState.FAILED, due_at=None, error=type(refusal).__name__)
        return False
    except Exception as fault:  # each mail server fails in its own way, and a letter may fail to be written
        if (
            status_of(mail) and status_of(mail) <= REFUSED
        ):  # for good: the next attempt finds the mark, and puts the letter on paper
            addresses.mark(address=row.user.address if row.user else row.to, reason=MarkReason.REJECTED, at=at)
        for one in (row, *row.gathered):
            state, due_at, error = _later(one, _name_of(fault), at=at or timezone.now())
            _claimed(one).update(state=state, due_at=due_at, error=error)
        log.warning("The notice %s (%s) could not be sent: %s", row.pk, row.kind, _name_of(fault))
        return False
    for one in (row, *row.gathered):
        _claimed(one).update(state=NoticeState.SENT, sent_at=at or timezone.now(), due_at=None, error="", context={})
    return True


@transaction.atomic
def send_again(*, notice: Notice, at: datetime | None = None) -> bool:
    """Let a failed notice be tried anew, for another day. False where it has not failed, or no longer."""
    now = at or timezone.now()
    was_failed = Notice.objects.filter(pk=notice.pk, state=NoticeState.FAILED).update(
        state=NoticeState.WAITING, due_at=now, give_up_at=None, attempts=0, interruptions=0
    )
    if was_failed:
        transaction.on_commit(notices.wake, robust=True)
    return bool(was_failed)


def _later(row: Notice, fault: str, *, at: datetime) -> tuple[NoticeState, datetime | None, str]:
    """State, time and fault after a failed attempt: the gaps double for a day."""
    assert row.give_up_at is not None
    if at >= row.give_up_at:
        return NoticeState.FAILED, None, fault
    return NoticeState.WAITING, min(at + FIRST_GAP * 2 ** (row.attempts - 1), row.give_up_at), fault


def _claimed(row: Notice) -> NoticeQuerySet:
    """The row, if it is still in this worker's hands: one who was given up for lost must change nothing."""
    return Notice.objects.filter(pk=row.pk, state=NoticeState.SENDING, attempts=row.attempts)


def _name_of(fault: Exception) -> str:
    """The kind of a fault and the number that the server gave it, such as ``SMTPDataError 451``."""
    numbers = [getattr(fault, "smtp_code", None), getattr(fault, "status_code", None)]
    numbers += [answer[0] for answer in getattr(fault, "recipients", {}).values()]
    return " ".join([type(fault).__name__, *(str(number) for number in numbers if isinstance(number, int))])[:200]
