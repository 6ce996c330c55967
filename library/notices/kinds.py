"""The kinds of notices: each app registers its own in ``ready()`` and keeps their letters in its templates.

The letter of a kind is ``templates/<app>/mail/<code>.txt``, its subject on the first line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.template.loader import get_template

from library.notices.models import Notice

WordsAtSending = Callable[[Notice], Mapping[str, Any]]


@dataclass(frozen=True)
class NoticeKind:
    """``at_sending`` gives more words for a letter at the moment of sending: for what should stand in the mail and in
    no table, such as a signed link. Where there is nothing to tell any more it raises a ``LibraryError``: the letter
    is not sent.
    """

    code: str
    app: str
    at_sending: WordsAtSending | None = None

    @property
    def template(self) -> str:
        return f"{self.app}/mail/{self.code}.txt"


class UnknownNoticeKind(ValueError):
    """No app registers it."""


_kinds: dict[str, NoticeKind] = {}


def register(code: str, *, app: str, at_sending: WordsAtSending | None = None) -> NoticeKind:
    """Make a kind of notice known. Errors: ``ValueError`` where another app has one of this code."""
    kind = NoticeKind(code, app, at_sending)
    if _kinds.get(code, kind).app != app:
        raise ValueError(f"The notice kind {code} belongs to {_kinds[code].app}.")
    _kinds[code] = kind
    return kind


def get(code: str) -> NoticeKind:
    """Errors: ``UnknownNoticeKind``, ``TemplateDoesNotExist`` for one without a letter."""
    if code not in _kinds:
        raise UnknownNoticeKind(f"No app registers notices of the kind {code}.")
    get_template(_kinds[code].template)
    return _kinds[code]


def registered() -> tuple[NoticeKind, ...]:
    """All of them, by code."""
    return tuple(_kinds[code] for code in sorted(_kinds))
