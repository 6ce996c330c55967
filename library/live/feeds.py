"""What can be followed: each app registers its feeds in ``ready()``.

The truth of a feed is a table. A socket is woken when something was committed, reads what came after the last entry
that its client has, and sends that. So a wake-up that gets lost, or comes twice, does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.module_loading import import_string


@dataclass(frozen=True)
class FeedEntry:
    """One thing that a client is told. ``id``: what it names to go on from here; ``is_last``: nothing follows it."""

    id: str
    body: Mapping[str, Any]
    is_last: bool = False


Topic = Callable[..., str]
Since = Callable[..., Sequence[FeedEntry]]
Taker = Callable[..., Mapping[str, Any] | None]


@dataclass(frozen=True)
class Feed:
    """Something that can be followed at ``/ws/`` and ``route``, a route as in Django's addresses.

    By dotted names, called with the user and the values in the route:
    ``topic``: what ``nudge`` names to wake its sockets; ``since``: besides, ``after``, the id of the last entry that
    the client has, or nothing; gives what came later, in order, at most ``at_once`` entries. A ``LibraryError`` of it
    refuses the socket, or ends it. ``takes``: by the type of a message, what a client may send: called with the
    message as well, gives the answer or None.
    """

    code: str
    app: str
    route: str
    topic: str
    since: str
    at_once: int = 100
    takes: Mapping[str, str] = field(default_factory=dict)

    def topic_for(self, user: Any, address: Mapping[str, Any]) -> str:
        topic: Topic = import_string(self.topic)
        return topic(user, **address)

    def entries(self, user: Any, after: str, address: Mapping[str, Any]) -> list[FeedEntry]:
        since: Since = import_string(self.since)
        return list(since(user, after=after, **address))

    def answer(self, user: Any, message: Mapping[str, Any], address: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Errors: ``KeyError`` for a type that this feed does not take; the app's ``LibraryError``."""
        taker: Taker = import_string(self.takes[message["type"]])
        return taker(user, message=message, **address)


_feeds: dict[str, Feed] = {}


def register(feed: Feed) -> None:
    """Errors: ``ValueError`` for a code or an address that another feed has."""
    for known in _feeds.values():
        if known != feed and (known.code == feed.code or known.route == feed.route):
            raise ValueError(f"{known.app} has a feed {known.code!r} at {known.route!r} already.")
    _feeds[feed.code] = feed


def feeds() -> list[Feed]:
    return list(_feeds.values())
