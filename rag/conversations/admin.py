"""What readers found wrong, the worst first, without who they are; and what becomes of it for the evaluation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from library.core.admin import SYSTEM, ReadOnlyAdmin
from library.core.errors import LibraryError
from rag.conversations import judging
from rag.conversations.models import Exchange, JudgedQuestion
from rag.conversations.sources import shown

MAKE = "conversations.add_judgedquestion"


@admin.register(Exchange)
class WrongAnswerAdmin(ReadOnlyAdmin):
    """Answers that somebody found wrong. Who it was, and what else they asked, is shown to nobody."""

    part = SYSTEM
    list_display = ("asked", "times_wrong", "why", "about", "judged_at")
    list_display_links = None
    ordering = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Exchange]:
        return judging.worst()

    @admin.display(description=gettext_lazy("question"))
    def asked(self, exchange: Exchange) -> str:
        """The question, as a link to its answer."""
        return format_html('<a href="{}">{}</a>', _address(exchange.pk), exchange.searched)

    @admin.display(description=gettext_lazy("found wrong"))
    def times_wrong(self, exchange: Any) -> int:
        """By how many answers to this question."""
        return int(exchange.times)

    @admin.display(description=gettext_lazy("about"))
    def about(self, exchange: Exchange) -> str:
        """The book."""
        return exchange.conversation.about

    def get_urls(self) -> list[URLPattern]:
        look = path("<uuid:pk>/look/", self.admin_site.admin_view(self.look_view), name="conversations_exchange_look")
        return [look, *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ours, not Django's own page, which would name the conversation."""
        return redirect("admin:conversations_exchange_look", object_id)

    def look_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """One wrong answer with its sources; a press makes it a row of the evaluation set."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        exchange = judging.worst().filter(pk=pk).first()
        if exchange is None:
            raise Http404
        refusal, quote = "", request.POST.get("quote", "").replace("\0", "").strip()
        if request.method == "POST":
            if not request.user.has_perm(MAKE):
                raise PermissionDenied
            try:
                judging.make_golden(exchange=exchange, quote=None if "unanswerable" in request.POST else quote)
            except LibraryError as fault:
                refusal = fault.detail
            else:
                messages.success(request, _("It is a row of the evaluation set now."))
                return redirect("admin:conversations_exchange_changelist")
        return self._look_page(request, exchange, quote, refusal)

    def _look_page(self, request: HttpRequest, exchange: Exchange, quote: str, refusal: str) -> HttpResponse:
        (one,) = shown(exchange.conversation, [exchange], request.user)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("An answer that was found wrong"),
            "opts": self.opts,
            "exchange": exchange,
            "one": one,
            "quote": quote,
            "refusal": refusal,
            "may_make": request.user.has_perm(MAKE),
        }
        page = "admin/conversations/exchange/look.html"
        return TemplateResponse(request, page, context, status=422 if refusal else 200)


def _address(pk: UUID) -> str:
    return reverse("admin:conversations_exchange_look", args=[pk])


@admin.register(JudgedQuestion)
class JudgedQuestionAdmin(ReadOnlyAdmin):
    """Rows for the evaluation set, to be read, deleted, and carried away as JSON lines."""

    part = SYSTEM
    list_display = ("question", "kind", "book", "language", "made_at")
    list_filter = ("kind", "language")
    fields = ("question", "kind", "quote", "book", "language", "half", "made_at")
    readonly_fields = fields
    ordering = ("-made_at", "-id")
    change_list_template = "admin/conversations/judgedquestion/change_list.html"

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("conversations.delete_judgedquestion")

    def get_urls(self) -> list[URLPattern]:
        lines = path("lines/", self.admin_site.admin_view(self.lines_view), name="conversations_judgedquestion_lines")
        return [lines, *super().get_urls()]

    def lines_view(self, request: HttpRequest) -> HttpResponse:
        """All of them in the form that ``manage.py evaluate_retrieval`` reads."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        made = HttpResponse("".join(judging.golden_lines()), content_type="application/jsonl; charset=utf-8")
        made["Content-Disposition"] = 'attachment; filename="judged.jsonl"'
        return made
