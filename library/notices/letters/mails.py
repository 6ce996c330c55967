"""The mail that a letter goes in: its text, and the same as HTML, from the library and with its name."""

from __future__ import annotations

import re

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html, format_html_join, urlize
from django.utils.safestring import SafeString, mark_safe

from library.notices import kinds
from library.notices.letters import text as letters
from library.notices.models import Notice
from library.profile import services as profile
from library.profile.models import LibraryProfile

LARGEST_FILE = 5 * 1024 * 1024  # bytes: more is refused by many mail servers


def mail_of(row: Notice) -> EmailMultiAlternatives:
    """The mail about a claimed notice and what is gathered with it."""
    library = profile.current()
    subject, text = letters.written(row)
    first = min((row, *row.gathered), key=lambda one: one.pk)  # so that a second sending has the same name
    mail = EmailMultiAlternatives(
        subject=f"{subject} · {library.name}",
        body=text + "\n",
        from_email=library.from_address,
        to=[row.user.address if row.user else row.to],
        headers={"Message-ID": f"<{first.pk}@{library.domain}>", "Auto-Submitted": "auto-generated"},
    )
    mail.attach_alternative(as_html(subject, text, library, language=letters.language_of(row)), "text/html")
    _attach(mail, row)
    # Mail services give these back with a bounce or a complaint; other ways of sending do not know them.
    mail.metadata = {"notice": str(first.pk), "about": about(row)}  # type: ignore[attr-defined]
    return mail


def _attach(mail: EmailMultiAlternatives, row: Notice) -> None:
    """The files of the notice and of what is gathered with it, in the language of its reader; what is too large for
    the mail stays where its letter says that it can be had."""
    with translation.override(letters.language_of(row)):
        for one in (row, *row.gathered):
            kind = kinds.find(one.kind)
            for file in kind.attaches(one) if kind and kind.attaches else ():
                if len(file.content) <= LARGEST_FILE:
                    mail.attach(file.name, file.content, file.media_type)


def about(row: Notice) -> str:
    """What a complaint about the letter is about: a group of notices, or the digest."""
    kind = kinds.find(row.kind)
    return kinds.DIGEST if row.gather == kinds.DIGEST else kind.group if kind else ""


def as_html(subject: str, text: str, library: LibraryProfile, *, language: str) -> str:
    """A letter as a page of its own: paragraphs, lists and links of its text, everything else as it is."""
    logo = reverse("profile:logo", args=[library.logo_key]) if library.logo_key else ""
    return render_to_string(
        "notices/letter.html",
        {
            "subject": subject,
            "body": html_of(text),
            "library": library,
            "language": language,
            "logo": settings.PUBLIC_URL + logo if logo else "",
        },
    )


def html_of(text: str) -> SafeString:
    """Paragraphs, lists (lines that begin with a dash) and links."""
    blocks: list[SafeString] = []
    for paragraph in re.split(r"\n\s*\n", text):
        loose: list[str] = []
        items: list[str] = []
        for line in paragraph.split("\n"):
            (items if line.startswith("– ") else loose).append(line.removeprefix("– "))
        if any(loose):
            blocks.append(format_html("<p>{}</p>", format_html_join(mark_safe("<br>\n"), "{}", _linked(loose))))
        if items:
            blocks.append(format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", _linked(items))))
    return format_html_join("\n", "{}", ((block,) for block in blocks))


def _linked(lines: list[str]) -> list[tuple[SafeString]]:
    return [(mark_safe(urlize(line, nofollow=False, autoescape=True)),) for line in lines]  # noqa: S308
