"""What is counted of loans for good, before they lose their readers."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Tier


class MonthlyLoans(models.Model):
    """How many loans began in a month, by the tier that their readers had when it was over.

    Without a tier: all tiers whose count was too small to stand alone. A month has one such row at least.
    """

    month = models.DateField(_("month"), help_text=_("Its first day."))
    tier = models.ForeignKey(
        Tier, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("tier")
    )
    loans = models.PositiveIntegerField(_("loans"))

    class Meta:
        verbose_name = _("loans of a month")
        verbose_name_plural = _("loans by month")
        ordering = ["-month", models.F("tier__name").asc(nulls_last=True)]
        constraints = [
            models.UniqueConstraint(fields=["month", "tier"], nulls_distinct=False, name="monthly_loans_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="monthly_loans_of_a_month"),
            models.CheckConstraint(condition=Q(tier=None) | Q(loans__gte=5), name="monthly_loans_not_of_few"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}: {self.loans}"
