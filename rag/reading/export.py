"""Highlights as Markdown: each book with its words and notes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

from django.utils.translation import gettext as _

from rag.models import Highlight

MOST = 10_000  # in one file
SPECIAL = re.compile(r"([\\`*_\[\]<>#&|~])")
LIST_MARK = re.compile(r"^(\s*)(?=[-+=]|\d+[.)])(\d*)(.)")


def markdown(highlights: Iterable[Highlight]) -> str:
    """``highlights``, which are in the order of their books. What a book says is text, whatever signs are in it; a note
    stands as its reader wrote it."""
    parts = []
    for _document, group in groupby(highlights, key=lambda one: one.document_id):
        own = list(group)
        parts.append(f"# {_line(own[0].document.title)}\n\n" + "\n\n".join(map(_one, own)))
    return "\n\n".join(parts) + "\n" if parts else ""


def _one(highlight: Highlight) -> str:
    quoted = "\n".join(f"> {_line(line)}".rstrip() for line in highlight.quote.splitlines())
    place = _("not in the text any more") if highlight.is_lost else _("p. {page}").format(page=highlight.page)
    note = highlight.note.strip().replace("\r\n", "\n")
    return f"{quoted}\n>\n> — {place}" + (f"\n\n{note}" if note else "")


def _line(text: str) -> str:
    """``text`` so that no sign of it means anything in Markdown."""
    escaped = SPECIAL.sub(r"\\\1", text)
    return LIST_MARK.sub(lambda found: f"{found[1]}{found[2]}\\{found[3]}", escaped)
