"""Who may open a socket, and for how long: asked of the app that knows people, which lies above this one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.module_loading import import_string


@dataclass(frozen=True)
class SocketLogin:
    """Where somebody is signed in, and by what they proved it: of no use to anybody who reads it."""

    kind: str  # such as ``session``
    key: str
    proof: str


@dataclass(frozen=True)
class Visitor:
    """Somebody who opens a socket. ``user`` as they were when they did."""

    user: Any = field(compare=False)
    login: SocketLogin


Enter = Callable[[Mapping[str, str], str], Visitor | None]
StillIn = Callable[[Collection[SocketLogin]], set[SocketLogin]]
_door: list[str] = []


def register(*, enter: str, still_in: str) -> None:
    """Say, by dotted names, who lets people in: ``enter(cookies, ticket)`` gives the visitor or None, and
    ``still_in(logins)`` those that have not ended, in a bounded number of queries."""
    _door[:] = [enter, still_in]


def enter(cookies: Mapping[str, str], ticket: str) -> Visitor | None:
    ask: Enter = import_string(_door[0])
    return ask(cookies, ticket)


def still_in(logins: Collection[SocketLogin]) -> set[SocketLogin]:
    ask: StillIn = import_string(_door[1])
    return ask(logins)
