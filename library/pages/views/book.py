"""The book page: one book, and beneath it a panel for each of its tabs, which HTMX swaps by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods

from catalog import queries as catalog
from catalog.access import check_may_read
from catalog.models import Book
from catalog.pages import shelves, tabs
from catalog.pages.tabs import BookTab, TabPanel
from library.core.errors import LibraryError
from library.jobs import queries as jobs
from rag import queries as rag

SIMILAR = 6  # one row on a wide screen


@require_http_methods(["GET", "HEAD", "POST"])
def book_tab(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """A book with one of its tabs open."""
    tab = tabs.get(code)
    if request.method == "POST" and not tab.takes_posts:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    book = catalog.get_book(pk, request.user)
    if not tab.is_shown(book, request.user):
        raise Http404
    refusal = _refusal(request, book) if tab.needs_text else None
    if refusal:
        return _render(request, book, tab, TabPanel({"refusal": refusal}, refusal.status))
    panel = tab.panel(request, book)
    return panel if isinstance(panel, HttpResponse) else _render(request, book, tab, panel)


def _refusal(request: HttpRequest, book: Book) -> LibraryError | None:
    """Why this reader may not open the book's digital tabs, if so; a text that does not exist is kept from nobody."""
    if not book.has_file:
        return None
    try:
        check_may_read(request.user, book)
    except LibraryError as refusal:
        return refusal
    return None


def _render(request: HttpRequest, book: Book, tab: BookTab, panel: TabPanel) -> HttpResponse:
    """The whole page, or for HTMX the panel of one tab alone."""
    context: dict[str, Any] = {"book": book, "tab": tab, "has_file": hasattr(book, "digital_file"), **panel.context}
    is_part = bool(request.htmx) and not request.htmx.history_restore_request  # type: ignore[attr-defined]  # set by HtmxMiddleware
    if not is_part:
        context = _around(request, book, panel.context) | context
    response = render(request, "pages/_panel.html" if is_part else "pages/book.html", context, status=panel.status)
    # The same address gives two things: no cache may hand out the one for the other.
    patch_vary_headers(response, ["HX-Request"])
    return response


def _around(request: HttpRequest, book: Book, panel: Mapping[str, Any]) -> dict[str, Any]:
    """What the page shows around its panel; what that knows already is not read twice."""
    context: dict[str, Any] = {
        "tabs": tabs.links(book, request.user),
        "availability": panel["availability"] if "availability" in panel else catalog.availability(book),
        "can_be_read": _can_be_read(request, book, panel),
        "similar": shelves.similar(book, request.user, SIMILAR),
    }
    if request.user.is_staff:
        index: rag.IndexState = panel["index"] if "index" in panel else rag.index_state(book)
        may_cancel = index.job is not None and jobs.may_cancel(index.job, request.user)
        context |= {"index": index, "may_cancel": may_cancel}
    return context


def _can_be_read(request: HttpRequest, book: Book, panel: Mapping[str, Any]) -> bool:
    """Whether its pages can be read here, by somebody who is signed in."""
    if not request.user.is_authenticated or not book.has_file:
        return False
    return panel["index"].state == "ready" if "index" in panel else rag.has_text(book)
