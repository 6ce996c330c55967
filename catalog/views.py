"""The catalogue's pages."""

from __future__ import annotations

import hashlib
from math import ceil
from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from catalog import queries
from catalog.access import check_may_read, may_see_cover
from catalog.covers.keeping import SIZES
from catalog.files import stored
from catalog.pages.result_list import Address, PaginatedBooks, chips, columns
from catalog.pages.search_form import SORTS, SearchForm
from catalog.search.services import Results, search
from catalog.search.suggestions import by_kind, suggest
from catalog.values import drawn_cover as values
from library.core.errors import NotFound
from library.core.http.ranges import ranged_response

ROWS = 20
PAGE_DIGITS = 7
COVER_LASTS = 365 * 24 * 3600  # seconds
SUGGESTIONS_LAST = 60  # seconds in the browser of whoever typed them
TEMPLATES = {"page": "catalog/book_list.html", "found": "catalog/_found.html", "more": "catalog/_more.html"}
# What the browsers' own PDF viewers need of a page that is nothing but a PDF; still no script of ours or of others.
VIEWER = {
    "default-src": [NONE],
    "script-src": [NONE],
    "object-src": [SELF],
    "frame-src": [SELF],
    "img-src": [SELF],
    "style-src": [SELF, UNSAFE_INLINE],
    "frame-ancestors": [NONE],
}


@require_safe
def book_list(request: HttpRequest) -> HttpResponse:
    """The catalogue: a search, its filters and a page of what it found. The address holds the whole state.

    For HTMX the part beneath the search box alone, or of a further page its rows.
    """
    form = SearchForm(request.GET)
    status = 200 if form.is_valid() else 422
    part = _part(request)
    results, number = _found(request, form, facets=part != "more")
    listed = queries.books_of(results, request.user)
    places = queries.availability_of(listed)
    books, near = queries.parted(listed, results)
    context = {
        "form": form,
        "results": results,
        "page": Paginator(PaginatedBooks(results.count, books), ROWS).page(number),
        "rows": [(book, places[book.pk]) for book in books],
        "near": [(book, places[book.pk]) for book in near],
    }
    if part != "more":
        context |= _around(request, form, results)
    response = render(request, TEMPLATES[part], context, status=status)
    # One address gives three things: no cache may hand out the one for the other.
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _part(request: HttpRequest) -> str:
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # set by HtmxMiddleware
    if not htmx or htmx.history_restore_request:
        return "page"
    return "more" if htmx.target == "rows" else "found"


def _found(request: HttpRequest, form: SearchForm, *, facets: bool) -> tuple[Results, int]:
    """What was found, and the number of the page that it is: the last one for whoever asks for a later one."""
    typed = request.GET.get("page", "")
    number = int(typed) if typed.isascii() and typed.isdigit() and 0 < len(typed) <= PAGE_DIGITS else 1

    def page(number: int) -> Results:
        return search(
            form.query,
            user=request.user,
            filters=form.filters,
            sort=form.order,
            page=number,
            page_size=ROWS,
            facets=facets,
            exactly=form.is_exact,
        )

    number = max(number, 1)
    results = page(number)
    last = max(ceil(results.count / ROWS), 1)
    return (results, number) if number <= last else (page(last), last)


def _around(request: HttpRequest, form: SearchForm, results: Results) -> dict[str, Any]:
    """What stands beside the rows: what narrows them, what could, in which order they are."""
    address = Address(tuple(form.pairs))
    chosen = chips(form, results.facets, address, request.user)
    # Without a question nothing matches better than anything else: such a list is by title, and says so.
    offered = dict(SORTS) if form.query else {name: label for name, label in SORTS if name != "relevance"}
    order = form.order if form.order in offered else "title"
    return {
        "chips": chosen,
        "columns": columns(results.facets, address),
        "cleared": address.without(*form.NARROWING, *form.errors),
        "instead": address.plus("exactly", "1"),
        "kept": [pair for pair in address.pairs if pair[0] not in {"q", "exactly"}],
        "kept_beside_year": address.without("year").pairs,
        "orders": [(label, name == order, address.plus("sort", name)) for name, label in SORTS if name in offered],
        "order": dict(SORTS)[order],
        "shelves": [] if results.count or results.near else queries.top_categories(request.user),
    }


@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """What the letters typed so far may become: a list to choose from, for the search boxes."""
    found = suggest(request.GET.get("q", ""), user=request.user)
    response = render(request, "catalog/_suggestions.html", {"groups": by_kind(found), "count": len(found)})
    patch_cache_control(response, private=True, max_age=SUGGESTIONS_LAST)
    return response


@require_safe
def cover(request: HttpRequest, pk: int, key: str, size: str) -> HttpResponse:
    """The picture of a book's cover, for whoever may see it; to staff also of those that are not shown. Its address
    changes with it, so it is kept for a year.

    No session is asked where everybody may. Errors: ``NotFound``.
    """
    found = queries.cover_of(pk, key)
    if found is None or size not in SIZES:
        raise NotFound
    is_for_all = found.book.cover_key == key and may_see_cover(AnonymousUser(), found.book)
    if not is_for_all and not request.user.is_staff:
        raise NotFound
    try:
        with getattr(found, size).open() as file:
            response = HttpResponse(file.read(), content_type="image/jpeg" if size == "jpeg" else "image/webp")
    except OSError as lost:
        raise NotFound from lost
    kept = {"public": True} if is_for_all else {"private": True}
    patch_cache_control(response, max_age=COVER_LASTS, immutable=True, **kept)
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_safe
def drawn_cover(request: HttpRequest, pk: int) -> HttpResponse:
    """The cover that is drawn for a book from its title and first author, as SVG, for whoever sees its record."""
    book = queries.get_book(pk, request.user)
    response = HttpResponse(
        values.drawn_cover(book.title, next(iter(book.author_names), "")), content_type="image/svg+xml"
    )
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    unchanged: HttpResponse | None = get_conditional_response(request, etag=etag, response=response)
    return unchanged or response


@login_required
@require_safe
@csp_replace(VIEWER)  # type: ignore[arg-type]  # typed for views without arguments from the address
def book_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file of a book for who is signed in, inline and with Range. Errors: ``NotFound``, ``BookConfidential``,
    ``FileLost``, ``FileAltered``.
    """
    book = queries.get_book(pk, request.user)
    check_may_read(request.user, book)
    if not book.has_file:
        raise NotFound
    kept = book.digital_file
    return ranged_response(
        request,
        stored.opened(kept),
        size=kept.size,
        content_type=kept.media_type,
        filename=kept.original_name,
        etag=kept.sha256,
    )
