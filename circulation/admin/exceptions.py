"""Terms and exceptions to the week in the admin, and public holidays to start from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from circulation.admin.calendar_forms import ExceptionForm, HolidaysForm, TermForm, chosen_days
from circulation.explain import opening_words
from circulation.models import CalendarException, Term
from circulation.rules.opening_hours import Hours
from circulation.services import opening
from library.core import days
from library.core.admin import RULES
from library.core.errors import LibraryError
from library.core.http.api import user_of

if TYPE_CHECKING:  # generic only for the type checker
    Base = admin.ModelAdmin[Any]
else:
    Base = admin.ModelAdmin


class OwnOrEvery(admin.RelatedFieldListFilter):
    """By branch; rows without one hold for every branch."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.empty_value_display = format_html("{}", _("every branch"))


class DaysAdmin(Base):
    """Days of one branch or of all. What changes is written down."""

    named = ""  # in the record of what was done: term, exception
    list_select_related = ("branch",)
    search_fields = ("name",)
    date_hierarchy = "first_day"
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False

    @admin.display(description=gettext_lazy("branch"), ordering="branch__name")
    def whose(self, row: Any) -> str:
        return str(row.branch or _("every branch"))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **given: Any) -> Any:
        """Branches are made in their own list."""
        field: Any = super().formfield_for_dbfield(db_field, request, **given)
        if isinstance(getattr(field, "widget", None), RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self._note(request, obj, "changed" if change else "added")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._note(request, obj, "deleted")
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset.select_related("branch"):
            self.delete_model(request, row)

    def _note(self, request: HttpRequest, row: Any, what: str) -> None:
        opening.note_exception(row, verb=f"calendar.{self.named}_{what}", by=user_of(request))


class HiddenFilter(admin.SimpleListFilter):
    """What is hidden is listed only where somebody asks for it."""

    title = gettext_lazy("hidden")
    parameter_name = "hidden"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", gettext_lazy("hidden")), ("all", gettext_lazy("with what is hidden"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The first says what is listed where nothing is chosen."""
        first, *others = super().choices(changelist)
        yield {**first, "display": _("not hidden")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == "all" else queryset.filter(is_hidden=self.value() == "yes")


@admin.register(Term)
class TermAdmin(DaysAdmin):
    part, place = RULES, 4
    named = "term"
    form = TermForm
    list_display = ("name", "whose", "first_day", "last_day")
    list_filter = (("branch", OwnOrEvery),)


@admin.register(CalendarException)
class CalendarExceptionAdmin(DaysAdmin):
    """After days were closed here, the loans that are due on them are shown."""

    part, place, called = RULES, 5, gettext_lazy("Holidays and other exceptions")
    named = "exception"
    form = ExceptionForm
    list_display = ("name", "whose", "first_day", "last_day", "what")
    list_filter = (HiddenFilter, ("branch", OwnOrEvery), "is_open")
    actions = ("hide_ticked",)
    change_list_template = "admin/circulation/calendarexception/change_list.html"

    def has_delete_permission(self, request: HttpRequest, obj: CalendarException | None = None) -> bool:
        """Days that have begun are hidden, not deleted: what was late over them is counted by them."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.first_day > days.today())

    @admin.action(description=gettext_lazy("Hide what is past"), permissions=["change"])
    def hide_ticked(self, request: HttpRequest, ticked: QuerySet[CalendarException]) -> None:
        count = 0
        for row in ticked.filter(last_day__lt=days.today(), is_hidden=False).select_related("branch"):
            row.is_hidden = True
            row.save(update_fields=["is_hidden"])
            self._note(request, row, "hidden")
            count += 1
        said = ngettext("%(count)d row was hidden.", "%(count)d rows were hidden.", count) % {"count": count}
        messages.success(request, said)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.holidays_view)
        return [path("holidays/", view, name="circulation_calendarexception_holidays"), *super().get_urls()]

    @admin.display(description=gettext_lazy("open"))
    def what(self, row: CalendarException) -> str:
        if not row.is_open:
            return _("closed")
        if row.opens is None or row.closes is None:
            return _("open as in the week")
        return opening_words.hours([Hours(row.opens, row.closes)])

    def response_add(self, request: HttpRequest, obj: Model, post_url_continue: str | None = None) -> HttpResponse:
        return self._to_preview(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Model) -> HttpResponse:
        return self._to_preview(request, obj) or super().response_change(request, obj)

    def _to_preview(self, request: HttpRequest, row: Any) -> HttpResponse | None:
        """On to the loans that are due on the closed days, where somebody closed some and may move due dates."""
        wants_more = {"_addanother", "_continue", "_popup", "_saveasnew"} & request.POST.keys()
        if row.is_open or wants_more or not request.user.has_perm("circulation.add_redating"):
            return None
        messages.success(request, _("%(exception)s is saved.") % {"exception": row.name})
        return HttpResponseRedirect(preview_address(row.branch_id, row.first_day, row.last_day))

    def holidays_view(self, request: HttpRequest) -> HttpResponse:
        """The public holidays of a country and year: choose, look, add."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        given = request.POST if request.method == "POST" else request.GET
        form = HolidaysForm(given.dict() if "country" in given else None)
        rows: list[dict[str, Any]] = []
        if form.is_valid():
            try:
                holidays = form.holidays()
            except LibraryError as refusal:
                for name, sentences in refusal.fields.items():
                    form.add_error(name, sentences)
            else:
                closed = opening.closed_days(holidays, form.cleaned_data["branch"])
                rows = [{"holiday": one, "is_closed": one.day in closed} for one in holidays]
        if request.method == "POST" and rows:
            days = chosen_days(request.POST.getlist("day"))
            return self._add_holidays(request, form, [row["holiday"] for row in rows if row["holiday"].day in days])
        return self._holidays_page(request, form, rows)

    def _add_holidays(self, request: HttpRequest, form: HolidaysForm, chosen: list[Any]) -> HttpResponse:
        branch = form.cleaned_data["branch"]
        made = opening.add_holidays(holidays=chosen, branch=branch, by=user_of(request))
        if not made:
            messages.warning(request, _("Nothing was chosen that is not closed already."))
            return HttpResponseRedirect(f"{request.path}?{urlencode(form.cleaned_text)}")
        said = ngettext("%(count)d closed day was added.", "%(count)d closed days were added.", len(made))
        messages.success(request, said % {"count": len(made)})
        if not request.user.has_perm("circulation.add_redating"):
            return HttpResponseRedirect(reverse("admin:circulation_calendarexception_changelist"))
        return HttpResponseRedirect(
            preview_address(branch.pk if branch else None, made[0].first_day, made[-1].last_day)
        )

    def _holidays_page(self, request: HttpRequest, form: HolidaysForm, rows: list[dict[str, Any]]) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "media": self.media,
            "title": _("Start from public holidays"),
            "form": form,
            "rows": rows,
            "sent": form.cleaned_text if rows else {},
            "may_add": any(not row["is_closed"] for row in rows),
        }
        return TemplateResponse(
            request,
            "admin/circulation/calendarexception/holidays.html",
            context,
            status=422 if form.is_bound and form.errors else 200,
        )


def preview_address(branch: int | None, first: Any, last: Any) -> str:
    """The page that shows which due dates would move."""
    given = {"branch": branch or "", "first": first, "last": last}
    return f"{reverse('admin:circulation_redating_preview')}?{urlencode(given)}"
