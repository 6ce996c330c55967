"""A search as a page shows it: what narrows it, what could, and the address of each next step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from django.utils.http import urlencode
from django.utils.translation import gettext as _

from catalog.models import Book, Series, Subject
from catalog.pages.search_form import FORMATS, SearchForm
from catalog.search.services import Facet, FacetValue
from library.core.templatetags.lyceum import language_word, say_year

BIGGEST_ID_DIGITS = 18
AT_ONCE = 6  # choices of a facet
RANGE = re.compile(r"(-?\d+)(-)?(-?\d+)?")


class PaginatedBooks(Sequence[Any]):
    """What a paginator needs of a search that was already cut to one page: how many there are, and this page."""

    def __init__(self, count: int, books: list[Book]) -> None:
        self.total, self.books = count, books

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, _cut: Any) -> Any:
        return self.books


@dataclass(frozen=True)
class Address:
    """A search as the words of an address, and how to change it. Every change leads to the first page."""

    pairs: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"?{urlencode(self.pairs)}"

    def has(self, name: str, value: str) -> bool:
        return (name, value) in self.pairs

    def has_any(self, name: str) -> bool:
        return any(kind == name for kind, _value in self.pairs)

    def plus(self, name: str, value: str) -> Address:
        """With one more value; a parameter that is not repeated gets this one instead."""
        rest = self if name in SearchForm.REPEATED else self.without(name)
        return Address((*rest.pairs, (name, value)))

    def minus(self, name: str, value: str) -> Address:
        return Address(tuple(pair for pair in self.pairs if pair != (name, value)))

    def without(self, *names: str) -> Address:
        return Address(tuple(pair for pair in self.pairs if pair[0] not in names))


@dataclass(frozen=True)
class Chip:
    """One filter that is set, and the address without it."""

    label: str
    words: str
    url: str
    is_wrong: bool = False


@dataclass(frozen=True)
class FacetChoice:
    """One value of a facet, and the address that takes it in or lets it go."""

    id: str
    label: str
    count: int
    chosen: bool
    url: str


@dataclass(frozen=True)
class FacetColumn:
    """A facet with its choices."""

    name: str
    label: str
    choices: list[FacetChoice]

    @property
    def first(self) -> list[FacetChoice]:
        """What is shown at once: the most frequent values, and all that are chosen."""
        return [choice for n, choice in enumerate(self.choices) if n < AT_ONCE or choice.chosen]

    @property
    def rest(self) -> list[FacetChoice]:
        return [choice for n, choice in enumerate(self.choices) if n >= AT_ONCE and not choice.chosen]


def columns(facets: Iterable[Facet], address: Address) -> list[FacetColumn]:
    """The facets that offer a choice, in their order."""
    drawn = [
        FacetColumn(facet.name, facet.label, [_choice(facet, one, address) for one in facet.values]) for facet in facets
    ]
    if not any(column.choices for column in drawn) and not address.has_any("year"):
        return []
    return [column for column in drawn if column.choices or column.name == "year"]


def _choice(facet: Facet, one: FacetValue, address: Address) -> FacetChoice:
    name, value = facet.name, one.value
    if not one.chosen:
        target = address.plus(name, value)
    elif address.has(name, value):
        target = address.minus(name, value)
    else:  # it was asked for by another of its names
        by_label = [given for kind, given in address.pairs if kind == name and given.casefold() == one.label.casefold()]
        target = address.minus(name, by_label[0]) if by_label else address.without(name)
    key = value if value.isascii() and value.replace("-", "").isalnum() else f"x{crc32(value.encode()):x}"
    return FacetChoice(f"{name}-{key}", one.label, one.count, one.chosen, str(target))


def chips(form: SearchForm, facets: Iterable[Facet], address: Address, user: Any) -> list[Chip]:
    """What narrows the search, in the order of the form; a value that is wrong is there too, and says so."""
    words = {(facet.name, one.value): one.label for facet in facets for one in facet.values}
    return [
        Chip(
            label=_("Availability") if name == "available" else str(form.fields[name].label),
            words=words.get((name, value)) or _in_words(name, value, user),
            url=str(address.minus(name, value)),
            is_wrong=name in form.errors,
        )
        for name, value in address.pairs
        if name in form.NARROWING or name in form.errors
    ]


def _in_words(name: str, value: str, user: Any) -> str:
    if name == "year":
        return years_in_words(value)
    if name == "language":
        return str(language_word(value.lower()))
    if name == "format":
        return str(dict(FORMATS).get(value, value))
    if name == "available":
        return {"true": _("Available now"), "false": _("Nothing free now")}.get(value, value)
    if name in {"series", "subject"} and value.isascii() and value.isdigit() and len(value) <= BIGGEST_ID_DIGITS:
        return _name_of(Series if name == "series" else Subject, value, user) or value
    return value


def _name_of(model: type[Series] | type[Subject], pk: str, user: Any) -> str | None:
    """The name, if a book that ``user`` may see has it."""
    seen = model._default_manager.filter(pk=pk, books__in=Book.objects.visible_to(user))
    return seen.values_list("name", flat=True).first()


def years_in_words(value: str) -> str:
    """``1990–2000``, ``500 BC``, ``from 1990``; anything else as it was typed."""
    found = RANGE.fullmatch(value.replace(" ", "").replace("–", "-"))
    if found is None:
        return value
    first = say_year(int(found[1]))
    if found[3]:
        return f"{first}–{say_year(int(found[3]))}"
    return _("from %(year)s") % {"year": first} if found[2] else first
