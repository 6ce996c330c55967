"""What a list of books may be asked: one form for the page and the API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from catalog import validation
from catalog.search.services import QUERY_LENGTH, Filters
from catalog.validation import readable

SORTS = [
    ("relevance", lazy("Best match")),
    ("title", lazy("Title")),
    ("newest", lazy("Newest here")),
    ("year", lazy("Year, latest first")),
    ("popular", lazy("Most read")),
]
FORMATS = [("print", lazy("Print")), ("digital", lazy("Digital"))]
VALUES_AT_MOST = 20  # of one kind
# A year or a range of years, either end open to the right: 1990, 1990-2000, 1990-, -500 (BCE), -500--300.
YEAR = r"^ *(-?[0-9]{1,4} *([-–] *(-?[0-9]{1,4} *)?)?)?$"
YEARS = re.compile(r"(-?[0-9]{1,4}) *(?:([-–]) *(-?[0-9]{1,4})?)?")
LANGUAGE = r"^([A-Za-z]{2,3})?$"


class Several(forms.Field):
    """A parameter that may be repeated: a tuple of what was given, without empty ones and repeats, as it was typed."""

    def __init__(self, *, at_most: int, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.at_most = at_most

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> tuple[str, ...]:
        given: list[str] = value or []
        if len(given) > VALUES_AT_MOST:
            raise ValidationError(_("At most %(limit)d values.") % {"limit": VALUES_AT_MOST})
        kept = (self.one(one) for one in given)
        return tuple(dict.fromkeys(one for one in kept if one))

    def one(self, value: str) -> str:
        if len(value) > self.at_most:
            raise ValidationError(_("At most %(limit)d characters.") % {"limit": self.at_most})
        return readable(value).strip()


class Languages(Several):
    def one(self, value: str) -> str:
        return validation.language(value) if value.strip() else ""


class YearsField(Several):
    def one(self, value: str) -> str:
        if not re.fullmatch(YEAR, value):
            raise ValidationError(_("A year or years, for example 1990 or 1990-2000 or 1990-."))
        found = YEARS.fullmatch(value.strip())
        if found is None:
            return ""
        first, last = found[1], found[3] or ""
        if int(first) == 0 and (not found[2] or (last and int(last) == 0)):
            raise ValidationError(_("There is no year 0: 1 BC is followed by 1 AD."))
        if last and int(first) > int(last):
            first, last = last, first
        return f"{first}{'-' if found[2] else ''}{last}"


class Formats(Several):
    def one(self, value: str) -> str:
        if value not in {"", *dict(FORMATS)}:
            raise ValidationError(_("print or digital."))
        return value


class OneOf(forms.Field):
    """A parameter that is one of a few words, or empty."""

    def __init__(self, words: Mapping[str, Any], *, sentence: Any, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.words, self.sentence = words, sentence

    def clean(self, value: Any) -> Any:
        if value and value not in self.words:
            raise ValidationError(self.sentence)
        return self.words.get(value or "")


class WordsField(forms.Field):
    """One text."""

    def __init__(self, *, at_most: int, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.at_most = at_most

    def clean(self, value: Any) -> str:
        if len(value or "") > self.at_most:
            raise ValidationError(_("At most %(limit)d characters.") % {"limit": self.at_most})
        return readable(value or "").strip()


class SearchForm(forms.Form):
    """A search with its filters and order. Any text is fine as ``q``; a filter that is wrong narrows nothing."""

    q = forms.Field(label=lazy("Search the catalogue"), required=False)
    category = Several(label=lazy("Category"), at_most=80)
    author = Several(label=lazy("Author"), at_most=200)
    language = Languages(label=lazy("Language"), at_most=2)
    year = YearsField(label=lazy("Year"), at_most=40)
    branch = Several(label=lazy("Branch"), at_most=120)
    format = Formats(label=lazy("Format"), at_most=7)
    available = OneOf({"true": True, "false": False}, label=lazy("Available now"), sentence=lazy("true or false."))
    series = WordsField(label=lazy("Series"), at_most=200)
    subject = WordsField(label=lazy("Subject"), at_most=200)
    sort = OneOf(
        {name: name for name, _label in SORTS},
        label=lazy("Order"),
        sentence=lazy("One of relevance, title, newest, year and popular."),
    )
    exactly = OneOf({"1": True, "0": False}, label=lazy("Exactly as typed"), sentence=lazy("1 or 0."))

    REPEATED = ("category", "author", "language", "year", "branch", "format")
    NARROWING = (*REPEATED, "available", "series", "subject")

    def clean_q(self) -> str:
        """As it was typed, as far as it is read."""
        typed = str(self.cleaned_data["q"] or "")[: QUERY_LENGTH * 2]
        return typed.replace("\0", " ").encode("utf-8", "ignore").decode().strip()[:QUERY_LENGTH]

    @property
    def query(self) -> str:
        return str(self.cleaned_data.get("q", ""))

    @property
    def order(self) -> str:
        return str(self.cleaned_data.get("sort") or "relevance")

    @property
    def is_exact(self) -> bool:
        return bool(self.cleaned_data.get("exactly"))

    @cached_property
    def filters(self) -> Filters:
        """What narrows the list."""
        right = {name: self.cleaned_data[name] for name in self.NARROWING if name in self.cleaned_data}
        return Filters(**right)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The search as the words of an address: what is right as it is understood, what is wrong as it was typed."""
        found = []
        for name in self.fields:
            typed = self[name].data
            values = typed[:VALUES_AT_MOST] if isinstance(typed, list) else [typed]
            if name in self.REPEATED:
                values = self.cleaned_data.get(name, values)
            found += [(name, value.replace("\0", "\ufffd")) for value in values if value]  # no page can hold a NUL
        return found

    @property
    def sentences(self) -> dict[str, list[str]]:
        """What is wrong, by parameter."""
        return {name: [str(sentence) for sentence in found] for name, found in self.errors.items()}
