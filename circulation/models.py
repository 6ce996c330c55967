"""Lending: the rules, the loans and the holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Patron, Tier
from catalog.models import Book, Branch, Copy
from library.core.errors import Reason
from library.core.ids import uuid7


class LoanRule(models.Model):
    """One row of the rule matrix. Every parameter is looked up on its own; NULL: unset, look further."""

    branch = models.ForeignKey(Branch, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    tier = models.ForeignKey(Tier, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    loan_period = models.PositiveSmallIntegerField(_("loan period in days"), null=True, blank=True)
    max_loans = models.IntegerField(
        _("loans at a time"), null=True, blank=True, help_text=_("-1: unlimited. Empty: a less specific row decides.")
    )

    class Meta:
        verbose_name = _("loan rule")
        verbose_name_plural = _("loan rules")
        constraints = [
            models.UniqueConstraint(fields=["branch", "tier"], nulls_distinct=False, name="loan_rule_once_per_scope"),
            models.CheckConstraint(condition=Q(max_loans=None) | Q(max_loans__gte=-1), name="loan_rule_max_loans_sane"),
            models.CheckConstraint(condition=Q(loan_period=None) | Q(loan_period__gte=1), name="loan_rule_period_sane"),
        ]

    def __str__(self) -> str:
        return f"{self.branch or _('any branch')} · {self.tier or _('any tier')}"


class LoanStatus(models.TextChoices):
    ACTIVE = "active", _("active")
    OVERDUE = "overdue", _("overdue")
    RETURNED = "returned", _("returned")


class LoanQuerySet(models.QuerySet["Loan"]):
    def open(self) -> LoanQuerySet:
        """Copies in somebody's hands."""
        return self.filter(returned_at=None)

    def with_status(self, status: LoanStatus, *, at: datetime) -> LoanQuerySet:
        """Loans whose status is ``status`` at ``at``; an overdue loan is not active."""
        if status == LoanStatus.RETURNED:
            return self.filter(returned_at__isnull=False)
        return self.open().filter(due_at__lt=at) if status == LoanStatus.OVERDUE else self.open().filter(due_at__gte=at)

    def with_names(self) -> LoanQuerySet:
        """With all that a list shows of a loan, in one query."""
        return self.select_related("copy__book", "copy__branch", "patron__user")

    def visible_to(self, user: Any) -> LoanQuerySet:
        """Staff who may see loans see all, everybody else their own."""
        return self if user.has_perm("circulation.view_loan") else self.filter(patron_id=user.pk)


class Loan(models.Model):
    """A copy in a patron's hands, from check-out to return."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    copy = models.ForeignKey(Copy, on_delete=models.PROTECT, related_name="loans")
    patron = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="loans")
    checked_out_at = models.DateTimeField(_("checked out"))
    checked_out_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    due_at = models.DateTimeField(_("due"))
    returned_at = models.DateTimeField(_("returned"), null=True, blank=True)
    returned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = LoanQuerySet.as_manager()

    # What the desk should know of this check-out; only on the loan that ``services.check_out`` returns.
    alerts: tuple[Reason, ...] = ()

    class Meta:
        verbose_name = _("loan")
        verbose_name_plural = _("loans")
        ordering = ["-checked_out_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["copy"], condition=Q(returned_at=None), name="loan_one_open_per_copy"),
            models.CheckConstraint(condition=Q(due_at__gt=F("checked_out_at")), name="loan_due_after_checkout"),
            models.CheckConstraint(
                condition=Q(returned_at=None) | Q(returned_at__gte=F("checked_out_at")),
                name="loan_returned_after_checkout",
            ),
        ]
        indexes = [
            models.Index(fields=["patron", "-checked_out_at"], name="loan_patron"),
            models.Index(fields=["due_at"], condition=Q(returned_at=None), name="loan_open_due"),
        ]

    def __str__(self) -> str:
        return f"{self.copy_id} → {self.patron_id}"

    def status_at(self, at: datetime) -> LoanStatus:
        """Active, overdue or returned, as seen at ``at``."""
        if self.returned_at is not None:
            return LoanStatus.RETURNED
        return LoanStatus.OVERDUE if self.due_at < at else LoanStatus.ACTIVE

    @property
    def status(self) -> LoanStatus:
        """Active, overdue or returned, now."""
        return self.status_at(timezone.now())


class HoldState(models.TextChoices):
    REQUESTED = "requested", _("requested")
    QUEUED = "queued", _("queued")
    IN_TRANSIT = "in_transit", _("in transit")
    READY = "ready", _("ready")
    SUSPENDED = "suspended", _("suspended")
    FULFILLED = "fulfilled", _("fulfilled")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired")
    REFUSED = "refused", _("refused")


OPEN_HOLD_STATES = [
    HoldState.REQUESTED, HoldState.QUEUED, HoldState.IN_TRANSIT, HoldState.READY, HoldState.SUSPENDED,
]  # fmt: skip

BOUND_HOLD_STATES = [HoldState.REQUESTED, HoldState.IN_TRANSIT, HoldState.READY]


class HoldQuerySet(models.QuerySet["Hold"]):
    def open(self) -> HoldQuerySet:
        """Holds that somebody still waits for."""
        return self.filter(state__in=OPEN_HOLD_STATES)

    def bound(self) -> HoldQuerySet:
        """Holds that have a copy of their own."""
        return self.filter(state__in=BOUND_HOLD_STATES)

    def with_names(self) -> HoldQuerySet:
        """With all that a list shows of a hold, in one query."""
        return self.select_related("book", "pickup_branch", "copy__branch", "patron__user")

    def visible_to(self, user: Any) -> HoldQuerySet:
        """Staff who may see holds see all, everybody else their own."""
        return self if user.has_perm("circulation.view_hold") else self.filter(patron_id=user.pk)


class Hold(models.Model):
    """A patron's wish for a book. A request is a hold in state *requested*, bound to a free copy."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="holds")
    patron = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="holds")
    pickup_branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="+")
    copy = models.ForeignKey(Copy, null=True, blank=True, on_delete=models.PROTECT, related_name="holds")
    state = models.CharField(_("state"), max_length=12, choices=HoldState)
    placed_at = models.DateTimeField(_("placed"))
    ready_at = models.DateTimeField(_("ready"), null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    refusal_reason = models.CharField(_("reason"), max_length=300, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ["placed_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["copy"], condition=Q(state__in=BOUND_HOLD_STATES),
                name="hold_one_open_per_copy",
            ),
            models.UniqueConstraint(
                fields=["patron", "book"], condition=Q(state__in=OPEN_HOLD_STATES), name="hold_one_open_per_book"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=BOUND_HOLD_STATES) | Q(copy__isnull=False),
                name="hold_bound_to_copy_while_served",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_HOLD_STATES, ended_at=None)
                | (~Q(state__in=OPEN_HOLD_STATES) & Q(ended_at__isnull=False)),
                name="hold_ended_at_exactly_when_ended",
            ),
            models.CheckConstraint(condition=Q(state__in=HoldState.values), name="hold_state_known"),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(refusal_reason=""), name="hold_refused_with_reason"
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["state", "placed_at"], name="hold_state_placed"),
            models.Index(fields=["patron", "state"], name="hold_patron_state"),
        ]

    def __str__(self) -> str:
        return f"{self.book_id} → {self.patron_id} ({self.state})"
