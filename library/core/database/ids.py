"""Public ids of private things."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> UUID:
    """A new UUIDv7: sorts by time, tells nobody how many there are."""
    return _uuid7()


def first_of(moment: datetime) -> UUID:
    """What no id made at ``moment`` or later is smaller than: so the primary key finds what is new."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
