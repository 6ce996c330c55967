"""Documents and their indexes: how they stand, read anew and deleted. Made by jobs alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from library.core.admin import SYSTEM, ReadOnly
from library.core.errors import LibraryError
from library.core.http.api import user_of
from library.jobs import queries as jobs
from library.jobs.models import Job, JobState
from rag import queries, recipes, services
from rag.admin.why import WhyPage
from rag.indexes import rebuilding, reports
from rag.models import Document, IndexGeneration

REINDEX, DELETE = "rag.add_indexgeneration", "rag.delete_indexgeneration"
AT_ONCE = 1_000


class GenerationInline(ReadOnly, admin.TabularInline[IndexGeneration, Document]):
    model = IndexGeneration
    fk_name = "document"
    fields = (
        "model",
        "dimensions",
        "chunker",
        "state",
        "page_count",
        "passage_count",
        "language",
        "note",
        "created_at",
        "ready_at",
    )
    readonly_fields = fields
    extra = 0


class StandsFilter(admin.SimpleListFilter):
    """By what a librarian would do about them."""

    title = gettext_lazy("index")
    parameter_name = "index"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("ready", gettext_lazy("can be asked")),
            ("stale", gettext_lazy("by another model or recipe")),
            ("under_way", gettext_lazy("being read")),
            ("failed", gettext_lazy("last reading failed")),
            ("noted", gettext_lazy("unusual files")),
            ("deleted", gettext_lazy("deleted")),
        ]

    def queryset(self, request: HttpRequest, documents: QuerySet[Document]) -> QuerySet[Document]:
        wishes: dict[str | None, Callable[[], QuerySet[Document]]] = {
            "ready": lambda: documents.exclude(live_generation=None),
            "stale": lambda: documents.filter(pk__in=rebuilding.outdated(recipes.wanted()).values("pk")),
            "under_way": lambda: documents.filter(Q(job_state__in=[JobState.QUEUED, JobState.RUNNING])),
            "failed": lambda: documents.filter(Q(job_state=JobState.FAILED), index_deleted_at=None),
            "noted": lambda: documents.exclude(Q(live_generation=None) | Q(live_generation__note="")),
            "deleted": lambda: documents.exclude(index_deleted_at=None),
        }
        return wishes.get(self.value(), lambda: documents)()


@admin.register(Document)
class DocumentAdmin(ReadOnly, WhyPage):
    part, place, called = SYSTEM, 1, gettext_lazy("Books that can be asked")
    list_display = ("__str__", "stands", "pages", "passages", "embedded_by", "language", "note")
    list_filter = (StandsFilter, "live_generation__model")
    list_select_related = ("book", "live_generation")
    search_fields = ("book__title",)
    fields = ("book", "stands", "pages", "passages", "embedded_by", "languages", "note", "failure", "created_at")
    readonly_fields = fields
    inlines = (GenerationInline,)
    actions = ("reindex_chosen", "delete_chosen")
    change_form_template = "admin/rag/document/change_form.html"
    change_list_template = "admin/rag/change_list.html"

    # -- what is shown ---------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        of_document = Job.objects.filter(
            kind=queries.KIND, subject_label=Document._meta.label_lower, subject_id=OuterRef("pk")
        ).order_by("-created_at", "-id")
        return (
            super()
            .get_queryset(request)
            .annotate(
                job_state=Subquery(of_document.values("state")[:1]), job_error=Subquery(of_document.values("error")[:1])
            )
        )

    @admin.display(description=gettext_lazy("index"))
    def stands(self, document: Any) -> str:
        """In two or three words, from what the list has read already."""
        is_open = document.job_state in {JobState.QUEUED, JobState.RUNNING}
        if document.index_deleted_at:
            return _("deleted")
        if document.live_generation is None:
            return _("being read") if is_open else _("stopped") if document.job_state == "cancelled" else _("failed")
        if is_open:
            return _("can be asked, being read anew")
        if recipes.recipe_of(document.live_generation) != recipes.wanted():
            return _("can be asked, out of date")
        return _("can be asked, last reading failed") if document.job_state == "failed" else _("can be asked")

    @admin.display(description=gettext_lazy("pages"))
    def pages(self, document: Document) -> int | str:
        return document.live_generation.page_count if document.live_generation else ""

    @admin.display(description=gettext_lazy("passages"))
    def passages(self, document: Document) -> int | str:
        return document.live_generation.passage_count if document.live_generation else ""

    @admin.display(description=gettext_lazy("model"), ordering="live_generation__model")
    def embedded_by(self, document: Document) -> str:
        return document.live_generation.model if document.live_generation else ""

    @admin.display(description=gettext_lazy("language"), ordering="live_generation__language")
    def language(self, document: Document) -> str:
        return document.live_generation.language if document.live_generation else ""

    @admin.display(description=gettext_lazy("languages"))
    def languages(self, document: Document) -> str:
        return ", ".join(queries.state_of(document).languages)

    @admin.display(description=gettext_lazy("note"))
    def note(self, document: Document) -> str:
        return document.live_generation.note if document.live_generation else ""

    @admin.display(description=gettext_lazy("why the last reading failed"))
    def failure(self, document: Document) -> str:
        return queries.state_of(document).error

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        warning = reports.sentence(rebuilding.standing())
        return super().changelist_view(request, {**(extra_context or {}), "warning": warning})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        document = self.get_object(request, object_id) if object_id else None
        context: dict[str, Any] = {}
        if document is not None:
            state = queries.state_of(document)
            context = {
                "state": state,
                "job": state.job,
                "may_cancel": state.job is not None and jobs.may_cancel(state.job, request.user),
                "may_reindex": self.has_reindex_permission(request) and document.book is not None,
                "may_delete": self.has_delete_index_permission(request) and state.state != "none",
            }
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **context})

    # -- what can be done ------------------------------------------------------------------------------------------

    def has_reindex_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(REINDEX)

    def has_delete_index_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(DELETE)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("<uuid:pk>/reindex/", self.admin_site.admin_view(self.reindex_view), name="rag_document_reindex"),
            path(
                "<uuid:pk>/delete-index/",
                self.admin_site.admin_view(self.delete_index_view),
                name="rag_document_delete_index",
            ),
        ]
        return [*own, *super().get_urls()]

    def reindex_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Asks first, then has one document read anew."""
        if not self.has_reindex_permission(request):
            raise PermissionDenied
        document = get_object_or_404(self.get_queryset(request), pk=pk)
        return self._reindexed(request, [document]) or redirect("admin:rag_document_change", pk)

    def delete_index_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Asks first, then deletes the index of one document."""
        if not self.has_delete_index_permission(request):
            raise PermissionDenied
        document = get_object_or_404(self.get_queryset(request), pk=pk)
        return self._deleted(request, [document]) or redirect("admin:rag_document_change", pk)

    @admin.action(description=gettext_lazy("Read the chosen books anew"), permissions=["reindex"])
    def reindex_chosen(self, request: HttpRequest, chosen: QuerySet[Document]) -> HttpResponse | None:
        return self._reindexed(request, list(chosen[:AT_ONCE]))

    @admin.action(description=gettext_lazy("Delete the indexes of the chosen books"), permissions=["delete_index"])
    def delete_chosen(self, request: HttpRequest, chosen: QuerySet[Document]) -> HttpResponse | None:
        return self._deleted(request, list(chosen[:AT_ONCE]))

    def _reindexed(self, request: HttpRequest, documents: Sequence[Document]) -> HttpResponse | None:
        if "sure" not in request.POST:
            return self._ask(request, documents, "reindex")
        done = self._each(request, documents, services.reindex)
        if done:
            said = ngettext("%(count)d book will be read anew.", "%(count)d books will be read anew.", done)
            messages.success(request, said % {"count": done})
        return None

    def _deleted(self, request: HttpRequest, documents: Sequence[Document]) -> HttpResponse | None:
        if "sure" not in request.POST:
            return self._ask(request, documents, "delete")
        done = self._each(request, documents, services.delete_index)
        if done:
            said = ngettext("%(count)d index is deleted.", "%(count)d indexes are deleted.", done)
            messages.success(request, said % {"count": done})
        return None

    def _each(self, request: HttpRequest, documents: Sequence[Document], verb: Callable[..., Any]) -> int:
        done = 0
        for document in documents:
            try:
                if document.book is not None:
                    verb(book=document.book, by=user_of(request))
                    done += 1
            except LibraryError as refusal:
                messages.error(request, f"{document}: {refusal.detail}")
        return done

    def _ask(self, request: HttpRequest, documents: Sequence[Document], verb: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Delete the index?") if verb == "delete" else _("Read it anew?"),
            "opts": self.opts,
            "documents": documents,
            "verb": verb,
            "action": request.POST.get("action", ""),
            "back": reverse("admin:rag_document_changelist")
            if len(documents) != 1
            else reverse("admin:rag_document_change", args=[documents[0].pk]),
        }
        return TemplateResponse(request, "admin/rag/document/sure.html", context)


@admin.register(IndexGeneration)
class IndexGenerationAdmin(ReadOnly, admin.ModelAdmin[IndexGeneration]):
    part, place, called = SYSTEM, 2, gettext_lazy("Readings of books")
    list_display = (
        "book",
        "model",
        "dimensions",
        "chunker",
        "state",
        "is_live",
        "page_count",
        "passage_count",
        "note",
        "created_at",
    )
    list_filter = ("state", "model", "chunker")
    search_fields = ("document__book__title",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[IndexGeneration]:
        return super().get_queryset(request).select_related("document__book")

    @admin.display(description=gettext_lazy("book"))
    def book(self, generation: IndexGeneration) -> str:
        return str(generation.document)

    @admin.display(description=gettext_lazy("answers"), boolean=True)
    def is_live(self, generation: IndexGeneration) -> bool:
        return generation.document.live_generation_id == generation.pk
