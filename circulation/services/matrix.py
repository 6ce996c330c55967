"""Changing the rules of lending. Every change is written down: which row, which value, from what to what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Any

from django.db import transaction

from accounts import activity, plain
from accounts.models import User
from circulation import errors
from circulation.matrix import DEFAULTS, SCOPE
from circulation.models import LendingSettings, LoanRule


def matrix_version(rows: Sequence[LoanRule]) -> str:
    """What all the rows say, as a short text: another one whenever any of them changes."""
    said = [[row.pk, *(getattr(row, f"{name}_id") for name in SCOPE), *_said(row).values()] for row in rows]
    return sha256(repr(sorted(said)).encode()).hexdigest()[:32]


@transaction.atomic
def save_matrix(
    *, changed: Sequence[LoanRule], added: LoanRule | None, removed: Sequence[LoanRule], seen: str, by: User
) -> int:
    """Write the rows of the matrix that ``by`` changed, added or removed; gives how many those are.

    ``seen``: the ``matrix_version`` that they looked at. Raises ``RulesChangedMeanwhile`` where it is another by now.
    The rows come checked from a form; what the database refuses all the same is not written.
    """
    before = {row.pk: row for row in LoanRule.objects.select_for_update().order_by("pk")}
    if matrix_version(list(before.values())) != seen:
        raise errors.RulesChangedMeanwhile
    for row in removed:
        activity.record(actor=by, verb="rule.removed", object=row, data={"scope.old": str(row), **_named(row, "old")})
        before[row.pk].delete()
    for row in changed:
        row.save(update_fields=list(DEFAULTS))
        old, new = _said(before[row.pk]), _said(row)
        data = {f"{name}.{which}": said[name] for name in DEFAULTS if old[name] != new[name]
                for which, said in (("old", old), ("new", new))}  # fmt: skip
        activity.record(actor=by, verb="rule.changed", object=row, data={"scope": str(row), **data})
    if added is not None:
        added.save()
        activity.record(
            actor=by, verb="rule.added", object=added, data={"scope.new": str(added), **_named(added, "new")}
        )
    return len(changed) + len(removed) + (added is not None)


@transaction.atomic
def save_settings(*, settings: LendingSettings, by: User) -> LendingSettings:
    """Write what holds for lending in the whole library."""
    old = LendingSettings.objects.select_for_update().first() or LendingSettings()
    names = [field.name for field in LendingSettings._meta.fields if not field.primary_key]
    settings.save()
    data = {f"{name}.{which}": getattr(row, name) for name in names if getattr(old, name) != getattr(settings, name)
            for which, row in (("old", old), ("new", settings))}  # fmt: skip
    activity.record(actor=by, verb="lending_settings.changed", object=settings, data=data)
    return settings


def _said(row: LoanRule) -> dict[str, Any]:
    """What the row sets, plain; None where it sets nothing."""
    values = {name: getattr(row, name) for name in DEFAULTS}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def _named(row: LoanRule, which: str) -> dict[str, plain.Value]:
    return {f"{name}.{which}": value for name, value in _said(row).items() if value is not None}
