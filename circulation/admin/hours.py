"""Opening hours in the admin: all branches at a glance, the week of each as a grid, a month with its closed days."""

from __future__ import annotations

import calendar as months
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from catalog.models import Branch
from circulation.admin.calendar_forms import WeekForm
from circulation.explain import opening_words
from circulation.models import OpeningHours, Term
from circulation.rules.opening_hours import Calendar, Week
from circulation.services import opening
from circulation.services.redating import LONGEST, Closure, Preview
from circulation.state import calendars
from library.core.admin import RULES
from library.core.http.api import user_of

if TYPE_CHECKING:  # generic only for the type checker
    Base = admin.ModelAdmin[OpeningHours]
else:
    Base = admin.ModelAdmin
BRANCHES_A_PAGE = 50
FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True)
class Day:
    """A day of the month view."""

    date: date
    hours: str
    why_closed: str
    is_exception: bool
    is_today: bool
    add_exception: str


@admin.register(OpeningHours)
class OpeningHoursAdmin(Base):
    """Hours are typed as weeks, never row by row."""

    part, place = RULES, 3

    def get_urls(self) -> list[Any]:
        week, month = self.admin_site.admin_view(self.week_view), self.admin_site.admin_view(self.month_view)
        ours = [
            path("<int:pk>/week/", week, name="circulation_openinghours_week"),
            path("<int:pk>/month/", month, name="circulation_openinghours_month"),
        ]
        return [*ours, *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Every branch with its week and the weeks that it has in terms to come."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        page = Paginator(Branch.objects.order_by("name", "pk"), BRANCHES_A_PAGE).get_page(request.GET.get("page"))
        weeks = calendars.weeks_of([branch.pk for branch in page])
        terms = list(Term.objects.filter(last_day__gte=timezone.localdate()).select_related("branch"))
        rows = [
            {
                "branch": branch,
                "week": opening_words.week(weeks[branch.pk].weekly),
                "terms": [
                    (term, opening_words.week(weeks[branch.pk].by_term.get(term.pk, {})))
                    for term in terms
                    if term.branch_id in {None, branch.pk}
                ],
            }
            for branch in page
        ]
        return self._page(request, "overview", {"title": _("Opening hours"), "rows": rows, "page": page})

    def change_view(self, request: HttpRequest, object_id: str, *given: Any, **more: Any) -> HttpResponse:
        """One row alone is no week: the grid of its branch instead."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        term = f"?term={row.term_id}" if row.term_id else ""
        return HttpResponseRedirect(reverse("admin:circulation_openinghours_week", args=[row.branch_id]) + term)

    def week_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The week of a branch, or its week in a term, as a grid."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        branch, term = get_object_or_404(Branch, pk=pk), _term(request, pk)
        form = WeekForm(request.POST or None, week=_stored(branch, term))
        if form.is_valid():
            opening.set_week(branch=branch, term=term, week=form.week, by=user_of(request))
            return self._after_week(request, branch)
        title = _("Opening hours of %(branch)s") % {"branch": branch}
        terms = Term.objects.filter(last_day__gte=timezone.localdate(), branch__in=[branch])
        everywhere = Term.objects.filter(last_day__gte=timezone.localdate(), branch=None)
        context = {
            "title": f"{title}: {term}" if term else title,
            "branch": branch,
            "term": term,
            "form": form,
            "terms": (terms | everywhere).order_by("first_day", "pk"),
        }
        return self._page(request, "week", context, status=422 if form.errors else 200)

    def _after_week(self, request: HttpRequest, branch: Branch) -> HttpResponse:
        """Back to all branches, or on to the loans that are due on days which are closed now."""
        messages.success(request, _("The week of %(branch)s is saved.") % {"branch": branch})
        today = timezone.localdate()
        closure = Closure(branch, today, today + LONGEST, is_for_week=True)
        address = reverse("admin:circulation_openinghours_changelist")
        if request.user.has_perm("circulation.add_redating") and _moves_anything(Preview(closure)):
            given = {"branch": branch.pk, "first": closure.first, "last": closure.last, "week": "on"}
            address = f"{reverse('admin:circulation_redating_preview')}?{urlencode(given)}"
        return HttpResponseRedirect(address)

    def month_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The open and the closed days of one month, with their hours or why not."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        branch, first = get_object_or_404(Branch, pk=pk), _month(request.GET.get("month", ""))
        open_days = calendars.calendar_of(branch.pk)
        weeks = [
            [_day(day, open_days, branch) if day.month == first.month else None for day in week]
            for week in months.Calendar().monthdatescalendar(first.year, first.month)
        ]
        month = date_format(first, "F Y")
        context = {
            "title": _("%(branch)s in %(month)s") % {"branch": branch, "month": month},
            "branch": branch,
            "weeks": weeks,
            "month": month,
            "weekdays": [str(name) for name in WEEKDAYS.values()],
            "terms": _terms_within(open_days, first),
            "earlier": _near_month(first, -1),
            "later": _near_month(first, 1),
            "branches": Branch.objects.order_by("name", "pk"),
            "shown": f"{first:%Y-%m}",
            "may_add": request.user.has_perm("circulation.add_calendarexception"),
        }
        return self._page(request, "month", context)

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        shared = self.admin_site.each_context(request) | {"opts": self.opts, "media": self.media}
        shared["may_change"] = self.has_change_permission(request)
        return TemplateResponse(request, f"admin/circulation/openinghours/{name}.html", shared | context, status=status)


def _term(request: HttpRequest, branch: int) -> Term | None:
    """The term that the address names; one of another branch is none of this one."""
    wanted = request.GET.get("term", "")
    if not wanted:
        return None
    term = (
        Term.objects.filter(pk=wanted).first() if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else None
    )
    if term is None or term.branch_id not in {None, branch}:
        raise Http404
    return term


def _stored(branch: Branch, term: Term | None) -> Week | None:
    weeks = calendars.weeks_of([branch.pk])[branch.pk]
    return weeks.by_term.get(term.pk) if term else weeks.weekly


def _month(text: str) -> date:
    """The first day of "2026-03"; anything else is this month."""
    year, _dash, month = text.partition("-")
    is_number = text.isascii() and year.isdigit() and month.isdigit()
    if is_number and FIRST_YEAR <= int(year) <= LAST_YEAR and 1 <= int(month) <= 12:
        return date(int(year), int(month), 1)
    return timezone.localdate().replace(day=1)


def _near_month(first: date, ahead: int) -> str:
    near = first - timedelta(days=1) if ahead < 0 else first + timedelta(days=31)
    return f"{near:%Y-%m}"


def _terms_within(known: Calendar, first: date) -> list[str]:
    last = first.replace(day=months.monthrange(first.year, first.month)[1])
    return [term.name for term in known.terms if term.first <= last and term.last >= first]


def _day(day: date, known: Calendar, branch: Branch) -> Day:
    given = urlencode({"branch": branch.pk, "first_day": day, "last_day": day})
    return Day(
        date=day,
        hours=opening_words.hours(known.hours(day)),
        why_closed=known.why_closed(day),
        is_exception=known.exception_on(day) is not None,
        is_today=day == timezone.localdate(),
        add_exception=f"{reverse('admin:circulation_calendarexception_add')}?{given}",
    )


def _moves_anything(preview: Preview) -> bool:
    return preview.loans().exists() or preview.holds().exists()
