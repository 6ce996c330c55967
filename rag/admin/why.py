"""Why this passage: for any question, what each arm of a search says of a document's passages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from library.core.errors import LibraryError
from rag import queries
from rag.answers.services import LONGEST_QUESTION
from rag.models import Document
from rag.retrieval.explain import explain

SHOWN = 20  # passages


class WhyPage(admin.ModelAdmin[Document]):
    """An admin of documents with the page."""

    def get_urls(self) -> list[URLPattern]:
        why = path("<uuid:pk>/why/", self.admin_site.admin_view(self.why_view), name="rag_document_why")
        return [why, *super().get_urls()]

    def why_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The passages that ``?question=`` brings, and why; reads only, and counts as nobody's question."""
        document = get_object_or_404(Document.objects.select_related("book", "live_generation"), pk=pk)
        if not self.has_view_permission(request, document) or not document.visible_to(request.user):
            raise PermissionDenied
        question = " ".join(request.GET.get("question", "").replace("\0", "").split())[:LONGEST_QUESTION]
        found, why_not = None, ""
        try:
            generation = queries.live_generation(document)
            found = explain(question, generation, k=SHOWN) if question else None
        except LibraryError as refusal:
            why_not = " ".join(refusal.sentences)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("Why this passage?"),
            "opts": self.opts,
            "document": document,
            "question": question,
            "found": found,
            "why_not": why_not,
        }
        return TemplateResponse(request, "admin/rag/document/why.html", context)
