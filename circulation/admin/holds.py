"""Holds to look at."""

from __future__ import annotations

from django.contrib import admin

from circulation.models import Hold
from library.core.admin import LENDING, ReadOnlyAdmin


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    part, place = LENDING, 1
    list_display = ["book", "patron", "pickup_branch", "copy", "state", "placed_at", "ready_at", "ended_at"]
    list_filter = ["state", "pickup_branch", "patron__tier", "placed_at"]
    list_select_related = ["book", "patron__user", "pickup_branch", "copy"]
    search_fields = [
        "copy__barcode",
        "copy__barcode_folded__exact",
        "patron__card_number",
        "patron__card_folded__exact",
        "book__title",
    ]
    date_hierarchy = "placed_at"
