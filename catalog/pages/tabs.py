"""The tabs of the book page: each app registers its own in ``ready()``, and nothing else lists them.

The page itself (``library.pages``) lies above all apps; what they give it is named here, where all of them can reach.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from catalog.models import Book


@dataclass(frozen=True)
class TabPanel:
    """What a tab shows: values for its template, and the status of the answer."""

    context: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


Show = Callable[[HttpRequest, Book], TabPanel | HttpResponse]
IsShown = Callable[[Book, Any], bool]


def always(book: Book, user: Any) -> bool:
    """For a tab that every book has, for everybody."""
    return True


@dataclass(frozen=True)
class BookTab:
    """``show`` is a dotted name, so that nothing is imported before a page is asked for. It gives what the template
    needs beside ``book``, or a response in its place, such as the way to the sign-in."""

    code: str  # its address, beneath that of the book
    app: str
    label: Promise
    order: int  # from the left
    template: str
    show: str  # a ``Show``
    is_shown: IsShown = always
    takes_posts: bool = False
    count: str = ""  # the field of the book whose number stands beside the label
    without_text: Promise | None = None  # said where the book has no digital text; ``None``: it needs none

    @property
    def needs_text(self) -> bool:
        """Whether it is closed to whoever may not read the book's text."""
        return self.without_text is not None

    def url(self, book: Book) -> str:
        """Its address for ``book``; the first of all tabs stands at the address of the book itself."""
        return book.get_absolute_url() if self == first() else reverse(f"pages:book-{self.code}", args=[book.pk])

    def panel(self, request: HttpRequest, book: Book) -> TabPanel | HttpResponse:
        """What it shows of ``book`` to whoever asks."""
        show: Show = import_string(self.show)
        return show(request, book)


@dataclass(frozen=True)
class TabLink:
    """A tab in the row of those of one book."""

    tab: BookTab
    url: str
    count: int | None


_tabs: dict[str, BookTab] = {}


def register(tab: BookTab) -> BookTab:
    """Make a tab known. Errors: ``ValueError`` where another app has one of its code."""
    known = _tabs.get(tab.code, tab)
    if known.app != tab.app:
        raise ValueError(f"The tab {tab.code} belongs to {known.app}.")
    _tabs[tab.code] = tab
    return tab


def get(code: str) -> BookTab:
    """Errors: ``KeyError``."""
    return _tabs[code]


def registered() -> tuple[BookTab, ...]:
    """All of them, in their order."""
    return tuple(sorted(_tabs.values(), key=lambda tab: (tab.order, tab.code)))


def first() -> BookTab:
    """The one that is open where nobody chose."""
    return registered()[0]


def links(book: Book, user: Any) -> list[TabLink]:
    """Those that ``user`` sees of ``book``, in their order."""
    shown = [tab for tab in registered() if tab.is_shown(book, user)]
    return [TabLink(tab, tab.url(book), getattr(book, tab.count) if tab.count else None) for tab in shown]
