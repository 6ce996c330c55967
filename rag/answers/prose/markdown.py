"""A writer's Markdown as HTML, by allow-list: no HTML of its own, no links, no pictures, no addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString, mark_safe

from rag.answers.prose.marks import KEPT, outside_code

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

ALLOWED = ["emphasis", "backticks", "fence", "list", "blockquote", "heading", "newline", "escape"]
NESTED = 12  # lists in lists, quotes in quotes
PICTURE = re.compile(r"!\[(?P<words>[^\]\n]*)\](?:\([^)\n]*\)|\[[^\]\n]*\])?")
LINK = re.compile(r"\[(?P<words>[^\]\n]+)\]\((?:[^()\n]|\([^()\n]*\))*\)")
DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:.*$", re.MULTILINE)
ADDRESS = re.compile(r"<?\b(?:https?|ftp|file|javascript|data|vbscript|mailto):[^\s<>)\]]+>?", re.IGNORECASE)
HEADS = re.compile(r"<(/?)h[1-6]>")


def without_addresses(text: str) -> str:
    """``text`` with the words of its links and pictures in their place, and no address at all: what a writer read may
    want something carried away."""
    return outside_code(text, _without_addresses)


def _without_addresses(text: str) -> str:
    words = LINK.sub(_words_of, PICTURE.sub(lambda found: found["words"], text))
    return ADDRESS.sub("", DEFINITION.sub("", words))


def _words_of(link: re.Match[str]) -> str:
    """The words of a link; a number stays a mark."""
    return f"[{link['words']}]" if link["words"].strip("^ ").isdigit() else link["words"]


def rendered(text: str, link: Callable[[int], str]) -> SafeString:
    """``text``, whose marks are in the form in which they are kept, as HTML. ``link(number)`` gives that of a mark,
    which must be safe; headings become those of a part of a page."""
    html = HEADS.sub(r"<\1h3>", _parser().render(text))
    return mark_safe(KEPT.sub(lambda found: link(int(found[1])), html))  # noqa: S308  (escaped by the parser)


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("zero", {"html": False, "linkify": False, "maxNesting": NESTED}).enable(ALLOWED)
