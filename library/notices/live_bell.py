"""The bell as a feed: ``ws/notices/``. It only hints at the newest number; what it says is fetched (``bell.since``)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from library.live.feeds import FeedEntry
from library.notices.models import Bell


def topic_of(pk: UUID) -> str:
    return f"bell:{pk}"


def topic(user: Any) -> str:
    return topic_of(user.pk)


def since(user: Any, *, after: str) -> list[FeedEntry]:
    """How far the bell has counted and how much is unread, unless the client knows it. One query."""
    newest, unread = Bell.objects.filter(user=user.pk).values_list("newest", "unread").first() or (0, 0)
    stand = f"{newest}.{unread}"
    return [] if stand == after else [FeedEntry(id=stand, body={"newest": newest, "unread": unread})]
