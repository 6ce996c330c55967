"""Moving due dates off closed days: what would happen, the order, how far its job is, and what it moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from circulation.admin.calendar_forms import ClosureForm
from circulation.admin.exceptions import OwnOrEvery
from circulation.models import Redating
from circulation.services import redating
from circulation.services.redating import Preview
from library.core.admin import LENDING, ReadOnlyAdmin
from library.core.errors import LibraryError
from library.core.http.api import user_of
from library.jobs import queries as jobs
from library.jobs.models import Job, JobState

LOANS_A_PAGE = 25
DAYS_SHOWN = 60

if TYPE_CHECKING:
    from django.core.paginator import Page


@admin.register(Redating)
class RedatingAdmin(ReadOnlyAdmin):
    part, place = LENDING, 2
    list_display = ("days", "whose", "ordered_by", "ordered_at", "moved_loans", "job_state")
    list_select_related = ("branch", "ordered_by")
    list_filter = (("branch", OwnOrEvery),)
    fields = ("days", "whose", "is_for_week", "ordered_by", "ordered_at")
    readonly_fields = fields
    change_form_template = "admin/circulation/redating/change_form.html"
    change_list_template = "admin/circulation/redating/change_list.html"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.preview_view)
        return [path("preview/", view, name="circulation_redating_preview"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Redating]:
        newest = Job.objects.filter(subject_id=OuterRef("pk"), kind=redating.KIND).order_by("-created_at", "-id")
        rows = super().get_queryset(request).annotate(moved_count=Count("moved"))
        return cast("QuerySet[Redating]", rows.annotate(state_of_job=Subquery(newest.values("state")[:1])))

    @admin.display(description=gettext_lazy("closed days"), ordering="first_day")
    def days(self, row: Redating) -> str:
        return str(row)

    @admin.display(description=gettext_lazy("branch"), ordering="branch__name")
    def whose(self, row: Redating) -> str:
        return str(row.branch or _("every branch"))

    @admin.display(description=gettext_lazy("loans moved"), ordering="moved_count")
    def moved_loans(self, row: Any) -> int:
        return int(row.moved_count)

    @admin.display(description=gettext_lazy("job"))
    def job_state(self, row: Any) -> str:
        return str(JobState(row.state_of_job).label) if row.state_of_job else ""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id) if object_id else None
        job = jobs.latest(redating.KIND, row) if row else None
        context: dict[str, Any] = {"job": job, "may_cancel": job is not None and jobs.may_cancel(job, request.user)}
        if row is not None:
            moved = row.moved.select_related("loan__copy__book", "loan__patron__user").order_by("pk")
            context["moved"] = Paginator(moved, LOANS_A_PAGE).get_page(request.GET.get("page"))
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Which loans are due on closed days, and where they would go; POST gives the order."""
        if not request.user.has_perm("circulation.add_redating"):
            raise PermissionDenied
        given = request.POST if request.method == "POST" else request.GET
        form = ClosureForm(given if "first" in given else None)
        context: dict[str, Any] = {"form": form}
        if form.is_valid():
            try:
                if request.method == "POST":
                    return self._order(request, form)
                context |= self._effect(request, form)
            except LibraryError as refusal:
                context["refusal"] = refusal.sentences
        context |= self.admin_site.each_context(request) | {
            "opts": self.opts,
            "media": self.media,
            "title": _("Due dates on closed days"),
        }
        is_wrong = "refusal" in context or (form.is_bound and bool(form.errors))
        return TemplateResponse(
            request, "admin/circulation/redating/preview.html", context, status=422 if is_wrong else 200
        )

    def _effect(self, request: HttpRequest, form: ClosureForm) -> dict[str, Any]:
        preview = Preview(form.closure)
        days = preview.days()
        page: Page[Any] = Paginator(preview.loans().with_names(), LOANS_A_PAGE).get_page(request.GET.get("page"))
        return {
            "days": days[:DAYS_SHOWN],
            "shelf_days": preview.shelf_days(),
            "more_days": max(len(days) - DAYS_SHOWN, 0),
            "page": page,
            "count": page.paginator.count,
            "moves": list(preview.moves(page.object_list)),
            "is_checked": True,
        }

    def _order(self, request: HttpRequest, form: ClosureForm) -> HttpResponse:
        made, _job = redating.order(closure=form.closure, by=user_of(request))
        messages.success(request, _("A worker moves the due dates."))
        return HttpResponseRedirect(reverse("admin:circulation_redating_change", args=[made.pk]))
