"""Letters as they are read: subject and text of one notice or of several together, in the language of the reader.

There is one way to write them: what is mailed, printed and shown to staff before they save a text of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from library.activity import values
from library.notices import kinds
from library.notices import services as notices
from library.notices.kinds import Variable
from library.notices.letters import filling
from library.notices.models import LetterText, Notice
from library.notices.words import thaw
from library.profile import services as profile

SUBJECT_LENGTH = 200
# The words of every letter that staff may write anew, beside those of its kind.
ALWAYS: Mapping[str, Variable] = {
    "name": Variable(gettext_lazy("whom to greet"), "Ada"),
    "library": Variable(gettext_lazy("the library’s name"), "Lyceum"),
    "library_address": Variable(gettext_lazy("the library’s postal address"), "1 Mill Lane"),
    "day": Variable(gettext_lazy("the day of the letter"), "1 December 2026"),
}
OF_SEVERAL: Mapping[str, Variable] = {
    "items": Variable(gettext_lazy("what the letter is about, each on a line"), "– …"),
    "others": Variable(gettext_lazy("what else goes in the same letter, each on a line; often nothing"), ""),
}


def written(row: Notice) -> tuple[str, str]:
    """Subject and text of the letter about a notice and what is ``gathered`` with it."""
    kind = kinds.get(row.kind)
    with translation.override(language_of(row)):
        if row.gather == kinds.DIGEST:
            return _filled(kinds.get(kinds.DIGEST), [row, *row.gathered])
        if kind.variables:
            return _filled(kind, [row, *row.gathered])
        text = render_to_string(kind.template, notices.words_of(row)).strip()
    return split(text)


def split(text: str) -> tuple[str, str]:
    """Subject and text; the subject is the first line."""
    subject, _end, body = text.partition("\n")
    return values.one_line(subject)[:SUBJECT_LENGTH], body.strip()


def language_of(row: Notice) -> str:
    """The language that its reader chose, if the library has it."""
    chosen = getattr(row.user, "language", "")
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def source(kind: kinds.NoticeKind, language: str) -> tuple[str, str]:
    """Subject and text with their words in double braces: as staff wrote them, else as they come with the library."""
    own = LetterText.objects.filter(kind=kind.code, language=language).first()
    return (own.subject, own.body) if own is not None else shipped(kind, language)


def shipped(kind: kinds.NoticeKind, language: str) -> tuple[str, str]:
    """The letter that comes with the library, with its words in double braces."""
    with translation.override(language):
        held = {name: f"{{{{ {name} }}}}" for name in variables_of(kind)}
        return split(render_to_string(kind.template, held).strip())


def variables_of(kind: kinds.NoticeKind) -> dict[str, Variable]:
    """The words that a text of this kind may use."""
    several = OF_SEVERAL if kind.gathers or kind.code == kinds.DIGEST else {}
    return {**ALWAYS, **several, **kind.variables}


def put_together(kind: kinds.NoticeKind, text: tuple[str, str], words: Mapping[str, str]) -> tuple[str, str]:
    """``text`` (subject and body) with its words filled in."""
    subject, body = text
    return values.one_line(filling.fill(subject, words))[:SUBJECT_LENGTH], filling.fill(body, words).strip()


def plain(context: Mapping[str, Any]) -> dict[str, str]:
    """Each word as plain text: days as days, with the hour under its own name (``due`` and ``due_time``)."""
    said: dict[str, str] = {}
    for name, value in context.items():
        if isinstance(value, datetime):
            local = timezone.localtime(value, timezone.get_default_timezone())
            said[name] = formats.date_format(local, "j F Y")
            said[f"{name}_time"] = formats.date_format(local, "H:i")
        else:
            said[name] = "" if value is None else values.one_line(str(value))
    return said


def listed(sentences: Sequence[str]) -> str:
    return "\n".join(f"– {values.one_line(sentence)}" for sentence in sentences)


def _filled(kind: kinds.NoticeKind, rows: Sequence[Notice]) -> tuple[str, str]:
    return put_together(kind, source(kind, translation.get_language()), _words(kind, rows))


def _words(kind: kinds.NoticeKind, rows: Sequence[Notice]) -> dict[str, str]:
    library = profile.current()
    words = {
        **dict.fromkeys(variables_of(kind), ""),
        **plain(notices.words_of(rows[0])),
        "name": values.one_line(rows[0].user.get_short_name()) if rows[0].user else "",
        "library": library.name,
        "library_address": library.address,
        "day": plain({"day": timezone.now()})["day"],
    }
    if kind.gathers or kind.code == kinds.DIGEST:
        about: list[str] = []
        besides: list[str] = []
        for row in sorted(rows, key=lambda row: (row.created_at, row.pk)):
            told = kinds.get(row.kind)
            is_main = kind.code == kinds.DIGEST or told.group == kind.group
            (about if is_main else besides).append(told.says(thaw(row.context)) if told.says else _("News"))
        words |= {"items": listed(about), "others": listed(besides)}
    return words
