"""The kinds of notices: each app registers its own in ``ready()`` and keeps their letters in its templates.

The letter of a kind is ``templates/<app>/mail/<code>.txt``, its subject on the first line. One that says which words it
is made of (``variables``) can be written anew by staff (``library.notices.texts``): its template puts these words
together and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.template.loader import get_template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from library.notices.models import LetterWish, Notice


class Attachment(NamedTuple):
    """A file that goes with a letter by mail."""

    name: str
    content: bytes
    media_type: str


WordsAtSending = Callable[[Notice], Mapping[str, Any]]
StillTrue = Callable[[Notice], bool]
FilesAtSending = Callable[[Notice], Sequence[Attachment]]
Context = Mapping[str, Any]  # the words of one notice, times as times
Words = str | Promise


@dataclass(frozen=True)
class NoticeGroup:
    """Kinds that a reader chooses about together. ``letters``, ``bell``: what everybody gets who has said nothing.

    ``is_choice``: whether a reader may do without its letters.
    """

    code: str
    name: Words
    is_choice: bool = True
    letters: LetterWish = LetterWish.AT_ONCE
    bell: bool = True


ACCOUNT = NoticeGroup("account", _("Your account and its safety"), is_choice=False)
DUE = NoticeGroup("due", _("Loans that are due soon, or on another day"))
OVERDUE = NoticeGroup("overdue", _("Overdue loans"), is_choice=False)
HOLDS = NoticeGroup("holds", _("Books that you wait for"))
MONEY = NoticeGroup("money", _("Charges and payments"))
RECEIPTS = NoticeGroup("receipts", _("Receipts for loans and returns"), letters=LetterWish.NEVER, bell=False)
GROUPS = {group.code: group for group in (OVERDUE, DUE, HOLDS, MONEY, RECEIPTS, ACCOUNT)}
DIGEST = "digest"  # the one letter a day, and the word by which its notices are gathered


@dataclass(frozen=True)
class Variable:
    """A word of a letter: what it means, and what stands there in a preview."""

    meaning: Words
    sample: str | int | datetime


@dataclass(frozen=True)
class NoticeKind:
    """``at_sending`` gives more words for a letter at the moment of sending: for what should stand in the mail and in
    no table, such as a signed link. Where there is nothing to tell any more it raises a ``LibraryError``: the letter
    is not sent.

    ``still_true`` is asked when the letter is about to be sent, printed or put into a digest; where it says no the
    notice ends as *overtaken*. It looks, and changes nothing.

    ``gathers``: notices of one person and one such word go in one letter, that of the gravest (``weight``), after a
    wait of ``wait`` for what else happens. ``says`` gives the one sentence by which a notice stands in a gathered
    letter, in the digest and behind the bell; ``leads_to`` the path of ours where more is to be seen. ``attaches``
    gives the files that go with its mail, made when it is sent; what it raises is as what ``at_sending`` raises.
    """

    code: str
    app: str
    at_sending: WordsAtSending | None = None
    still_true: StillTrue | None = None
    group: str = ACCOUNT.code
    name: Words = ""
    gathers: str = ""
    wait: timedelta = timedelta(0)
    weight: int = 0
    says: Callable[[Context], str] | None = None
    leads_to: Callable[[Context], str] | None = None
    attaches: FilesAtSending | None = None
    variables: Mapping[str, Variable] = field(default_factory=dict)

    @property
    def template(self) -> str:
        return f"{self.app}/mail/{self.code}.txt"

    @property
    def group_of_choice(self) -> NoticeGroup:
        return GROUPS[self.group]


class UnknownNoticeKind(ValueError):
    """No app registers it."""


_kinds: dict[str, NoticeKind] = {}


def register(code: str, *, app: str, **given: Any) -> NoticeKind:
    """Make a kind of notice known; ``given``: the rest of ``NoticeKind``.

    Errors: ``ValueError`` where another app has one of this code, for an unknown group, and for a kind that gathers
    and could not say what: it needs ``says``, and no words at sending.
    """
    kind = NoticeKind(code, app, **given)
    if _kinds.get(code, kind).app != app:
        raise ValueError(f"The notice kind {code} belongs to {_kinds[code].app}.")
    if kind.group not in GROUPS:
        raise ValueError(f"{code}: there is no group of notices {kind.group}.")
    if kind.gathers and (kind.says is None or kind.at_sending is not None):
        raise ValueError(f"{code} gathers, so it needs a sentence (says) and has no words at sending.")
    _kinds[code] = kind
    return kind


def get(code: str) -> NoticeKind:
    """Errors: ``UnknownNoticeKind``, ``TemplateDoesNotExist`` for one without a letter."""
    if code not in _kinds:
        raise UnknownNoticeKind(f"No app registers notices of the kind {code}.")
    get_template(_kinds[code].template)
    return _kinds[code]


def find(code: str) -> NoticeKind | None:
    """As ``get``, for what was written when the kind may have been another: None where no app registers it."""
    return _kinds.get(code)


def registered() -> tuple[NoticeKind, ...]:
    """All of them, by code."""
    return tuple(_kinds[code] for code in sorted(_kinds))
