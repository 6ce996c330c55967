"""Copies, their types and the branches, in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog import services
from catalog.forms import CopyAdminForm, changed_fields
from catalog.models import Branch, Copy, ItemType
from catalog.services import barcodes
from library.core.admin import CATALOGUE, RULES
from library.core.http.api import user_of

if TYPE_CHECKING:  # generic only for the type checker
    CopyBase = admin.ModelAdmin[Copy]
    BranchBase = admin.ModelAdmin[Branch]
    ItemTypeBase = admin.ModelAdmin[ItemType]
else:
    CopyBase = BranchBase = ItemTypeBase = admin.ModelAdmin

OWN = ("barcode", "branch", "shelf_mark", "status", "not_for_loan", "item_type", "condition", "price")


def add(copy: Copy, by: User) -> Copy:
    """Put the copy of a form on its shelf."""
    return services.add_copy(book=copy.book, by=by, **{name: getattr(copy, name) for name in OWN})


def suggesting(field: Any) -> Any:
    """The field of a barcode, which says what a new copy gets if it stays empty."""
    following = barcodes.suggest()
    field.widget.attrs["placeholder"] = following
    field.help_text = _("Left empty, a new copy gets the next free one: %(next)s.") % {"next": following}
    return field


def given_barcode(copy: Copy) -> str:
    """What to write on the label of a copy that came without one."""
    return _("The copy at %(branch)s has the barcode %(barcode)s.") % {
        "branch": copy.branch.name,
        "barcode": copy.barcode,
    }


@admin.register(Copy)
class CopyAdmin(CopyBase):
    part, place = CATALOGUE, 1
    form = CopyAdminForm
    list_display = ("barcode", "book", "branch", "shelf_mark", "status", "item_type", "not_for_loan")
    list_filter = ("branch", "status", "item_type", "condition", "not_for_loan")
    search_fields = ("barcode_folded__exact", "book__title", "shelf_mark")
    search_help_text = _("Barcode, title or shelf mark")
    autocomplete_fields = ("book",)
    list_select_related = ("book", "branch", "item_type")
    ordering = ("-pk",)
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Copy]:
        copies: QuerySet[Copy] = super().get_queryset(request)
        return copies.defer("book__description", "book__search_a", "book__search_b", "book__search_c", "book__search_d")

    def get_readonly_fields(self, request: HttpRequest, obj: Copy | None = None) -> tuple[str, ...]:
        return ("book",) if obj else ()

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        return suggesting(field) if db_field.name == "barcode" else field

    def save_model(self, request: HttpRequest, obj: Copy, form: Any, change: bool) -> None:
        by = user_of(request)
        if not change:
            if not obj.barcode:
                obj.barcode = barcodes.take()
                self.message_user(request, given_barcode(obj), messages.INFO)
            obj.pk = add(obj, by).pk
        else:
            changes = {name: getattr(obj, name) for name in changed_fields(form, Copy)}
            services.change_copy(copy=obj, changes=changes, by=by)

    def delete_model(self, request: HttpRequest, obj: Copy) -> None:
        services.delete_copy(copy=obj, by=user_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Copy]) -> None:
        for copy in queryset:
            self.delete_model(request, copy)


@admin.register(Branch)
class BranchAdmin(BranchBase):
    part, place = RULES, 6
    list_display = ("name", "code", "address", "is_pickup")
    search_fields = ("name", "code")
    prepopulated_fields = {"code": ("name",)}


@admin.register(ItemType)
class ItemTypeAdmin(ItemTypeBase):
    part, place = RULES, 7
    list_display = ("name", "code", "is_place", "price")
    search_fields = ("name", "code")
    prepopulated_fields = {"code": ("name",)}
