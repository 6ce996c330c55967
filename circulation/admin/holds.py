"""Holds in the admin: to look at, to end or keep, and what they say of what to buy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from circulation import services
from circulation.models import Hold
from circulation.reports import buying
from circulation.reports.csv import table
from library.core import days
from library.core.admin import LENDING, ReadOnlyAdmin
from library.core.errors import LibraryError
from library.core.http.api import user_of
from library.core.http.ranges import in_pieces

ROWS = 50


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    part, place = LENDING, 1
    change_list_template = "admin/circulation/hold/change_list.html"
    list_display = [
        "book",
        "patron",
        "pickup_branch",
        "copy",
        "state",
        "position",
        "placed_at",
        "shelf_until",
        "wanted_until",
        "cancel_requested",
        "ended_at",
    ]
    list_filter = ["state", "cancel_requested", "pickup_branch", "is_copy_level", "patron__tier", "placed_at"]
    list_select_related = ["book", "patron__user", "pickup_branch", "copy"]
    search_fields = [
        "copy__barcode",
        "copy__barcode_folded__exact",
        "patron__card_number",
        "patron__card_folded__exact",
        "book__title",
    ]
    date_hierarchy = "placed_at"
    actions = ["cancel_ticked", "keep_ticked", "wake_ticked"]

    def get_urls(self) -> list[Any]:
        door = self.admin_site.admin_view
        return [
            path("buying/", door(self.buying_view), name="circulation_hold_buying"),
            path("buying.csv", door(self.buying_csv), name="circulation_hold_buying_csv"),
            *super().get_urls(),
        ]

    def has_desk_permission(self, request: HttpRequest) -> bool:
        """Asked by the actions: whether this user may change holds."""
        return request.user.has_perm("circulation.change_hold")

    @admin.action(description=_("Cancel the ticked holds"), permissions=["desk"])
    def cancel_ticked(self, request: HttpRequest, ticked: QuerySet[Hold]) -> None:
        self._each(request, ticked, services.cancel_hold)

    @admin.action(description=_("Keep the ticked holds on the hold shelf"), permissions=["desk"])
    def keep_ticked(self, request: HttpRequest, ticked: QuerySet[Hold]) -> None:
        self._each(request, ticked, services.keep_hold)

    @admin.action(description=_("Let the ticked holds go on"), permissions=["desk"])
    def wake_ticked(self, request: HttpRequest, ticked: QuerySet[Hold]) -> None:
        self._each(request, ticked, services.resume_hold)

    def _each(self, request: HttpRequest, ticked: QuerySet[Hold], verb: Callable[..., Hold]) -> None:
        """Each for itself; of those that are refused, why."""
        done = 0
        for hold in ticked.select_related("book"):
            try:
                verb(hold=hold, by=user_of(request))
                done += 1
            except LibraryError as refusal:
                self.message_user(request, f"{hold.book.title}: {refusal.detail}", messages.ERROR)
        if done:
            told = ngettext("%(count)d hold was changed.", "%(count)d holds were changed.", done) % {"count": done}
            self.message_user(request, told, messages.SUCCESS)

    def buying_view(self, request: HttpRequest) -> HttpResponse:
        """Holds for each copy, the greatest need first; and holds that nothing can serve."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        least = _least(request)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": now("What to buy"),
            "least": least,
            "found": Paginator(buying.Demands(least=least), ROWS).get_page(request.GET.get("page")),
            "unserved": Paginator(buying.unserved(), ROWS).get_page(request.GET.get("unserved")),
        }
        return TemplateResponse(request, "admin/circulation/hold/buying.html", context)

    def buying_csv(self, request: HttpRequest) -> HttpResponseBase:
        """The first list as a file. It names no reader."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        pieces = in_pieces(request, table(_names(), _lines(_least(request))))
        name = f"what-to-buy-{days.today().isoformat()}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
        return StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8", headers=headers)


def _least(request: HttpRequest) -> int:
    """From how many holds on a book is listed."""
    asked = request.GET.get("least", "")
    return max(1, min(int(asked), 10_000)) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1


def _names() -> list[str]:
    return [now("book"), now("title"), now("holds"), now("copies"), now("holds for each copy"), now("waiting since")]


def _lines(least: int) -> Iterator[list[str]]:
    for batch in buying.Demands(least=least).in_batches():
        for row in batch:
            each = "" if row.each is None else str(row.each)
            yield [str(row.book), row.title, str(row.holds), str(row.copies), each, str(row.since)]
