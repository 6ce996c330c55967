"""Jobs, to look at and to stop; and what the library did by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from library.core.admin import SYSTEM, ReadOnly, ReadOnlyAdmin
from library.core.errors import LibraryError
from library.jobs import services
from library.jobs.models import Job, JobQuerySet, NightlyReport, RunState


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


@admin.register(NightlyReport)
class NightlyReportAdmin(ReadOnlyAdmin):
    """Runs of tasks. One whose worker ended without a word is shown as interrupted at once."""

    part, place, called = SYSTEM, 7, _("What the library did by itself")
    list_display = ("started_at", "what", "how_it_stands", "how_long", "done", "skipped", "failed")
    list_filter = ("state", "task")
    date_hierarchy = "started_at"
    fields = (*list_display, "moved_at", "ended_at", "fault_lines")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return NightlyReport.objects.with_turn()

    @admin.display(description=_("task"), ordering="task")
    def what(self, row: NightlyReport) -> str:
        from library.core.background import schedule  # Celery, which commands can do without

        return schedule.called(row.task)

    @admin.display(description=_("state"), ordering="state")
    def how_it_stands(self, row: Any) -> str:
        lives = row.state != RunState.RUNNING or row.has_turn
        return str(RunState(row.state if lives else RunState.INTERRUPTED).label)

    @admin.display(description=_("took"))
    def how_long(self, row: NightlyReport) -> str:
        return str(timedelta(seconds=round(row.lasted.total_seconds())))

    @admin.display(description=_("faults"))
    def fault_lines(self, row: NightlyReport) -> str:
        lines = ((line["row"], line["error"], line["sentence"]) for line in row.faults)
        return format_html_join("", "<p>{} {}: {}</p>", lines) or "–"
