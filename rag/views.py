"""Pages of rag."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.queries import get_book
from library.core.errors import LibraryError
from rag import errors, queries, services
from rag.answers.library import search_inside
from rag.forms import QuestionForm


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
