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
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from library.activity import values
from library.core.errors import LibraryError
from library.notices import kinds
from library.notices import services as notices
from library.notices.models import Notice, NoticeQuerySet, NoticeState
from library.profile import services as profile

log = logging.getLogger(__name__)

FIRST_GAP = timedelta(minutes=1)  # doubled after every failed attempt
PATIENCE = timedelta(days=1)  # from the first attempt to the last
LEASE = timedelta(minutes=5)  # longer than a mail server may take with EMAIL_TIMEOUT for each of its answers
SWEEP_SECONDS = 15.0


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


@transaction.atomic
def claim(*, at: datetime) -> Notice | None:
    """The next due notice, for this worker alone until ``LEASE`` is over; None where nothing is due.

    Given back *failed* where its workers ended twice without a word, *to be printed* where its address is gone.
    """
    row = (
        Notice.objects.due(at)
        .select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("user")
        .first()
    )
    if row is None:
        return None
    if row.state == NoticeState.SENDING:
        row.interruptions += 1
    if row.user is not None and row.user.email is None:  # the address went since the letter was written
        row.state, row.due_at = NoticeState.PAPER, None
    elif row.interruptions > 1:
        row.state, row.due_at, row.error = NoticeState.FAILED, None, "WorkerLost"
    else:
        row.state, row.due_at = NoticeState.SENDING, at + LEASE
        row.attempts += 1
        row.give_up_at = row.give_up_at or at + PATIENCE
    row.save(update_fields=["state", "due_at", "error", "interruptions", "attempts", "give_up_at"])
    return row


def send(row: Notice, *, at: datetime | None = None) -> bool:
    """Send a claimed notice and mark it. False where that failed: it waits for its next attempt, or is given up.

    A ``LibraryError`` while its words are found gives it up at once: its cause is no more, such as an invitation that
    was taken back. The words of the mail server are not kept: they may repeat the mail's.
    """
    try:
        letter(row).send()
    except LibraryError as refusal:
        _claimed(row).update(state=NoticeState.FAILED, due_at=None, error=type(refusal).__name__)
        return False
    except Exception as fault:  # each mail server fails in its own way, and a letter may fail to be written
        _put_off(row, _name_of(fault), at=at or timezone.now())
        log.warning("The notice %s (%s) could not be sent: %s", row.pk, row.kind, _name_of(fault))
        return False
    _claimed(row).update(state=NoticeState.SENT, sent_at=at or timezone.now(), due_at=None, error="", context={})
    return True


def letter(row: Notice) -> EmailMessage:
    """The mail: plain text."""
    subject, body = written(row)
    library = profile.current()
    return EmailMessage(
        subject=f"{subject} · {library.name}",
        body=body + "\n",
        from_email=library.from_address,
        to=[row.user.address if row.user else row.to],
        headers={"Message-ID": f"<{row.pk}@{library.domain}>", "Auto-Submitted": "auto-generated"},
    )


def written(row: Notice) -> tuple[str, str]:
    """Subject and text of a letter; the subject is the first line of its template."""
    with translation.override(settings.LANGUAGE_CODE):
        text = render_to_string(kinds.get(row.kind).template, notices.words_of(row)).strip()
    subject, _end, body = text.partition("\n")
    return values.one_line(subject)[:200], body.strip()


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


def _put_off(row: Notice, fault: str, *, at: datetime) -> None:
    assert row.give_up_at is not None
    if at >= row.give_up_at:
        _claimed(row).update(state=NoticeState.FAILED, due_at=None, error=fault)
        return
    due_at = min(at + FIRST_GAP * 2 ** (row.attempts - 1), row.give_up_at)
    _claimed(row).update(state=NoticeState.WAITING, due_at=due_at, error=fault)


def _claimed(row: Notice) -> NoticeQuerySet:
    """The row, if it is still in this worker's hands: one who was given up for lost must change nothing."""
    return Notice.objects.filter(pk=row.pk, state=NoticeState.SENDING, attempts=row.attempts)


def _name_of(fault: Exception) -> str:
    """The kind of a fault and the server's number for it, such as ``SMTPDataError 451``."""
    numbers = [getattr(fault, "smtp_code", None)]
    numbers += [answer[0] for answer in getattr(fault, "recipients", {}).values()]
    return " ".join([type(fault).__name__, *(str(number) for number in numbers if isinstance(number, int))])[:200]
