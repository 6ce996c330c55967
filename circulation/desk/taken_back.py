"""What was taken back at this desk since its list was begun: for the trolley, in the session of the browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KEY = "desk_taken"
MOST = 50  # rows that are kept; how many there were is counted


@dataclass(frozen=True)
class Taken:
    """``rows``: title, barcode, from, where and tone of each, the newest first, at most ``MOST``; ``count``: of all."""

    count: int = 0
    rows: list[dict[str, str]] = field(default_factory=list)


def remember(session: Any, row: Mapping[str, str] | None) -> None:
    """Put a copy that was taken back at the head of the list."""
    if row is not None:
        found = seen(session)
        session[KEY] = {"count": found.count + 1, "rows": [dict(row), *found.rows][:MOST]}


def seen(session: Any) -> Taken:
    """The list as it is."""
    return Taken(**session.get(KEY, {}))


def forget(session: Any) -> None:
    """Begin it anew."""
    session.pop(KEY, None)
