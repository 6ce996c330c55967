"""Mail of embedded mode: kept as files that only their owner can read, shown at ``/dev/mailbox/``."""

from __future__ import annotations

import email
import email.policy
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage as StandardMessage
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from library.core.database.ids import uuid7


@dataclass(frozen=True)
class Letter:
    """One kept mail."""

    name: str
    to: str
    subject: str
    sent: datetime | None
    body: str


class FolderBackend(BaseEmailBackend):
    """Writes each mail as one file, 0600, into ``settings.MAIL_FOLDER``."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.MAIL_FOLDER)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            # Written whole under another name first: a reader of the folder never meets half a letter.
            path = folder / f"{time.time_ns()}-{uuid7().hex[-8:]}.eml"
            draft = path.with_suffix(".part")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(message.message().as_bytes())
            draft.rename(path)
        return len(email_messages)


def letters(*, limit: int = 50) -> list[Letter]:
    """The newest kept mails, newest first."""
    paths = sorted(Path(settings.MAIL_FOLDER).glob("*.eml"), reverse=True)[:limit]
    return [_read(path) for path in paths]


def _read(path: Path) -> Letter:
    message: StandardMessage = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain",))
    return Letter(
        name=path.stem,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        sent=_sent(message),
        body=body.get_content() if body else "",
    )


def _sent(message: StandardMessage) -> datetime | None:
    """When it was sent. Django writes UTC as "-0000", which the standard library reads as no zone at all."""
    at: datetime | None = message["Date"].datetime if message["Date"] else None
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at
