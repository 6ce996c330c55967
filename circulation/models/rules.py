"""The rule matrix, and the settings that hold for the whole library."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Tier
from catalog.models import Branch, ItemType
from circulation.rules.bounds import (
    A_DAY,
    A_PERIOD,
    HIGHEST_FINE,
    LONGEST_PERIOD,
    OUT_OF_BOUNDS,
    TOO_HIGH,
    TOO_LONG,
)
from library.core.days import EARLIEST, LATEST


class LoanUnit(models.TextChoices):
    DAYS = "days", _("days")
    HOURS = "hours", _("hours")


class DueMode(models.TextChoices):
    IGNORE = "ignore", _("ignore the calendar")
    NEXT_OPEN = "next_open", _("on the next open day")
    OPEN_DAYS = "open_days", _("count open days only")
    SAME_WEEKDAY = "same_weekday", _("on the same day of the week")


class HardDueMode(models.TextChoices):
    BEFORE = "before", _("at the latest")
    EXACTLY = "exactly", _("exactly then")
    AFTER = "after", _("at the earliest")


class RenewFrom(models.TextChoices):
    DUE_DATE = "due_date", _("the old due date")
    TODAY = "today", _("today")


class AtClosing(models.TextChoices):
    CUT = "cut", _("ends at closing time")
    EXTEND = "extend", _("goes on until the library opens again")


class OnShelfHolds(models.TextChoices):
    ALWAYS = "always", _("always")
    ANY_UNAVAILABLE = "any_unavailable", _("when a copy is away")
    ALL_UNAVAILABLE = "all_unavailable", _("when all copies are away")


class CopyLevelHolds(models.TextChoices):
    ALLOW = "allow", _("allowed")
    NO = "no", _("not allowed")
    FORCE = "force", _("always one copy")


class ChargeAt(models.TextChoices):
    START = "start", _("as a period begins")
    END = "end", _("when a period is over")


EMPTY = _("Empty: a less specific row decides.")
EMPTY_OR_UNLIMITED = _("-1: unlimited. Empty: a less specific row decides.")


def scope_in_words(branch: object, tier: object, item_type: object) -> str:
    """Of what a row speaks: each part by name, or nothing for any."""
    parts = (branch or _("any branch"), tier or _("any tier"), item_type or _("any item type"))
    return " · ".join(str(part) for part in parts)


class LoanRule(models.Model):
    """One row of the rule matrix. Every parameter is looked up on its own; NULL: unset, look further."""

    branch = models.ForeignKey(
        Branch,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("branch"),
        help_text=_("The branch that owns the copy. Empty: any."),
    )
    tier = models.ForeignKey(
        Tier,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("tier"),
        help_text=_("Empty: any."),
    )
    item_type = models.ForeignKey(
        ItemType,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("item type"),
        help_text=_("Empty: any."),
    )
    loan_period = models.PositiveSmallIntegerField(
        _("loan period"), null=True, blank=True, validators=A_PERIOD, help_text=EMPTY
    )
    loan_unit = models.CharField(_("in"), max_length=8, choices=LoanUnit, null=True, blank=True)
    due_mode = models.CharField(_("due date and calendar"), max_length=16, choices=DueMode, null=True, blank=True)
    hard_due_date = models.DateField(_("fixed due date"), null=True, blank=True, validators=A_DAY)
    hard_due_mode = models.CharField(
        _("fixed due date holds"), max_length=8, choices=HardDueMode, null=True, blank=True
    )
    due_by_term_end = models.BooleanField(_("due by the end of term"), null=True, blank=True)
    max_loans = models.IntegerField(_("loans at a time"), null=True, blank=True, help_text=EMPTY_OR_UNLIMITED)
    renewals_allowed = models.IntegerField(_("renewals"), null=True, blank=True, help_text=EMPTY_OR_UNLIMITED)
    renewal_period = models.PositiveSmallIntegerField(
        _("renewal period"),
        null=True,
        blank=True,
        validators=A_PERIOD,
        help_text=_("Empty everywhere: the loan period."),
    )
    no_renewal_before = models.PositiveSmallIntegerField(
        _("renewal opens (days before due)"),
        null=True,
        blank=True,
        validators=A_PERIOD,
        help_text=_("Empty everywhere: at any time."),
    )
    auto_renew = models.BooleanField(_("renew automatically"), null=True, blank=True)
    no_auto_renewal_after = models.PositiveSmallIntegerField(
        _("automatic renewal ends (days after lending)"), null=True, blank=True, validators=A_PERIOD
    )
    renew_from = models.CharField(_("renew from"), max_length=8, choices=RenewFrom, null=True, blank=True)
    hourly_at_closing = models.CharField(
        _("an hourly loan at closing time"), max_length=8, choices=AtClosing, null=True, blank=True
    )
    self_check_out = models.BooleanField(_("readers may lend it to themselves"), null=True, blank=True)
    holds_allowed = models.IntegerField(_("holds at a time"), null=True, blank=True, help_text=EMPTY_OR_UNLIMITED)
    holds_per_book = models.IntegerField(_("holds on one book"), null=True, blank=True, help_text=EMPTY_OR_UNLIMITED)
    holds_per_day = models.IntegerField(_("holds a day"), null=True, blank=True, help_text=EMPTY_OR_UNLIMITED)
    hold_pickup_days = models.PositiveSmallIntegerField(
        _("open days on the hold shelf"), null=True, blank=True, validators=A_PERIOD, help_text=EMPTY
    )
    on_shelf_holds = models.CharField(
        _("what stands on the shelf is held"), max_length=16, choices=OnShelfHolds, null=True, blank=True
    )
    copy_level_holds = models.CharField(
        _("holds on one copy alone"), max_length=8, choices=CopyLevelHolds, null=True, blank=True
    )
    # Sums have three digits behind the point, for the currencies that have as many coins.
    fine_amount = models.DecimalField(
        _("fine for each period"), max_digits=8, decimal_places=3, null=True, blank=True, help_text=EMPTY
    )
    fine_period = models.PositiveSmallIntegerField(
        _("fine period"), null=True, blank=True, validators=A_PERIOD, help_text=EMPTY
    )
    fine_charge_at = models.CharField(_("a period costs"), max_length=8, choices=ChargeAt, null=True, blank=True)
    grace_period = models.PositiveSmallIntegerField(
        _("grace period"), null=True, blank=True, validators=A_PERIOD, help_text=EMPTY
    )
    grace_counts_once_exceeded = models.BooleanField(_("grace counts once it is exceeded"), null=True, blank=True)
    fine_cap = models.DecimalField(
        _("highest fine"), max_digits=8, decimal_places=3, null=True, blank=True, help_text=EMPTY_OR_UNLIMITED
    )
    cap_at_replacement_price = models.BooleanField(_("never more than the copy’s price"), null=True, blank=True)
    fine_skips_closed_days = models.BooleanField(_("closed days cost nothing"), null=True, blank=True)
    suspension_days = models.PositiveSmallIntegerField(
        _("days of suspension for each period, in place of money"),
        null=True,
        blank=True,
        validators=A_PERIOD,
        help_text=EMPTY,
    )
    max_suspension_days = models.IntegerField(
        _("longest suspension (days)"), null=True, blank=True, validators=A_PERIOD, help_text=EMPTY_OR_UNLIMITED
    )

    class Meta:
        verbose_name = _("loan rule")
        verbose_name_plural = _("loan rules")
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "tier", "item_type"],
                nulls_distinct=False,
                name="loan_rule_once_per_scope",
                violation_error_message=_("There is a row for this branch, tier and item type already."),
            ),
            models.CheckConstraint(condition=Q(max_loans=None) | Q(max_loans__gte=-1), name="loan_rule_max_loans_sane"),
            models.CheckConstraint(condition=Q(loan_period=None) | Q(loan_period__gte=1), name="loan_rule_period_sane"),
            models.CheckConstraint(
                condition=Q(renewals_allowed=None) | Q(renewals_allowed__gte=-1), name="loan_rule_renewals_sane"
            ),
            models.CheckConstraint(
                condition=Q(hard_due_date=None) | Q(hard_due_date__range=(EARLIEST, LATEST)),
                name="loan_rule_hard_due_date_bounded",
                violation_error_message=OUT_OF_BOUNDS,
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{name: None}) | Q(**{f"{name}__gte": -1}), name=f"loan_rule_{name}_sane"
                )
                for name in ("holds_allowed", "holds_per_book", "holds_per_day")
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{name: None}) | Q(**{f"{name}__lte": LONGEST_PERIOD}),
                    name=f"loan_rule_{name}_bounded",
                    violation_error_message=TOO_LONG,
                )
                for name in (
                    "loan_period",
                    "renewal_period",
                    "no_renewal_before",
                    "no_auto_renewal_after",
                    "hold_pickup_days",
                    "fine_period",
                    "grace_period",
                    "suspension_days",
                    "max_suspension_days",
                )
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{name: None}) | Q(**{f"{name}__range": (0, HIGHEST_FINE)}) | also,
                    name=f"loan_rule_{name}_sane",
                    violation_error_message=TOO_HIGH,
                )
                for name, also in (("fine_amount", Q()), ("fine_cap", Q(fine_cap=-1)))
            ),
            models.CheckConstraint(
                condition=Q(fine_period=None) | Q(fine_period__gte=1), name="loan_rule_fine_period_sane"
            ),
            models.CheckConstraint(
                condition=Q(max_suspension_days=None) | Q(max_suspension_days__gte=-1),
                name="loan_rule_max_suspension_sane",
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{name: None}) | Q(**{f"{name}__in": choices.values}), name=f"loan_rule_{name}_known"
                )
                for name, choices in (
                    ("loan_unit", LoanUnit),
                    ("due_mode", DueMode),
                    ("hard_due_mode", HardDueMode),
                    ("renew_from", RenewFrom),
                    ("hourly_at_closing", AtClosing),
                    ("on_shelf_holds", OnShelfHolds),
                    ("copy_level_holds", CopyLevelHolds),
                    ("fine_charge_at", ChargeAt),
                )
            ),
        ]

    def __str__(self) -> str:
        return scope_in_words(self.branch, self.tier, self.item_type)

    @property
    def is_for_everyone(self) -> bool:
        """Whether it holds for any branch, tier and item type."""
        return self.branch_id is None and self.tier_id is None and self.item_type_id is None
