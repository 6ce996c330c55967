"""The book page: one book, and beneath it a panel for each of its tabs, which HTMX swaps by itself."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from accounts.errors import RateLimited
from accounts.models import User
from aistudy import queries as aistudy
from catalog import queries as catalog
from catalog.access import check_may_read
from catalog.models import Book
from catalog.pages import shelves
from circulation import queries as circulation
from library.core.errors import LibraryError
from library.jobs import queries as jobs
from library.pages import queries
from library.pages.forms import QuestionForm
from rag import queries as rag
from rag.answers import services as answers

SIMILAR = 6  # one row on a wide screen


@require_safe
def copies(request: HttpRequest, pk: int) -> HttpResponse:
    """Where its copies stand, and the request for one."""
    book = catalog.get_book(pk, request.user)
    return _render(request, book, "copies", {})


@require_safe
def study(request: HttpRequest, pk: int) -> HttpResponse:
    """What the library made of it for whoever studies it."""
    book = catalog.get_book(pk, request.user)
    refusal = _refusal(request, book)
    if refusal:
        return _render(request, book, "study", {"refusal": refusal}, status=refusal.status)
    return _render(
        request,
        book,
        "study",
        {
            "index": rag.index_state(book),
            "artifacts": aistudy.artifacts(book, request.user),
            "jobs": queries.study_jobs(book),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """A question to the book, and its answer from the book's own words."""
    book = catalog.get_book(pk, request.user)
    refusal = _refusal(request, book)
    if refusal:
        return _render(request, book, "ask", {"refusal": refusal}, status=refusal.status)
    if request.method == "POST" and not request.user.is_authenticated:
        return redirect(f"{resolve_url('accounts:sign-in')}?{urlencode({'next': request.path})}")
    asked = _asked(request) if request.user.is_authenticated else None
    form = QuestionForm(asked)
    answer = None if asked is None else _answer(request, book, form)
    context = {"index": rag.index_state(book), "form": form, "answer": answer}
    return _render(request, book, "ask", context, status=422 if form.errors else 200)


def _asked(request: HttpRequest) -> QueryDict | None:
    """What was asked, if anything: by POST, or in the address, so that an answer has one."""
    if request.method == "POST":
        return request.POST
    return request.GET if "question" in request.GET else None


def _answer(request: HttpRequest, book: Book, form: QuestionForm) -> answers.Answer | None:
    """The answer, or ``None`` with the reason on the form."""
    if not form.is_valid():
        return None
    # A link from somewhere else spends nobody's questions: what is not answered yet waits for a press of the button.
    is_led_here = request.method != "POST" and request.headers.get("Sec-Fetch-Site") == "cross-site"
    look_up = answers.kept if is_led_here else answers.answer
    try:
        return look_up(book=book, question=form.cleaned_data["question"], viewer=request.user)
    except RateLimited:
        raise
    except LibraryError as refusal:
        form.add_error("question", refusal.sentences)
        return None


def _refusal(request: HttpRequest, book: Book) -> LibraryError | None:
    """Why this reader may not open the book's digital tabs, if so; a text that does not exist is kept from nobody."""
    if not book.has_file:
        return None
    try:
        check_may_read(request.user, book)
    except LibraryError as refusal:
        return refusal
    return None


def _render(request: HttpRequest, book: Book, tab: str, panel: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """The whole page, or for HTMX the panel of one tab alone."""
    context = {"book": book, "tab": tab, "has_file": hasattr(book, "digital_file")} | panel
    is_part = bool(request.htmx) and not request.htmx.history_restore_request  # type: ignore[attr-defined]  # set by HtmxMiddleware
    if tab == "copies" or not is_part:
        context |= _lending(request, book)
    if not is_part:
        context |= _for_staff(request, book, panel.get("index")) | {
            "similar": shelves.similar(book, request.user, SIMILAR)
        }
    response = render(request, "pages/_panel.html" if is_part else "pages/book.html", context, status=status)
    # The same address gives two things: no cache may hand out the one for the other.
    patch_vary_headers(response, ["HX-Request"])
    return response


def _lending(request: HttpRequest, book: Book) -> dict[str, Any]:
    found: dict[str, Any] = {"availability": catalog.availability(book)}
    if isinstance(request.user, User):
        patron = request.user.patron
        found |= {"hold": circulation.open_hold(patron, book), "loan": circulation.open_loan(patron, book)}
    return found


def _for_staff(request: HttpRequest, book: Book, index: rag.IndexState | None) -> dict[str, Any]:
    if not request.user.is_staff:
        return {}
    index = index or rag.index_state(book)
    return {"index": index, "may_cancel": index.job is not None and jobs.may_cancel(index.job, request.user)}
