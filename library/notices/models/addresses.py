"""Addresses that mail does not reach, or whose owner wants no more of something."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from library.core.email_addresses import AddressField


class MarkReason(models.TextChoices):
    BOUNCED = "bounced", _("letters come back")
    REJECTED = "rejected", _("the mail service refuses it")
    COMPLAINED = "complained", _("called unwanted by its reader")
    UNSUBSCRIBED = "unsubscribed", _("unsubscribed at the mail service")


class AddressMark(models.Model):
    """What a mail service said of an address. It is the address that is marked, not its owner: a new one is clean.

    ``about``: the group of notices that were complained of; empty: nothing reaches it. A mark that was lifted stays, so
    that the same word of the mail service, told once more, changes nothing.
    """

    address = AddressField(_("address"), max_length=254)
    about = models.CharField(_("about"), max_length=20, blank=True, db_collation="C")
    reason = models.CharField(_("reason"), max_length=12, choices=MarkReason)
    at = models.DateTimeField(_("since"))  # when it happened, by the mail service's clock
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("marked address")
        verbose_name_plural = _("marked addresses")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(Upper("address"), F("about"), name="address_mark_once"),
            models.CheckConstraint(condition=Q(reason__in=MarkReason.values), name="address_mark_reason_known"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=False) | Q(lifted_by=None), name="address_mark_lifted_when_by"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} ({self.about})" if self.about else str(self.get_reason_display())
