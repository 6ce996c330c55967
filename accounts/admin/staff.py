"""Who works here, in the admin: invitations, and what each role may do. For administrators alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _say
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Invitation, Role
from accounts.services import invitations, roles
from library.core.admin import STAFF
from library.core.errors import LibraryError
from library.core.http.api import user_of

admin.site.unregister(Group)


class AdministratorsOnly:
    """Rooms of the admin that no permission opens, so that nobody can be given the way in."""

    administrators_only = True

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _is_administrator(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_administrator(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_administrator(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_administrator(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Invitation)
class InvitationAdmin(AdministratorsOnly, admin.ModelAdmin[Invitation]):
    """Staff come by invitation: give an address and a role, and a letter with a link goes out."""

    part, place = STAFF, 1
    list_display = ("email", "role", "state", "invited_by", "created_at", "expires_at")
    list_filter = ("role",)
    list_select_related = ("invited_by",)
    search_fields = ("email",)
    fields = (
        "email",
        "role",
        "state",
        "invited_by",
        "created_at",
        "sent_at",
        "expires_at",
        "accepted_at",
        "accepted_by",
        "revoked_at",
    )
    actions = ("send_again", "revoke")

    @admin.display(description=_("state"))
    def state(self, invitation: Invitation) -> str:
        if invitation.accepted_at:
            return _say("accepted")
        if invitation.revoked_at:
            return _say("revoked")
        if not invitation.is_open(timezone.now()):
            return _say("no longer works")
        return _say("mailed") if invitation.sent_at else _say("being mailed")

    def get_fields(self, request: HttpRequest, obj: Invitation | None = None) -> Any:
        return self.fields if obj else ("email", "role")

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        """Sent is sent: it can be looked at, sent again and revoked."""
        return False

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        given = form.cleaned_data
        made = invitations.invite(email=given["email"], role=Role(given["role"]), by=user_of(request))
        obj.pk, obj._state.adding = made.pk, False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except LibraryError as refusal:
            self.message_user(request, refusal.detail, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    @admin.action(description=_("Send again, with a new link"))
    def send_again(self, request: HttpRequest, chosen: QuerySet[Invitation]) -> None:
        self._do(request, chosen, invitations.send_again, _say("%(email)s gets another letter."))

    @admin.action(description=_("Revoke"))
    def revoke(self, request: HttpRequest, chosen: QuerySet[Invitation]) -> None:
        self._do(request, chosen, invitations.revoke, _say("The invitation of %(email)s is revoked."))

    def _do(
        self, request: HttpRequest, chosen: QuerySet[Invitation], verb: Callable[..., Invitation], done: str
    ) -> None:
        for invitation in chosen:
            try:
                verb(invitation=invitation, by=user_of(request))
            except LibraryError as refusal:
                self.message_user(request, f"{invitation.email}: {refusal.detail}", messages.ERROR)
            else:
                self.message_user(request, done % {"email": invitation.email}, messages.SUCCESS)


class RoleForm(forms.ModelForm[Group]):
    """What a role may do, as ticks under the names of the library's parts."""

    rights = forms.MultipleChoiceField(
        label=_("may"), required=False, widget=forms.CheckboxSelectMultiple(attrs={"class": "rights"})
    )

    class Meta:
        model = Group
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "rights" in self.fields:
            offered = roles.adaptable()
            field = self.fields["rights"]
            assert isinstance(field, forms.MultipleChoiceField)
            field.choices = [
                (part, [(right.name, right.words) for right in rights]) for part, rights in offered.items()
            ]
            self.initial["rights"] = sorted(roles.permissions_of(Role(self.instance.name)))


@admin.register(Group)
class RoleAdmin(AdministratorsOnly, admin.ModelAdmin[Group]):
    """The three roles. Others are neither made nor deleted here."""

    part, place, called = STAFF, 2, _("Roles")
    form = RoleForm
    list_display = ("title", "people", "allowed")
    actions = None

    @admin.display(description=_("role"))
    def title(self, group: Group) -> str:
        return str(Role(group.name).label)

    @admin.display(description=_("people"))
    def people(self, group: Group) -> int:
        return int(getattr(group, "people", 0))

    @admin.display(description=_("may"))
    def allowed(self, group: Group) -> str:
        if group.name == Role.ADMINISTRATOR:
            return _say("everything")
        number = getattr(group, "allowed", 0)
        return ngettext("%(number)d thing", "%(number)d things", number) % {"number": number}

    @admin.display(description=_("may"))
    def note(self, group: Group) -> str:
        return _say("Administrators may do everything; there is nothing to adapt.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        counted = super().get_queryset(request).filter(name__in=Role.values)
        return counted.annotate(
            people=Count("user", distinct=True), allowed=Count("permissions", distinct=True)
        ).order_by("pk")

    def get_fields(self, request: HttpRequest, obj: Group | None = None) -> Any:
        return ("title", "note") if obj and obj.name == Role.ADMINISTRATOR else ("title", "rights")

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> Any:
        return ("title", "note")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return _is_administrator(request) and (obj is None or obj.name != Role.ADMINISTRATOR)

    def save_model(self, request: HttpRequest, obj: Group, form: Any, change: bool) -> None:
        roles.adapt(role=Role(obj.name), permissions=form.cleaned_data["rights"], by=user_of(request))


def _is_administrator(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)
