"""Public ids of private things."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> UUID:
    """A new UUIDv7: sorts by time, tells nobody how many there are."""
    return _uuid7()
