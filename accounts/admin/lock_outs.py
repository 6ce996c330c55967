"""Lock-outs in the admin: to look at and to lift."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.limits import services as limits
from accounts.models import LockOut
from library.core.admin import STAFF
from library.core.errors import LibraryError
from library.core.http.api import user_of


@admin.register(LockOut)
class LockOutAdmin(admin.ModelAdmin[LockOut]):
    """Only those of people with an account: what was typed besides is kept nowhere."""

    part, place = STAFF, 3
    list_display = ("user", "email", "locked_at", "ends_at", "told_at")
    list_display_links = None
    list_select_related = ("user",)
    search_fields = ("user__email", "user__full_name")
    fields = ("user", "email", "locked_at", "ends_at", "told_at")
    readonly_fields = ("email", "ends_at")
    ordering = ("-locked_at",)
    actions = ("lift",)

    @admin.display(description=_("e-mail"), ordering="user__email")
    def email(self, lock_out: LockOut) -> str:
        return lock_out.user.address if lock_out.user else ""

    @admin.display(description=_("ends"), ordering="expires_at")
    def ends_at(self, lock_out: LockOut) -> object:
        return lock_out.expires_at

    def get_queryset(self, request: HttpRequest) -> QuerySet[LockOut]:
        return limits.lock_outs(timezone.now())

    @admin.action(description=_("Let the chosen people sign in again"), permissions=["lift"])
    def lift(self, request: HttpRequest, chosen: QuerySet[LockOut]) -> None:
        by, lifted = user_of(request), 0
        for lock_out in chosen.select_related("user"):
            try:
                limits.unlock(lock_out=lock_out, by=by)
            except LibraryError as refusal:
                messages.error(request, f"{lock_out}: {refusal.detail}")
            else:
                lifted += 1
        if lifted:
            sentence = ngettext("%(n)d lock-out was lifted.", "%(n)d lock-outs were lifted.", lifted)
            messages.success(request, sentence % {"n": lifted})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: LockOut | None = None) -> bool:
        return False

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_lockout")

    def has_delete_permission(self, request: HttpRequest, obj: LockOut | None = None) -> bool:
        return False
