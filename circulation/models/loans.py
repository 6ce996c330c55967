"""Who has what, until when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Patron
from catalog.models import Branch, Copy
from library.core.database.ids import uuid7
from library.core.errors import Reason


class LoanStatus(models.TextChoices):
    ACTIVE = "active", _("active")
    OVERDUE = "overdue", _("overdue")
    RETURNED = "returned", _("returned")


class LoanQuerySet(models.QuerySet["Loan"]):
    def open(self) -> LoanQuerySet:
        """Copies in somebody's hands."""
        return self.filter(returned_at=None)

    def with_status(self, status: LoanStatus, *, at: datetime) -> LoanQuerySet:
        """Loans whose status is ``status`` at ``at``; an overdue loan is not active, and what is lost never overdue."""
        if status == LoanStatus.RETURNED:
            return self.filter(returned_at__isnull=False)
        if status == LoanStatus.OVERDUE:
            return self.open().filter(due_at__lt=at, lost_at=None)
        return self.open().filter(Q(due_at__gte=at) | Q(lost_at__isnull=False))

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
    branch = models.ForeignKey(
        Branch,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("lent at"),
        help_text=_("Its calendar moves the due date."),
    )
    patron = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="loans")
    checked_out_at = models.DateTimeField(_("checked out"))
    checked_out_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    due_at = models.DateTimeField(_("due"))
    returned_at = models.DateTimeField(_("returned"), null=True, blank=True)  # when it counts as returned
    checked_in_at = models.DateTimeField(_("checked in"), null=True, blank=True)  # when it was scanned: a book drop
    returned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    is_hourly = models.BooleanField(_("lent by the hour"), default=False)
    # Kept by a trigger, whoever moves the date: calendar programs go by them (RFC 5546, 2.1.4; RFC 5545, 3.8.7.2).
    due_changes = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    due_changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    renewals = models.PositiveSmallIntegerField(_("renewals"), default=0)
    renewed_at = models.DateTimeField(_("last renewed"), null=True, blank=True)
    claimed_returned_at = models.DateTimeField(_("claimed returned"), null=True, blank=True)
    lost_at = models.DateTimeField(_("declared lost"), null=True, blank=True)
    # Which row gave which value, and how the due date came about, when it was lent or last renewed: see
    # ``circulation.explain.sentences``.
    explanation = models.JSONField(default=dict, blank=True, editable=False)

    objects = LoanQuerySet.as_manager()

    # What the desk should know of this check-out; only on the loan that ``services.check_out`` returns.
    alerts: tuple[Reason, ...] = ()
    # There too: how many loans the limit for such copies counts now, and that limit; None: there is none.
    counted: tuple[int, int | None] = (0, None)

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
            models.CheckConstraint(
                condition=Q(renewals=0, renewed_at=None) | Q(renewals__gt=0, renewed_at__isnull=False),
                name="loan_renewed_at_exactly_when_renewed",
            ),
        ]
        indexes = [
            models.Index(fields=["patron", "-checked_out_at"], name="loan_patron"),
            models.Index(fields=["-checked_out_at", "-id"], name="loan_newest"),
            models.Index(fields=["due_at"], condition=Q(returned_at=None), name="loan_open_due"),
            models.Index(fields=["checked_in_at"], condition=Q(checked_in_at__isnull=False), name="loan_checked_in"),
            # What a patron has at home, however much they have read in their life.
            models.Index(fields=["patron"], condition=Q(returned_at=None), name="loan_open_patron"),
        ]

    def __str__(self) -> str:
        return f"{self.copy_id} → {self.patron_id}"

    def status_at(self, at: datetime) -> LoanStatus:
        """Active, overdue or returned, as seen at ``at``."""
        if self.returned_at is not None:
            return LoanStatus.RETURNED
        return LoanStatus.OVERDUE if self.due_at < at and self.lost_at is None else LoanStatus.ACTIVE

    @property
    def status(self) -> LoanStatus:
        """Active, overdue or returned, now."""
        return self.status_at(timezone.now())


class LoanRenewal(models.Model):
    """One renewal: when, by whom, from which due date to which."""

    loan = models.ForeignKey(Loan, on_delete=models.CASCADE, related_name="renewal_history")
    at = models.DateTimeField(_("renewed"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    is_automatic = models.BooleanField(_("automatic"), default=False)
    due_before = models.DateTimeField()
    due_after = models.DateTimeField()

    class Meta:
        ordering = ["loan", "at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(due_after__gt=F("due_before")), name="renewal_moves_forward"),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id}: {self.due_after:%Y-%m-%d}"


class Verb(models.TextChoices):
    CHECK_OUT = "check_out", _("check-out")
    RENEW = "renew", _("renewal")
    PLACE_HOLD = "place_hold", _("request")


class Override(models.Model):
    """Staff lent, renewed or placed a hold against what the rules say: which reasons, and why."""

    loan = models.ForeignKey(Loan, null=True, blank=True, on_delete=models.CASCADE, related_name="overrides")
    hold = models.ForeignKey(
        "circulation.Hold", null=True, blank=True, on_delete=models.CASCADE, related_name="overrides"
    )
    verb = models.CharField(_("verb"), max_length=12, choices=Verb)
    reasons = models.JSONField(_("reasons"))  # [{"code", "level", "detail"}], as they stood
    comment = models.CharField(_("comment"), max_length=500)
    due_at = models.DateTimeField(_("due date set by hand"), null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(_("when"))

    class Meta:
        ordering = ["loan", "at", "id"]
        permissions = [("override_refusal", _("Can lend and renew against an overridable refusal"))]
        constraints = [
            models.CheckConstraint(condition=Q(verb__in=Verb.values), name="override_verb_known"),
            models.CheckConstraint(condition=~Q(comment=""), name="override_with_comment"),
            models.CheckConstraint(
                condition=Q(verb="place_hold", hold__isnull=False, loan=None)
                | (~Q(verb="place_hold") & Q(hold=None, loan__isnull=False)),
                name="override_of_what_its_verb_makes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id or self.hold_id}: {self.comment}"
