"""Pages of conversations. Each is its reader's own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.errors import RateLimited
from catalog.queries import get_book
from library.core.errors import LibraryError
from library.core.http.api import user_of
from rag import queries as rag
from rag.conversations import exports, judging, queries, services
from rag.conversations.live import events as live_events
from rag.conversations.models import Conversation, Exchange
from rag.conversations.sources import shown
from rag.forms import QuestionForm

ROWS = 20


@login_required
@require_safe
def conversations(request: HttpRequest) -> HttpResponse:
    """All of the reader's, the newest first."""
    page = Paginator(queries.conversations_of(user_of(request)), ROWS).get_page(request.GET.get("page"))
    return render(request, "conversations/conversations.html", {"page": page})


@login_required
@require_POST
def begin(request: HttpRequest, book_id: int) -> HttpResponse:
    """Keep a question to a book as a conversation; go on with ``follow``, or say of its answer whether it was right."""
    book = get_book(book_id, request.user)
    form = QuestionForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["question"])))
        return redirect("pages:book-ask", book.pk)
    user, question = user_of(request), form.cleaned_data["question"]
    document = rag.document_of(book, viewer=user)
    conversation = services.begin(document=document, question=question, by=user)
    try:
        exchange = services.ask(conversation=conversation, question=question, by=user)
    except Exception:
        services.delete(conversation=conversation, by=user)  # nothing was said in it
        raise
    if "verdict" in request.POST:
        _judged(request, exchange)
    return _asked(request, conversation) if request.POST.get("follow", "").strip() else redirect(conversation)


@login_required
@require_safe
def conversation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """All that was said in it, and the way to go on."""
    return _page(request, queries.get_conversation(pk, user_of(request)))


@login_required
@require_POST
def ask(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask on. A page that follows its answers (``live``) has a worker write, any other waits."""
    return _asked(request, queries.get_conversation(pk, user_of(request)))


def _asked(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    put = services.ask_a_worker if request.POST.get("live") else services.ask
    question = request.POST.get("follow", "")
    try:
        put(conversation=conversation, question=question, by=user_of(request))
    except RateLimited:
        raise
    except LibraryError as refusal:
        context = {"asked": question.replace("\0", ""), "refusal": refusal}
        return _page(request, conversation, context, status=refusal.status)
    return redirect(f"{conversation.get_absolute_url()}#last")


def _page(
    request: HttpRequest, conversation: Conversation, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    exchanges = shown(conversation, conversation.exchanges.order_by("number"), request.user)
    document = conversation.document
    is_open = document is not None and document.visible_to(request.user)
    values = {
        "conversation": conversation,
        "exchanges": exchanges,
        "book": document.book if document and is_open else None,
        "is_closed": document is not None and not is_open,
    }
    return render(request, "conversations/conversation.html", values | (context or {}), status=status)


@login_required
@require_safe
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One question and its answer, for a page that follows it."""
    exchange = queries.get_exchange(pk, user_of(request))
    (one,) = shown(exchange.conversation, [exchange], request.user)
    document = exchange.conversation.document
    context = {"one": one, "book": document.book if document else None, "conversation": exchange.conversation}
    return render(request, "conversations/_exchange.html", context)


@login_required
@require_safe
def events(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The answer as it is written, as server-sent events."""
    after = request.headers.get("Last-Event-ID", "") or request.GET.get("after", "")
    return live_events.response(user_of(request), pk, after[:100])


@login_required
@require_POST
def stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End an answer; what is there of it stays."""
    exchange = queries.get_exchange(pk, user_of(request))
    services.stop(exchange=exchange, by=user_of(request))
    return redirect(f"{exchange.conversation.get_absolute_url()}#last")


@login_required
@require_POST
def judge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Was this right?"""
    exchange = queries.get_exchange(pk, user_of(request))
    _judged(request, exchange)
    return redirect(f"{exchange.conversation.get_absolute_url()}#answer-{exchange.number}")


def _judged(request: HttpRequest, exchange: Exchange) -> None:
    try:
        judging.judge(
            exchange=exchange,
            was_right=request.POST.get("verdict") == "right",
            why=request.POST.get("why", ""),
            by=user_of(request),
        )
    except LibraryError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, _("Thank you. It helps the library to answer better."))


@login_required
@require_POST
def rename(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give it another title."""
    found = queries.get_conversation(pk, user_of(request))
    title = request.POST.get("title", "")
    try:
        services.rename(conversation=found, title=title, by=user_of(request))
    except LibraryError as refusal:
        return _page(request, found, {"title_refusal": refusal, "title": title.replace("\0", "")}, refusal.status)
    messages.success(request, _("The conversation has a new title."))
    return redirect(found)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asks first, then deletes it."""
    found = queries.get_conversation(pk, user_of(request))
    if request.method != "POST":
        return render(request, "conversations/delete.html", {"conversation": found})
    services.delete(conversation=found, by=user_of(request))
    messages.success(request, _("The conversation is deleted."))
    return redirect("conversations:conversations")


@login_required
@require_safe
def export(request: HttpRequest, pk: UUID) -> HttpResponse:
    """All of it as a file in Markdown."""
    found = queries.get_conversation(pk, user_of(request))
    exchanges = shown(found, found.exchanges.order_by("number"), request.user)
    site = request.build_absolute_uri("/").rstrip("/")
    made = HttpResponse(exports.as_markdown(found, exchanges, site=site), content_type="text/markdown; charset=utf-8")
    name = slugify(found.title)[:60] or "conversation"
    made["Content-Disposition"] = f'attachment; filename="{name}.md"'
    return made
