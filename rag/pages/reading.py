"""A book page by page: its picture with its words over it, or its text."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from catalog.access import check_may_read
from catalog.models import Book
from catalog.queries import get_book
from library.core.errors import NotFound
from library.core.http.ranges import ranged_response
from rag import queries
from rag.answers.services import LONGEST_QUESTION
from rag.forms import FindForm, HighlightForm
from rag.models import Document, IndexGeneration, Page
from rag.reading import drawing, highlights, images, positions
from rag.reading.contents import contents_of
from rag.reading.direction import runs_leftwards
from rag.reading.find import find
from rag.reading.overlay import overlay_of
from rag.reading.segments import pieces
from rag.reading.visits import PageVisit, span_of, visit_of
from rag.text.printed_pages import PrintedPages
from rag.text.sentences import TextSpan

ROWS = 20  # of highlights on one page
PATIENCE = 20  # seconds that a page in a browser waits for its picture
LARGEST_PAGE = 2**31 - 1


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
    return shown_page(request, open_page(request, book_id, number), HighlightForm())


def shown_page(request: HttpRequest, found: OpenPage, form: HighlightForm) -> HttpResponse:
    """The whole page, with the form by which something of it is marked: 422 where that could not be done."""
    context = _context(found) | _citations(found) | _sheet(found, signed_in(request), since=int(time.time()))
    context |= {"position": positions.position_of(signed_in(request), found.document, found.generation), "form": form}
    return render(request, "rag/page.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def read(request: HttpRequest, book_id: int) -> HttpResponse:
    """To the page at which the reader goes on reading a book, or to its first one."""
    _book, document, generation = open_text(request, book_id)
    number = positions.position_of(signed_in(request), document, generation) or 1
    return redirect(PageVisit(reads=True).address(book_id, number))


@login_required
@require_POST
def turn(request: HttpRequest, book_id: int, number: int) -> HttpResponse:
    """The reader turns to a page: from now on they go on reading there."""
    _book, document, generation = open_text(request, book_id)
    positions.turn_to(user=signed_in(request), document=document, generation=generation, page=number)
    visit = replace(visit_of(request.GET, longest_question=LONGEST_QUESTION).onward, reads=True)
    return redirect(visit.address(book_id, number))


@login_required
@require_POST
def forget(request: HttpRequest, book_id: int) -> HttpResponse:
    """Forget how far the reader has read a book."""
    positions.forget(user=signed_in(request), book_id=book_id)
    return redirect("rag:reading")


@login_required
@require_safe
def reading_list(request: HttpRequest) -> HttpResponse:
    """The books that the reader reads, the one that they read last first, and all that they marked in any book."""
    user = signed_in(request)
    page = Paginator(highlights.own(user), ROWS).get_page(request.GET.get("page"))
    return render(request, "rag/reading.html", {"positions": positions.read_lately(user), "page": page})


@login_required
@require_safe
def find_words(request: HttpRequest, book_id: int) -> HttpResponse:
    """Where the words ``?words=`` stand in a book, from the page ``?first=`` on."""
    book, document, generation = open_text(request, book_id)
    form = FindForm(request.GET if "words" in request.GET else None)
    finding = None
    if form.is_valid():
        finding = find(generation, form.cleaned_data["words"], first=form.cleaned_data["first"] or 1)
    context = {"book": book, "form": form, "finding": finding, "pages": generation.page_count}
    context["position"] = positions.position_of(signed_in(request), document, generation)
    return render(request, "rag/find.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def sheet(request: HttpRequest, book_id: int, number: int) -> HttpResponse:
    """The picture of a page in place of its text, for a page that waits for it: 204 while there is none yet."""
    found = open_page(request, book_id, number)
    since = request.GET.get("since", "")
    began = int(since) if since.isascii() and since.isdigit() and len(since) < 12 else 0
    context = _sheet(found, signed_in(request), since=began)
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


def signed_in(request: HttpRequest) -> User:
    """Who asks; only for views that let nobody else in."""
    assert isinstance(request.user, User)
    return request.user


def open_text(request: HttpRequest, book_id: int) -> tuple[Book, Document, IndexGeneration]:
    """Errors: ``NotFound``, ``BookConfidential``, ``IndexNotReady``."""
    book = get_book(book_id, request.user)
    document = queries.document_of(book, viewer=request.user)
    return book, document, queries.live_generation(document)


def open_page(request: HttpRequest, book_id: int, number: int) -> OpenPage:
    """Errors: ``NotFound``, ``BookConfidential``, ``IndexNotReady``, ``PageNotFound``."""
    book, document, generation = open_text(request, book_id)
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
        "onward": visit.onward.query,
        "contents": contents_of(found.generation, number),
        "leftwards": runs_leftwards(found.document, found.generation, text),
        "other_view": replace(visit, as_text=not visit.as_text).address(found.book.pk, number),
    }


def _citations(found: OpenPage) -> dict[str, Any]:
    """The other places that the answer cites."""
    places, visit = found.visit.places, found.visit
    here = visit.place(found.page.number)
    if not places:
        return {}
    addresses = [visit.at(place).address(found.book.pk, place.page) for place in places]
    before = addresses[here - 1] if here else ""
    behind = addresses[here + 1] if here is not None and here + 1 < len(addresses) else ""
    return {
        "citation": here + 1 if here is not None else None,
        "citations": len(places),
        "citation_before": before,
        "citation_behind": addresses[0] if here is None else behind,
    }


def _goes_on(found: OpenPage, following: int | None) -> str:
    """Where the rest of what is marked stands."""
    if not found.visit.on or following is None:
        return ""
    rest = PageVisit(found.visit.question, found.visit.places, mark=found.visit.on, as_text=found.visit.as_text)
    return rest.address(found.book.pk, following)


def _sheet(found: OpenPage, user: User, *, since: int) -> dict[str, Any]:
    """The page itself: its picture where there is one, and its text. A worker is asked for what is missing."""
    book, page, visit = found.book, found.page, found.visit
    state: str = "none"
    if book.has_file and not visit.as_text:
        state = drawing.picture_state(found.generation, book.digital_file, page.number)
    if state != "none":  # the next pages may be missing, too
        drawing.ask_for(found.document, found.generation, page.number)
    overlay = overlay_of(page) if state == "ready" else None
    span = span_of(visit.mark, len(page.text or ""))
    cited = TextSpan(*span) if span is not None else None
    own = highlights.on_page(user, found.document, page)
    return {
        "book": book,
        "page": page,
        "visit": visit,
        "picture": state,
        "overlay": overlay,
        "cited": overlay.rects(cited.start, cited.end) if overlay is not None and cited is not None else [],
        "own": own,
        "own_rects": [rect for one in own for rect in overlay.rects(one.span.start, one.span.end)] if overlay else [],
        "pieces": pieces(page.text or "", cited, own),
        "since": since,
        "visit_url": visit.address(book.pk, page.number),
        "widths": images.WIDTHS,
    }
