"""The end of the day at the till: what should be there by kind and person, and what was counted."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from circulation.models.ledger import SUM, TEXT_LENGTH, Credit, PaymentKind, Refund
from library.core.database.ids import uuid7
from library.core.dates import said


class TillClosing(models.Model):
    """One closing of the till: of all payments and refunds that no earlier one took in."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    closed_at = models.DateTimeField(_("closed"))
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("by")
    )
    note = models.CharField(_("note"), max_length=TEXT_LENGTH, blank=True)

    class Meta:
        verbose_name = _("till closing")
        verbose_name_plural = _("till closings")
        ordering = ["-closed_at", "-id"]

    def __str__(self) -> str:
        return said(self.closed_at)


class TillCount(models.Model):
    """Of one kind of payment and one person: what should be there, and what was counted."""

    closing = models.ForeignKey(TillClosing, on_delete=models.PROTECT, related_name="counts")
    payment_kind = models.ForeignKey(PaymentKind, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    expected = models.DecimalField(_("expected"), **SUM)
    counted = models.DecimalField(_("counted"), **SUM)

    class Meta:
        ordering = ["closing", "payment_kind__name", "id"]

    def __str__(self) -> str:
        return f"{self.payment_kind_id}: {self.expected}"

    @property
    def difference(self) -> Decimal:
        """What is there beyond what should be; below 0: missing."""
        return self.counted - self.expected


class TillEntry(models.Model):
    """A payment or a refund that a closing took in: each once."""

    closing = models.ForeignKey(TillClosing, on_delete=models.PROTECT, related_name="entries")
    credit = models.OneToOneField(Credit, null=True, on_delete=models.PROTECT, related_name="till_entry")
    refund = models.OneToOneField(Refund, null=True, on_delete=models.PROTECT, related_name="till_entry")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(credit=None, refund__isnull=False) | Q(credit__isnull=False, refund=None),
                name="till_entry_of_one",
            ),
        ]

    def __str__(self) -> str:
        return str(self.credit_id or self.refund_id)
