"""A book page by page: its picture with its words over it, or its text."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from catalog.access import check_may_read
from catalog.models import Book
from catalog.queries import get_book
from library.core.errors import NotFound
from library.core.http.ranges import ranged_response
from rag import queries
from rag.answers.services import LONGEST_QUESTION
from rag.models import Document, IndexGeneration, Page
from rag.reading import drawing, images
from rag.reading.overlay import Overlay, overlay_of
from rag.reading.visits import PageVisit, span_of, visit_of
from rag.text.printed_pages import PrintedPages

PATIENCE = 20  # seconds that a page in a browser waits for its picture
LARGEST_PAGE = 2**31 - 1


@dataclass(frozen=True)
class Marked:
    """The text of a page in three parts; ``mark`` is empty where nothing is marked."""

    before: str
    mark: str
    after: str


@dataclass(frozen=True)
class OpenPage:
    """A page that somebody may read."""

    book: Book
    document: Document
    generation: IndexGeneration
    page: Page
    visit: PageVisit


@login_required
@require_safe
def page(request: HttpRequest, book_id: int, number: int) -> HttpResponse:
    """A page as its picture and its text, with the stretch ``?mark=START-END`` of the text marked, and a way to its
    rest on the next page (``?on=START-END``)."""
    found = _open_page(request, book_id, number)
    return render(request, "rag/page.html", _context(found) | _sheet(found, since=int(time.time())))


@login_required
@require_safe
def sheet(request: HttpRequest, book_id: int, number: int) -> HttpResponse:
    """The picture of a page in place of its text, for a page that waits for it: 204 while there is none yet."""
    found = _open_page(request, book_id, number)
    since = request.GET.get("since", "")
    began = int(since) if since.isascii() and since.isdigit() and len(since) < 12 else 0
    context = _sheet(found, since=began)
    if context["picture"] == "missing":
        if time.time() - began < PATIENCE:
            return HttpResponse(status=204)
        context["picture"] = "late"
    return render(request, "rag/_sheet.html", context)


@require_safe
def page_image(request: HttpRequest, book_id: int, number: int, width: int) -> HttpResponseBase:
    """The picture of a page (WebP), so many pixels wide. Errors: as for the file itself; ``NotFound`` for a stranger,
    and where there is none yet."""
    if not request.user.is_authenticated:
        raise NotFound
    book = get_book(book_id, request.user)
    check_may_read(request.user, book)
    if not book.has_file or width not in images.WIDTHS or number > LARGEST_PAGE:
        raise NotFound
    sha256 = book.digital_file.sha256
    file = images.opened(sha256, number, width)
    if file is None:
        raise NotFound
    size = os.fstat(file.fileno()).st_size
    tag = f"{sha256}-{images.DRAWN_SO}-{number}-{width}"
    return ranged_response(request, file, size=size, content_type="image/webp", filename=f"{number}.webp", etag=tag)


def marked(text: str, wish: str) -> Marked:
    """``text`` with the wished stretch apart; nothing is marked where the wish makes no sense on this page."""
    span = span_of(wish, len(text))
    if span is None:
        return Marked(text, "", "")
    start, end = span
    return Marked(text[:start], text[start:end], text[end:])


def _open_page(request: HttpRequest, book_id: int, number: int) -> OpenPage:
    """Errors: ``NotFound``, ``BookConfidential``, ``IndexNotReady``, ``PageNotFound``."""
    book = get_book(book_id, request.user)
    document = queries.document_of(book, viewer=request.user)
    generation = queries.live_generation(document)
    visit = visit_of(request.GET, longest_question=LONGEST_QUESTION)
    return OpenPage(book, document, generation, queries.page(generation, number), visit)


def _context(found: OpenPage) -> dict[str, Any]:
    """What stands around the page."""
    number, visit = found.page.number, found.visit
    previous = number - 1 if number > 1 else None
    following = number + 1 if number < found.generation.page_count else None
    text = found.page.text or ""
    return {
        "pages": found.generation.page_count,
        "previous": previous,
        "next": following,
        "previous_url": visit.onward.address(found.book.pk, previous) if previous else "",
        "next_url": visit.onward.address(found.book.pk, following) if following else "",
        "goes_on_url": _goes_on(found, following),
        "printed": PrintedPages(found.page.label, found.page.begins).at(0, len(text)),
        "asked": urlencode({"question": visit.question}) if visit.question else "",
    }


def _goes_on(found: OpenPage, following: int | None) -> str:
    """Where the rest of what is marked stands."""
    if not found.visit.on or following is None:
        return ""
    rest = PageVisit(found.visit.question, found.visit.places, mark=found.visit.on, as_text=found.visit.as_text)
    return rest.address(found.book.pk, following)


def _sheet(found: OpenPage, *, since: int) -> dict[str, Any]:
    """The page itself: its picture where there is one, and its text. A worker is asked for what is missing."""
    book, page, visit = found.book, found.page, found.visit
    state: str = "none"
    if book.has_file and not visit.as_text:
        state = drawing.picture_state(found.generation, book.digital_file, page.number)
    if state != "none":  # the next pages may be missing, too
        drawing.ask_for(found.document, found.generation, page.number)
    overlay = overlay_of(page) if state == "ready" else None
    return {
        "book": book,
        "page": page,
        "visit": visit,
        "picture": state,
        "overlay": overlay,
        "cited": _cited(overlay, page, visit),
        "marked": marked(page.text or "", visit.mark),
        "since": since,
        "visit_url": visit.address(book.pk, page.number),
        "widths": images.WIDTHS,
    }


def _cited(overlay: Overlay | None, page: Page, visit: PageVisit) -> Any:
    """Where the marked stretch stands on the picture; empty unless that is known."""
    span = span_of(visit.mark, len(page.text or ""))
    return overlay.rects(*span) if overlay is not None and span is not None else []
