"""The progress of a job, as a page of its own and as a part of others that polls."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from library.core.errors import LibraryError
from library.core.http.safe_redirects import own_page
from library.jobs import queries, services
from library.jobs.models import Job


@login_required
@require_GET
def progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A page without JavaScript; the part alone for HTMX, which is told to reload the page when the job has ended."""
    job = queries.get_job(pk, request.user)
    if request.htmx:  # type: ignore[attr-defined]  # set by HtmxMiddleware
        response = render(request, "jobs/_progress.html", _context(request, job))
        if not job.is_open:
            response["HX-Refresh"] = "true"
        return response
    return render(request, "jobs/progress.html", _context(request, job))


@login_required
@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    job = queries.get_job(pk, request.user)
    try:
        services.cancel(job=job, by=request.user)  # type: ignore[arg-type]  # signed in
    except LibraryError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, _("It is being stopped."))
    return redirect(own_page(request, request.POST.get("next", "")) or job_address(job))


def job_address(job: Job) -> str:
    from django.urls import reverse

    return reverse("jobs:progress", args=[job.pk])


def _context(request: HttpRequest, job: Job) -> dict[str, object]:
    return {"job": job, "may_cancel": queries.may_cancel(job, request.user)}
