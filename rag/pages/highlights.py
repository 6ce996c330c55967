"""What readers mark and note, on pages."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from catalog.queries import get_book
from library.core.errors import LibraryError
from library.core.http.safe_redirects import own_page
from rag.forms import HighlightForm, NoteForm
from rag.pages.reading import ROWS, open_page, shown_page, signed_in
from rag.reading import export, highlights


@login_required
@require_POST
def make(request: HttpRequest, book_id: int, number: int) -> HttpResponse:
    """Mark something of a page, with a note or without."""
    found, form = open_page(request, book_id, number), HighlightForm(request.POST)
    if form.is_valid():
        try:
            highlights.make(
                user=signed_in(request),
                document=found.document,
                generation=found.generation,
                page=found.page,
                quote=form.cleaned_data["quote"],
                span=form.span,
                note=form.cleaned_data["note"],
            )
        except LibraryError as refusal:
            form.add_error(None, refusal.sentences)
        else:
            return redirect(found.visit.onward.address(book_id, number) + "#highlights")
    return shown_page(request, found, form)


@login_required
@require_POST
def change_note(request: HttpRequest, highlight_id: UUID) -> HttpResponse:
    """Write another note beside a highlight of one's own."""
    highlight, form = highlights.own_one(signed_in(request), highlight_id), NoteForm(request.POST)
    if form.is_valid():
        highlights.change_note(highlight=highlight, note=form.cleaned_data["note"])
        messages.success(request, _("The note is kept."))
        return redirect(_back(request))
    return render(request, "rag/note.html", {"highlight": highlight, "form": form, "back": _back(request)}, status=422)


@login_required
@require_POST
def delete(request: HttpRequest, highlight_id: UUID) -> HttpResponse:
    """Delete a highlight of one's own with its note."""
    highlights.own_one(signed_in(request), highlight_id).delete()
    messages.success(request, _("The highlight is deleted."))
    return redirect(_back(request))


@login_required
@require_safe
def of_book(request: HttpRequest, book_id: int) -> HttpResponse:
    """All that the reader marked in a book."""
    book = get_book(book_id, request.user)
    marked = highlights.own(signed_in(request)).filter(document__book=book)
    page = Paginator(marked, ROWS).get_page(request.GET.get("page"))
    return render(request, "rag/highlights.html", {"book": book, "page": page})


@login_required
@require_safe
def markdown_of_book(request: HttpRequest, book_id: int) -> HttpResponse:
    """The same as Markdown, to be kept."""
    book = get_book(book_id, request.user)
    marked = highlights.own(signed_in(request)).filter(document__book=book)
    return _file(export.markdown(list(marked)), f"highlights-{book.pk}.md")


@login_required
@require_safe
def markdown(request: HttpRequest) -> HttpResponse:
    """All that the reader marked in any book, as Markdown."""
    return _file(export.markdown(list(highlights.own(signed_in(request))[: export.MOST])), "highlights.md")


def _file(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _back(request: HttpRequest) -> str:
    return own_page(request, request.POST.get("next", "")) or reverse("rag:reading")
