"""What the library says of itself, in the admin: for administrators alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from library.core.admin import SYSTEM
from library.profile import services
from library.profile.logos import as_png
from library.profile.models import LibraryProfile

if TYPE_CHECKING:
    from accounts.models import User


class ProfileForm(forms.ModelForm[LibraryProfile] if TYPE_CHECKING else forms.ModelForm):  # type: ignore[misc]
    """The row, and a picture that is looked at before anything is saved."""

    new_logo = forms.FileField(
        label=_("Logo"),
        required=False,
        help_text=_("PNG, JPEG, WebP or GIF, at most 2 MB. It is kept as a small PNG."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
    )
    without_logo = forms.BooleanField(label=_("No logo any more"), required=False)

    class Meta:
        model = LibraryProfile
        fields = ("name", "address", "currency", "sender")
        widgets = {"address": forms.Textarea(attrs={"rows": 4})}

    def clean_currency(self) -> str:
        currency = str(self.cleaned_data["currency"]).upper()
        try:
            services.check_currency(currency)
        except services.CurrencyStands as refusal:
            raise forms.ValidationError(refusal.detail, code=refusal.error_code) from refusal
        return currency

    def clean_new_logo(self) -> Any:
        upload = self.cleaned_data["new_logo"]
        return as_png(upload) if upload else None

    def _get_validation_exclusions(self) -> set[str]:
        self.instance.currency = self.cleaned_data.get("currency", "")  # in capitals, before it is looked up
        exclusions: set[str] = super()._get_validation_exclusions()
        return exclusions


@admin.register(LibraryProfile)
class LibraryProfileAdmin(admin.ModelAdmin[LibraryProfile]):
    """The one row: no list leads to it."""

    part, place, called = SYSTEM, -1, _("The library")
    form = ProfileForm
    fieldsets = [
        (None, {"fields": ["name", "address", "currency"]}),
        (_("Letters"), {"fields": ["sender"]}),
        (_("Picture"), {"fields": ["new_logo", "without_logo"]}),
    ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:profile_libraryprofile_change", args=[1]))

    def save_model(self, request: HttpRequest, obj: LibraryProfile, form: Any, change: bool) -> None:
        services.save(
            profile=obj,
            by=cast("User", request.user),
            logo=form.cleaned_data["new_logo"],
            without_logo=form.cleaned_data["without_logo"],
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
