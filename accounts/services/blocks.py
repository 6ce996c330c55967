"""Placing and lifting what stands against a patron. Any app may; lending reads it under the same lock.

Whoever writes here has locked the patron's row first, as every verb of lending does: a check-out that is under way is
decided without what comes after it, and every later one with it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import errors
from accounts.models import Patron, PatronBlock, User
from accounts.people import block_kinds
from accounts.signals import block_lifted
from library.activity import services as activity
from library.core import days
from library.core.dates import said
from library.core.errors import InvalidInput, Level

NOTE_LENGTH = 300
LAST_DAY = gettext_lazy("The last day must be today or later.")


@dataclass(frozen=True)
class NewBlock:
    """What an app wants to stand against a patron. ``level`` None: as heavy as its kind. ``until``: its last day."""

    code: str
    level: Level | None = None
    until: date | None = None
    note: str = ""

    @property
    def weight(self) -> Level:
        """Errors: ``ValueError`` for a code that no app registers."""
        kind = block_kinds.get(self.code)
        return kind.level if self.level is None else self.level


@transaction.atomic
def place(*, patron: Patron, block: NewBlock, owner: str, by: User | None, at: datetime | None = None) -> PatronBlock:
    """Let ``block`` stand against ``patron``. ``owner``: the label of the app that looks after it. ``by`` None: the
    library itself. One that is over makes room for it.

    Errors: ``AlreadyBlocked`` where one of this owner and code is in force, ``InvalidInput`` for a last day that is
    over or a note that is too long, ``ValueError`` for a code that no app registers.
    """
    at = at or timezone.now()
    _check(block, today=days.today(at))
    _lock(patron)
    known = PatronBlock.objects.filter(patron=patron, owner=owner, code=block.code).first()
    if known is not None and _is_in_force(known, at):
        raise errors.AlreadyBlocked(what=block_kinds.name_of(block.code))
    if known is not None:
        known.delete()
    return _write(PatronBlock(patron=patron, owner=owner, code=block.code), block, by=by, at=at)


@transaction.atomic
def lift(*, block: PatronBlock, by: User | None, at: datetime | None = None) -> bool:
    """Let it stand no longer. False where it was lifted already: two who lift it at once both have what they want."""
    _lock(block.patron)
    known = PatronBlock.objects.filter(pk=block.pk).first()
    if known is None:
        return False
    at = at or timezone.now()
    _remove(known, by=by, at=at)
    block_lifted.send(PatronBlock, patron=known.patron, at=at)
    return True


@transaction.atomic
def replace_all_of(
    owner: str, *, patron: Patron, blocks: Collection[NewBlock], by: User | None = None, at: datetime | None = None
) -> None:
    """Let exactly ``blocks`` stand of all that this owner placed: for what is reckoned anew, such as a debt. What
    stands as it should is left alone, so a job may do this as often as it likes.

    Errors: ``InvalidInput`` and ``ValueError`` as ``place``; ``ValueError`` where a code is in ``blocks`` twice.
    """
    at = at or timezone.now()
    wanted = {block.code: block for block in blocks}
    if len(wanted) != len(blocks):
        raise ValueError(f"{owner} wants one block twice.")
    for block in blocks:
        _check(block, today=days.today(at))
    _lock(patron)
    standing = {known.code: known for known in PatronBlock.objects.filter(patron=patron, owner=owner)}
    lifted = standing.keys() - wanted.keys()
    for code in lifted:
        _remove(standing[code], by=by, at=at)
    for code, block in wanted.items():
        known = standing.get(code)
        if known is None or not _says(known, block):
            _write(known or PatronBlock(patron=patron, owner=owner, code=code), block, by=by, at=at)
    if lifted:
        block_lifted.send(PatronBlock, patron=patron, at=at)


def in_force(patron: Patron | UUID, *, at: datetime | None = None) -> list[PatronBlock]:
    """What stands against the patron on the library's day, the oldest first."""
    pk = patron if isinstance(patron, UUID) else patron.pk
    return list(PatronBlock.objects.filter(patron=pk).in_force(days.today(at)))


def may_lift(block: PatronBlock) -> bool:
    """Whether staff may lift it by hand."""
    return block.code in {kind.code for kind in block_kinds.placed_by_hand()}


def _lock(patron: Patron) -> None:
    """First of all locks, as in every verb of lending."""
    Patron.objects.select_for_update(no_key=True).only("pk").get(pk=patron.pk)


def _check(block: NewBlock, *, today: date) -> None:
    block_kinds.get(block.code)
    if block.until is not None and (block.until < today or not days.is_writable(block.until)):
        raise InvalidInput(fields={"until": [str(LAST_DAY)]})
    if len(block.note) > NOTE_LENGTH:
        raise InvalidInput(fields={"note": [_("At most %(count)d characters.") % {"count": NOTE_LENGTH}]})


def _is_in_force(block: PatronBlock, at: datetime) -> bool:
    return block.until is None or block.until >= days.today(at)


def _says(known: PatronBlock, block: NewBlock) -> bool:
    return (known.level, known.until, known.note) == (block.weight, block.until, block.note.strip())


def _write(row: PatronBlock, block: NewBlock, *, by: User | None, at: datetime) -> PatronBlock:
    row.level, row.until, row.note = block.weight.value, block.until, block.note.strip()
    row.at, row.by = at, by
    row.save()
    kept = {"block": row.code, "owner": row.owner, "until": said(row.until) if row.until else None}
    activity.record(actor=by, verb="block.placed", subject=row.patron.user, data=kept, at=at)
    return row


def _remove(row: PatronBlock, *, by: User | None, at: datetime) -> None:
    row.delete()
    kept = {"block": row.code, "owner": row.owner}
    activity.record(actor=by, verb="block.lifted", subject=row.patron.user, data=kept, at=at)
