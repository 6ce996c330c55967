"""What holds for lending in the whole library."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from circulation.rules.bounds import (
    A_PERIOD,
    HIGHEST_FINE,
    LONGEST_PERIOD,
    TOO_HIGH,
    TOO_LONG,
)


class OverduePolicy(models.TextChoices):
    BLOCK = "block", _("nothing is lent unless staff override")
    CONFIRM = "confirm", _("lent, and the desk is told")
    IGNORE = "ignore", _("lent")


def _rises(earlier: str, later: str) -> Q:
    """One step before the other, where there are both."""
    return Q(**{earlier: None}) | Q(**{later: None}) | Q(**{f"{later}__gt": F(earlier)})


def _after_days(name: Any, default: int) -> Any:
    """A step of the letters about an overdue loan."""
    help_text = _("Days late. Empty: no such letter.")
    return models.PositiveSmallIntegerField(
        name, null=True, blank=True, default=default, db_default=default, help_text=help_text
    )


def _blocks_stop(what: Any) -> Any:
    """A moment at which what stands against a reader counts."""
    help_text = _("Restrictions, a card that is over and debts stand against it. Off: the desk is told, no more.")
    return models.BooleanField(what, default=True, db_default=True, help_text=help_text)


class LendingSettings(models.Model):
    """The one row of what holds for lending in the whole library."""

    overdue_policy = models.CharField(
        _("to a reader with overdue loans"), max_length=8, choices=OverduePolicy, default=OverduePolicy.BLOCK
    )
    one_copy_per_book = models.BooleanField(_("one copy of a book per reader"), default=True)
    blocks_stop_placing = _blocks_stop(_("asking for books"))
    blocks_stop_serving = _blocks_stop(_("being served from the queue"))
    blocks_stop_borrowing = _blocks_stop(_("borrowing and renewing"))
    anonymise_after_days = models.PositiveSmallIntegerField(
        _("days after which past loans lose their reader"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(LONGEST_PERIOD)],
        help_text=_(
            "After return, when nothing is owed for it, and once the month is over in which it was lent; holds after"
            " their end. Readers who keep their history are left out. It cannot be undone. Empty: never."
        ),
    )
    high_demand_holds = models.PositiveSmallIntegerField(
        _("holds that make a book popular"),
        null=True,
        blank=True,
        help_text=_("With this many others waiting it is lent for the shorter period below. Empty: never."),
    )
    high_demand_days = models.PositiveSmallIntegerField(
        _("days that a popular book is lent for"), null=True, blank=True, validators=A_PERIOD
    )
    due_soon_days = models.PositiveSmallIntegerField(
        _("days before the due date"),
        null=True,
        blank=True,
        default=2,
        db_default=2,
        help_text=_("A loan is called due soon from then on, the day itself included. Empty: never."),
    )
    overdue_1_days = _after_days(_("first letter after"), 7)
    overdue_2_days = _after_days(_("second letter after"), 14)
    overdue_3_days = _after_days(_("third letter after"), 28)
    max_total_fines = models.DecimalField(
        _("highest sum of a reader’s fines"),
        max_digits=8,
        decimal_places=3,
        null=True,
        blank=True,
        help_text=_("Of all loans that are still out, paid or not. Empty: without limit."),
    )
    lost_processing_fee = models.DecimalField(
        _("fee for replacing a lost copy"),
        max_digits=8,
        decimal_places=3,
        null=True,
        blank=True,
        help_text=_("Charged beside the price of the copy. Empty: none."),
    )

    class Meta:
        verbose_name = _("lending settings")
        verbose_name_plural = _("lending settings")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="lending_settings_one_row"),
            models.CheckConstraint(
                condition=Q(anonymise_after_days=None) | Q(anonymise_after_days__lte=LONGEST_PERIOD),
                name="lending_anonymise_after_bounded",
                violation_error_message=TOO_LONG,
            ),
            models.CheckConstraint(
                condition=Q(overdue_policy__in=OverduePolicy.values), name="lending_overdue_policy_known"
            ),
            models.CheckConstraint(
                condition=Q(high_demand_holds=None, high_demand_days=None)
                | Q(
                    high_demand_holds__isnull=False,
                    high_demand_holds__gte=1,
                    high_demand_days__isnull=False,
                    high_demand_days__gte=1,
                ),
                name="lending_high_demand_both_or_neither",
                violation_error_message=_("Say both how many holds and how many days, or neither; at least 1 each."),
            ),
            models.CheckConstraint(
                condition=Q(high_demand_days=None) | Q(high_demand_days__lte=LONGEST_PERIOD),
                name="lending_high_demand_days_bounded",
                violation_error_message=TOO_LONG,
            ),
            models.CheckConstraint(
                condition=Q(due_soon_days=None) | Q(due_soon_days__lte=60),
                name="lending_due_soon_bounded",
                violation_error_message=_("Due soon is at most 60 days before."),
            ),
            models.CheckConstraint(
                condition=_rises("overdue_1_days", "overdue_2_days")
                & _rises("overdue_2_days", "overdue_3_days")
                & _rises("overdue_1_days", "overdue_3_days")
                & (Q(overdue_1_days=None) | Q(overdue_1_days__gte=1))
                & (Q(overdue_2_days=None) | Q(overdue_2_days__gte=1))
                & (Q(overdue_3_days=None) | Q(overdue_3_days__range=(1, 365))),
                name="lending_overdue_steps_rise",
                violation_error_message=_("Each letter about an overdue loan comes later than the one before it."),
            ),
            models.CheckConstraint(
                condition=Q(max_total_fines=None) | Q(max_total_fines__range=(0, HIGHEST_FINE)),
                name="lending_max_total_fines_sane",
                violation_error_message=TOO_HIGH,
            ),
            models.CheckConstraint(
                condition=Q(lost_processing_fee=None) | Q(lost_processing_fee__range=(0, HIGHEST_FINE)),
                name="lending_processing_fee_sane",
                violation_error_message=TOO_HIGH,
            ),
        ]

    def __str__(self) -> str:
        return str(_("lending settings"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)
