"""When a branch is open."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from catalog.models import Branch
from circulation.models.loans import Loan
from library.core.database.ids import uuid7
from library.core.dates import said


class Term(models.Model):
    """A stretch of the year, such as a school term: it may have hours of its own, and loans may end with it."""

    branch = models.ForeignKey(
        Branch,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="terms",
        verbose_name=_("branch"),
        help_text=_("Empty: every branch."),
    )
    name = models.CharField(_("name"), max_length=80)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))

    class Meta:
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        ordering = ["first_day", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="term_ends_after_it_begins",
                violation_error_message=_("A term ends after it begins."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OpeningHours(models.Model):
    """One opening of a branch on a day of the week. Without any, a branch counts as open every day, all day."""

    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="opening_hours", verbose_name=_("branch"))
    term = models.ForeignKey(
        Term,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="opening_hours",
        verbose_name=_("term"),
        help_text=_("Empty: whenever no term has hours of its own."),
    )
    weekday = models.PositiveSmallIntegerField(_("day of the week"), choices=list(WEEKDAYS.items()))  # Monday is 0
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering = ["branch", "term", "weekday", "opens"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closes__gt=F("opens")),
                name="opening_closes_after_it_opens",
                violation_error_message=_("It closes after it opens, on the same day."),
            ),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="opening_weekday_known"),
            models.UniqueConstraint(
                fields=["branch", "term", "weekday", "opens"],
                nulls_distinct=False,
                name="opening_once",
                violation_error_message=_("These hours are there already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"


class CalendarException(models.Model):
    """Days on which a branch is closed, or open, whatever the week says."""

    branch = models.ForeignKey(
        Branch,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="exceptions",
        verbose_name=_("branch"),
        help_text=_("Empty: every branch. What a branch says of itself counts for more."),
    )
    name = models.CharField(_("name"), max_length=120, help_text=_("Readers see it: “closed: Easter Monday”."))
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    is_open = models.BooleanField(_("open"), default=False, help_text=_("Else closed."))
    opens = models.TimeField(_("opens"), null=True, blank=True, help_text=_("Empty: the hours of the week."))
    closes = models.TimeField(_("closes"), null=True, blank=True)
    is_hidden = models.BooleanField(
        _("hidden"), default=False, db_default=False, help_text=_("Left out of the list; days late are counted by it.")
    )

    class Meta:
        verbose_name = _("exception")
        verbose_name_plural = _("exceptions to the week")
        ordering = ["first_day", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="exception_ends_after_it_begins",
                violation_error_message=_("The last day is not before the first."),
            ),
            models.CheckConstraint(
                condition=Q(opens=None, closes=None)
                | Q(is_open=True, opens__isnull=False, closes__isnull=False, closes__gt=F("opens")),
                name="exception_hours_only_when_open",
                violation_error_message=_("Hours are for days that are open, and end after they begin."),
            ),
        ]
        indexes = [models.Index(fields=["last_day", "first_day"], name="exception_days")]

    def __str__(self) -> str:
        return f"{self.name} ({said(self.first_day)})"


class Redating(models.Model):
    """Somebody's order to move due dates off days on which a branch will be closed. A job carries it out."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    branch = models.ForeignKey(
        Branch,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("branch"),
        help_text=_("Empty: every branch."),
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    is_for_week = models.BooleanField(
        _("days that the week closes"), default=False, help_text=_("Else only days that an exception closes.")
    )
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("by")
    )
    ordered_at = models.DateTimeField(_("ordered"))

    class Meta:
        verbose_name = _("change of due dates")
        verbose_name_plural = _("changes of due dates")
        ordering = ["-ordered_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="redating_ends_after_it_begins"),
        ]

    def __str__(self) -> str:
        return " – ".join(dict.fromkeys(map(said, (self.first_day, self.last_day))))


class RedatedLoan(models.Model):
    """A loan whose due date a closure moved, once."""

    redating = models.ForeignKey(Redating, on_delete=models.CASCADE, related_name="moved")
    loan = models.ForeignKey(Loan, on_delete=models.CASCADE, related_name="redatings")
    due_before = models.DateTimeField()
    due_after = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["redating", "loan"], name="redated_once_per_order"),
            models.CheckConstraint(condition=Q(due_after__gt=F("due_before")), name="redated_forward"),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id}: {said(self.due_after)}"


class LibraryClock(models.Model):
    """The time zone by which open loans are due: they are due on a day, and it stays the same day in another zone."""

    time_zone = models.CharField(max_length=60)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="library_clock_one_row")]

    def __str__(self) -> str:
        return self.time_zone


class CalendarVersion(models.Model):
    """Which state of all hours, terms and exceptions is in force: what was worked out from it is kept under its name.

    The one row is written by the database whenever any of them changes, in the same transaction.
    """

    token = models.UUIDField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="calendar_version_one_row")]

    def __str__(self) -> str:
        return str(self.token)
