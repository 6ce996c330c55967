"""The tiles of a dashboard, such as the first page of the back office: each app registers its own in ``ready()``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Tile:
    """A number of today and where the things are that it counts."""

    name: Promise
    number: int
    address: str
    is_pressing: bool = False


Count = Callable[[datetime], Sequence[Tile]]


@dataclass(frozen=True)
class TileSource:
    """Some tiles that are counted together, for whoever has ``permission``. ``count`` is a dotted name: it gets the
    time, and should ask each table once."""

    code: str
    app: str
    permission: str
    order: int
    count: str  # a ``Count``


_sources: dict[str, TileSource] = {}


def register(source: TileSource) -> TileSource:
    """Make tiles known. Errors: ``ValueError`` where another app has some of this code."""
    known = _sources.get(source.code, source)
    if known.app != source.app:
        raise ValueError(f"The tiles {source.code} belong to {known.app}.")
    _sources[source.code] = source
    return source


def tiles(user: Any, *, at: datetime) -> list[Tile]:
    """All that ``user`` may see, in their order."""
    shown: list[Tile] = []
    for source in sorted(_sources.values(), key=lambda source: (source.order, source.code)):
        if user.has_perm(source.permission):
            count: Count = import_string(source.count)
            shown += count(at)
    return shown
