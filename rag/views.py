"""Pages of rag."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.queries import get_book
from library.core.errors import LibraryError
from rag import errors, queries, services
from rag.answers.library import search_inside
from rag.answers.services import LONGEST_QUESTION
from rag.forms import QuestionForm
from rag.text.printed_pages import PrintedPages

MARK = re.compile(r"^(\d{1,9})-(\d{1,9})$")


@dataclass(frozen=True)
class Marked:
    """The text of a page in three parts; ``mark`` is empty where nothing is marked."""

    before: str
    mark: str
    after: str


@login_required
@require_safe
def page(request: HttpRequest, book_id: int, number: int) -> HttpResponse:
    """The stored text of a page, with the stretch ``?mark=START-END`` marked, and a way to its rest on the next page
    (``?on=START-END``)."""
    book = get_book(book_id, request.user)
    generation = queries.live_generation(queries.document_of(book, viewer=request.user))
    found = queries.page(generation, number)
    question = request.GET.get("question", "").replace("\0", "")[:LONGEST_QUESTION]  # the way back to its answer
    context = {
        "book": book,
        "page": found,
        "pages": generation.page_count,
        "previous": number - 1 if number > 1 else None,
        "next": number + 1 if number < generation.page_count else None,
        "marked": marked(found.text or "", request.GET.get("mark", "")),
        "goes_on": rest if MARK.match(rest := request.GET.get("on", "")) else "",
        "printed": PrintedPages(found.label, found.begins).at(0, len(found.text or "")),
        "asked": urlencode({"question": question}) if question else "",
    }
    return render(request, "rag/page.html", context)


@login_required
@require_safe
def search_inside_page(request: HttpRequest) -> HttpResponse:
    """Passages and records of the whole library for ``?question=``, by book. A link from another website spends
    nobody's question: it waits for a press of the button."""
    form = QuestionForm(request.GET if "question" in request.GET else None)
    found = None
    if form.is_valid() and request.headers.get("Sec-Fetch-Site") != "cross-site":
        try:
            found = search_inside(question=form.cleaned_data["question"], viewer=request.user)
        except errors.QuestionInvalid as refusal:
            form.add_error("question", refusal.sentences)
    return render(request, "rag/search_inside.html", {"form": form, "found": found}, status=422 if form.errors else 200)


def marked(text: str, wish: str) -> Marked:
    """``text`` with the wished stretch apart; nothing is marked where the wish makes no sense on this page."""
    match = MARK.match(wish)
    start, end = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 0 <= start < end <= len(text):
        return Marked(text, "", "")
    return Marked(text[:start], text[start:end], text[end:])


@login_required
@permission_required("rag.add_indexgeneration", raise_exception=True)
@require_POST
def reindex(request: HttpRequest, book_id: int) -> HttpResponse:
    """Have the book's file read anew."""
    book = get_book(book_id, request.user)
    try:
        services.reindex(book=book, by=request.user)  # type: ignore[arg-type]  # signed in
    except LibraryError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, _("A worker reads the book."))
    return redirect(book.get_absolute_url())


@login_required
@permission_required("rag.delete_indexgeneration", raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def delete_index(request: HttpRequest, book_id: int) -> HttpResponse:
    """Asks first, then deletes all that was read from the book's file."""
    book = get_book(book_id, request.user)
    index = queries.index_state(book)
    if request.method == "POST":
        services.delete_index(book=book, by=request.user)  # type: ignore[arg-type]  # signed in
        messages.success(request, _("The index is deleted."))
        return redirect(book.get_absolute_url())
    if index.state == "none":
        raise errors.NoIndex
    return render(request, "rag/delete_index.html", {"book": book, "index": index})
