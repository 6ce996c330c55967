"""What stands behind the bell at the head of every page."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from library.core.dates import said


class Bell(models.Model):
    """One person's bell: how far it has counted, and how much of that is unread.

    Whoever adds a row or reads one locks this row first, so numbers are dense and come in the order of their commits:
    who knows all up to a number misses nothing below it.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="bell"
    )
    newest = models.PositiveBigIntegerField(default=0)
    unread = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(unread__lte=F("newest")), name="bell_unread_at_most_all"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.unread}"


class BellRowQuerySet(models.QuerySet["BellRow"]):
    def unread(self) -> BellRowQuerySet:
        return self.filter(read_at=None)


class BellRow(models.Model):
    """Something that a person was told in the library itself, by its number at their bell."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="bell_rows")
    number = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=40)
    context = models.JSONField(default=dict, blank=True)  # what the sentence is made of, in the reader's language
    cause = models.CharField(max_length=200, null=True, blank=True, db_index=True)
    at = models.DateTimeField(_("when"))
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    objects = BellRowQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["user", "number"], name="bell_row_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="bell_row_counted"),
        ]
        indexes = [models.Index(fields=["user", "number"], condition=Q(read_at=None), name="bell_row_unread")]

    def __str__(self) -> str:
        return f"{self.kind} {said(self.at)}"
