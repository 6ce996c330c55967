"""How each person wants to be told: what everybody gets, but for what they chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from library.activity import services as activity
from library.core.errors import InvalidInput
from library.notices import kinds
from library.notices.models import LetterWish, NoticePreference

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True)
class Wish:
    """How somebody is told of one group: by which letters, and by the bell."""

    letters: str
    bell: bool


def wish_of(user: User | None, group: kinds.NoticeGroup) -> Wish:
    """What ``user`` wants of ``group``. One query, none where there is no choice."""
    if user is None or group is kinds.ACCOUNT:
        return Wish(group.letters, user is not None and group.bell)
    row = NoticePreference.objects.filter(user=user, group=group.code).first()
    return _allowed(group, row)


def wishes_of(user: User) -> dict[str, Wish]:
    """What ``user`` wants of each group, by its code. One query."""
    rows = {row.group: row for row in NoticePreference.objects.filter(user=user)}
    return {code: _allowed(group, rows.get(code)) for code, group in kinds.GROUPS.items()}


@transaction.atomic
def choose(*, user: User, wishes: Mapping[str, Wish]) -> None:
    """Write down what ``user`` wants of some groups. What all get by themselves is not kept, so that it may change.

    Errors: ``InvalidInput``, by group, for one that there is not, and for no letters where they cannot be done without.
    """
    _check(wishes)
    for code, wish in wishes.items():
        group = kinds.GROUPS[code]
        if wish == Wish(group.letters, group.bell):
            NoticePreference.objects.filter(user=user, group=code).delete()
        else:
            NoticePreference.objects.update_or_create(
                user=user, group=code, defaults={"letters": wish.letters, "bell": wish.bell}
            )
    activity.record(actor=user, verb="notices.chosen", subject=user, data={"groups": ", ".join(sorted(wishes))})


def _check(wishes: Mapping[str, Wish]) -> None:
    fields = {}
    for code, wish in wishes.items():
        if code not in kinds.GROUPS:
            fields[code] = [f"There is no group of notices {code[:20]}."]
        elif wish.letters not in LetterWish.values:
            fields[code] = [f"Letters are at_once, digest or never, not {wish.letters[:20]}."]
        elif not kinds.GROUPS[code].is_choice and wish.letters != LetterWish.AT_ONCE:
            fields[code] = ["These letters are always sent."]
    if fields:
        raise InvalidInput(fields=fields)


def _allowed(group: kinds.NoticeGroup, row: NoticePreference | None) -> Wish:
    if row is None:
        return Wish(group.letters, group.bell)
    return Wish(row.letters if group.is_choice else group.letters, row.bell)
