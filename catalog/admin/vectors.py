"""Generations of book vectors: how far they are, and going on with what was stopped. They are made by jobs alone."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import BookGeneration
from catalog.semantic import generations, vectors
from library.core.admin import SYSTEM
from library.core.http.api import user_of
from library.jobs import queries as jobs


@admin.register(BookGeneration)
class BookGenerationAdmin(admin.ModelAdmin[BookGeneration]):
    part, place, called = SYSTEM, 4, gettext_lazy("Search by meaning")
    list_display = ("model", "dimensions", "state", "filled", "job_state", "created_at", "live_at")
    fields = ("model", "dimensions", "recipe", "state", "filled", "created_at", "live_at")
    readonly_fields = fields
    actions = ("go_on",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: BookGeneration | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: BookGeneration | None = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("records embedded"))
    def filled(self, generation: BookGeneration) -> str:
        share = generations.share(generation)
        return _("%(done)d of %(total)d (%(percent)d %%)") % {
            "done": share.done,
            "total": share.total,
            "percent": share.percent,
        }

    @admin.display(description=gettext_lazy("last job"))
    def job_state(self, generation: BookGeneration) -> str:
        job = jobs.latest(vectors.KIND, generation)
        return str(job.get_state_display()) if job else ""

    @admin.action(description=gettext_lazy("Embed what is missing"), permissions=["go_on"])
    def go_on(self, request: HttpRequest, chosen: Any) -> None:
        job = vectors.continue_building(by=user_of(request))
        messages.info(request, _("A worker embeds them.") if job else _("Every record has its vector."))

    def has_go_on_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.change_job")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        generation = self.get_object(request, object_id) if object_id else None
        job = jobs.latest(vectors.KIND, generation) if generation else None
        return super().changeform_view(
            request,
            object_id,
            form_url,
            {
                **(extra_context or {}),
                "job": job,
                "may_cancel": job is not None and jobs.may_cancel(job, request.user),
            },
        )
