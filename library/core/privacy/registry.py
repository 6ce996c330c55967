"""What the library holds of a person, how it forgets them, and what stands against that: each app says its own part.

Registered in ``ready()``. An app that holds nothing of anybody says that too; a test finds every column that names a
person and nobody looks after (``library.core.privacy.coverage``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import QuerySet

from library.core.errors import LibraryError


@dataclass(frozen=True)
class Person:
    """Somebody by the id of their user, and the address by which rows may name them; empty: they have none."""

    id: UUID
    email: str = ""


Exporter = Callable[[Person], Mapping[str, Any]]
Eraser = Callable[[Person], None]
Blocker = Callable[[Person], Iterable[str]]


@dataclass(frozen=True)
class Holder:
    """An app's part. ``fields``: the columns that name a person, such as ``circulation.Hold.patron``."""

    app: str
    fields: frozenset[str] = frozenset()
    exports: Exporter | None = None
    erases: Eraser | None = None
    blocks: Blocker | None = None


_holders: dict[str, Holder] = {}


def register(
    app: str,
    *,
    fields: Collection[str] = (),
    exports: Exporter | None = None,
    erases: Eraser | None = None,
    blocks: Blocker | None = None,
) -> None:
    """Say what ``app``, by its label, holds of a person: ``exports`` gives it by name as plain data, ``erases``
    forgets who it was, ``blocks`` says in sentences why that cannot be yet. Without ``fields``: nothing.

    Errors: ``ValueError`` for an app that registers twice, or names columns that it does not give out and forget.
    """
    if app in _holders:
        raise ValueError(f"{app} has said already what it holds of a person.")
    if fields and (exports is None or erases is None):
        raise ValueError(f"{app} names columns of people: it must be able to give them out and to forget them.")
    _holders[app] = Holder(app, frozenset(fields), exports, erases, blocks)


def holders() -> list[Holder]:
    """All of them, the lowest app first."""
    return [_holders[config.label] for config in apps.get_app_configs() if config.label in _holders]


def export(person: Person) -> dict[str, dict[str, Any]]:
    """Everything, by app and name, as JSON can hold it."""
    found = {holder.app: dict(holder.exports(person)) for holder in holders() if holder.exports is not None}
    plain: dict[str, dict[str, Any]] = json.loads(json.dumps(found, cls=DjangoJSONEncoder))
    return plain


def blockers(person: Person, *, besides: Collection[str] = ()) -> list[str]:
    """Why the person cannot be forgotten yet, in sentences for staff. ``besides``: apps that are not asked."""
    asked = [holder for holder in holders() if holder.blocks is not None and holder.app not in besides]
    return [sentence for holder in asked if holder.blocks for sentence in holder.blocks(person)]


@transaction.atomic
def erase(person: Person) -> None:
    """Forget who it was, the highest app first: what it knows may hang on what lies below.

    Errors: ``StillNeeded`` with every sentence. Whoever calls has locked what would let something new begin.
    """
    sentences = blockers(person)
    if sentences:
        raise StillNeeded(sentences)
    for holder in reversed(holders()):
        if holder.erases is not None:
            holder.erases(person)


def rows(found: QuerySet[Any], *names: str, **renamed: Any) -> list[dict[str, Any]]:
    """Rows as plain data, for an exporter."""
    return list(found.values(*names, **renamed))


class StillNeeded(LibraryError):
    """``reasons_why``: what has to end first."""

    code = "person_still_needed"

    def __init__(self, reasons_why: Iterable[str]) -> None:
        self.reasons_why = list(reasons_why)
        super().__init__(" ".join(self.reasons_why))

    @property
    def sentences(self) -> list[str]:
        return self.reasons_why
