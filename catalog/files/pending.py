"""Files that were chosen in a form which had an error elsewhere: kept for an hour, for whoever sent them alone.

There is no row for them: what the form carries is a signed word that says which stored file it is, whose, and what it
was called. What nobody came back for is swept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from django.core import signing
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from library.core.errors import StorageFull
from library.core.faults.outages import is_disk_full

FOLDER = "pending"
KEPT_FOR = timedelta(hours=1)
SALT = "catalog.pending-upload"


@dataclass(frozen=True)
class Kept:
    """A file that waits for its form to come again."""

    token: str
    name: str
    size: int
    until: datetime


def keep(*, upload: File[bytes], by: User) -> Kept:
    """Store ``upload`` for an hour. Errors: ``StorageFull``."""
    upload.seek(0)
    try:
        stored = default_storage.save(f"{FOLDER}/{uuid4().hex}", upload)
    except OSError as fault:
        if is_disk_full(fault):
            raise StorageFull from fault
        raise
    name, until = upload.name or "", timezone.now() + KEPT_FOR
    words = {"at": stored, "name": name, "by": str(by.pk), "until": until.isoformat()}
    return Kept(signing.dumps(words, salt=SALT), name, upload.size, until)


def find(*, token: str, by: User) -> tuple[Kept, File[bytes]] | None:
    """What was kept under ``token``, open for reading; nothing where it is not theirs, too old, or gone."""
    words = _words(token, by)
    if words is None or not default_storage.exists(words["at"]):
        return None
    opened = default_storage.open(words["at"])
    upload: File[bytes] = File(opened, name=words["name"])
    return Kept(token, words["name"], opened.size, datetime.fromisoformat(words["until"])), upload


def forget_on_commit(*, token: str, by: User) -> None:
    """Remove what was kept under ``token`` once the current transaction is kept."""
    if words := _words(token, by):
        transaction.on_commit(partial(default_storage.delete, words["at"]))


def sweep(*, at: datetime | None = None) -> int:
    """Remove what is older than an hour; returns how many files that were."""
    before = (at or timezone.now()) - KEPT_FOR
    old = [name for name in _names() if default_storage.get_modified_time(name) < before]
    for name in old:
        default_storage.delete(name)
    return len(old)


def _names() -> Iterator[str]:
    try:
        _folders, names = default_storage.listdir(FOLDER)
    except FileNotFoundError:  # nothing was ever kept
        return
    yield from (f"{FOLDER}/{name}" for name in names)


def _words(token: str, by: User) -> dict[str, Any] | None:
    try:
        words: dict[str, Any] = signing.loads(token, salt=SALT, max_age=KEPT_FOR)
    except signing.BadSignature:
        return None
    return words if words["by"] == str(by.pk) else None
