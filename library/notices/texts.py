"""Letters in the words of this library: what staff wrote is looked at before it is kept, and shown before it is sent.

What is shown is made by the very code that makes the letter (``letters.text``), subject and HTML included.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from library.activity import services as activity
from library.core.errors import InvalidInput
from library.notices import kinds
from library.notices.letters import filling, mails
from library.notices.letters import text as letters
from library.notices.models import LetterText
from library.profile import services as profile

if TYPE_CHECKING:
    from accounts.models import User

SUBJECT_LENGTH, BODY_LENGTH = 150, 5_000


@dataclass(frozen=True)
class ShownLetter:
    """A letter as its reader gets it."""

    subject: str
    text: str
    html: str


def editable() -> list[kinds.NoticeKind]:
    """The kinds whose letters staff may write, by name."""
    return sorted((kind for kind in kinds.registered() if kind.variables), key=lambda kind: str(kind.name))


def kind_of(code: str) -> kinds.NoticeKind | None:
    """The kind, where staff may write its letter."""
    kind = kinds.find(code)
    return kind if kind is not None and kind.variables else None


def shown(kind: kinds.NoticeKind, *, subject: str, body: str, language: str, without_name: bool = False) -> ShownLetter:
    """The letter with a sample of each word in its place, as it would be sent. ``without_name``: to somebody of whom
    no name is known, for whom no line may break off."""
    _check(kind, subject, body)
    library = profile.current()
    with translation.override(language):
        words = letters.plain({name: word.sample for name, word in letters.variables_of(kind).items()})
        words |= {"library": library.name, "library_address": library.address, "items": _sample_items(kind)}
        if without_name:
            words["name"] = ""
        subject, text = letters.put_together(kind, (subject, body), words)
        html = mails.as_html(subject, text, library, language=language)
    return ShownLetter(f"{subject} · {library.name}", text, html)


@transaction.atomic
def save(
    *, kind: kinds.NoticeKind, language: str, subject: str, body: str, by: User, at: datetime | None = None
) -> LetterText:
    """Let letters of this kind and language be as staff wrote them.

    Errors: ``InvalidInput`` by field: nothing written, too long, a word that there is not, a subject of several lines,
    a language that the library does not write in.
    """
    _check(kind, subject, body)
    if language not in dict(settings.LANGUAGES):
        raise InvalidInput(fields={"language": [_("The library does not write in this language.")]})
    said = {
        "subject": subject.strip(),
        "body": body.replace("\r\n", "\n").strip(),
        "changed_at": at or timezone.now(),
        "changed_by": by,
    }
    row, _is_new = LetterText.objects.update_or_create(kind=kind.code, language=language, defaults=said)
    activity.record(actor=by, verb="letter.written", object=row, data={"kind": kind.code, "language": language})
    return row


@transaction.atomic
def give_up(*, kind: kinds.NoticeKind, language: str, by: User) -> bool:
    """Go back to the letter that comes with the library. False where it is that already."""
    gone, _rows = LetterText.objects.filter(kind=kind.code, language=language).delete()
    if gone:
        activity.record(actor=by, verb="letter.given_up", data={"kind": kind.code, "language": language})
    return bool(gone)


def _check(kind: kinds.NoticeKind, subject: str, body: str) -> None:
    fields = {"subject": _faults(kind, subject, SUBJECT_LENGTH), "body": _faults(kind, body, BODY_LENGTH)}
    if len(subject.strip().splitlines()) > 1:
        fields["subject"].append(_("A subject is one line."))
    if fields := {name: sentences for name, sentences in fields.items() if sentences}:
        raise InvalidInput(fields=fields)


def _faults(kind: kinds.NoticeKind, text: str, longest: int) -> list[str]:
    if not text.strip():
        return [_("Something must stand here.")]
    found = []
    if len(text) > longest:
        found.append(_("At most %(n)d characters.") % {"n": longest})
    if "\x00" in text:
        found.append(_("A sign that cannot be printed stands in it."))
    unknown = sorted(filling.words_in(text) - letters.variables_of(kind).keys())
    found += [_("There is no word “%(name)s” in this letter.") % {"name": name} for name in unknown]
    no_word = _("“%(mark)s” is no word: words stand in double braces, by their name alone.")
    return found + [no_word % {"mark": mark[:40]} for mark in filling.strangers(text)[:3]]


def _sample_items(kind: kinds.NoticeKind) -> str:
    if kind.says is None:
        return ""
    context = {name: word.sample for name, word in kind.variables.items()} | {"is_hourly": False}
    return letters.listed([kind.says(context)])
