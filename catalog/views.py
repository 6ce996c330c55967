"""The catalogue's pages."""

from __future__ import annotations

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog import queries
from catalog.access import check_may_read
from catalog.forms import SearchForm
from catalog.models import Branch, Category
from catalog.services.files import PDF
from library.core.errors import NotFound
from library.core.streaming import ranged_response

ROWS = 20
# What the browsers' own PDF viewers need of a page that is nothing but a PDF; still no script of ours or of others.
VIEWER = {
    "default-src": [NONE], "script-src": [NONE], "object-src": [SELF], "frame-src": [SELF], "img-src": [SELF],
    "style-src": [SELF, UNSAFE_INLINE], "frame-ancestors": [NONE],
}  # fmt: skip


@require_safe
def book_list(request: HttpRequest) -> HttpResponse:
    """The catalogue: a search, its filters and a page of what it found. The address holds the whole state."""
    form = SearchForm(request.GET)
    status = 200 if form.is_valid() else 422
    found = queries.Listing(form.query, user=request.user, filters=form.filters, sort=form.order)
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    places = queries.availability_of(page.object_list)
    context = {
        "form": form,
        "page": page,
        "rows": [(book, places[book.pk]) for book in page.object_list],
        "branches": Branch.objects.all(),
        "categories": Category.objects.all(),
        "narrowed": any(request.GET.get(name) for name in SearchForm.base_fields if name not in {"q", "sort"}),
    }
    return render(request, "catalog/book_list.html", context, status=status)


@login_required
@require_safe
@csp_replace(VIEWER)  # type: ignore[arg-type]  # typed for views without arguments from the address
def book_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The PDF of a book for whoever is signed in, inline and with Range. Errors: ``NotFound``, ``BookConfidential``."""
    book = queries.get_book(pk, request.user)
    check_may_read(request.user, book)
    if not book.has_file:
        raise NotFound
    kept = book.digital_file
    try:
        return ranged_response(
            request, kept.file, size=kept.size, content_type=PDF, filename=kept.original_name, etag=kept.sha256
        )
    except FileNotFoundError as gone:
        raise NotFound from gone
