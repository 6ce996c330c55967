"""People in the admin. Rights change only through the services; codes, tokens and password hashes are not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.admin.blocks import BlockFilter, BlockInline, RefusalsShown, standing, write_blocks
from accounts.errors import CardIsBarcode, CardTaken
from accounts.models import Patron, Role, Tier, User
from accounts.people import block_kinds
from accounts.services import credentials, people, privacy
from accounts.sessions import services as sessions
from accounts.signals import card_wanted
from library.core.admin import DATES, READERS, RULES, STAFF, links
from library.core.forms import take_as_pasted
from library.core.http.api import user_of
from library.core.typed import bare


@admin.register(User)
class UserAdmin(RefusalsShown, admin.ModelAdmin[User]):
    """A reader added here gets no password: they choose one with a code by mail. Staff come by invitation."""

    part, place, called = STAFF, 0, _("People who can sign in")
    list_display = ("full_name", "email", "username", "card_number", "role", "is_active")
    list_filter = ("role", "is_active")
    list_select_related = ("patron",)
    search_fields = ("full_name", "email", "username", "patron__card_number", "patron__card_folded__exact")
    fields = ("email", "username", "full_name", "role", "is_active", "created_at", "last_login")
    readonly_fields = ("created_at", "last_login")

    @admin.display(description=_("card number"), ordering="patron__card_number")
    def card_number(self, user: User) -> str:
        return user.patron.card_number

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return self.fields if obj else ("email", "username", "full_name")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only administrators change a role; whoever is added is a patron."""
        return self.readonly_fields if request.user.is_superuser else (*self.readonly_fields, "role")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        is_allowed = super().has_change_permission(request, obj)
        return is_allowed and (obj is None or people.may_edit(user_of(request), obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """People are kept out, not deleted: loans point to them."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        given = form.cleaned_data
        if not change:
            self._create(obj, given)
            return
        plain = {"username", "full_name"} & set(form.changed_data)
        if plain:
            people.change_name(user=obj, fields=plain, by=user_of(request))
        if "email" in form.changed_data:
            here = sessions.this_session(request) if obj == request.user else ""
            credentials.change_address(user=obj, email=given["email"], by=user_of(request), this_session=here)
        if "role" in form.changed_data:
            people.change_role(user=obj, role=Role(given["role"]), by=user_of(request))
        if "is_active" in form.changed_data:
            people.change_active(user=obj, is_active=given["is_active"], by=user_of(request))
            for sentence in () if given["is_active"] else privacy.why_not_yet(obj):
                self.message_user(request, sentence, messages.WARNING)

    def _create(self, obj: User, given: dict[str, Any]) -> None:
        user = people.create_user(
            email=given["email"],
            username=given["username"],
            password=None,
            full_name=given["full_name"],
        )
        obj.pk, obj._state.adding = user.pk, False


class PatronForm(forms.ModelForm[Patron] if TYPE_CHECKING else forms.ModelForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "card_number" in self.fields:  # who may only look has no such field
            take_as_pasted(self.fields["card_number"])

    def clean_card_number(self) -> str:
        """As it is scanned (``library.core.typed``), and nobody else's."""
        card = bare(self.cleaned_data["card_number"])
        if not card or Patron.objects.filter(card_folded=card).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(CardTaken().detail if card else _("Scan or type the number of the card."))
        if "card_number" in self.changed_data and any(taken for _to, taken in card_wanted.send(Patron, card=card)):
            raise forms.ValidationError(CardIsBarcode().detail)
        return card


@admin.register(Patron)
class PatronAdmin(RefusalsShown, admin.ModelAdmin[Patron]):
    form = PatronForm
    part, place, called = READERS, 0, _("Readers")
    list_display = ("card_number", "name", "email", "tier", "expires_on", "is_card_lost", "is_restricted")
    list_filter = ("tier", BlockFilter, "expires_on")
    inlines = (BlockInline,)
    search_fields = ("card_number", "card_folded__exact", "user__full_name", "user__email")
    fieldsets = (
        (None, {"fields": ("user", "tier", "birth_date", "wants_auto_renewal")}),
        (_("Card"), {"fields": ("card_number", "expires_on")}),
    )
    readonly_fields = ("user",)
    formfield_overrides = DATES

    change_form_template = "admin/accounts/patron/change_form.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        patron = self.get_object(request, object_id)
        leads = links(request, patron) if patron else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "links": leads})

    @admin.display(description=_("name"), ordering="user__full_name")
    def name(self, patron: Patron) -> str:
        return str(patron.user)

    @admin.display(description=_("e-mail"), ordering="user__email")
    def email(self, patron: Patron) -> str:
        return patron.user.address

    @admin.display(description=_("card reported lost"), boolean=True)
    def is_card_lost(self, patron: Any) -> bool:
        return bool(patron.is_card_lost)

    @admin.display(description=_("may not borrow"), boolean=True)
    def is_restricted(self, patron: Any) -> bool:
        return bool(patron.is_restricted)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Patron]:
        found = super().get_queryset(request).select_related("user", "tier")
        return found.annotate(
            is_card_lost=standing(block_kinds.CARD_LOST), is_restricted=standing(block_kinds.RESTRICTED)
        )

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """What stands against a reader is placed and lifted by the service alone."""
        write_blocks(formset, by=user_of(request))

    def save_model(self, request: HttpRequest, obj: Patron, form: Any, change: bool) -> None:
        """Only what changed is written, and who changed which of it."""
        if form.changed_data:
            people.change_patron(patron=obj, fields=form.changed_data, by=user_of(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Every user gets a card when the account is made."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Patron | None = None) -> bool:
        return False


@admin.register(Tier)
class TierAdmin(admin.ModelAdmin[Tier]):
    part, place = RULES, 2
    list_display = ("name", "code", "max_loans", "max_holds", "debt_limit", "questions_per_hour")

    def get_readonly_fields(self, request: HttpRequest, obj: Tier | None = None) -> Any:
        """The code is what clients and rules know a tier by."""
        return ("code",) if obj else ()
