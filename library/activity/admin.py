"""Who did what, in the admin: to be looked at."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from library.activity.models import Activity
from library.core.admin import STAFF, ReadOnlyAdmin


@admin.register(Activity)
class ActivityAdmin(ReadOnlyAdmin):
    part, place, called = STAFF, 4, _("Who did what")
    list_display = ("at", "actor", "verb", "subject", "thing", "data")
    list_filter = ("verb",)
    list_select_related = ("actor", "subject")
    date_hierarchy = "at"
    search_fields = ("actor__full_name", "actor__email", "subject__full_name", "subject__email", "=object_id")
    search_help_text = _("Names and addresses of people, or the id of a thing.")

    @admin.display(description=_("to what"))
    def thing(self, row: Activity) -> str:
        return f"{row.object_label} {row.object_id}".strip()
