"""Payments online: each attempt with a key of its own, and what the provider has told of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Patron
from circulation.models.ledger import SUM, TEXT_LENGTH, Charge, Credit
from library.core.database.ids import uuid7


class AttemptState(models.TextChoices):
    NEW = "new", _("begun")  # the provider has not answered yet
    OPEN = "open", _("at the provider")
    PAID = "paid", _("paid")
    FAILED = "failed", _("failed")
    ENDED = "ended", _("ended")


class PaymentAttempt(models.Model):
    """A reader pressed "pay online". A repeat of this attempt reuses its key; a new press makes a new one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patron = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="+", verbose_name=_("reader"))
    key = models.CharField(max_length=200)  # of the press, and what the provider knows a repeat by
    amount = models.DecimalField(_("amount"), **SUM)
    currency = models.CharField(_("currency"), max_length=3)
    charges = models.ManyToManyField(Charge, related_name="+", blank=True)
    state = models.CharField(_("state"), max_length=8, choices=AttemptState, default=AttemptState.NEW)
    provider_id = models.CharField(max_length=255, null=True, blank=True, unique=True)
    intent = models.CharField(max_length=255, blank=True, db_index=True)  # what refunds name
    url = models.URLField(max_length=2_000, blank=True)
    credit = models.OneToOneField(Credit, null=True, blank=True, on_delete=models.PROTECT, related_name="attempt")
    note = models.CharField(_("to look at"), max_length=TEXT_LENGTH, blank=True)
    created_at = models.DateTimeField(_("begun"))
    asked_at = models.DateTimeField(null=True, blank=True)  # when the provider was asked last how it stands

    class Meta:
        verbose_name = _("online payment")
        verbose_name_plural = _("online payments")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["patron", "key"], name="attempt_once_per_key"),
            models.CheckConstraint(condition=Q(state__in=AttemptState.values), name="attempt_state_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="attempt_of_something"),
            models.CheckConstraint(
                condition=Q(state="paid", credit__isnull=False) | (~Q(state="paid") & Q(credit=None)),
                name="attempt_paid_exactly_with_credit",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(state__in=["new", "open"]), name="attempt_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class ProviderEvent(models.Model):
    """What the provider told us, once for each of its ids; ``handled_at`` None: what it is about has not come yet."""

    event_id = models.CharField(max_length=255, unique=True)
    kind = models.CharField(max_length=80)
    intent = models.CharField(max_length=255, blank=True)
    refund_id = models.CharField(max_length=255, blank=True)
    units = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["intent"], condition=Q(handled_at=None), name="provider_event_waiting")]

    def __str__(self) -> str:
        return self.event_id
