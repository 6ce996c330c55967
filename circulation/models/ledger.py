"""What readers owe and have paid: charges and credits, joined by allocations. Lines are added and never changed.

The database holds it: what a charge has of credits (``settled``) and what of a credit is used are counted by triggers
as allocations come in, and whoever changes a line otherwise is refused (``migrations/sql/ledger.sql``). The one line
that moves is the running fine of a loan. Whoever writes for a patron holds the row of their account (``state.ledger``).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy as _

from accounts.models import Patron
from circulation.models.loans import Loan
from library.core.database.ids import uuid7

SUM: dict[str, Any] = {"max_digits": 14, "decimal_places": 3}
TEXT_LENGTH = 300


class LedgerAccount(models.Model):
    """One row for each patron with lines of money: the last lock that is taken, and nothing else."""

    patron = models.OneToOneField(Patron, primary_key=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return str(self.patron_id)


class PaymentKind(models.Model):
    """How money comes in and goes out at the desk: cash, by card …"""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=60, unique=True)
    is_counted = models.BooleanField(
        _("counted at the end of the day"), default=True, help_text=_("As cash is; what comes in online is not.")
    )
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("kind of payment")
        verbose_name_plural = _("kinds of payment")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ChargeKind(models.TextChoices):
    FINE = "fine", _("overdue")
    LOST = "lost", _("lost copy")
    PROCESSING = "processing", _("replacing a lost copy")
    FEE = "fee", _("fee")


class ChargeQuerySet(models.QuerySet["Charge"]):
    def open(self) -> ChargeQuerySet:
        """Of which something is still to be paid."""
        return self.filter(settled__lt=F("amount"))

    def with_names(self) -> ChargeQuerySet:
        """With what a list says of a charge, in one query."""
        return self.select_related("loan__copy__book", "patron__user")

    def oldest_first(self) -> ChargeQuerySet:
        """In the order in which credit is taken."""
        return self.order_by("at", "id")

    def total_open(self) -> Decimal:
        """What is still to be paid of them."""
        return self.aggregate(total=Sum(F("amount") - F("settled")))["total"] or Decimal(0)


class Charge(models.Model):
    """Something that a patron owes. ``amount`` stands for ever, but of the fine that runs while its loan is late."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patron = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="charges", verbose_name=_("reader"))
    kind = models.CharField(_("kind"), max_length=12, choices=ChargeKind)
    amount = models.DecimalField(_("amount"), **SUM)
    settled = models.DecimalField(_("settled"), **SUM, default=0, db_default=0, editable=False)
    loan = models.ForeignKey(Loan, null=True, blank=True, on_delete=models.PROTECT, related_name="charges")
    text = models.CharField(_("for"), max_length=TEXT_LENGTH, blank=True)
    at = models.DateTimeField(_("since"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("by"),
    )
    is_running = models.BooleanField(_("still running"), default=False, db_default=False)
    # Of a fine: for which due date, up to when it was reckoned, and how many units late that were.
    due_at = models.DateTimeField(null=True, blank=True, editable=False)
    counted_until = models.DateTimeField(null=True, blank=True, editable=False)
    units = models.PositiveIntegerField(null=True, blank=True, editable=False)

    objects = ChargeQuerySet.as_manager()

    class Meta:
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        ordering = ["-at", "-id"]
        permissions = [
            ("waive_charge", _("Can waive what readers owe")),
            ("move_fines", _("Can let an edit of the calendar move fines that run")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ChargeKind.values), name="charge_kind_known"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="charge_not_negative"),
            models.CheckConstraint(condition=Q(kind="fine") | Q(amount__gt=0), name="charge_of_something"),
            models.CheckConstraint(
                condition=Q(settled__gte=0) & Q(settled__lte=F("amount")), name="charge_settled_within_amount"
            ),
            models.CheckConstraint(
                condition=Q(is_running=False) | Q(kind="fine", loan__isnull=False, due_at__isnull=False),
                name="charge_runs_only_as_a_fine",
            ),
            models.UniqueConstraint(fields=["loan"], condition=Q(is_running=True), name="charge_one_runs_per_loan"),
        ]
        indexes = [
            models.Index(fields=["patron", "-at"], name="charge_patron"),
            models.Index(fields=["patron"], condition=Q(settled__lt=F("amount")), name="charge_open_patron"),
            models.Index(fields=["patron"], condition=Q(is_running=True), name="charge_running_patron"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.amount}"

    @property
    def left(self) -> Decimal:
        """What is still to be paid."""
        return self.amount - self.settled

    @property
    def about(self) -> str:
        """What it is for, beside its kind: a title, or what staff wrote."""
        return self.text or (self.loan.copy.book.title if self.loan is not None else "")


class CreditKind(models.TextChoices):
    PAYMENT = "payment", _("payment")
    WAIVER = "waiver", _("waiver")
    CANCELLATION = "cancellation", _("cancelled")


class CreditQuerySet(models.QuerySet["Credit"]):
    def free(self) -> CreditQuerySet:
        """Of which something is left."""
        return self.filter(amount__gt=F("used") + F("refunded"))

    def oldest_first(self) -> CreditQuerySet:
        """In the order in which they are used."""
        return self.order_by("at", "id")


class Credit(models.Model):
    """What stands against charges: money that came in, or what the library gave up, with the reason."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patron = models.ForeignKey(Patron, on_delete=models.PROTECT, related_name="credits", verbose_name=_("reader"))
    kind = models.CharField(_("kind"), max_length=12, choices=CreditKind)
    amount = models.DecimalField(_("amount"), **SUM)
    used = models.DecimalField(_("used"), **SUM, default=0, db_default=0, editable=False)
    refunded = models.DecimalField(_("refunded"), **SUM, default=0, db_default=0, editable=False)
    payment_kind = models.ForeignKey(
        PaymentKind,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("kind of payment"),
    )
    number = models.PositiveIntegerField(_("receipt"), null=True, blank=True, unique=True)
    reason = models.CharField(_("reason"), max_length=TEXT_LENGTH, blank=True)
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("by"),
    )

    objects = CreditQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit")
        verbose_name_plural = _("payments and credits")
        ordering = ["-at", "-id"]
        permissions = [("refund_credit", _("Can pay money back")), ("close_till", _("Can close the till"))]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=CreditKind.values), name="credit_kind_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="credit_of_something"),
            models.CheckConstraint(
                condition=Q(used__gte=0, refunded__gte=0) & Q(amount__gte=F("used") + F("refunded")),
                name="credit_spent_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="payment", payment_kind__isnull=False, number__isnull=False)
                | (~Q(kind="payment") & Q(payment_kind=None, number=None, refunded=0)),
                name="credit_paid_by_some_kind",
            ),
            models.CheckConstraint(condition=~Q(kind="waiver") | ~Q(reason=""), name="credit_waived_with_reason"),
        ]
        indexes = [
            models.Index(fields=["patron", "-at"], name="credit_patron"),
            models.Index(
                fields=["patron"], condition=Q(amount__gt=F("used") + F("refunded")), name="credit_free_patron"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.amount}"

    @property
    def left(self) -> Decimal:
        """What is neither used nor paid back."""
        return self.amount - self.used - self.refunded


class Allocation(models.Model):
    """What of a credit goes to a charge; below 0: what is taken off it again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="allocations")
    credit = models.ForeignKey(Credit, on_delete=models.PROTECT, related_name="allocations")
    amount = models.DecimalField(**SUM)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="allocation_of_something")]

    def __str__(self) -> str:
        return f"{self.charge_id} ← {self.credit_id}: {self.amount}"


class Refund(models.Model):
    """Money that went back to the patron, of one payment."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    credit = models.ForeignKey(Credit, on_delete=models.PROTECT, related_name="refunds", verbose_name=_("payment"))
    amount = models.DecimalField(_("amount"), **SUM)
    payment_kind = models.ForeignKey(
        PaymentKind, on_delete=models.PROTECT, related_name="+", verbose_name=_("kind of payment")
    )
    number = models.PositiveIntegerField(_("receipt"), unique=True)
    reason = models.CharField(_("reason"), max_length=TEXT_LENGTH)
    provider_id = models.CharField(max_length=120, null=True, blank=True, unique=True)
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("by"),
    )

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_of_something"),
            models.CheckConstraint(condition=~Q(reason=""), name="refund_with_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.amount}"


class ReceiptNumber(models.Model):
    """The one row of the last number given to a receipt: none is left out, for who takes one waits for who did."""

    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="receipt_number_one_row")]

    def __str__(self) -> str:
        return str(self.last)
