"""What stands against a patron, as the apps have put it there."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.people import Patron
from library.core.database.ids import uuid7
from library.core.errors import Level


class BlockLevel(models.IntegerChoices):
    """How heavy a block is, as a reason is (``library.core.errors.Level``)."""

    ALERT = Level.ALERT.value, _("to be known")
    OVERRIDABLE = Level.OVERRIDABLE.value, _("unless staff set it aside")
    IMPOSSIBLE = Level.IMPOSSIBLE.value, _("never")


class PatronBlockQuerySet(models.QuerySet["PatronBlock"]):
    def in_force(self, today: date) -> PatronBlockQuerySet:
        """Those that still count on the library's day ``today``, the oldest first."""
        return self.filter(Q(until=None) | Q(until__gte=today)).order_by("at", "id")


class PatronBlock(models.Model):
    """A reason why a patron may not borrow, renew or request, until somebody lifts it or its last day is over."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patron = models.ForeignKey(Patron, on_delete=models.CASCADE, related_name="blocks", verbose_name=_("reader"))
    owner = models.CharField(_("placed by the part"), max_length=40)  # the label of the app that looks after it
    code = models.CharField(_("what stands against it"), max_length=60)
    level = models.PositiveSmallIntegerField(_("how heavy"), choices=BlockLevel)
    until = models.DateField(_("until"), null=True, blank=True, help_text=_("The last day of it. Empty: without end."))
    note = models.CharField(_("why"), max_length=300, blank=True, help_text=_("The reader is told."))
    at = models.DateTimeField(_("since"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("by"),
    )

    objects = PatronBlockQuerySet.as_manager()

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["patron", "owner", "code"],
                name="patron_block_once_per_owner",
                violation_error_message=_("This stands against the reader already. Lift it first."),
            ),
            models.CheckConstraint(condition=Q(level__in=BlockLevel.values), name="patron_block_level_known"),
            models.CheckConstraint(condition=~Q(owner="") & ~Q(code=""), name="patron_block_owner_and_code_said"),
        ]

    def __str__(self) -> str:
        return self.code
