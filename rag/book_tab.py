"""The tab in which a book is asked, and answers in its own words."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, resolve_url
from django.utils.http import urlencode

from accounts.errors import RateLimited
from catalog.models import Book
from catalog.pages.tabs import TabPanel
from library.core.errors import LibraryError
from rag import queries
from rag.answers import services as answers
from rag.answers.values import CitedAnswer
from rag.forms import QuestionForm


def show_question(request: HttpRequest, book: Book) -> TabPanel | HttpResponse:
    """The question and its answer. Whoever is not signed in is led to the sign-in when they ask."""
    if request.method == "POST" and not request.user.is_authenticated:
        return redirect(f"{resolve_url('accounts:sign-in')}?{urlencode({'next': request.path})}")
    asked = _asked(request) if request.user.is_authenticated else None
    form = QuestionForm(asked)
    answer = None if asked is None else _answer(request, book, form)
    context = {"index": queries.index_state(book), "form": form, "answer": answer}
    return TabPanel(context, status=422 if form.errors else 200)


def _asked(request: HttpRequest) -> QueryDict | None:
    """What was asked, if anything: by POST, or in the address, so that an answer has one."""
    if request.method == "POST":
        return request.POST
    return request.GET if "question" in request.GET else None


def _answer(request: HttpRequest, book: Book, form: QuestionForm) -> CitedAnswer | None:
    """The answer, or ``None`` with the reason on the form."""
    if not form.is_valid():
        return None
    # A link from somewhere else spends nobody's questions: what is not answered yet waits for a press of the button.
    is_led_here = request.method != "POST" and request.headers.get("Sec-Fetch-Site") == "cross-site"
    look_up = answers.kept if is_led_here else answers.answer
    try:
        document = queries.document_of(book, viewer=request.user)
        return look_up(document=document, question=form.cleaned_data["question"], viewer=request.user)
    except RateLimited:
        raise
    except LibraryError as refusal:
        form.add_error("question", refusal.sentences)
        return None
