"""Jobs, to look at and to stop."""

from __future__ import annotations

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from library.core.admin import SYSTEM, ReadOnly
from library.core.errors import LibraryError
from library.jobs import services
from library.jobs.models import Job, JobQuerySet


@admin.register(Job)
class JobAdmin(ReadOnly, admin.ModelAdmin[Job]):
    part, place, called = SYSTEM, 6, _("Work in the background")
    list_display = ["kind", "state", "percent", "message", "error", "attempt", "requested_by", "created_at", "ended_at"]
    list_filter = ["state", "kind"]
    list_select_related = ["requested_by"]
    date_hierarchy = "created_at"
    actions = ["stop"]

    @admin.action(description=_("Stop the chosen jobs"), permissions=["stop"])
    def stop(self, request: HttpRequest, chosen: JobQuerySet) -> None:
        for job in chosen.open():
            try:
                services.cancel(job=job, by=request.user)  # type: ignore[arg-type]  # signed in
            except LibraryError as refusal:
                messages.error(request, f"{job}: {refusal.detail}")

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.change_job")
