"""The outbox, in the admin."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from library.core.admin import READERS, SYSTEM, ReadOnlyAdmin
from library.core.http.api import user_of
from library.notices import addresses, outbox
from library.notices.models import AddressMark, Notice, NoticeQuerySet


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """The outbox. What the letters say is not shown."""

    part, place, called = SYSTEM, 0, _("Letters")
    list_display = ("created_at", "kind", "recipient", "state", "attempts", "due_at", "sent_at", "error")
    list_filter = ("state", "kind")
    list_select_related = ("user",)
    date_hierarchy = "created_at"
    search_fields = ("user__full_name", "user__email", "to")
    fields = list_display
    actions = ("send_again",)

    @admin.display(description=_("to"))
    def recipient(self, row: Notice) -> str:
        return (row.user.email or str(row.user)) if row.user else row.to

    @admin.action(description=_("Send the chosen failed notices again"), permissions=["send_again"])
    def send_again(self, request: HttpRequest, chosen: NoticeQuerySet) -> None:
        count = sum(outbox.send_again(notice=notice) for notice in chosen)
        sentence = ngettext("%(count)d notice is tried again.", "%(count)d notices are tried again.", count)
        self.message_user(request, sentence % {"count": count}, messages.SUCCESS if count else messages.WARNING)

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notices.change_notice")


@admin.register(AddressMark)
class AddressMarkAdmin(ReadOnlyAdmin):
    """Addresses that mail does not reach, as the mail service says, and complaints about a group of notices."""

    part, place, called = READERS, 8, _("Addresses that mail does not reach")
    list_display = ("address", "reason", "about", "at", "lifted_at")
    list_filter = ("reason", ("lifted_at", admin.EmptyFieldListFilter))
    search_fields = ("address",)
    fields = (*list_display, "lifted_by")
    actions = ("lift",)

    @admin.action(description=_("Let letters go to the chosen addresses again"), permissions=["lift"])
    def lift(self, request: HttpRequest, chosen: QuerySet[AddressMark]) -> None:
        count = sum(addresses.lift(mark=mark, by=user_of(request)) for mark in chosen)
        sentence = ngettext("%(count)d mark is lifted.", "%(count)d marks are lifted.", count)
        self.message_user(request, sentence % {"count": count}, messages.SUCCESS if count else messages.WARNING)

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notices.change_addressmark")
