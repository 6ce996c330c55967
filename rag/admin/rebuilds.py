"""The rebuilding of all indexes: how far it is, stopped and gone on with."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from library.core.admin import SYSTEM, ReadOnly, banner
from library.core.http.api import user_of
from library.jobs import queries as jobs
from rag.indexes import rebuilding, reports
from rag.models import Rebuild

CHANGE = "rag.change_rebuild"


@banner
def outdated_indexes(request: HttpRequest) -> str:
    """What staff see on the first page of the admin where indexes are not as the settings want them."""
    return reports.sentence(rebuilding.standing()) if request.user.has_perm("rag.view_rebuild") else ""


@admin.register(Rebuild)
class RebuildAdmin(ReadOnly, admin.ModelAdmin[Rebuild]):
    part, place, called = SYSTEM, 3, gettext_lazy("Reading all books anew")
    list_display = ("made_by", "chunker", "state", "created_at", "ended_at")
    list_filter = ("state",)
    list_select_related = ("space",)
    fields = ("made_by", "chunker", "state", "created_at", "ended_at")
    readonly_fields = fields
    change_list_template = "admin/rag/rebuild/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rebuild]:
        return super().get_queryset(request).select_related("space")

    @admin.display(description=gettext_lazy("model"))
    def made_by(self, rebuild: Rebuild) -> str:
        return str(rebuild.space)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        standing = rebuilding.standing()
        return super().changelist_view(
            request,
            {
                **(extra_context or {}),
                "standing": standing,
                "warning": reports.sentence(standing),
                "job": standing.job,
                "may_cancel": standing.job is not None and jobs.may_cancel(standing.job, request.user),
                "may_change": request.user.has_perm(CHANGE),
            },
        )

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("stop/", self.admin_site.admin_view(require_POST(self.stop)), name="rag_rebuild_stop"),
            path("resume/", self.admin_site.admin_view(require_POST(self.resume)), name="rag_rebuild_resume"),
        ]
        return [*own, *super().get_urls()]

    def stop(self, request: HttpRequest) -> HttpResponse:
        """What is ready is kept; nothing goes on until somebody says so."""
        self._check(request)
        stopped = rebuilding.stop(by=user_of(request))
        messages.success(request, _("It is being stopped.") if stopped else _("Nothing is being indexed anew."))
        return redirect("admin:rag_rebuild_changelist")

    def resume(self, request: HttpRequest) -> HttpResponse:
        """Go on, and try again what failed."""
        self._check(request)
        begun = rebuilding.resume(by=user_of(request))
        messages.success(request, _("A worker goes on with it.") if begun else _("Every index is as it should be."))
        return redirect("admin:rag_rebuild_changelist")

    def _check(self, request: HttpRequest) -> None:
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
