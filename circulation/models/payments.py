"""Payments online: each attempt with a key of its own, what goes back of it, and what the provider has told of both."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Patron
from circulation.models.ledger import SUM, TEXT_LENGTH, Charge, Credit, Refund
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


class GivingBackState(models.TextChoices):
    NEW = "new", _("asked for, not answered yet")
    OPEN = "open", _("at the provider")
    DONE = "done", _("paid back")
    FAILED = "failed", _("not paid back")


class GivingBack(models.Model):
    """Staff asked the provider to give back money of a payment online; ``refund``: the line of it, once that is sure.

    ``key``: of the press. The provider knows a repeat by the row's own id.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    attempt = models.ForeignKey(
        PaymentAttempt, on_delete=models.PROTECT, related_name="given_back", verbose_name=_("online payment")
    )
    key = models.CharField(max_length=200)
    amount = models.DecimalField(_("amount"), **SUM)
    reason = models.CharField(_("reason"), max_length=TEXT_LENGTH)
    state = models.CharField(_("state"), max_length=8, choices=GivingBackState, default=GivingBackState.NEW)
    provider_id = models.CharField(max_length=120, null=True, blank=True, unique=True)
    refund = models.OneToOneField(Refund, null=True, blank=True, on_delete=models.PROTECT, related_name="asked_for")
    note = models.CharField(_("to look at"), max_length=TEXT_LENGTH, blank=True)
    created_at = models.DateTimeField(_("when"))
    asked_at = models.DateTimeField(null=True, blank=True)  # when the provider was asked last
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("by"),
    )

    class Meta:
        verbose_name = _("refund at the provider")
        verbose_name_plural = _("refunds at the provider")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "key"], name="giving_back_once_per_key"),
            models.CheckConstraint(condition=Q(state__in=GivingBackState.values), name="giving_back_state_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="giving_back_of_something"),
            models.CheckConstraint(condition=~Q(reason=""), name="giving_back_with_reason"),
            models.CheckConstraint(
                condition=Q(state="done", refund__isnull=False) | (~Q(state="done") & Q(refund=None)),
                name="giving_back_done_exactly_with_refund",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(state__in=["new", "open"]), name="giving_back_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.amount}: {self.get_state_display()}"


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
