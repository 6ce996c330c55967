"""Documents and their indexes, to look at: they are made by jobs alone."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from rag.models import Document, IndexGeneration


class ReadOnly:
    """Nothing here is changed by hand."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class GenerationInline(ReadOnly, admin.TabularInline[IndexGeneration, Document]):
    model = IndexGeneration
    fk_name = "document"
    fields = ("model", "chunker", "state", "page_count", "passage_count", "note", "created_at", "ready_at")
    readonly_fields = fields
    extra = 0


@admin.register(Document)
class DocumentAdmin(ReadOnly, admin.ModelAdmin[Document]):
    list_display = ["__str__", "pages", "passages", "embedded_by", "created_at"]
    list_select_related = ["book", "live_generation"]
    search_fields = ["book__title"]
    fields = ["book", "created_at"]
    inlines = [GenerationInline]

    @admin.display(description=_("pages"))
    def pages(self, document: Document) -> int | None:
        return document.live_generation.page_count if document.live_generation else None

    @admin.display(description=_("passages"))
    def passages(self, document: Document) -> int | None:
        return document.live_generation.passage_count if document.live_generation else None

    @admin.display(description=_("model"))
    def embedded_by(self, document: Document) -> str:
        return document.live_generation.model if document.live_generation else ""


@admin.register(IndexGeneration)
class IndexGenerationAdmin(ReadOnly, admin.ModelAdmin[IndexGeneration]):
    list_display = ["book", "model", "chunker", "state", "page_count", "passage_count", "note", "created_at"]
    list_filter = ["state", "model"]
    search_fields = ["document__book__title"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[IndexGeneration]:
        return super().get_queryset(request).select_related("document__book")

    @admin.display(description=_("book"))
    def book(self, generation: IndexGeneration) -> str:
        return str(generation.document)
