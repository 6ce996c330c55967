"""What the letters typed so far may become: titles, people, subjects and series (``catalog.search.beginnings``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from catalog.search import beginnings
from catalog.search.beginnings import COUNT_AT_MOST
from catalog.values.filing import LEADING_SIGNS
from library.search.fold import fold

Kind = Literal["title", "author", "subject", "series"]
LETTERS_AT_LEAST = 2
LETTERS_AT_MOST = 100
SHARES: dict[Kind, int] = {"title": 4, "author": 3, "subject": 2, "series": 1}  # of ten places, while all have enough


@dataclass(frozen=True)
class Suggestion:
    """``text`` is what it is, ``detail`` a word on it, ``url`` where it leads."""

    kind: Kind
    text: str
    url: str
    detail: str = ""
    language: str = ""  # of a title


def suggest(typed: str, *, user: User | AnonymousUser, limit: int = 10) -> list[Suggestion]:
    """At most ``limit`` suggestions, by kind, the most used first; none before two letters are typed.

    People, subjects and series by any word of a name, people by their other names, too; titles that begin so before
    those that have the words. Nothing that only books have which ``user`` may not see. One query, two where hidden
    books stand in the way.
    """
    start = beginning(typed)
    if sum(letter.isalnum() for letter in start) < LETTERS_AT_LEAST:
        return []
    rows = beginnings.read(start, everything=bool(user.is_staff), limit=limit)
    found: dict[Kind, list[beginnings.Row]] = {kind: [row for row in rows if row[0] == kind] for kind in SHARES}
    return [_suggestion(*row) for row in _shared(found, limit)]


def by_kind(suggestions: list[Suggestion]) -> list[tuple[str, list[Suggestion]]]:
    """In groups, each with its heading."""
    headings = {"title": _("Books"), "author": _("People"), "subject": _("Subjects"), "series": _("Series")}
    groups = ((headings[kind], [one for one in suggestions if one.kind == kind]) for kind in SHARES)
    return [(heading, ones) for heading, ones in groups if ones]


def beginning(typed: str) -> str:
    """``typed`` as names and titles are kept for comparing."""
    text = typed[: LETTERS_AT_MOST * 2].replace("\0", " ").encode("utf-8", "ignore").decode()
    return LEADING_SIGNS.sub("", fold(text))[:LETTERS_AT_MOST].strip()


def _shared(found: dict[Kind, list[beginnings.Row]], limit: int) -> list[beginnings.Row]:
    """Each kind its share of the places, and what one leaves free goes to the others, titles first."""
    places = {kind: min(len(found[kind]), -(-SHARES[kind] * limit // 10)) for kind in SHARES}
    for kind in SHARES:
        places[kind] += min(len(found[kind]) - places[kind], max(limit - sum(places.values()), 0))
    return [one for kind in SHARES for one in found[kind][: places[kind]]][:limit]


def _suggestion(kind: str, pk: int, text: str, detail: str, language: str, books: int) -> Suggestion:
    if kind == "title":
        return Suggestion("title", text, reverse("pages:book", args=[pk]), detail, language)
    return Suggestion(cast(Kind, kind), text, _search(kind, pk), _also(detail, books))


def _also(alias: str, books: int) -> str:
    words = _books(books)
    return _("also %(name)s · %(books)s") % {"name": alias, "books": words} if alias else words


def _search(kind: str, pk: int) -> str:
    return f"{reverse('catalog:list')}?{urlencode({kind: pk})}"


def _books(number: int) -> str:
    if number >= COUNT_AT_MOST:
        return _("%(number)d books and more") % {"number": COUNT_AT_MOST}
    return ngettext("%(number)d book", "%(number)d books", number) % {"number": number}
