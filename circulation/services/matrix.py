"""Changing the rules of lending. Every change is written down: which row, which value, from what to what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import User
from circulation import errors
from circulation.explain import sentences
from circulation.models import LendingSettings, LoanRule
from circulation.rules.matrix import DEFAULTS, SCOPE
from library.activity import services as activity
from library.activity import values as plain
from library.core.errors import InvalidInput, NotFound


def matrix_version(rows: Iterable[LoanRule]) -> str:
    """What all the rows say, as a short text: another one whenever any of them changes."""
    said = [[row.pk, *(getattr(row, f"{name}_id") for name in SCOPE), *_said(row).values()] for row in rows]
    return sha256(repr(sorted(said)).encode()).hexdigest()[:32]


def save_matrix(
    *, changed: Sequence[LoanRule], added: LoanRule | None, removed: Sequence[LoanRule], seen: str, by: User
) -> int:
    """Write the rows of the matrix that ``by`` changed, added or removed; gives how many those are.

    ``seen``: the ``matrix_version`` that they looked at. Raises ``RulesChangedMeanwhile`` where it is another by now.
    The rows come checked from a form.
    """
    try:
        with transaction.atomic():
            _lock(seen)
            for row in removed:
                _remove(row, by)
            for row in changed:
                _change(row, by)
            if added is not None:
                _add(added, by)
    except IntegrityError as fault:  # a row for the same scope came in the same moment
        raise errors.RulesChangedMeanwhile from fault
    return len(changed) + len(removed) + (added is not None)


def add_rule(*, rule: LoanRule, by: User) -> LoanRule:
    """Add a row to the matrix. Raises ``InvalidInput`` for a scope that has one, or a value that cannot be."""
    try:
        with transaction.atomic():
            _check(rule)
            _add(rule, by)
    except IntegrityError as fault:  # the same scope in the same moment
        raise errors.RulesChangedMeanwhile from fault
    return rule


@transaction.atomic
def change_rule(*, rule: LoanRule, values: Mapping[str, Any], by: User) -> LoanRule:
    """Set some parameters of a row; the others stay as they are now. Raises ``InvalidInput``, ``NotFound``."""
    row = _locked(rule)
    for parameter in DEFAULTS:
        setattr(row, parameter, values.get(parameter, getattr(row, parameter)))
    _check(row)
    _change(row, by)
    return row


@transaction.atomic
def remove_rule(*, rule: LoanRule, by: User) -> None:
    """Take a row out of the matrix. Raises ``NotFound`` where it is gone."""
    _remove(_locked(rule), by)


def _locked(rule: LoanRule) -> LoanRule:
    row = LoanRule.objects.select_for_update(of=("self",)).select_related(*SCOPE).filter(pk=rule.pk).first()
    if row is None:
        raise NotFound
    return row


def _check(rule: LoanRule) -> None:
    try:
        rule.full_clean()
    except ValidationError as wrong:
        fields = {"non_field_errors" if name == "__all__" else name: told for name, told in wrong.message_dict.items()}
        raise InvalidInput(wrong.messages[0], fields=fields) from wrong


def _lock(seen: str) -> None:
    """Hold the matrix as it is until the transaction ends."""
    if matrix_version(LoanRule.objects.select_for_update().order_by("pk")) != seen:
        raise errors.RulesChangedMeanwhile


def _remove(row: LoanRule, by: User) -> None:
    activity.record(actor=by, verb="rule.removed", object=row, data={"scope.old": str(row), **_named(row, "old")})
    LoanRule.objects.filter(pk=row.pk).delete()


def _change(row: LoanRule, by: User) -> None:
    old, new = _said(LoanRule.objects.get(pk=row.pk)), _said(row)
    if old == new:
        return
    row.save(update_fields=list(DEFAULTS))
    changes = {name: (old[name], new[name]) for name in DEFAULTS if old[name] != new[name]}
    data = {
        f"{name}.{which}": value
        for name, both in changes.items()
        for which, value in zip(("old", "new"), both, strict=True)
    }
    activity.record(actor=by, verb="rule.changed", object=row, data={"scope": str(row), **data})


def _add(row: LoanRule, by: User) -> None:
    row.save()
    activity.record(actor=by, verb="rule.added", object=row, data={"scope.new": str(row), **_named(row, "new")})


@transaction.atomic
def save_settings(*, settings: LendingSettings, by: User) -> LendingSettings:
    """Write what holds for lending in the whole library."""
    old = LendingSettings.objects.select_for_update().first() or LendingSettings()
    names = [field.name for field in LendingSettings._meta.fields if not field.primary_key]
    settings.save()
    data = {
        f"{name}.{which}": sentences.as_kept(getattr(row, name))
        for name in names
        if getattr(old, name) != getattr(settings, name)
        for which, row in (("old", old), ("new", settings))
    }
    activity.record(actor=by, verb="lending_settings.changed", object=settings, data=data)
    return settings


def _said(row: LoanRule) -> dict[str, Any]:
    """What the row sets, plain; None where it sets nothing."""
    values = {name: getattr(row, name) for name in DEFAULTS}
    return {name: sentences.as_kept(value) for name, value in values.items()}


def _named(row: LoanRule, which: str) -> dict[str, plain.Value]:
    return {f"{name}.{which}": value for name, value in _said(row).items() if value is not None}
